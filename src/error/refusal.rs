//! Why the library refuses the peer's bytes, and the steps of a handshake.

use std::fmt;

use crate::policy::methods::{CryptoMethods, Offer};

/// Why the library refused the peer's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The peer sent a plaintext BitTorrent handshake, and the policy requires MSE.
    PlaintextRefused,
    /// The peer sent something other than a plaintext BitTorrent handshake, and the policy forbids MSE.
    MseRefused,
    /// The peer replied to MSE with `0x13 "BitTorrent protocol"`: it does not speak MSE. This does not count as an answer, so
    /// a policy that prefers MSE redials in plaintext.
    PlaintextAnswer,
    /// The peer replied to plaintext with something other than `0x13 "BitTorrent protocol"`: it probably requires MSE. This
    /// does not count as an answer, so a policy that allows MSE redials with it.
    NotPlaintext,
    /// The connection leads back to this client: the peer sent our own public key, or our own plaintext handshake.
    SelfConnection,
    /// The other end is an initiator, too: both ends dialled at the same time.
    AnotherDialler,
    /// The peer's public key is not in `[2, P-2]`: the peer is broken, or a prober.
    DegenerateKey,
    /// The padding after the public key does not end within 512 bytes. If you dialled, the peer may not serve the info-hash.
    /// If you accepted, it may not speak MSE.
    NoSyncMark,
    /// The MSE peer wants an info-hash (SKEY) that is not served here.
    UnknownSkey,
    /// The plaintext peer wants an info-hash that is not served here.
    UnknownInfoHash,
    /// VC, the verification constant, is not eight zero bytes: the peer derived other keys.
    BadVc,
    /// The peer offers no method that the policy accepts.
    #[non_exhaustive]
    NoCommonMethod {
        /// The peer's `crypto_provide`.
        provided: u32,
        /// The methods that this end accepts.
        accepted: CryptoMethods,
    },
    /// The peer selected something other than exactly one of the offered methods.
    #[non_exhaustive]
    BadSelection {
        /// The peer's `crypto_select`.
        selected: u32,
    },
    /// The peer announced a PadC or PadD of more than 512 bytes.
    #[non_exhaustive]
    PadTooLong {
        /// [`Step::PadC`] or [`Step::PadD`].
        step: Step,
        /// The announced length in bytes.
        len: u16,
    },
    /// The peer announced a longer initial payload than this end accepts.
    #[non_exhaustive]
    InitialPayloadTooLong {
        /// The announced length in bytes.
        len: u16,
        /// The longest initial payload that this end accepts, in bytes.
        cap: u16,
    },
}

impl HandshakeError {
    /// The step at which the library refused the bytes.
    pub const fn step(&self) -> Step {
        self.step_and_label().0
    }

    /// A short word for metrics, which never changes: see [`Error::label`](crate::Error::label).
    pub const fn label(&self) -> &'static str {
        self.step_and_label().1
    }

    const fn step_and_label(&self) -> (Step, &'static str) {
        match self {
            Self::PlaintextRefused => (Step::Detect, "plaintext-refused"),
            Self::MseRefused => (Step::Detect, "mse-refused"),
            Self::PlaintextAnswer => (Step::Detect, "plaintext-answer"),
            Self::NotPlaintext => (Step::Detect, "not-plaintext"),
            Self::SelfConnection => (Step::PublicKey, "self-connection"),
            Self::AnotherDialler => (Step::Sync, "another-dialler"),
            Self::DegenerateKey => (Step::PublicKey, "degenerate-key"),
            Self::NoSyncMark => (Step::Sync, "no-sync-mark"),
            Self::UnknownSkey => (Step::Skey, "unknown-skey"),
            Self::UnknownInfoHash => (Step::Detect, "unknown-info-hash"),
            Self::BadVc => (Step::Vc, "bad-vc"),
            Self::NoCommonMethod { .. } => (Step::CryptoProvide, "no-common-method"),
            Self::BadSelection { .. } => (Step::CryptoSelect, "bad-selection"),
            Self::PadTooLong { step, .. } => (*step, "pad-too-long"),
            Self::InitialPayloadTooLong { .. } => (Step::InitialPayload, "payload-too-long"),
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::PlaintextRefused => {
                "incompatible policies: the peer speaks plaintext BitTorrent, we require MSE"
            }
            Self::MseRefused => {
                "incompatible policies: the peer does not speak plaintext BitTorrent, we forbid MSE"
            }
            Self::PlaintextAnswer => {
                "the peer replied to MSE with plaintext BitTorrent: it does not speak MSE"
            }
            Self::NotPlaintext => {
                "the reply is not a plaintext BitTorrent handshake: the peer may require MSE"
            }
            Self::SelfConnection => "the connection leads back to this client",
            Self::AnotherDialler => "the peer is an initiator, too: both ends dialled at the same time",
            Self::DegenerateKey => "the public key is not in [2, P-2]: the peer is broken, or a prober",
            Self::NoSyncMark => "the peer's padding does not end within 512 bytes",
            Self::UnknownSkey => "the MSE peer wants an info-hash (SKEY) that is not served here",
            Self::UnknownInfoHash => "the plaintext peer wants an info-hash that is not served here",
            Self::BadVc => "VC is not eight zero bytes: the peer derived other keys",
            Self::NoCommonMethod { provided, accepted } => {
                let offered = Offer(*provided);
                return write!(
                    f,
                    "incompatible policies: the peer offers {offered}, we accept {accepted}"
                );
            }
            Self::BadSelection { selected } => {
                let selected = Offer(*selected);
                return write!(
                    f,
                    "the peer selected {selected}, which is not exactly one of the offered methods"
                );
            }
            Self::PadTooLong { step, len } => {
                return write!(
                    f,
                    "the peer announces {step} of {len} bytes, but the limit is 512"
                );
            }
            Self::InitialPayloadTooLong { len, cap } => {
                return write!(f, "the peer announces IA of {len} bytes, but the limit is {cap}");
            }
        };
        f.write_str(text)
    }
}

impl std::error::Error for HandshakeError {}

/// What the handshake was waiting for or examining when it failed, named as in the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Before the first byte.
    Start,
    /// The peer's first bytes, which show whether it speaks plaintext BitTorrent or MSE.
    Detect,
    /// The peer's public key (in the first or the second message).
    PublicKey,
    /// The end of the padding: the responder waits for `HASH('req1', S)`, the initiator for ENCRYPT(VC).
    Sync,
    /// `HASH('req2', SKEY)`, which names the info-hash (third message).
    Skey,
    /// VC, the verification constant (third message).
    Vc,
    /// crypto_provide, the methods that the initiator offers (third message).
    CryptoProvide,
    /// PadC (third message).
    PadC,
    /// IA, the initiator's initial payload (third message).
    InitialPayload,
    /// crypto_select, the method that the responder chose (fourth message).
    CryptoSelect,
    /// PadD (fourth message).
    PadD,
    /// The peer's reply to a plaintext handshake, or the rest of it; or sending our own last message.
    Payload,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Start => "the start",
            Self::Detect => "the first bytes",
            Self::PublicKey => "the public key",
            Self::Sync => "the end of the padding",
            Self::Skey => "HASH('req2', SKEY)",
            Self::Vc => "VC",
            Self::CryptoProvide => "crypto_provide",
            Self::PadC => "PadC",
            Self::InitialPayload => "IA",
            Self::CryptoSelect => "crypto_select",
            Self::PadD => "PadD",
            Self::Payload => "the payload",
        })
    }
}
