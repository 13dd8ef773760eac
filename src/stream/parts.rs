//! What a stream is made of, and how it is put together again.

use std::fmt;

use bytes::Bytes;

use crate::crypto::keystream::Keystream;
use crate::handshake::Negotiated;
use crate::stream::MseStream;
use crate::stream::broken::BrokenStream;
use crate::stream::inbound::Inbound;
use crate::stream::outbound::Outbound;

/// What an [`MseStream`] is made of.
///
/// If you go on by hand, each direction is one of three cases. There is a keystream; or `Ok(None)`, and the stream is
/// clear; or `Err`, and the direction is broken: whatever is sent over it would be garbage to the peer. A `?` is all
/// that the last case needs:
///
/// ```
/// # use tokio_mse::{MseStream, Role};
/// # fn example(peer: MseStream<std::net::TcpStream>) -> std::io::Result<()> {
/// let parts = peer.into_parts();
/// let mut message = *b"\0\0\0\0";
/// if let Some(keystream) = &mut parts.encrypt? {
///     keystream.apply(&mut message);
/// }
/// # Ok(()) }
/// ```
#[non_exhaustive]
pub struct Parts<T> {
    /// The transport.
    pub io: T,
    /// Decrypted bytes that were received with the handshake and not read yet. They come before those of `io`.
    pub unread: Bytes,
    /// Decrypts what `io` yields from here on; `Ok(None)` if the stream is clear, `Err` if it is out of step with its
    /// transport.
    pub decrypt: Result<Option<Keystream>, BrokenStream>,
    /// Encrypts what is written to `io` from here on; `Ok(None)` if the stream is clear, `Err` if it is out of step
    /// with its transport.
    pub encrypt: Result<Option<Keystream>, BrokenStream>,
    /// What was agreed on.
    pub negotiated: Negotiated,
}

impl<T> Parts<T> {
    /// Replaces the transport by what `change` makes of it: wrapped, unwrapped, or boxed.
    ///
    /// The new transport has to go on at the same byte. A transport that holds bytes back, like a `BufWriter`, has to
    /// be flushed before it is unwrapped. One that read ahead, like a `BufReader`, must not be unwrapped.
    ///
    /// ```
    /// # use tokio::io::BufWriter;
    /// # use tokio_mse::{MseStream, Role};
    /// # let (transport, _) = tokio::io::duplex(64);
    /// let peer = MseStream::plaintext(transport, Role::Initiator);
    /// let peer = MseStream::from_parts(peer.into_parts().map_io(BufWriter::new));
    /// # let _: MseStream<BufWriter<tokio::io::DuplexStream>> = peer;
    /// ```
    pub fn map_io<U>(self, change: impl FnOnce(T) -> U) -> Parts<U> {
        let Self {
            io,
            unread,
            decrypt,
            encrypt,
            negotiated,
        } = self;
        Parts {
            io: change(io),
            unread,
            decrypt,
            encrypt,
            negotiated,
        }
    }
}

impl<T> MseStream<T> {
    /// Takes the stream apart.
    pub fn into_parts(self) -> Parts<T> {
        let (unread, decrypt) = self.inbound.into_parts();
        Parts {
            io: self.io,
            unread,
            decrypt,
            encrypt: self.outbound.into_keystream(),
            negotiated: self.negotiated,
        }
    }

    /// Puts a stream together again: the inverse of [`into_parts`](Self::into_parts). One that was broken stays so.
    pub fn from_parts(parts: Parts<T>) -> Self {
        Self {
            io: parts.io,
            inbound: Inbound::from_parts(parts.unread, parts.decrypt),
            outbound: Outbound::from_parts(parts.encrypt),
            negotiated: parts.negotiated,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Parts<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of the unread bytes, only how many: they were encrypted on the wire, and are not for log files either.
        f.debug_struct("Parts")
            .field("io", &self.io)
            .field("unread", &self.unread.len())
            .field("decrypt", &self.decrypt)
            .field("encrypt", &self.encrypt)
            .field("negotiated", &self.negotiated)
            .finish()
    }
}
