//! The side that dials.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use mse_tools::cli::Address;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_mse::{ConnectError, MseConnector, MseStream, Skey};
use tracing::debug;

pub(crate) struct Outbound {
    pub(crate) connector: MseConnector,
}

impl Outbound {
    /// Dials and redials as the policy allows. `opening` is the first message to the peer. `dialled` is a connected transport
    /// for the first attempt.
    pub(crate) async fn dial(
        &self,
        target: &Address,
        mut dialled: Option<TcpStream>,
        skey: Skey,
        opening: Bytes,
    ) -> Result<MseStream<TcpStream>, ConnectError<io::Error>> {
        let transport = |_| {
            let dialled = dialled.take();
            async move {
                match dialled {
                    Some(tcp) => Ok(tcp),
                    None => transport(target).await,
                }
            }
        };
        self.connector.connect_with(skey, opening, transport).await
    }
}

/// A new transport to the target.
pub(crate) async fn transport(target: &Address) -> io::Result<TcpStream> {
    let dialled = TcpStream::connect(target.parts()).await;
    let tcp = dialled.map_err(|error| io::Error::new(error.kind(), format!("{target}: {error}")))?;
    tcp.set_nodelay(true)?;
    keep_alive(&tcp);
    Ok(tcp)
}

/// Finds out within minutes if the other end has vanished without closing the connection.
pub(crate) fn keep_alive(tcp: &TcpStream) {
    let every_minute = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15));
    if let Err(error) = SockRef::from(tcp).set_tcp_keepalive(&every_minute) {
        debug!(%error, "TCP keep-alive refused");
    }
}
