//! Two halves become a stream again.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::stream::MseStream;
use crate::stream::split::{MseReadHalf, MseWriteHalf};

impl<R> MseReadHalf<R> {
    /// Whether both halves come from one stream.
    pub fn is_pair_of<W>(&self, write: &MseWriteHalf<W>) -> bool {
        Arc::ptr_eq(&self.negotiated, &write.negotiated)
    }

    /// Puts two halves together again, the inverse of [`MseStream::into_split_with`]: `join` does so with those of the
    /// transport, or gives them back if it cannot.
    ///
    /// ```no_run
    /// use tokio::io::{AsyncRead, AsyncWrite};
    /// use tokio::net::TcpStream;
    /// use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
    /// use tokio_mse::{MseReadHalf, MseStream, MseWriteHalf};
    ///
    /// # fn tcp(reader: MseReadHalf<OwnedReadHalf>, writer: MseWriteHalf<OwnedWriteHalf>) {
    /// let peer = reader.reunite(writer, |r, w| r.reunite(w).map_err(|error| (error.0, error.1)));
    /// # let _: MseStream<TcpStream> = peer.unwrap();
    /// # }
    ///
    /// # fn any(reader: MseReadHalf<Box<dyn AsyncRead + Unpin>>, writer: MseWriteHalf<Box<dyn AsyncWrite + Unpin>>) {
    /// let peer = reader.reunite(writer, |r, w| Ok(tokio::io::join(r, w)));
    /// # let _ = peer.unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the halves come from different streams, in which case `join` is not called, or if `join` fails. Both halves are
    /// in the error.
    pub fn reunite<W, T>(
        self,
        write: MseWriteHalf<W>,
        join: impl FnOnce(R, W) -> Result<T, (R, W)>,
    ) -> Result<MseStream<T>, ReuniteError<R, W>> {
        if !self.is_pair_of(&write) {
            return Err(ReuniteError::new(Cause::NoPair, self, write));
        }
        match join(self.io, write.io) {
            Ok(io) => {
                drop(write.negotiated);
                Ok(MseStream {
                    io,
                    inbound: self.inbound,
                    outbound: write.outbound,
                    negotiated: Arc::unwrap_or_clone(self.negotiated),
                })
            }
            Err((r, w)) => Err(ReuniteError::new(
                Cause::NotJoined,
                Self::new(r, self.inbound, self.negotiated),
                MseWriteHalf::new(w, write.outbound, write.negotiated),
            )),
        }
    }
}

/// Two halves that could not be put together.
pub struct ReuniteError<R, W> {
    cause: Cause,
    // Boxed, as they are large, and who calls `reunite` pays for the size of its error.
    halves: Box<(MseReadHalf<R>, MseWriteHalf<W>)>,
}

#[derive(Clone, Copy, Debug)]
enum Cause {
    NoPair,
    NotJoined,
}

impl<R, W> ReuniteError<R, W> {
    fn new(cause: Cause, read: MseReadHalf<R>, write: MseWriteHalf<W>) -> Self {
        Self {
            cause,
            halves: Box::new((read, write)),
        }
    }

    /// The halves, as they were.
    pub fn into_halves(self) -> (MseReadHalf<R>, MseWriteHalf<W>) {
        *self.halves
    }
}

// The halves may be boxed traits, of which nothing can be printed.
impl<R, W> fmt::Debug for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError")
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl<R, W> fmt::Display for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            Cause::NoPair => "the halves come from different streams",
            Cause::NotJoined => "the halves of the transport do not fit together",
        })
    }
}

impl<R, W> Error for ReuniteError<R, W> {}
