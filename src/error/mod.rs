//! Why a connection could not be established.

mod refusal;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

pub use refusal::{HandshakeError, Step};

use crate::mode::{DialMode, Role};

/// Why a handshake failed.
///
/// The text says what happened and the likely cause. [`label`](Self::label) is a short, stable word for metrics.
/// [`Policy::redial`](crate::Policy::redial) decides whether to redial.
///
/// | `kind()` | what happened | what should my client do? |
/// |---|---|---|
/// | [`Refused`](ErrorKind::Refused) | the library refused the peer's bytes, or its request | log the label; try another peer |
/// | [`Closed`](ErrorKind::Closed) | the peer closed the connection | if you dialled and the peer had [answered](Error::peer_answered), it probably does not serve the info-hash: try another peer |
/// | [`TimedOut`](ErrorKind::TimedOut) | the peer was silent for too long | try again later |
/// | [`Transport`](ErrorKind::Transport) | the transport failed | look at the `source()`: a reset comes from the peer, most other errors are local |
/// | [`ModeNotAllowed`](ErrorKind::ModeNotAllowed), [`NoInitialPayload`](ErrorKind::NoInitialPayload), [`WrongSkey`](ErrorKind::WrongSkey) | the call was wrong | fix the caller |
///
/// `?` converts it into an [`io::Error`] without loss; [`Error::from_io`] and [`Error::downcast`] convert it back. The
/// [`io::ErrorKind`] is `InvalidData` for `Refused`, `UnexpectedEof` for `Closed`, `TimedOut` for `TimedOut`, the
/// transport's own kind for `Transport`, and `InvalidInput` for the wrong calls.
#[derive(Debug)]
pub struct Error {
    role: Role,
    step: Step,
    reply: Reply,
    kind: ErrorKind,
}

/// What happened when a handshake failed: see [`Error::kind`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The library refused the peer's bytes, for example because they are malformed or the policy forbids them.
    Refused(HandshakeError),
    /// The peer closed the connection.
    Closed,
    /// A timeout of this length expired, usually because the peer was silent.
    TimedOut(Duration),
    /// The transport failed, or broke the contract of its trait.
    Transport(io::Error),
    /// The policy does not allow this mode. Nothing was sent.
    ModeNotAllowed(DialMode),
    /// The initial payload is empty in a plaintext attempt under [`Allow`](crate::Encryption::Allow). Without it the peer has
    /// nothing to answer, so nothing would show whether to redial with MSE. Nothing was sent.
    NoInitialPayload,
    /// The peer did not ask for the SKEY that the caller passed to [`Incoming::accept`](crate::Incoming::accept).
    WrongSkey,
}

/// What the peer did before the handshake failed. [`Policy::redial`](crate::Policy::redial) looks only at this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It answered our key with 96 bytes or our plaintext handshake with all 20 bytes of `0x13 "BitTorrent protocol"`, or it
    /// is an initiator, too.
    Answered,
    /// It sent bytes that are no answer.
    SomethingElse,
    /// It sent less than an answer, and then closed, reset, or sent nothing more.
    Silent,
    /// The failure is on our own side, and says nothing about the peer.
    NotAsked,
}

impl Reply {
    /// `answered` comes from the machine. Everything else follows from `kind`.
    fn of(kind: &ErrorKind, answered: bool) -> Self {
        match kind {
            ErrorKind::Refused(HandshakeError::PlaintextAnswer | HandshakeError::NotPlaintext) => {
                Self::SomethingElse
            }
            ErrorKind::Refused(_) => Self::Answered,
            _ if answered => Self::Answered,
            ErrorKind::Closed | ErrorKind::TimedOut(_) => Self::Silent,
            ErrorKind::Transport(source) if is_doing_of_the_peer(source.kind()) => Self::Silent,
            ErrorKind::Transport(_)
            | ErrorKind::ModeNotAllowed(_)
            | ErrorKind::NoInitialPayload
            | ErrorKind::WrongSkey => Self::NotAsked,
        }
    }
}

/// All other kinds are failures of our own side, such as no route, no permission, no memory, or a transport that broke its
/// contract. A redial after these might use another interface (qbittorrent/qBittorrent#933).
fn is_doing_of_the_peer(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::TimedOut
    )
}

