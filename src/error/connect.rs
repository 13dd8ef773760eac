//! Why dialling came to nothing: the dialler, or the handshake.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use super::connection::Error;

/// Why no connection came of dialling. `E` is the dialler's own error, as it was returned.
///
/// Converts into [`io::Error`] with `?` where the dialler's own error does.
///
/// ```
/// use std::io;
/// use tokio_mse::{ConnectError, Error, Step};
///
/// let failed: ConnectError<io::Error> = Error::closed(Step::Sync, true).into();
/// match &failed {
///     ConnectError::Dial(unreachable) => println!("nobody there: {unreachable}"),
///     ConnectError::Handshake(error) => assert!(error.peer_answered()),
///     other => println!("{other}"),
/// }
/// assert_eq!(io::Error::from(failed).kind(), io::ErrorKind::UnexpectedEof);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError<E> {
    /// The dialler failed: there was no connection.
    Dial(E),
    /// The handshake failed.
    Handshake(Error),
}

impl<E> ConnectError<E> {
    /// The handshake's error, if it came to a handshake.
    pub const fn handshake(&self) -> Option<&Error> {
        match self {
            Self::Dial(_) => None,
            Self::Handshake(error) => Some(error),
        }
    }
}

impl<E> fmt::Display for ConnectError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(_) => f.write_str("cannot dial"),
            Self::Handshake(error) => error.fmt(f),
        }
    }
}

impl<E: StdError + 'static> StdError for ConnectError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Dial(error) => Some(error),
            // Its text is this error's text already.
            Self::Handshake(error) => error.source(),
        }
    }
}

impl<E> From<Error> for ConnectError<E> {
    fn from(error: Error) -> Self {
        Self::Handshake(error)
    }
}

impl<E: Into<io::Error>> From<ConnectError<E>> for io::Error {
    fn from(error: ConnectError<E>) -> Self {
        match error {
            ConnectError::Dial(error) => error.into(),
            ConnectError::Handshake(error) => error.into(),
        }
    }
}
