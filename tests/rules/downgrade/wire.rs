//! A pipe on which a test decides what fails, and when. What has been delivered can be read, whatever fails.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::task::unconstrained;

/// An error that a transport reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Kind(ErrorKind),
    Errno(i32),
}

impl Failure {
    fn error(self) -> io::Error {
        match self {
            Self::Kind(kind) => kind.into(),
            Self::Errno(errno) => io::Error::from_raw_os_error(errno),
        }
    }
}

/// What becomes of our writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writes {
    #[default]
    Taken,
    Blocked,
    Fail(Failure),
    FlushFails(Failure),
    /// `Ok(0)`.
    TakeNothing,
    /// More is reported than was given.
    Overlong,
}

#[derive(Debug, Default)]
struct Shared {
    delivered: usize,
    read: usize,
    written: Vec<u8>,
    reset: Option<Failure>,
    writes: Writes,
    reader: Option<Waker>,
    writer: Option<Waker>,
    dropped_after: Option<usize>,
}

/// Our end.
#[derive(Debug)]
pub(crate) struct Wire {
    io: DuplexStream,
    shared: Arc<Mutex<Shared>>,
}

/// The peer's end, from which our end is made to fail as well.
#[derive(Debug)]
pub(crate) struct Far {
    io: Option<DuplexStream>,
    shared: Arc<Mutex<Shared>>,
}

pub(crate) fn wire() -> (Wire, Far) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let shared = Arc::default();
    let wire = Wire {
        io: near,
        shared: Arc::clone(&shared),
    };
    (
        wire,
        Far {
            io: Some(far),
            shared,
        },
    )
}

/// Our end of a pipe whose other end is closed.
pub(crate) fn closed() -> Wire {
    wire().0
}

/// The same without anything of ours in it.
pub(crate) fn closed_duplex() -> DuplexStream {
    tokio::io::duplex(1).0
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no test panics while it holds the state")
}

impl Far {
    fn wake(&self) {
        let mut shared = lock(&self.shared);
        for waker in [shared.reader.take(), shared.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }

    /// These bytes are there to be read from now on, unless our end is gone.
    pub(crate) fn deliver(&mut self, bytes: &[u8]) {
        let io = self.io.as_mut().expect("it is open");
        let written = unconstrained(io.write_all(bytes)).now_or_never();
        if written.expect("the pipe is large enough").is_ok() {
            lock(&self.shared).delivered += bytes.len();
        }
    }

    /// Reads report the end once everything that was delivered has been read.
    pub(crate) fn close(&mut self) {
        self.io = None;
    }

    /// Reads report this once everything that was delivered has been read.
    pub(crate) fn reset(&self, failure: Failure) {
        lock(&self.shared).reset = Some(failure);
        self.wake();
    }

    /// This becomes of our writes from now on.
    pub(crate) fn set_writes(&self, writes: Writes) {
        lock(&self.shared).writes = writes;
        self.wake();
    }

    /// Every byte that our end has written.
    pub(crate) fn written(&self) -> Vec<u8> {
        lock(&self.shared).written.clone()
    }

    /// How many bytes had been delivered when our end was dropped.
    pub(crate) fn dropped_after(&self) -> Option<usize> {
        lock(&self.shared).dropped_after
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.dropped_after = Some(shared.delivered);
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        let mut shared = lock(&self.shared);
        shared.read += buf.filled().len() - before;
        let everything = shared.read == shared.delivered && buf.filled().len() == before;
        if let (Some(failure), true) = (shared.reset, everything && buf.remaining() > 0) {
            return Poll::Ready(Err(failure.error()));
        }
        if polled.is_pending() {
            shared.reader = Some(cx.waker().clone());
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let writes = lock(&self.shared).writes;
        match writes {
            Writes::Fail(failure) => return Poll::Ready(Err(failure.error())),
            Writes::TakeNothing => return Poll::Ready(Ok(0)),
            Writes::Overlong => return Poll::Ready(Ok(buf.len() + 1)),
            Writes::Blocked => {
                lock(&self.shared).writer = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Writes::Taken | Writes::FlushFails(_) => {}
        }
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        if let Poll::Ready(Ok(len)) = polled {
            lock(&self.shared).written.extend(&buf[..len]);
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match lock(&self.shared).writes {
            Writes::FlushFails(failure) => Err(failure.error()),
            _ => Ok(()),
        })
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl AsyncRead for Far {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(self.io.as_mut().expect("it is open")).poll_read(cx, buf)
    }
}