impl Error {
    pub(crate) fn new(role: Role, step: Step, answered: bool, kind: ErrorKind) -> Self {
        Self {
            role,
            step,
            reply: Reply::of(&kind, answered),
            kind,
        }
    }

    /// The error if a machine of [`handshake`](crate::handshake) refuses the peer's bytes.
    ///
    /// This and the next three functions are for callers who drive the machines by hand.
    pub fn refused(role: Role, refusal: HandshakeError) -> Self {
        Self::new(role, refusal.step(), false, ErrorKind::Refused(refusal))
    }

    /// The error if the peer closes the connection at `step`. `answered` is the result of
    /// [`Machine::peer_answered`](crate::handshake::Machine::peer_answered).
    pub fn closed(role: Role, step: Step, answered: bool) -> Self {
        Self::new(role, step, answered, ErrorKind::Closed)
    }

    /// The error if a timeout of length `after` expires at `step`.
    ///
    /// Read and process everything that has arrived before you ask the machine whether the peer `answered`.
    pub fn timed_out(role: Role, step: Step, answered: bool, after: Duration) -> Self {
        Self::new(role, step, answered, ErrorKind::TimedOut(after))
    }

    /// The error if the transport fails with `source` at `step`.
    ///
    /// Read and process everything that has arrived before you ask the machine whether the peer `answered`.
    pub fn transport(role: Role, step: Step, answered: bool, source: io::Error) -> Self {
        Self::new(role, step, answered, ErrorKind::Transport(source))
    }

