//! Strangers: they send what no handshake begins with, and stay on the line for as long as they are let.

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

/// Strangers by their numbers, as long as they are on the line.
#[derive(Default)]
pub(crate) struct Strangers {
    on_the_line: JoinSet<usize>,
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
        // Whoever was thrown out already cannot send any.
        let _ = link.write_all(&garbage).await;
        self.keep(link);
    }

    fn keep(&mut self, mut link: Link) {
        let number = self.ended.len() + self.on_the_line.len();
        self.on_the_line.spawn(async move {
            until_the_end(&mut link).await;
            number
        });
    }

    /// How many the other side still holds.
    pub(crate) fn held(&mut self) -> usize {
        while let Some(Ok(number)) = self.on_the_line.try_join_next() {
            self.ended.push(number);
        }
        self.on_the_line.len()
    }

    /// Whose connection the other side has ended.
    pub(crate) fn ended(&self) -> &[usize] {
        &self.ended
    }
}
