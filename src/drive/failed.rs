//! A handshake that failed, with everything that it had.

use std::fmt;
use std::io;

use tracing::debug;

use super::session::Session;
use crate::crypto::dh::PUBLIC_KEY_LEN;
use crate::error::{Error, HandshakeError};

/// A handshake that failed: the error, and the transport with it.
///
/// Some bytes were sent over the transport and some were read, so it is of no use for another attempt. Use it to say
/// who the peer was, or to [linger](Self::linger).
pub struct Failed<T> {
    pub(crate) session: Session<T>,
    pub(crate) error: Error,
    lets_go: bool,
}

impl<T> Failed<T> {
    pub(crate) fn new(mut session: Session<T>, error: Error) -> Self {
        // What goes on from here is no handshake any more.
        session.place = None;
        Self {
            lets_go: lets_go(&error, session.link.received()),
            session,
            error,
        }
    }

    /// The same, after an event that says so.
    pub(crate) fn logged(mut self) -> Self {
        let elapsed = self.session.elapsed();
        let Self { session, error, .. } = &self;
        session
            .span
            .in_scope(|| debug!(%error, step = %error.step(), ?elapsed, "failed"));
        self
    }

    /// The same, but the peer must not notice that it was refused.
    pub(crate) const fn hidden(mut self) -> Self {
        self.lets_go = false;
        self
    }

    /// Whether the peer is to see the end of it at once.
    pub(crate) const fn lets_go(&self) -> bool {
        self.lets_go
    }

    /// Why it failed.
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// Why it failed; the transport is closed.
    pub fn into_error(self) -> Error {
        self.error
    }

    /// The transport.
    pub const fn get_ref(&self) -> &T {
        self.session.link.io()
    }

    /// Both.
    pub fn into_parts(self) -> (Error, T) {
        (self.error, self.session.link.into_io())
    }
}

/// A peer that would dial again waits for the end of this connection to do so (Mainline, rTorrent, libtorrent and an
/// `Allow` dialler of this crate). If the peer ended the connection itself, there is nothing to hide from it. And a
/// peer that did not send the 96 bytes of a key within the time-out is not worth a descriptor: nothing that it sent
/// was looked at.
const fn lets_go(error: &Error, received: usize) -> bool {
    match error {
        Error::Refused(refusal) => matches!(
            refusal,
            HandshakeError::PlaintextRefused | HandshakeError::MseRefused | HandshakeError::UnknownInfoHash
        ),
        Error::TimedOut { .. } => received < PUBLIC_KEY_LEN,
        _ => true,
    }
}

impl<T> fmt::Debug for Failed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failed")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Failed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T> std::error::Error for Failed<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl<T> From<Failed<T>> for Error {
    fn from(failed: Failed<T>) -> Self {
        failed.into_error()
    }
}

impl<T> From<Failed<T>> for io::Error {
    fn from(failed: Failed<T>) -> Self {
        failed.into_error().into()
    }
}