    /// What happened.
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Why the library refused the peer's bytes. `None` if the handshake failed in another way.
    pub const fn refusal(&self) -> Option<&HandshakeError> {
        match &self.kind {
            ErrorKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The side of the handshake that this end was on.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The step that the handshake had reached.
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Whether the peer answered: with the 96 bytes of its key to MSE, or with the 20 bytes of `0x13 "BitTorrent
    /// protocol"` to plaintext. No policy redials a peer that answered.
    pub fn peer_answered(&self) -> bool {
        self.reply == Reply::Answered
    }

    pub(crate) const fn reply(&self) -> Reply {
        self.reply
    }

    /// A short word for metrics. It never changes, and there are few of them.
    ///
    /// The guide [`docs::logging`](crate::docs::logging) lists all of them. `closed`, `timed-out` and `transport` have a
    /// second form that ends in `-unanswered`, for a dialled peer that did not answer.
    pub fn label(&self) -> &'static str {
        let unanswered = self.role == Role::Initiator && self.reply == Reply::Silent;
        match &self.kind {
            ErrorKind::Refused(refusal) => refusal.label(),
            ErrorKind::Closed if unanswered => "closed-unanswered",
            ErrorKind::Closed => "closed",
            ErrorKind::TimedOut(_) if unanswered => "timed-out-unanswered",
            ErrorKind::TimedOut(_) => "timed-out",
            ErrorKind::Transport(_) if unanswered => "transport-unanswered",
            ErrorKind::Transport(_) => "transport",
            ErrorKind::ModeNotAllowed(_) => "mode-not-allowed",
            ErrorKind::NoInitialPayload => "no-initial-payload",
            ErrorKind::WrongSkey => "wrong-skey",
        }
    }

    /// The error of the handshake inside an [`io::Error`], if the `io::Error` was made from one.
    pub fn from_io(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// Converts an [`io::Error`] back into the error of the handshake from which it was made.
    ///
    /// # Errors
    ///
    /// Returns the `io::Error` unchanged if it was not made from an [`Error`].
    pub fn downcast(error: io::Error) -> Result<Self, io::Error> {
        error.downcast::<Self>()
    }

    fn io_kind(&self) -> io::ErrorKind {
        match &self.kind {
            ErrorKind::Refused(_) => io::ErrorKind::InvalidData,
            ErrorKind::Closed => io::ErrorKind::UnexpectedEof,
            ErrorKind::TimedOut(_) => io::ErrorKind::TimedOut,
            ErrorKind::Transport(source) => source.kind(),
            ErrorKind::ModeNotAllowed(_) | ErrorKind::NoInitialPayload | ErrorKind::WrongSkey => {
                io::ErrorKind::InvalidInput
            }
        }
    }

    /// Why a peer usually closes, resets or stays silent at this step.
    const fn likely_cause(&self) -> &'static str {
        match (self.role, self.step, self.reply) {
            (Role::Initiator, Step::PublicKey, Reply::Silent) | (Role::Responder, Step::Sync, _) => {
                ": it may not speak MSE"
            }
            // A responder that does not know the SKEY does not say so, and sends no VC.
            (Role::Initiator, Step::Sync, _) => ": it may not serve the info-hash",
            (Role::Initiator, Step::Payload, Reply::Silent) => {
                ": it may require MSE, or not serve the info-hash"
            }
            _ => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, kind, .. } = self;
        let cause = self.likely_cause();
        match kind {
            ErrorKind::Refused(refusal @ HandshakeError::NoSyncMark) => {
                write!(f, "handshake refused: {refusal}{cause}")
            }
            ErrorKind::Refused(refusal) => write!(f, "handshake refused: {refusal}"),
            ErrorKind::Closed => write!(f, "the peer closed the connection before {step}{cause}"),
            ErrorKind::TimedOut(after) => {
                write!(f, "timed out after {after:?} while waiting for {step}{cause}")
            }
            ErrorKind::Transport(_) if self.reply == Reply::NotAsked => {
                write!(f, "the transport failed on our side before {step}")
            }
            ErrorKind::Transport(_) => write!(f, "the connection broke before {step}{cause}"),
            ErrorKind::ModeNotAllowed(mode) => write!(f, "the policy does not allow {mode}"),
            ErrorKind::NoInitialPayload => f.write_str(
                "a plaintext attempt under `allow` needs an initial payload, because the peer answers it",
            ),
            ErrorKind::WrongSkey => f.write_str("the peer did not ask for this SKEY"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            ErrorKind::Transport(source) => Some(source),
            // The text of a refusal is part of this error's own text.
            _ => None,
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.io_kind(), error)
    }
}

/// Why [`MseConnector::connect_with`](crate::MseConnector::connect_with) failed. `E` is the error of the caller's dialler.
///
/// If the dialler's error converts into an [`io::Error`], `?` converts this error as well.
///
/// ```
/// use std::io;
/// use tokio_mse::{ConnectError, Error, Role, Step};
///
/// let failed: ConnectError<io::Error> = Error::closed(Role::Initiator, Step::Sync, true).into();
/// match &failed {
///     ConnectError::Dial(error) => println!("cannot reach the peer: {error}"),
///     ConnectError::DialTimedOut(after) => println!("no connection within {after:?}"),
///     ConnectError::Handshake(error) => assert!(error.peer_answered()),
///     _ => {}
/// }
/// assert_eq!(io::Error::from(failed).kind(), io::ErrorKind::UnexpectedEof);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError<E> {
    /// The dialler failed, so there was no connection.
    Dial(E),
    /// The dialler made no connection within this time, the [`dial_timeout`](crate::MseConnector::dial_timeout).
    DialTimedOut(Duration),
    /// The handshake on the connection failed.
    Handshake(Error),
}

impl<E> ConnectError<E> {
    /// The error of the handshake, if there was a connection.
    pub const fn handshake(&self) -> Option<&Error> {
        match self {
            Self::Dial(_) | Self::DialTimedOut(_) => None,
            Self::Handshake(error) => Some(error),
        }
    }

    /// A short, stable word for metrics: `dial`, `dial-timed-out`, or [`Error::label`].
    pub fn label(&self) -> &'static str {
        match self {
            Self::Dial(_) => "dial",
            Self::DialTimedOut(_) => "dial-timed-out",
            Self::Handshake(error) => error.label(),
        }
    }
}

impl<E> fmt::Display for ConnectError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(_) => f.write_str("cannot reach the peer"),
            Self::DialTimedOut(after) => write!(f, "no connection to the peer within {after:?}"),
            Self::Handshake(error) => error.fmt(f),
        }
    }
}

impl<E: StdError + 'static> StdError for ConnectError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Dial(error) => Some(error),
            Self::DialTimedOut(_) => None,
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
            ConnectError::DialTimedOut(_) => Self::new(io::ErrorKind::TimedOut, error.to_string()),
            ConnectError::Handshake(error) => error.into(),
        }
    }
}
