//! A transport that records every write as the observer sees it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

use crate::flow::{Flow, Side};

/// The record of one connection, shared by its two ends.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Flow>>);

impl Record {
    pub fn flow(&self) -> Flow {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, from: Side, bytes: &[u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .record(from, bytes);
    }
}

/// One end of a recorded connection.
pub struct Recorded<T> {
    io: T,
    side: Side,
    record: Record,
}

impl<T> Recorded<T> {
    pub const fn new(io: T, side: Side, record: Record) -> Self {
        Self { io, side, record }
    }
}

/// Both ends of a connection in memory: the initiator's, the responder's.
pub fn pair() -> (Recorded<DuplexStream>, Recorded<DuplexStream>, Record) {
    let record = Record::default();
    let (a, b) = duplex(64 * 1024);
    (
        Recorded::new(a, Side::Initiator, record.clone()),
        Recorded::new(b, Side::Responder, record.clone()),
        record,
    )
}

impl<T: AsyncRead + Unpin> AsyncRead for Recorded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Recorded<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        if let Poll::Ready(Ok(len)) = &written {
            self.record.add(self.side, &buf[..*len]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
