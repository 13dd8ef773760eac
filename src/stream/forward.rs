//! Macros that implement Tokio's traits for the stream and its halves.

/// Implements `AsyncRead` for a type with the fields `io` and `inbound`.
macro_rules! impl_async_read {
    ($name:ident) => {
        impl<T: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for $name<T> {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let Self { io, inbound, .. } = self.get_mut();
                inbound.poll_read(std::pin::Pin::new(io), cx, buf)
            }
        }
    };
}

/// Implements `AsyncWrite` for a type with the fields `io` and `outbound`. Nothing is buffered, so flush and shutdown only
/// call the transport.
macro_rules! impl_async_write {
    ($name:ident) => {
        impl<T: tokio::io::AsyncWrite + Unpin> tokio::io::AsyncWrite for $name<T> {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let Self { io, outbound, .. } = self.get_mut();
                outbound.poll_write(std::pin::Pin::new(io), cx, buf)
            }

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let Self { io, outbound, .. } = self.get_mut();
                outbound.poll_write_vectored(std::pin::Pin::new(io), cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                self.outbound.is_write_vectored(&self.io)
            }

            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::pin::Pin::new(&mut self.get_mut().io).poll_flush(cx)
            }

            fn poll_shutdown(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::pin::Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
            }
        }
    };
}
