//! A connection whose segments stay what they are: what was written at once is read at once, alone.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The library's end.
#[derive(Debug)]
pub struct Near {
    incoming: UnboundedReceiver<Vec<u8>>,
    unread: Vec<u8>,
    outgoing: Option<UnboundedSender<Vec<u8>>>,
    shown: Shown,
}

/// All that the library wrote, as a tap sees it.
#[derive(Clone, Debug, Default)]
pub struct Shown(Arc<Mutex<Vec<u8>>>);

impl Shown {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

/// The emulated client's end. Dropping it closes the connection.
pub struct Far {
    incoming: UnboundedReceiver<Vec<u8>>,
    unread: Vec<u8>,
    outgoing: UnboundedSender<Vec<u8>>,
}

pub fn connection() -> (Near, Far) {
    tapped(Shown::default())
}

/// A connection with a tap on what the library writes.
pub fn tapped(shown: Shown) -> (Near, Far) {
    let (to_far, from_near) = unbounded_channel();
    let (to_near, from_far) = unbounded_channel();
    let near = Near {
        incoming: from_far,
        unread: Vec::new(),
        outgoing: Some(to_far),
        shown,
    };
    let far = Far {
        incoming: from_near,
        unread: Vec::new(),
        outgoing: to_near,
    };
    (near, far)
}

impl Far {
    /// Sends one segment. A library that has closed is not this client's concern.
    pub fn send(&self, segment: impl Into<Vec<u8>>) {
        let _ = self.outgoing.send(segment.into());
    }

    /// What one read yields: the rest of the last segment, or the next. `None` once the other end is closed.
    pub async fn read(&mut self) -> Option<Vec<u8>> {
        match std::mem::take(&mut self.unread) {
            rest if rest.is_empty() => self.incoming.recv().await,
            rest => Some(rest),
        }
    }

    /// Exactly so many bytes, in however many segments they come.
    pub async fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        while self.unread.len() < len {
            let segment = self.incoming.recv().await?;
            self.unread.extend(segment);
        }
        let rest = self.unread.split_off(len);
        Some(std::mem::replace(&mut self.unread, rest))
    }

    /// Gives bytes back that were read too early.
    pub fn put_back(&mut self, bytes: Vec<u8>) {
        let rest = std::mem::replace(&mut self.unread, bytes);
        self.unread.extend(rest);
    }

    /// What has arrived already and was not taken.
    pub fn arrived(&mut self) -> Vec<u8> {
        while let Ok(segment) = self.incoming.try_recv() {
            self.unread.extend(segment);
        }
        std::mem::take(&mut self.unread)
    }
}

impl AsyncRead for Near {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.unread.is_empty() {
            this.unread = ready!(this.incoming.poll_recv(cx)).unwrap_or_default();
        }
        let len = this.unread.len().min(buf.remaining());
        buf.put_slice(&this.unread[..len]);
        this.unread.drain(..len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Near {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.shown.0.lock().unwrap().extend(buf);
        let sent = match &self.outgoing {
            Some(outgoing) => outgoing.send(buf.to_vec()).is_ok(),
            None => false,
        };
        Poll::Ready(if sent {
            Ok(buf.len())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().outgoing = None;
        Poll::Ready(Ok(()))
    }
}
