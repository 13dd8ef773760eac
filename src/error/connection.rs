//! Why a connection could not be established.

use std::fmt;
use std::io;
use std::time::Duration;

use super::handshake::HandshakeError;
use super::step::Step;

/// Why a connection could not be established.
///
/// Its text says what happened, at which step, and the likely cause where there is one. Whether to dial again is
/// [`Policy::redial`](crate::Policy::redial)'s decision.
///
/// Converts losslessly into [`io::Error`] with `?`, and back with [`Error::downcast`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The peer's bytes were refused.
    Refused(HandshakeError),
    /// The peer closed the connection.
    #[non_exhaustive]
    Closed {
        /// What was being waited for.
        step: Step,
        /// Whether the peer had answered: with all 96 bytes of its key, or at all to a plaintext handshake.
        answered: bool,
    },
    /// The time for the handshake was up.
    #[non_exhaustive]
    TimedOut {
        /// What was being waited for.
        step: Step,
        /// Whether the peer had answered: with all 96 bytes of its key, or at all to a plaintext handshake.
        answered: bool,
        /// The time that was allowed.
        after: Duration,
    },
    /// The transport failed.
    #[non_exhaustive]
    Transport {
        /// What was being waited for.
        step: Step,
        /// Whether the peer had answered: with all 96 bytes of its key, or at all to a plaintext handshake.
        answered: bool,
        /// What the transport reported.
        source: io::Error,
    },
    /// The incoming connection was closed to make room for newer ones: it had not sent its public key yet, or waited for
    /// a place too long.
    #[non_exhaustive]
    Crowded {
        /// [`Step::PublicKey`] or [`Step::Admission`].
        step: Step,
    },
}

impl Error {
    /// The peer closed the connection while `step` was waited for. `answered` as in [`peer_answered`](Self::peer_answered).
    ///
    /// This and the next two are for whoever drives the machines of [`handshake`](crate::handshake) himself.
    pub const fn closed(step: Step, answered: bool) -> Self {
        Self::Closed { step, answered }
    }

    /// The time for the handshake was up, which was `after`, while `step` was waited for.
    pub const fn timed_out(step: Step, answered: bool, after: Duration) -> Self {
        Self::TimedOut {
            step,
            answered,
            after,
        }
    }

    /// The transport failed with `source` while `step` was waited for.
    pub const fn transport(step: Step, answered: bool, source: io::Error) -> Self {
        Self::Transport {
            step,
            answered,
            source,
        }
    }

    /// The step that was under way.
    pub const fn step(&self) -> Step {
        match self {
            Self::Refused(refusal) => refusal.step(),
            Self::Closed { step, .. }
            | Self::TimedOut { step, .. }
            | Self::Transport { step, .. }
            | Self::Crowded { step } => *step,
        }
    }

    /// Whether the peer had answered with all 96 bytes of its key (or at all, to a plaintext handshake).
    pub const fn peer_answered(&self) -> bool {
        match self {
            Self::Refused(refusal) => !matches!(refusal.step(), Step::Detect),
            Self::Closed { answered, .. }
            | Self::TimedOut { answered, .. }
            | Self::Transport { answered, .. } => *answered,
            Self::Crowded { .. } => false,
        }
    }

    /// Whether a dialled peer was reached and left the attempt unanswered.
    pub(crate) const fn left_unanswered(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                matches!(
                    refusal,
                    HandshakeError::PlaintextAnswer | HandshakeError::NotPlaintext
                )
            }
            Self::Closed { step, answered }
            | Self::TimedOut { step, answered, .. }
            | Self::Transport { step, answered, .. } => {
                !*answered && !matches!(step, Step::Dial | Step::Admission)
            }
            Self::Crowded { .. } => false,
        }
    }

    /// The error inside an [`io::Error`] that was made from one.
    ///
    /// # Errors
    ///
    /// Gives the `io::Error` back if it was not made from an [`Error`].
    pub fn downcast(error: io::Error) -> Result<Self, io::Error> {
        error.downcast::<Self>()
    }

    fn io_kind(&self) -> io::ErrorKind {
        match self {
            Self::Refused(_) => io::ErrorKind::InvalidData,
            Self::Closed { .. } => io::ErrorKind::UnexpectedEof,
            Self::TimedOut { .. } => io::ErrorKind::TimedOut,
            Self::Transport { source, .. } => source.kind(),
            Self::Crowded { .. } => io::ErrorKind::ConnectionAborted,
        }
    }
}

/// The likely cause where a peer hangs up or falls silent at this step.
const fn likely_cause(step: Step, answered: bool) -> &'static str {
    match (step, answered) {
        (Step::Dial, _) => ": the peer may be unreachable",
        (Step::Admission, _) => ": too many handshakes are under way",
        (Step::PublicKey, false) => ": the peer may not speak MSE",
        // A responder that does not know the SKEY must not say so, so it sends no VC.
        (Step::Sync, true) => ": if we dialled, the peer may not serve the info-hash",
        (Step::Payload, false) => ": the peer may take nothing but MSE, or not serve the info-hash",
        _ => "",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "handshake refused at {}: {refusal}", refusal.step()),
            Self::Closed { step, answered } => {
                let cause = likely_cause(*step, *answered);
                write!(
                    f,
                    "the peer closed the connection while we waited for {step}{cause}"
                )
            }
            Self::TimedOut {
                step,
                answered,
                after,
            } => {
                let cause = likely_cause(*step, *answered);
                write!(
                    f,
                    "no complete handshake within {after:?}, still waiting for {step}{cause}"
                )
            }
            Self::Transport { step, .. } => {
                write!(f, "the transport failed while we waited for {step}")
            }
            Self::Crowded { .. } => write!(
                f,
                "closed to make room for newer connections while we waited for {}",
                self.step()
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport { source, .. } => Some(source),
            // A refusal's text is part of this error's own.
            Self::Refused(_) | Self::Closed { .. } | Self::TimedOut { .. } | Self::Crowded { .. } => None,
        }
    }
}

impl From<HandshakeError> for Error {
    fn from(refusal: HandshakeError) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.io_kind(), error)
    }
}
