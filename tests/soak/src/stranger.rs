//! Strangers: they send something that is not a handshake, and stay until they are closed.

use std::io;

use rand::RngExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::network::{Kind, Link, Network};

/// Reads until the other side ends it.
pub(crate) async fn until_the_end(link: &mut Link) {
    let mut ignored = [0; 2048];
    while !matches!(link.read(&mut ignored).await, Ok(0) | Err(_)) {}
}

/// Strangers by number, as long as they are connected.
#[derive(Default)]
pub(crate) struct Strangers {
    connected: JoinSet<usize>,
    ended: Vec<usize>,
}

impl Strangers {
    /// Sends `bytes` and waits for the first byte of an answer, so that strangers fail one after the other.
    pub(crate) async fn add_answered(&mut self, network: &Network, bytes: &[u8]) -> io::Result<()> {
        let mut link = network.dial(Kind::Tcp).await?;
        link.write_all(bytes).await?;
        link.read_u8().await?;
        self.keep(link);
        Ok(())
    }

    /// Sends so much garbage over `link`, if the other side takes it.
    pub(crate) async fn add_garbage(&mut self, mut link: Link, len: usize) {
        let garbage: Vec<u8> = (0..len).map(|_| rand::rng().random()).collect();
        // The connection may be closed already.
        let _ = link.write_all(&garbage).await;
        self.keep(link);
    }

    fn keep(&mut self, mut link: Link) {
        let number = self.ended.len() + self.connected.len();
        self.connected.spawn(async move {
            until_the_end(&mut link).await;
            number
        });
    }

    /// How many the other side still holds.
    pub(crate) fn held(&mut self) -> usize {
        while let Some(Ok(number)) = self.connected.try_join_next() {
            self.ended.push(number);
        }
        self.connected.len()
    }

    /// Whose connection the other side has ended.
    pub(crate) fn ended(&self) -> &[usize] {
        &self.ended
    }
}
