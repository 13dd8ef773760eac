//! Why the peer's bytes were refused.

use std::fmt;

use super::step::Step;

/// Bytes of the peer that are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A plaintext BitTorrent handshake came in, and the policy requires MSE.
    PlaintextRefused,
    /// Something other than a plaintext BitTorrent handshake came in, and the policy forbids MSE.
    MseRefused,
    /// The peer answered an MSE attempt with `0x13 "BitTorrent protocol"`: it does not speak MSE. This is no answer to
    /// what was dialled, so a policy that prefers MSE redials in plaintext.
    PlaintextAnswer,
    /// The peer answered a plaintext attempt with something that is not the beginning of `0x13 "BitTorrent protocol"`.
    /// A peer that takes nothing but MSE does so. This is no answer to what was dialled, so a policy that allows MSE
    /// redials with it.
    NotPlaintext,
    /// The public key is not in `[2, P-2]`: a broken client, or a prober.
    DegenerateKey,
    /// PadA or PadB did not end within 512 bytes: the peer does not speak MSE or, if we dialled, does not serve this
    /// SKEY.
    NoSyncMark,
    /// The peer asked for a SKEY that is not served here.
    UnknownSkey,
    /// A plaintext BitTorrent handshake asked for an info-hash that is not served here.
    UnknownInfoHash,
    /// The verification constant is not eight zero bytes: the peer's SKEY, or its cipher, is another.
    BadVc,
    /// The peer offers no method that the policy accepts.
    #[non_exhaustive]
    NoCommonMethod {
        /// The peer's `crypto_provide`.
        provided: u32,
    },
    /// The peer's selection is not exactly one of the methods that were offered.
    #[non_exhaustive]
    BadSelection {
        /// The peer's `crypto_select`.
        selected: u32,
    },
    /// PadC or PadD is announced to be longer than 512 bytes.
    #[non_exhaustive]
    PadTooLong {
        /// [`Step::PadC`] or [`Step::PadD`].
        step: Step,
        /// The announced length in bytes.
        len: u16,
    },
    /// The initial payload is announced to be longer than the cap.
    #[non_exhaustive]
    InitialPayloadTooLong {
        /// The announced length in bytes.
        len: u16,
        /// The cap in bytes.
        cap: u16,
    },
}

impl HandshakeError {
    /// [`NoCommonMethod`](Self::NoCommonMethod) for this `crypto_provide`.
    pub const fn no_common_method(provided: u32) -> Self {
        Self::NoCommonMethod { provided }
    }

    /// [`BadSelection`](Self::BadSelection) for this `crypto_select`.
    pub const fn bad_selection(selected: u32) -> Self {
        Self::BadSelection { selected }
    }

    /// [`PadTooLong`](Self::PadTooLong) for [`Step::PadC`] or [`Step::PadD`] of `len` bytes.
    pub const fn pad_too_long(step: Step, len: u16) -> Self {
        Self::PadTooLong { step, len }
    }

    /// [`InitialPayloadTooLong`](Self::InitialPayloadTooLong) for `len` bytes where `cap` are the most.
    pub const fn initial_payload_too_long(len: u16, cap: u16) -> Self {
        Self::InitialPayloadTooLong { len, cap }
    }

    /// The step at which the bytes were refused.
    pub const fn step(&self) -> Step {
        match self {
            Self::PlaintextRefused | Self::MseRefused | Self::PlaintextAnswer | Self::NotPlaintext => {
                Step::Detect
            }
            Self::DegenerateKey => Step::PublicKey,
            Self::NoSyncMark => Step::Sync,
            Self::UnknownSkey | Self::UnknownInfoHash => Step::Skey,
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
            Self::PlaintextRefused => f.write_str(
                "the peer speaks plaintext BitTorrent, and the policy requires MSE: the two policies do not meet",
            ),
            Self::MseRefused => f.write_str(
                "the peer does not speak plaintext BitTorrent, and the policy forbids MSE: the two policies do not meet",
            ),
            Self::PlaintextAnswer => {
                f.write_str("the peer answered MSE with plaintext BitTorrent: it does not speak MSE")
            }
            Self::NotPlaintext => f.write_str(
                "the answer is not a plaintext BitTorrent handshake: the peer may take nothing but MSE",
            ),
            Self::DegenerateKey => {
                f.write_str("the public key is not in [2, P-2]: the peer is a broken client or a prober")
            }
            Self::NoSyncMark => f.write_str(
                "the padding does not end within 512 bytes: the peer does not speak MSE, or does not serve the info-hash",
            ),
            Self::UnknownInfoHash => {
                f.write_str("the info-hash of the peer's plaintext handshake is not served here")
            }
            Self::UnknownSkey => {
                f.write_str("the info-hash (SKEY) that the peer asks for is not served here")
            }
            Self::BadVc => f.write_str("VC is not eight zero bytes: the peer's SKEY or its cipher is another"),
            Self::NoCommonMethod { provided } => write!(
                f,
                "the peer offers {provided:#010x}, none of which the policy accepts: the two policies do not meet"
            ),
            Self::BadSelection { selected } => write!(
                f,
                "the peer selected {selected:#010x}, which is not exactly one of the methods that were offered"
            ),
            Self::PadTooLong { step, len } => write!(f, "the peer announces {step} of {len} bytes, 512 at most"),
            Self::InitialPayloadTooLong { len, cap } => {
                write!(f, "the peer announces IA of {len} bytes, {cap} at most")
            }
        }
    }
}

impl std::error::Error for HandshakeError {}
