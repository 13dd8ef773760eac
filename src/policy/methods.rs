//! The methods that protect a stream after the handshake, and ordered sets of them.

use std::{array, fmt, iter};

/// One bit of `crypto_provide` and `crypto_select`: what protects the stream after the handshake.
///
/// Written and read as `rc4` and `plaintext`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CryptoMethod {
    /// `0x02`: the whole stream is RC4-encrypted.
    Rc4,
    /// `0x04`: the stream is AES-128-CTR-encrypted from the first byte behind the handshake on, which is RC4 to its end.
    ///
    /// **Unstable**: a draft of libtorrent's that no client has released, and whose bit and counter may still change.
    /// With the feature `unstable-aes` only, and exempt from semantic versioning. It is no more secure than RC4: nothing
    /// is authenticated, and an observer sees the same.
    ///
    /// It is fast where the processor has AES instructions; without them, RC4 is five times as fast. For most of its
    /// speed, give `codegen-units = 1` to this crate in the `Cargo.toml` of your program:
    ///
    /// ```toml
    /// [profile.release.package.tokio-mse]
    /// codegen-units = 1
    /// ```
    #[cfg(feature = "unstable-aes")]
    Aes128Ctr,
    /// `0x01`: header-only. The handshake is hidden, the stream that follows is clear.
    Plaintext,
}

impl CryptoMethod {
    pub(crate) const ALL: &'static [Self] = &[
        #[cfg(feature = "unstable-aes")]
        Self::Aes128Ctr,
        Self::Rc4,
        Self::Plaintext,
    ];

    /// The bit that stands for this method on the wire.
    pub const fn bit(self) -> u32 {
        match self {
            Self::Rc4 => 0x02,
            #[cfg(feature = "unstable-aes")]
            Self::Aes128Ctr => 0x04,
            Self::Plaintext => 0x01,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rc4 => "rc4",
            #[cfg(feature = "unstable-aes")]
            Self::Aes128Ctr => "aes",
            Self::Plaintext => "plaintext",
        }
    }
}

impl fmt::Display for CryptoMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A bit field of `crypto_provide` or `crypto_select` in words, for logs: what is known by name, and the rest as a number.
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
/// Written and read as a list with commas:
///
/// ```
/// use tokio_mse::{CryptoMethod, CryptoMethods};
///
/// let both = CryptoMethods::only(CryptoMethod::Rc4).then(CryptoMethod::Plaintext);
/// assert_eq!(both, "rc4,plaintext".parse()?);
/// assert_eq!(both.bits(), 0x03);
/// # Ok::<(), tokio_mse::ParsePolicyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CryptoMethods {
    // One slot for each method there is. The methods stand in front, what is free behind them.
    ordered: [Option<CryptoMethod>; CryptoMethod::ALL.len()],
}

impl CryptoMethods {
    /// The set of one method.
    #[cfg_attr(
        feature = "unstable-aes",
        doc = "\n\nAES is never alone: RC4 stands behind it, as clients exist that select what was not offered where they see \
               an offer without it (anacrolix, KTorrent)."
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

    /// Adds a method behind those already in the set; one that is in it keeps its place.
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
    pub fn iter(self) -> CryptoMethodsIter {
        CryptoMethodsIter(self.ordered.into_iter().flatten())
    }

    /// Whether `method` is in the set.
    pub fn contains(self, method: CryptoMethod) -> bool {
        self.iter().any(|known| known == method)
    }

    /// The set as the bit field of `crypto_provide`.
    pub fn bits(self) -> u32 {
        self.iter().map(CryptoMethod::bit).sum()
    }

    /// What a responder selects from the peer's `crypto_provide`: its own first choice that was offered. Bits that
    /// nobody knows yet are ignored.
    pub(crate) fn choose(self, provided: u32) -> Option<CryptoMethod> {
        self.iter().find(|method| provided & method.bit() != 0)
    }

    /// What an initiator makes of `crypto_select`: exactly one bit, and one that it offered. Clients disagree on what
    /// several bits mean (`RC4`, plaintext, an exception), so no reading of them is safe.
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

impl IntoIterator for CryptoMethods {
    type Item = CryptoMethod;
    type IntoIter = CryptoMethodsIter;

    fn into_iter(self) -> CryptoMethodsIter {
        self.iter()
    }
}

impl IntoIterator for &CryptoMethods {
    type Item = CryptoMethod;
    type IntoIter = CryptoMethodsIter;

    fn into_iter(self) -> CryptoMethodsIter {
        self.iter()
    }
}

/// The methods of a set, most preferred first: what [`CryptoMethods::iter`] gives.
#[derive(Clone, Debug)]
pub struct CryptoMethodsIter(
    iter::Flatten<array::IntoIter<Option<CryptoMethod>, { CryptoMethod::ALL.len() }>>,
);

impl Iterator for CryptoMethodsIter {
    type Item = CryptoMethod;

    fn next(&mut self) -> Option<CryptoMethod> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // There are a few slots at most, and nothing but counting tells how many of them are free.
        let left = self.0.clone().count();
        (left, Some(left))
    }
}

impl DoubleEndedIterator for CryptoMethodsIter {
    fn next_back(&mut self) -> Option<CryptoMethod> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for CryptoMethodsIter {}

impl iter::FusedIterator for CryptoMethodsIter {}
