//! The steps of a handshake, by the names that the specification gives them.

use std::fmt;

/// The step of the handshake that was under way: what was being waited for or examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The dialler's own work, before there was a connection.
    Dial,
    /// Waiting for one of a limited number of places for handshakes.
    Admission,
    /// The peer's first bytes, which show whether it speaks plaintext BitTorrent or MSE.
    Detect,
    /// The peer's public key (step 1 or 2 of the specification).
    PublicKey,
    /// The end of PadA or PadB: the responder waits for HASH('req1', S), the initiator for ENCRYPT(VC).
    Sync,
    /// HASH('req2', SKEY), which names the SKEY that the initiator asks for (step 3).
    Skey,
    /// VC, the verification constant (step 3).
    Vc,
    /// crypto_provide, the methods that the initiator offers (step 3).
    CryptoProvide,
    /// PadC (step 3).
    PadC,
    /// IA, the initiator's initial payload (step 3).
    InitialPayload,
    /// crypto_select, the method that the responder chose (step 4).
    CryptoSelect,
    /// PadD (step 4).
    PadD,
    /// The answer to a plaintext handshake, or the last bytes of our own side on their way.
    Payload,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dial => "the dialler",
            Self::Admission => "a free place",
            Self::Detect => "the first bytes",
            Self::PublicKey => "the public key",
            Self::Sync => "the end of PadA or PadB",
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
