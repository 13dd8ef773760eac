//! One connection, with limits on time and memory.

use std::io;
use std::time::Duration;

use rand::RngExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::arithmetic::LEN;

/// More than any answer in a test.
const MOST: usize = 64 * 1024;

/// How the other end left the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was not waited for.
    Open,
    /// It closed the connection, or reset it.
    Closed,
    /// It sent nothing more for as long as it was waited for.
    Silent,
}

/// In which pieces a message is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// In one write.
    Whole,
    /// Each with this many bytes.
    Each(usize),
    /// The first ones with these many bytes, then the rest.
    First(Vec<usize>),
}

/// What is done before the last byte of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing: the key is sent whole.
    None,
    /// A pause, in which nothing should come.
    Pause,
    /// Our direction ends.
    End,
}

/// One connection.
pub struct Wire<T> {
    io: T,
    wait: Duration,
    deadline: Instant,
    pieces: Pieces,
    /// Everything that was received.
    pub received: Vec<u8>,
    /// How the other end left it.
    pub end: End,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    /// Waits for `wait` at each read, and four times that in all.
    pub fn new(io: T, wait: Duration, pieces: Pieces) -> Self {
        Self {
            io,
            wait,
            deadline: Instant::now() + 4 * wait,
            pieces,
            received: Vec::new(),
            end: End::Open,
        }
    }

    /// The connection. What was received stays here.
    pub fn into_io(self) -> T {
        self.io
    }

    /// Sends in pieces. A connection that the other end has closed is read all the same.
    pub async fn send(&mut self, message: &[u8]) {
        let mut lens = match &self.pieces {
            Pieces::Whole => Vec::new(),
            Pieces::Each(len) => vec![*len; message.len() / len],
            Pieces::First(lens) => lens.clone(),
        };
        lens.push(message.len());
        // So that the other end reads them apart.
        let pause = Duration::from_millis(if lens.len() > 32 { 1 } else { 5 });
        let mut rest = message;
        for len in lens {
            let (piece, after) = rest.split_at(len.min(rest.len()));
            rest = after;
            if piece.is_empty() {
                continue;
            }
            let sent = timeout(self.wait, async {
                self.io.write_all(piece).await?;
                self.io.flush().await
            });
            if !matches!(sent.await, Ok(Ok(()))) {
                return;
            }
            if !rest.is_empty() {
                sleep(pause).await;
            }
        }
    }

    /// Sends a message that begins with a key. Returns how many bytes came before the key was complete.
    pub async fn send_key(&mut self, message: &[u8], cut: Cut) -> usize {
        let (begin, rest) = match cut {
            Cut::None => (&[][..], message),
            Cut::Pause | Cut::End => message.split_at(message.len().min(LEN - 1)),
        };
        let before = self.received.len();
        self.send(begin).await;
        match cut {
            Cut::None => {}
            Cut::Pause => self.watch().await,
            Cut::End => {
                self.shut_down().await;
                self.read_until(|_| false).await;
                return self.received.len() - before;
            }
        }
        let early = self.received.len() - before;
        self.send(rest).await;
        early
    }

    /// Reads for a moment, or until the other end closes.
    pub async fn watch(&mut self) {
        let until = Instant::now() + self.wait.min(Duration::from_secs(1));
        while self.end == End::Open && self.received.len() <= MOST {
            match timeout_at(until, self.io.read_buf(&mut self.received)).await {
                Ok(Ok(1..)) => {}
                Ok(_) => self.end = End::Closed,
                Err(_) => return,
            }
        }
    }

    /// Ends our direction.
    pub async fn shut_down(&mut self) {
        let _ = timeout(self.wait, self.io.shutdown()).await;
    }

    /// See [`finish`].
    pub async fn finish(&mut self) {
        finish(&mut self.io, self.wait).await;
    }

    /// Reads until `enough` is true of everything that was received. False if the other end closes or is silent before.
    pub async fn read_until(&mut self, mut enough: impl FnMut(&[u8]) -> bool) -> bool {
        loop {
            if enough(&self.received) {
                return true;
            }
            if self.end != End::Open || self.received.len() > MOST {
                return false;
            }
            let until = self.deadline.min(Instant::now() + self.wait);
            match timeout_at(until, self.io.read_buf(&mut self.received)).await {
                Ok(Ok(1..)) => {}
                Ok(_) => self.end = End::Closed,
                Err(_) => self.end = End::Silent,
            }
        }
    }
}

/// Closes our direction, and waits until the other end has closed too, for a short time. Transmission accepts no second
/// connection from an address before it has closed the first one.
pub async fn finish<T: AsyncRead + AsyncWrite + Unpin>(io: &mut T, wait: Duration) {
    let within = wait.min(Duration::from_millis(500));
    let _ = timeout(within, async {
        io.shutdown().await?;
        let mut rest = [0; 4096];
        while io.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    })
    .await;
}

/// Where `mark` begins.
pub fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

/// Random bytes.
pub fn noise(len: usize) -> Vec<u8> {
    let mut noise = vec![0; len];
    rand::rng().fill(&mut noise[..]);
    noise
}
