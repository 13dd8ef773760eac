//! Owned halves of a stream, without a lock between them.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::crypto::keystream::Keystream;
use crate::handshake::Negotiated;
use crate::stream::MseStream;
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

impl<T> MseStream<T> {
    /// Splits the stream into owned halves without a lock between them. `split` splits the transport:
    /// `TcpStream::into_split`, `UtpStream::split` or [`tokio::io::split`]. [`MseReadHalf::reunite`] joins them again.
    ///
    /// ```no_run
    /// # async fn example(peer: tokio_mse::MseStream<tokio::net::TcpStream>) {
    /// let (reader, writer) = peer.into_split_with(tokio::net::TcpStream::into_split);
    /// # let _ = (reader, writer);
    /// # }
    /// ```
    ///
    /// If your transport is already two (boxed) halves, join them for the handshake. Splitting them again needs no lock:
    ///
    /// ```
    /// use tokio::io::{AsyncRead, AsyncWrite, Join, join};
    /// use tokio_mse::{Error, MseStream, Policy, Skey};
    ///
    /// type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;
    /// type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;
    ///
    /// async fn encrypted(r: BoxedRead, w: BoxedWrite, skey: Skey) -> Result<(BoxedRead, BoxedWrite), Error> {
    ///     let peer = MseStream::connect(join(r, w), skey, "", &Policy::full_rc4()).await?;
    ///     let (reader, writer) = peer.into_split_with(Join::into_inner);
    ///     Ok((Box::new(reader), Box::new(writer)))
    /// }
    /// ```
    pub fn into_split_with<R, W>(self, split: impl FnOnce(T) -> (R, W)) -> (MseReadHalf<R>, MseWriteHalf<W>) {
        let (read, write) = split(self.io);
        let negotiated = Arc::new(self.negotiated);
        (
            MseReadHalf::new(read, self.inbound, Arc::clone(&negotiated)),
            MseWriteHalf::new(write, self.outbound, negotiated),
        )
    }
}

/// The receiving half of an [`MseStream`]. It keeps working after the other half is dropped.
#[derive(Debug)]
pub struct MseReadHalf<R> {
    pub(super) io: R,
    pub(super) inbound: Inbound,
    /// Shared by both halves of a stream, so that they can be recognised as a pair.
    negotiated: Arc<Negotiated>,
}

impl<R> MseReadHalf<R> {
    const fn new(io: R, inbound: Inbound, negotiated: Arc<Negotiated>) -> Self {
        Self {
            io,
            inbound,
            negotiated,
        }
    }

    /// The result of the handshake.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The bytes that the next reads return without a call on the transport: see [`MseStream::unread`].
    pub fn unread(&self) -> &[u8] {
        self.inbound.unread()
    }

    /// The transport's half.
    pub const fn get_ref(&self) -> &R {
        &self.io
    }

    /// The transport's half. Reading from it desynchronises the keystream.
    pub const fn get_mut(&mut self) -> &mut R {
        &mut self.io
    }

    /// The transport's half, the decrypted bytes that precede its own, and its keystream: see [`Parts`](crate::Parts).
    pub fn into_parts(self) -> (R, Bytes, io::Result<Option<Keystream>>) {
        let (unread, decrypt) = self.inbound.into_parts();
        (self.io, unread, decrypt)
    }
}

/// The sending half of an [`MseStream`]. It keeps working after the other half is dropped.
#[derive(Debug)]
pub struct MseWriteHalf<W> {
    pub(super) io: W,
    pub(super) outbound: Outbound,
    negotiated: Arc<Negotiated>,
}

impl<W> MseWriteHalf<W> {
    const fn new(io: W, outbound: Outbound, negotiated: Arc<Negotiated>) -> Self {
        Self {
            io,
            outbound,
            negotiated,
        }
    }

    /// The result of the handshake.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The transport's half.
    pub const fn get_ref(&self) -> &W {
        &self.io
    }

    /// The transport's half. Writing to it desynchronises the keystream.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.io
    }

    /// The transport's half, and its keystream: see [`Parts`](crate::Parts).
    pub fn into_parts(self) -> (W, io::Result<Option<Keystream>>) {
        (self.io, self.outbound.into_keystream())
    }
}

impl<R> MseReadHalf<R> {
    /// Whether both halves belong to the same stream.
    pub fn is_pair_of<W>(&self, write: &MseWriteHalf<W>) -> bool {
        Arc::ptr_eq(&self.negotiated, &write.negotiated)
    }

    /// Joins two halves of a stream: the inverse of [`MseStream::into_split_with`]. `join` joins the halves of the transport,
    /// or returns them if it cannot.
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
    /// If the halves belong to different streams (then `join` is not called), or if `join` fails. The error contains both
    /// halves.
    pub fn reunite<W, T>(
        self,
        write: MseWriteHalf<W>,
        join: impl FnOnce(R, W) -> Result<T, (R, W)>,
    ) -> Result<MseStream<T>, ReuniteError<R, W>> {
        if !self.is_pair_of(&write) {
            return Err(ReuniteError::new(
                "the halves come from different streams",
                self,
                write,
            ));
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
                "the halves of the transport cannot be joined",
                Self::new(r, self.inbound, self.negotiated),
                MseWriteHalf::new(w, write.outbound, write.negotiated),
            )),
        }
    }
}

/// The error of [`MseReadHalf::reunite`]: the halves do not belong together.
pub struct ReuniteError<R, W> {
    cause: &'static str,
    // Boxed, because an error should be small.
    halves: Box<(MseReadHalf<R>, MseWriteHalf<W>)>,
}

impl<R, W> ReuniteError<R, W> {
    fn new(cause: &'static str, read: MseReadHalf<R>, write: MseWriteHalf<W>) -> Self {
        Self {
            cause,
            halves: Box::new((read, write)),
        }
    }

    /// Returns both halves unchanged.
    pub fn into_halves(self) -> (MseReadHalf<R>, MseWriteHalf<W>) {
        *self.halves
    }
}

// The halves may be boxed trait objects without `Debug`.
impl<R, W> fmt::Debug for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError")
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl<R, W> fmt::Display for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause)
    }
}

impl<R, W> Error for ReuniteError<R, W> {}
