//! Policies and their parts, read from text.

use std::fmt;
use std::str::FromStr;

use super::Policy;
use super::encryption::Encryption;
use super::methods::{CryptoMethod, CryptoMethods};

/// What was expected instead of a text that cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Encryption,
    Method,
    Methods,
    Policy,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encryption => list(f, Encryption::ALL, Encryption::name, "or"),
            Self::Method => list(f, CryptoMethod::ALL, CryptoMethod::name, "or"),
            Self::Methods => {
                f.write_str("a comma-separated list of ")?;
                list(f, CryptoMethod::ALL, CryptoMethod::name, "and")
            }
            Self::Policy => {
                Self::Encryption.fmt(f)?;
                f.write_str(", and after any but `forbid` perhaps methods, as in `require:rc4`")
            }
        }
    }
}

/// Writes the names of `all`, separated by commas, with `before_last` before the last one.
fn list<V: Copy>(
    f: &mut fmt::Formatter<'_>,
    all: &[V],
    name: fn(V) -> &'static str,
    before_last: &str,
) -> fmt::Result {
    for (position, value) in all.iter().enumerate() {
        match position {
            0 => {}
            last if last + 1 == all.len() => write!(f, " {before_last} ")?,
            _ => f.write_str(", ")?,
        }
        write!(f, "`{}`", name(*value))?;
    }
    Ok(())
}

/// The number of characters of the found text that an error shows.
const SHOWN: usize = 40;

/// A text could not be parsed as a [`Policy`] or a part of one.
///
/// It says what was expected and what was found. A long text is cut, and control characters are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsePolicyError {
    expected: Expected,
    found: String,
}

impl ParsePolicyError {
    fn new(expected: Expected, found: &str) -> Self {
        let mut shown: String = found.chars().take(SHOWN).flat_map(char::escape_debug).collect();
        if found.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        Self {
            expected,
            found: shown,
        }
    }
}

impl fmt::Display for ParsePolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found `{}`", self.expected, self.found)
    }
}

impl std::error::Error for ParsePolicyError {}

impl FromStr for Encryption {
    type Err = ParsePolicyError;

    fn from_str(word: &str) -> Result<Self, ParsePolicyError> {
        Self::ALL
            .iter()
            .copied()
            .find(|known| known.name() == word)
            .ok_or_else(|| ParsePolicyError::new(Expected::Encryption, word))
    }
}

impl FromStr for CryptoMethod {
    type Err = ParsePolicyError;

    fn from_str(name: &str) -> Result<Self, ParsePolicyError> {
        Self::ALL
            .iter()
            .copied()
            .find(|known| known.name() == name)
            .ok_or_else(|| ParsePolicyError::new(Expected::Method, name))
    }
}

impl FromStr for CryptoMethods {
    type Err = ParsePolicyError;

    /// Spaces around the commas are ignored, and so are repeated methods.
    fn from_str(list: &str) -> Result<Self, ParsePolicyError> {
        list.split(',')
            .map(|name| name.trim().parse().ok())
            .map(|method| method.map(Self::only))
            .reduce(|set, next| Some(next?.iter().fold(set?, Self::then)))
            .flatten()
            .ok_or_else(|| ParsePolicyError::new(Expected::Methods, list))
    }
}

impl FromStr for Policy {
    type Err = ParsePolicyError;

    /// If one part is wrong, the error is about that part.
    fn from_str(text: &str) -> Result<Self, ParsePolicyError> {
        let (word, methods) = match text.split_once(':') {
            Some((word, methods)) => (word, Some(methods.parse()?)),
            None => (text, None),
        };
        let no_policy = |found: &str| ParsePolicyError::new(Expected::Policy, found);
        let encryption = word.trim().parse().map_err(|_| no_policy(word))?;
        if encryption == Encryption::Forbid && methods.is_some() {
            return Err(no_policy(text));
        }
        let rc4 = CryptoMethods::only(CryptoMethod::Rc4);
        Ok(Self::new(encryption, methods.unwrap_or(rc4)))
    }
}

/// What `serde` serialises these types as.
#[cfg(feature = "serde")]
macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParsePolicyError;

            fn try_from(text: String) -> Result<Self, ParsePolicyError> {
                text.parse()
            }
        }
    )*};
}

#[cfg(feature = "serde")]
as_text!(Policy, Encryption, CryptoMethods);
