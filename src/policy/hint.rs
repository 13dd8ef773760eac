//! Hints about the encryption of a peer.

/// What you know about a peer's encryption before you dial it. [`join`](Self::join) combines several sources.
///
/// | source | who says it | constructor |
/// |---|---|---|
/// | `crypto_flags` in a tracker's answer, one byte for each peer | tracker | [`from_crypto_flag`](Self::from_crypto_flag) |
/// | `supportcrypto=1`, `requirecrypto=1` of an announce | the peer | [`from_announce`](Self::from_announce) |
/// | bit `0x01` of `added.f` in a peer exchange (BEP 11) | another peer | [`from_pex_flags`](Self::from_pex_flags) |
/// | key `e` of an extension handshake (BEP 10) | the peer | [`from_extension_handshake`](Self::from_extension_handshake) |
/// | an earlier connection | the peer | [`From<&Negotiated>`](crate::Negotiated) |
///
/// UDP trackers, the mainline DHT and `peers6` say nothing: [`Unknown`](Self::Unknown).
///
/// [`Policy::with_hint`](crate::Policy::with_hint) shows what a hint changes. A hint comes from a stranger, so it never
/// leads to plaintext if the policy prefers or requires MSE.
///
/// ```
/// use tokio_mse::{DialMode, PeerHint, Policy};
///
/// let hint = PeerHint::from_crypto_flag(0).join(PeerHint::from_pex_flags(0x01 | 0x02));
/// assert_eq!(hint, PeerHint::PrefersMse);
///
/// let policy = Policy::plaintext_only().allow_fallback();
/// assert_eq!(policy.first_mode(), DialMode::Plaintext);
/// assert_eq!(policy.with_hint(hint).first_mode(), DialMode::Mse);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerHint {
    /// Nothing is known.
    #[default]
    Unknown,
    /// The peer supports MSE.
    TakesMse,
    /// The peer prefers MSE.
    PrefersMse,
    /// The peer requires MSE.
    RequiresMse,
}

impl PeerHint {
    /// Bit `prefers encryption` of `added.f` in BEP 11.
    const PEX_PREFERS_ENCRYPTION: u8 = 0x01;

    /// Combines two sources: the stronger hint wins, from [`Unknown`](Self::Unknown) up to
    /// [`RequiresMse`](Self::RequiresMse). The order of the two does not matter.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::RequiresMse, _) | (_, Self::RequiresMse) => Self::RequiresMse,
            (Self::PrefersMse, _) | (_, Self::PrefersMse) => Self::PrefersMse,
            (Self::TakesMse, _) | (_, Self::TakesMse) => Self::TakesMse,
            (Self::Unknown, Self::Unknown) => Self::Unknown,
        }
    }

    /// From a peer's byte of `crypto_flags` in a tracker's answer: 1 means that the peer requires MSE, and 0 that it supports
    /// MSE. Trackers send these bytes if the announce had `supportcrypto=1` or `requirecrypto=1`.
    pub const fn from_crypto_flag(flag: u8) -> Self {
        match flag {
            0 => Self::TakesMse,
            1 => Self::RequiresMse,
            _ => Self::Unknown,
        }
    }

    /// From a peer's own announce to a tracker: whether it had `supportcrypto=1`, and whether it had `requirecrypto=1`.
    pub const fn from_announce(supportcrypto: bool, requirecrypto: bool) -> Self {
        match (supportcrypto, requirecrypto) {
            // Some clients that require MSE announce only that.
            (_, true) => Self::RequiresMse,
            (true, false) => Self::TakesMse,
            (false, false) => Self::Unknown,
        }
    }

    /// From a peer's byte of `added.f` (or `added6.f`) in a peer exchange.
    pub const fn from_pex_flags(flags: u8) -> Self {
        if flags & Self::PEX_PREFERS_ENCRYPTION == 0 {
            Self::Unknown
        } else {
            Self::PrefersMse
        }
    }

    /// From the value of `e` in a peer's extension handshake, if there is one.
    pub const fn from_extension_handshake(e: Option<i64>) -> Self {
        match e {
            None | Some(0) => Self::Unknown,
            Some(_) => Self::PrefersMse,
        }
    }
}
