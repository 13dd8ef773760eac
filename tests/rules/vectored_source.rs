//! A scripted transport that reads into several buffers at once, and moves and exchanges them as it is allowed to.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::task::noop_waker_ref;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_mse::{MseReadHalf, MseStream};

use crate::support::script::Step;

/// Its `AsyncRead` follows the same script.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) incoming: VecDeque<u8>,
    pub(crate) steps: VecDeque<Step>,
    pub(crate) calls: usize,
}

impl Source {
    pub(crate) fn new(incoming: impl Into<VecDeque<u8>>, steps: impl Into<VecDeque<Step>>) -> Self {
        Self {
            incoming: incoming.into(),
            steps: steps.into(),
            calls: 0,
        }
    }

    fn step(&mut self, capacity: usize) -> Poll<io::Result<usize>> {
        self.calls += 1;
        let possible = capacity.min(self.incoming.len());
        match self.steps.pop_front() {
            None => Poll::Ready(Ok(possible)),
            Some(Step::Pending) => Poll::Pending,
            Some(Step::Move(len)) => Poll::Ready(Ok(len.min(possible))),
            Some(Step::Fail(kind)) => Poll::Ready(Err(kind.into())),
            Some(Step::Overlong(more)) => Poll::Ready(Ok(capacity + more)),
        }
    }

    pub(crate) fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = std::task::ready!(self.step(bufs.iter().map(|buf| buf.len()).sum()))?;
        let mut left = len;
        while left > 0 && !bufs.is_empty() {
            let some = left.min(bufs[0].len());
            for byte in &mut bufs[0][..some] {
                *byte = self.incoming.pop_front().unwrap_or(0xDD);
            }
            left -= some;
            // Loops over `readv` do so. These slices no longer begin where they did.
            IoSliceMut::advance_slices(&mut bufs, some);
        }
        bufs.reverse();
        Poll::Ready(Ok(len))
    }
}

impl AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = std::task::ready!(self.step(buf.remaining()))?;
        let data: Vec<u8> = self.incoming.drain(..len.min(buf.remaining())).collect();
        buf.put_slice(&data);
        Poll::Ready(Ok(()))
    }
}

/// A stream or a half of one over a [`Source`].
pub(crate) trait ReadsVectored: AsyncRead + Unpin {
    fn source(&self) -> &Source;
    fn poll(&mut self, bufs: &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>>;

    /// Reads into buffers of these lengths. Returns all of the buffers, and how much was read.
    fn read_vectored(&mut self, lens: &[usize]) -> (Vec<u8>, Poll<Result<usize, ErrorKind>>) {
        let mut space: Vec<Vec<u8>> = lens.iter().map(|len| vec![0xEE; *len]).collect();
        let mut bufs: Vec<_> = space.iter_mut().map(|buf| IoSliceMut::new(buf)).collect();
        let read = self.poll(&mut bufs);
        (space.concat(), read.map_err(|error| error.kind()))
    }
}

macro_rules! reads_vectored {
    ($name:ident) => {
        impl ReadsVectored for $name<Source> {
            fn source(&self) -> &Source {
                self.get_ref()
            }

            fn poll(&mut self, bufs: &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>> {
                let mut cx = Context::from_waker(noop_waker_ref());
                Pin::new(self).poll_read_vectored_with(&mut cx, bufs, Source::poll_read_vectored)
            }
        }
    };
}

reads_vectored!(MseStream);
reads_vectored!(MseReadHalf);
