//! Tokio's traits, and the descriptor of the transport, for the stream and its halves.

use std::io::{IoSlice, IoSliceMut, Result};
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::MseStream;
use crate::stream::halves::{MseReadHalf, MseWriteHalf};

/// For types with the fields `io` and `inbound`.
macro_rules! reads {
    ($($name:ident),*) => {$(
        impl<T: AsyncRead + Unpin> AsyncRead for $name<T> {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
                let Self { io, inbound, .. } = self.get_mut();
                inbound.poll_read(Pin::new(io), cx, buf)
            }
        }

        impl<T: Unpin> $name<T> {
            /// Reads into several buffers with one vectored read of the transport. Tokio's traits have no such method.
            ///
            /// `read` is the transport's own method. It fills the buffers in order, and returns how many bytes it filled. Zero is the
            /// end of the stream. It gets at most 16 buffers: the first ones that are not empty.
            ///
            /// The rules of [`AsyncRead::poll_read`](tokio::io::AsyncRead::poll_read) hold. `read` is not called if all buffers are
            /// empty, or while there are [unread bytes](Self::unread), which are returned first.
            ///
            /// If your application has its own trait for such transports, implement it like this:
            ///
            /// ```
            /// use std::io::{IoSliceMut, Result};
            /// use std::pin::Pin;
            /// use std::task::{Context, Poll};
            ///
            /// use tokio::io::AsyncRead;
            /// use tokio_mse::MseReadHalf;
            ///
            /// trait AsyncReadVectored: AsyncRead + Unpin {
            ///     fn poll_read_vectored(
            ///         self: Pin<&mut Self>,
            ///         cx: &mut Context<'_>,
            ///         bufs: &mut [IoSliceMut<'_>],
            ///     ) -> Poll<Result<usize>>;
            /// }
            ///
            /// impl<R: AsyncReadVectored> AsyncReadVectored for MseReadHalf<R> {
            ///     fn poll_read_vectored(
            ///         self: Pin<&mut Self>,
            ///         cx: &mut Context<'_>,
            ///         bufs: &mut [IoSliceMut<'_>],
            ///     ) -> Poll<Result<usize>> {
            ///         self.poll_read_vectored_with(cx, bufs, R::poll_read_vectored)
            ///     }
            /// }
            /// ```
            ///
            /// # Errors
            ///
            /// The error of `read`. If `read` panics or reports more bytes than fit, this direction is broken, and every later read
            /// fails.
            pub fn poll_read_vectored_with(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
                read: impl FnOnce(Pin<&mut T>, &mut Context<'_>, &mut [IoSliceMut<'_>]) -> Poll<Result<usize>>,
            ) -> Poll<Result<usize>> {
                let Self { io, inbound, .. } = self.get_mut();
                inbound.poll_read_vectored(Pin::new(io), cx, bufs, read)
            }
        }
    )*};
}

/// For types with the fields `io` and `outbound`. Nothing is buffered, so flush and shutdown only call the transport.
macro_rules! writes {
    ($($name:ident),*) => {$(
        impl<T: AsyncWrite + Unpin> AsyncWrite for $name<T> {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
                let Self { io, outbound, .. } = self.get_mut();
                outbound.poll_write(Pin::new(io), cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<Result<usize>> {
                let Self { io, outbound, .. } = self.get_mut();
                outbound.poll_write_vectored(Pin::new(io), cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                self.outbound.is_write_vectored(&self.io)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                Pin::new(&mut self.get_mut().io).poll_flush(cx)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
            }
        }
    )*};
}

macro_rules! descriptors {
    ($($name:ident),*) => {$(
        #[cfg(unix)]
        impl<T: AsFd> AsFd for $name<T> {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.get_ref().as_fd()
            }
        }

        #[cfg(unix)]
        impl<T: AsRawFd> AsRawFd for $name<T> {
            fn as_raw_fd(&self) -> RawFd {
                self.get_ref().as_raw_fd()
            }
        }

        #[cfg(windows)]
        impl<T: AsSocket> AsSocket for $name<T> {
            fn as_socket(&self) -> BorrowedSocket<'_> {
                self.get_ref().as_socket()
            }
        }

        #[cfg(windows)]
        impl<T: AsRawSocket> AsRawSocket for $name<T> {
            fn as_raw_socket(&self) -> RawSocket {
                self.get_ref().as_raw_socket()
            }
        }
    )*};
}

reads!(MseStream, MseReadHalf);
writes!(MseStream, MseWriteHalf);
descriptors!(MseStream, MseReadHalf, MseWriteHalf);
