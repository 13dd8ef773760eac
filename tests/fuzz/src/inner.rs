//! An IO whose calls end as a script says, and that notes them.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the inner IO answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Pending,
    Failed,
    Did(usize),
}

/// One direction of the inner IO.
pub struct Inner {
    script: VecDeque<(u8, u16)>,
    bytes: Vec<u8>,
    read: usize,
    /// The calls: what was offered (bytes written, or room to read), and the answer.
    pub calls: Vec<(Vec<u8>, Answer)>,
    pub flushes: usize,
    pub shutdowns: usize,
}

impl Inner {
    pub fn new(script: &[(u8, u16)], bytes: Vec<u8>) -> Self {
        Self {
            script: script.iter().copied().collect(),
            bytes,
            read: 0,
            calls: Vec::new(),
            flushes: 0,
            shutdowns: 0,
        }
    }

    /// The next line of the script, again and again.
    fn next(&mut self) -> (u8, usize) {
        let Some(line) = self.script.pop_front() else {
            return (0, usize::MAX);
        };
        self.script.push_back(line);
        (line.0 % 8, usize::from(line.1))
    }
}

impl AsyncRead for Inner {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        assert!(buf.remaining() > 0, "a read without room");
        let (kind, len) = this.next();
        let answer = match kind {
            4 | 5 => Answer::Pending,
            6 => Answer::Failed,
            _ => Answer::Did(
                len.saturating_add(1)
                    .min(buf.remaining())
                    .min(this.bytes.len() - this.read),
            ),
        };
        this.calls.push((vec![], answer));
        match answer {
            Answer::Pending => Poll::Pending,
            Answer::Failed => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Answer::Did(len) => {
                buf.put_slice(&this.bytes[this.read..this.read + len]);
                this.read += len;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Inner {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        assert!(!buf.is_empty(), "an empty write");
        let (kind, len) = this.next();
        let answer = match kind {
            4 => Answer::Pending,
            5 => Answer::Failed,
            6 => Answer::Did(0),
            7 => Answer::Did(buf.len() + 1 + len),
            _ => Answer::Did(len.saturating_add(1).min(buf.len())),
        };
        this.calls.push((buf.to_vec(), answer));
        match answer {
            Answer::Pending => Poll::Pending,
            Answer::Failed => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Answer::Did(len) => Poll::Ready(Ok(len)),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let gathered: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        self.poll_write(cx, &gathered)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().shutdowns += 1;
        Poll::Ready(Ok(()))
    }
}

/// Both directions.
pub struct Both {
    pub reader: Inner,
    pub writer: Inner,
}

impl AsyncRead for Both {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().reader).poll_read(cx, buf)
    }
}

impl AsyncWrite for Both {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().writer).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().writer).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().writer).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().writer).poll_shutdown(cx)
    }
}
