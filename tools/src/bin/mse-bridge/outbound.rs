//! The side that dials.

use std::io;

use bytes::Bytes;
use mse_tools::cli::Address;
use tokio::net::TcpStream;
use tokio_mse::{ConnectError, MseConnector, MseStream, Skey};

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
    let dialled = TcpStream::connect(target.as_str()).await;
    let tcp = dialled.map_err(|error| io::Error::new(error.kind(), format!("{target}: {error}")))?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}
