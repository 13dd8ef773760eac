//! The side that is dialled from here.

use std::io;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio_mse::{Error, MseConnector, MseStream, Skey};

use crate::address::Address;

pub(crate) struct Outbound {
    pub(crate) connector: MseConnector,
    pub(crate) target: Address,
}

impl Outbound {
    /// Dials as the policy says; the client's opening is what the peer gets first, whichever attempt wins.
    pub(crate) async fn dial(&self, skey: Skey, opening: Bytes) -> Result<MseStream<TcpStream>, Error> {
        let connector = &self.connector;
        connector.connect_with(skey, opening, |_| self.transport()).await
    }

    /// A new transport to the target.
    async fn transport(&self) -> io::Result<TcpStream> {
        let target = &self.target;
        let dialled = TcpStream::connect(target.as_str()).await;
        let tcp = dialled.map_err(|error| io::Error::new(error.kind(), format!("{target}: {error}")))?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }
}
