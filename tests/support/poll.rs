//! Single calls on a stream, with a waker that does nothing.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::task::noop_waker_ref;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(crate) fn write<W: AsyncWrite + Unpin>(io: &mut W, data: &[u8]) -> Poll<io::Result<usize>> {
    Pin::new(io).poll_write(&mut Context::from_waker(noop_waker_ref()), data)
}

pub(crate) fn write_vectored<W: AsyncWrite + Unpin>(
    io: &mut W,
    slices: &[Vec<u8>],
) -> Poll<io::Result<usize>> {
    let slices: Vec<IoSlice<'_>> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
    Pin::new(io).poll_write_vectored(&mut Context::from_waker(noop_waker_ref()), &slices)
}

pub(crate) fn flush<W: AsyncWrite + Unpin>(io: &mut W) -> Poll<io::Result<()>> {
    Pin::new(io).poll_flush(&mut Context::from_waker(noop_waker_ref()))
}

pub(crate) fn shutdown<W: AsyncWrite + Unpin>(io: &mut W) -> Poll<io::Result<()>> {
    Pin::new(io).poll_shutdown(&mut Context::from_waker(noop_waker_ref()))
}

/// Reads up to `capacity` bytes.
pub(crate) fn read<R: AsyncRead + Unpin>(io: &mut R, capacity: usize) -> Poll<io::Result<Vec<u8>>> {
    let mut space = vec![0; capacity];
    let mut buf = ReadBuf::new(&mut space);
    read_into(io, &mut buf).map_ok(|()| buf.filled().to_vec())
}

pub(crate) fn read_into<R: AsyncRead + Unpin>(io: &mut R, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    Pin::new(io).poll_read(&mut Context::from_waker(noop_waker_ref()), buf)
}

/// The value of a call that must be ready and must have succeeded.
pub(crate) fn ready<V>(poll: Poll<io::Result<V>>) -> V {
    match poll {
        Poll::Ready(result) => result.expect("success"),
        Poll::Pending => panic!("pending"),
    }
}

/// The error of a call that must be ready and must have failed.
pub(crate) fn failure<V>(poll: Poll<io::Result<V>>) -> io::Error {
    match poll {
        Poll::Ready(Err(error)) => error,
        Poll::Ready(Ok(_)) => panic!("success"),
        Poll::Pending => panic!("pending"),
    }
}
