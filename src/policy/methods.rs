//! The methods for the stream after the handshake, and ordered sets of them.

use std::fmt;

/// A method for the stream after the handshake: one bit of `crypto_provide` and `crypto_select`. No method makes it secure.
///
/// You can print a method: `rc4` or `header-only`. To parse one, parse [`CryptoMethods`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CryptoMethod {
    /// `0x02`: the whole stream is RC4-encrypted.
    Rc4,
    /// `0x04`: AES-128-CTR from the first byte after the handshake; the handshake itself always uses RC4.
    ///
    /// **Unstable**: a draft of libtorrent that no released client speaks. Its bit and its counter may still change. It
    /// exists only with the feature `unstable-aes` and is exempt from semantic versioning. It is no more secure than RC4:
    /// nothing is authenticated, and an observer sees the same.
    ///
    /// It is fast if the processor has AES instructions. Without them, RC4 is five times as fast. For most of its speed,
    /// set `codegen-units = 1` for this crate in the `Cargo.toml` of your program:
    ///
    /// ```toml
    /// [profile.release.package.tokio-mse]
    /// codegen-units = 1
    /// ```
    #[cfg(feature = "unstable-aes")]
    Aes128Ctr,
    /// `0x01`: the handshake is hidden, and the stream after it is readable. The specification calls this plaintext.
    HeaderOnly,
}

impl CryptoMethod {
    pub(crate) const ALL: &'static [Self] = &[
        #[cfg(feature = "unstable-aes")]
        Self::Aes128Ctr,
        Self::Rc4,
        Self::HeaderOnly,
    ];

    /// The bit of this method on the wire.
    pub const fn bit(self) -> u32 {
        match self {
            Self::Rc4 => 0x02,
            #[cfg(feature = "unstable-aes")]
            Self::Aes128Ctr => 0x04,
            Self::HeaderOnly => 0x01,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rc4 => "rc4",
            #[cfg(feature = "unstable-aes")]
            Self::Aes128Ctr => "aes",
            Self::HeaderOnly => "header-only",
        }
    }
}

impl fmt::Display for CryptoMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Prints a bit field of `crypto_provide` or `crypto_select`: known methods by name, other bits as one number.
pub(crate) struct Offer(pub(crate) u32);

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(mut rest) = *self;
        let mut comma = "";
        for method in CryptoMethod::ALL {
            if rest & method.bit() != 0 {
                write!(f, "{comma}{method}")?;
                rest &= !method.bit();
                comma = ",";
            }
        }
        if rest != 0 || comma.is_empty() {
            write!(f, "{comma}{rest:#x}")?;
        }
        Ok(())
    }
}

/// An ordered set of crypto methods, most preferred first, never empty.
///
/// You can parse and print a set. Its text is a comma-separated list:
///
/// ```
/// use tokio_mse::{CryptoMethod, CryptoMethods};
///
/// let both = CryptoMethods::only(CryptoMethod::Rc4).then(CryptoMethod::HeaderOnly);
/// assert_eq!(both, "rc4,header-only".parse()?);
/// assert_eq!(both.bits(), 0x03);
/// # Ok::<(), tokio_mse::ParsePolicyError>(())
/// ```
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CryptoMethods {
    // One slot for each method that exists. The used slots come first.
    ordered: [Option<CryptoMethod>; CryptoMethod::ALL.len()],
}

impl CryptoMethods {
    /// The expected text, for errors.
    pub(super) const EXPECTED: &'static str = if cfg!(feature = "unstable-aes") {
        "a comma-separated list of `aes`, `rc4` and `header-only`"
    } else {
        "a comma-separated list of `rc4` and `header-only`"
    };

    /// The set of one method.
    #[cfg_attr(
        feature = "unstable-aes",
        doc = "\n\nAES is always followed by RC4, because some clients select RC4 even if it is not offered (anacrolix, \
               KTorrent)."
    )]
    pub const fn only(method: CryptoMethod) -> Self {
        let mut ordered = [None; CryptoMethod::ALL.len()];
        ordered[0] = Some(method);
        #[cfg(feature = "unstable-aes")]
        if matches!(method, CryptoMethod::Aes128Ctr) {
            ordered[1] = Some(CryptoMethod::Rc4);
        }
        Self { ordered }
    }

    /// Adds a method as the last choice. A method that is in the set already keeps its position.
    #[must_use]
    pub fn then(self, method: CryptoMethod) -> Self {
        let added = self.with_last(method);
        #[cfg(feature = "unstable-aes")]
        if method == CryptoMethod::Aes128Ctr {
            return added.with_last(CryptoMethod::Rc4);
        }
        added
    }

    fn with_last(mut self, method: CryptoMethod) -> Self {
        if !self.contains(method)
            && let Some(free) = self.ordered.iter_mut().find(|slot| slot.is_none())
        {
            *free = Some(method);
        }
        self
    }

    /// The methods, most preferred first.
    pub fn iter(self) -> impl Iterator<Item = CryptoMethod> {
        self.ordered.into_iter().flatten()
    }

    /// Whether `method` is in the set.
    pub fn contains(self, method: CryptoMethod) -> bool {
        self.iter().any(|known| known == method)
    }

    /// The set as the bit field of `crypto_provide`.
    pub fn bits(self) -> u32 {
        self.iter().map(CryptoMethod::bit).sum()
    }

    /// The method that a responder selects from the peer's `crypto_provide`: its own first choice among the offered ones.
    /// Unknown bits are ignored.
    pub(crate) fn choose(self, provided: u32) -> Option<CryptoMethod> {
        self.iter().find(|method| provided & method.bit() != 0)
    }

    /// The method that `crypto_select` stands for, if it is exactly one bit that this initiator offered. Clients disagree on
    /// the meaning of several bits (RC4, header-only, an exception), so the initiator refuses them.
    pub(crate) fn selected(self, selection: u32) -> Option<CryptoMethod> {
        self.iter().find(|method| selection == method.bit())
    }
}

impl fmt::Debug for CryptoMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Display for CryptoMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, method) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{method}")?;
        }
        Ok(())
    }
}
