//! Connections over loopback.

use tokio::net::{TcpListener, TcpStream};

pub struct Loopback(TcpListener);

impl Loopback {
    pub async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub async fn pair(&self) -> (TcpStream, TcpStream) {
        let address = self.0.local_addr().unwrap();
        let (dialled, accepted) = tokio::join!(TcpStream::connect(address), self.0.accept());
        let (dialled, (accepted, _)) = (dialled.unwrap(), accepted.unwrap());
        dialled.set_nodelay(true).unwrap();
        accepted.set_nodelay(true).unwrap();
        (dialled, accepted)
    }
}
