//! What can go wrong, where, and whether a plaintext redial makes sense then.

use std::fmt;
use std::io;
use std::time::Duration;

/// The step of the handshake that was under way: what was being waited for or examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The dialler's own work, before there was a connection.
    Dial,
    /// Waiting for one of a limited number of places for handshakes.
    Admission,
    /// Telling a plaintext BitTorrent handshake from a public key.
    Detect,
    /// The peer's public key (step 1 or 2 of the specification).
    PublicKey,
    /// The mark that ends PadA or PadB: HASH('req1', S) at the responder, ENCRYPT(VC) at the initiator.
    Sync,
    /// The SKEY that the initiator asks for (step 3).
    Skey,
    /// The verification constant (step 3).
    Vc,
    /// The methods that the initiator offers (step 3).
    CryptoProvide,
    /// PadC (step 3).
    PadC,
    /// IA, the initiator's initial payload (step 3).
    InitialPayload,
    /// The method that the responder chose (step 4).
    CryptoSelect,
    /// PadD (step 4).
    PadD,
    /// The answer to a plaintext handshake, or the last bytes of our own side on their way.
    Payload,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dial => "dialling",
            Self::Admission => "waiting for a place",
            Self::Detect => "telling plaintext from MSE",
            Self::PublicKey => "the peer's public key",
            Self::Sync => "the mark after the peer's padding",
            Self::Skey => "the SKEY",
            Self::Vc => "the verification constant",
            Self::CryptoProvide => "crypto_provide",
            Self::PadC => "PadC",
            Self::InitialPayload => "the initial payload",
            Self::CryptoSelect => "crypto_select",
            Self::PadD => "PadD",
            Self::Payload => "the payload",
        })
    }
}

/// Bytes of the peer that the handshake machines refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A plaintext BitTorrent handshake came, and the policy requires MSE.
    PlaintextRefused,
    /// Something other than a plaintext BitTorrent handshake came, and the policy forbids MSE.
    MseRefused,
    /// The public key is not in `[2, P-2]`: a broken client, or a prober.
    DegenerateKey,
    /// No mark within 512 bytes of padding: the peer does not speak MSE or, at an initiator, does not serve this SKEY
    /// under this name.
    NoSyncMark,
    /// The peer asked for a SKEY that is not served here.
    UnknownSkey,
    /// The verification constant is not eight zero bytes: the peer's SKEY, or its cipher, is another.
    BadVc,
    /// The peer offers no method that the policy accepts.
    NoCommonMethod {
        /// The peer's `crypto_provide`.
        provided: u32,
    },
    /// The peer's selection is not exactly one of the methods that were offered.
    BadSelection {
        /// The peer's `crypto_select`.
        selected: u32,
    },
    /// PadC or PadD is announced to be longer than 512 bytes.
    PadTooLong {
        /// [`Step::PadC`] or [`Step::PadD`].
        step: Step,
        /// The announced length in bytes.
        len: u16,
    },
    /// The initial payload is announced to be longer than the cap.
    InitialPayloadTooLong {
        /// The announced length in bytes.
        len: u16,
        /// The cap in bytes.
        cap: u16,
    },
}

impl HandshakeError {
    /// The step at which the bytes were refused.
    pub const fn step(&self) -> Step {
        match self {
            Self::PlaintextRefused | Self::MseRefused => Step::Detect,
            Self::DegenerateKey => Step::PublicKey,
            Self::NoSyncMark => Step::Sync,
            Self::UnknownSkey => Step::Skey,
            Self::BadVc => Step::Vc,
            Self::NoCommonMethod { .. } => Step::CryptoProvide,
            Self::BadSelection { .. } => Step::CryptoSelect,
            Self::PadTooLong { step, .. } => *step,
            Self::InitialPayloadTooLong { .. } => Step::InitialPayload,
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PlaintextRefused => {
                f.write_str("plaintext BitTorrent handshake, but encryption is required")
            }
            Self::MseRefused => {
                f.write_str("not a plaintext BitTorrent handshake, and encryption is forbidden")
            }
            Self::DegenerateKey => f.write_str("degenerate public key"),
            Self::NoSyncMark => f.write_str("no mark within 512 bytes of padding"),
            Self::UnknownSkey => f.write_str("unknown SKEY"),
            Self::BadVc => f.write_str("wrong verification constant"),
            Self::NoCommonMethod { provided } => {
                write!(f, "no acceptable method in the offer {provided:#010x}")
            }
            Self::BadSelection { selected } => {
                write!(f, "selection {selected:#010x} is not one of the offered methods")
            }
            Self::PadTooLong { step, len } => write!(f, "{step} of {len} bytes, 512 at most"),
            Self::InitialPayloadTooLong { len, cap } => {
                write!(f, "initial payload of {len} bytes, {cap} at most")
            }
        }
    }
}

