//! The methods that protect a stream after the handshake, and ordered sets of them.

use std::fmt;
use std::str::FromStr;

/// One bit of `crypto_provide` and `crypto_select`: what protects the stream after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CryptoMethod {
    /// `0x02`: the whole stream is RC4-encrypted.
    Rc4,
    /// `0x01`: header-only. The handshake is hidden, the stream that follows is clear.
    Plaintext,
}

impl CryptoMethod {
    const ALL: [Self; 2] = [Self::Rc4, Self::Plaintext];

    /// The bit that stands for this method on the wire.
    pub const fn bit(self) -> u32 {
        match self {
            Self::Rc4 => 0x02,
            Self::Plaintext => 0x01,
        }
    }
}

impl fmt::Display for CryptoMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rc4 => "rc4",
            Self::Plaintext => "plaintext",
        })
    }
}

/// An ordered set of crypto methods, most preferred first, never empty.
///
/// ```
/// use tokio_mse::{CryptoMethod, CryptoMethods};
///
/// let both = CryptoMethods::only(CryptoMethod::Rc4).then(CryptoMethod::Plaintext);
/// assert_eq!(both, "rc4,plaintext".parse()?);
/// assert_eq!(both.bits(), 0x03);
/// # Ok::<(), tokio_mse::ParseMethodsError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CryptoMethods {
    ordered: [Option<CryptoMethod>; CryptoMethod::ALL.len()],
}

impl CryptoMethods {
    /// The set of one method.
    pub const fn only(method: CryptoMethod) -> Self {
        Self {
            ordered: [Some(method), None],
        }
    }

    /// Adds a method behind those already in the set; one that is in it keeps its place.
    #[must_use]
    pub fn then(mut self, method: CryptoMethod) -> Self {
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
        self.iter().fold(0, |bits, method| bits | method.bit())
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

/// A list of crypto methods that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseMethodsError {
    found: String,
}

impl fmt::Display for ParseMethodsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected a comma-separated list of `rc4` and `plaintext`, found `{}`",
            self.found
        )
    }
}

impl std::error::Error for ParseMethodsError {}

impl FromStr for CryptoMethods {
    type Err = ParseMethodsError;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let unreadable = || ParseMethodsError {
            found: list.to_owned(),
        };
        let mut set: Option<Self> = None;
        for name in list.split(',') {
            let method = CryptoMethod::ALL
                .into_iter()
                .find(|method| method.to_string() == name.trim())
                .ok_or_else(unreadable)?;
            set = Some(set.map_or(Self::only(method), |set| set.then(method)));
        }
        set.ok_or_else(unreadable)
    }
}
