//! The kinds of the calls that were made on a transport, in order: `r`, `w`, `f`, `s`.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[derive(Debug)]
pub(crate) struct CallLog<T> {
    io: T,
    calls: Arc<Mutex<String>>,
}

/// What was called, as letters that can be compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<String>>);

impl Calls {
    /// Everything but the reads.
    pub(crate) fn without_reads(&self) -> String {
        self.0.lock().expect("not poisoned").replace('r', "")
    }
}

impl<T> CallLog<T> {
    pub(crate) fn new(io: T) -> Self {
        let calls = Arc::default();
        Self { io, calls }
    }

    pub(crate) fn calls(&self) -> Calls {
        Calls(Arc::clone(&self.calls))
    }

    fn note(&self, call: char) {
        self.calls.lock().expect("not poisoned").push(call);
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for CallLog<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.note('r');
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for CallLog<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.note('w');
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.note('f');
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.note('s');
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