impl std::error::Error for HandshakeError {}

/// Why a connection could not be established.
///
/// Converts losslessly into [`io::Error`] with `?`, and back with [`Error::downcast`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The dialler given to [`connect_with`](crate::MseConnector::connect_with) failed.
    Dial(io::Error),
    /// The peer's bytes were refused.
    Refused(HandshakeError),
    /// The peer closed the connection.
    Closed {
        /// What was being waited for.
        step: Step,
        /// Whether the peer had answered: with all 96 bytes of its key, or at all to a plaintext handshake.
        answered: bool,
    },
    /// The one deadline over sniff and handshake passed.
    TimedOut {
        /// What was being waited for.
        step: Step,
        /// Whether the peer had answered: with all 96 bytes of its key, or at all to a plaintext handshake.
        answered: bool,
        /// The time that was allowed.
        after: Duration,
    },
    /// The transport failed.
    Transport {
        /// What was being waited for.
        step: Step,
        /// Whether the peer had answered: with all 96 bytes of its key, or at all to a plaintext handshake.
        answered: bool,
        /// What the transport reported.
        source: io::Error,
    },
}

impl Error {
    /// The step that was under way.
    pub const fn step(&self) -> Step {
        match self {
            Self::Dial(_) => Step::Dial,
            Self::Refused(refusal) => refusal.step(),
            Self::Closed { step, .. } | Self::TimedOut { step, .. } | Self::Transport { step, .. } => *step,
        }
    }

    /// Whether the peer had answered with all 96 bytes of its key (or at all, to a plaintext handshake).
    pub const fn peer_answered(&self) -> bool {
        match self {
            Self::Dial(_) => false,
            Self::Refused(refusal) => !matches!(refusal.step(), Step::Detect),
            Self::Closed { answered, .. }
            | Self::TimedOut { answered, .. }
            | Self::Transport { answered, .. } => *answered,
        }
    }

    /// Whether a redial in the other mode makes sense: the peer hung up or stayed silent before it answered.
    ///
    /// A peer that answered has proved that it speaks what it was dialled with. A retry in plaintext would leak the
    /// info-hash, and double the connection rate, for nothing (transmission#6935, #6942).
    pub const fn is_fallback_candidate(&self) -> bool {
        match self {
            Self::Dial(_) | Self::Refused(_) => false,
            Self::Closed { answered, step }
            | Self::TimedOut { answered, step, .. }
            | Self::Transport { answered, step, .. } => !*answered && !matches!(step, Step::Dial),
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
            Self::Dial(source) | Self::Transport { source, .. } => source.kind(),
            Self::Refused(_) => io::ErrorKind::InvalidData,
            Self::Closed { .. } => io::ErrorKind::UnexpectedEof,
            Self::TimedOut { .. } => io::ErrorKind::TimedOut,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(source) => write!(f, "cannot dial: {source}"),
            Self::Refused(refusal) => {
                write!(f, "handshake refused at {}: {refusal}", refusal.step())
            }
            Self::Closed { step, .. } => write!(f, "peer closed the connection at {step}"),
            Self::TimedOut { step, after, .. } => {
                write!(f, "no complete handshake within {after:?}, stopped at {step}")
            }
            Self::Transport { step, source, .. } => {
                write!(f, "transport failed at {step}: {source}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Dial(source) | Self::Transport { source, .. } => Some(source),
            Self::Refused(refusal) => Some(refusal),
            Self::Closed { .. } | Self::TimedOut { .. } => None,
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
