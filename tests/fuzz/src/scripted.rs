//! A transport whose peer answers the public key of the library.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::Portions;

/// How often the peer is asked in vain, while nothing is being written to it, before it hangs up.
const PATIENCE: usize = 40;

/// What is made of the library's key.
type Answer = Box<dyn FnOnce(&[u8]) -> Vec<u8> + Send>;

pub struct LivePeer {
    /// What it has sent, and is still to send.
    pub wire: Vec<u8>,
    delivered: usize,
    /// What the library wrote.
    pub written: Vec<u8>,
    /// What it sends once it has the library's key.
    answer: Option<Answer>,
    asked: usize,
    reads: Box<dyn Iterator<Item = usize> + Send>,
    writes: Box<dyn Iterator<Item = usize> + Send>,
    shut_down: bool,
}

impl LivePeer {
    pub fn new(
        opening: Vec<u8>,
        answer: impl FnOnce(&[u8]) -> Vec<u8> + Send + 'static,
        reads: &Portions,
        writes: &Portions,
    ) -> Self {
        Self {
            wire: opening,
            delivered: 0,
            written: Vec::new(),
            answer: Some(Box::new(answer)),
            asked: 0,
            reads: Box::new(reads.clone().into_lengths()),
            writes: Box::new(writes.clone().into_lengths()),
            shut_down: false,
        }
    }
}

impl AsyncRead for LivePeer {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.written.len() >= 96
            && let Some(answer) = this.answer.take()
        {
            this.wire.extend(answer(&this.written[..96]));
        }
        let left = &this.wire[this.delivered..];
        if left.is_empty() {
            this.asked += 1;
            if this.answer.is_some() && this.asked < PATIENCE {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Ok(()));
        }
        let len = this.reads.next().unwrap().min(left.len()).min(buf.remaining());
        if len == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        buf.put_slice(&left[..len]);
        this.delivered += len;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LivePeer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        assert!(!this.shut_down, "written after shutdown");
        assert!(!buf.is_empty(), "an empty write");
        this.asked = 0;
        let len = this.writes.next().unwrap().min(buf.len());
        if len == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.written.extend(&buf[..len]);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().shut_down = true;
        Poll::Ready(Ok(()))
    }
}
