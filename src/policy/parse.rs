//! Parsing and serialisation of policies and their parts.

use std::fmt;
use std::str::FromStr;

use super::Policy;
use super::encryption::Encryption;
use super::methods::{CryptoMethod, CryptoMethods};

/// The maximum number of characters of the text that an error shows.
const SHOWN: usize = 40;

/// A text could not be parsed as a [`Policy`] or a part of one.
///
/// It says what was expected and what was found. A long text is cut, and control characters are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsePolicyError {
    expected: &'static str,
    found: String,
}

impl ParsePolicyError {
    fn new(expected: &'static str, found: &str) -> Self {
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
        let expected = "`forbid`, `allow`, `prefer` or `require`";
        let found = Self::ALL.iter().find(|known| known.name() == word);
        found
            .copied()
            .ok_or_else(|| ParsePolicyError::new(expected, word))
    }
}

impl FromStr for CryptoMethods {
    type Err = ParsePolicyError;

    /// Spaces around the commas are ignored, and so are repeated methods.
    fn from_str(list: &str) -> Result<Self, ParsePolicyError> {
        let named = |name: &str| CryptoMethod::ALL.iter().find(|known| known.name() == name.trim());
        list.split(',')
            .map(|name| named(name).copied().map(Self::only))
            .reduce(|set, next| Some(next?.iter().fold(set?, Self::then)))
            .flatten()
            .ok_or_else(|| ParsePolicyError::new(Self::EXPECTED, list))
    }
}

impl FromStr for Policy {
    type Err = ParsePolicyError;

    /// If one part is wrong, the error names that part.
    fn from_str(text: &str) -> Result<Self, ParsePolicyError> {
        let (word, methods) = match text.split_once(':') {
            Some((word, methods)) => (word, Some(methods.parse()?)),
            None => (text, None),
        };
        let encryption = word.trim().parse()?;
        if encryption == Encryption::Forbid && methods.is_some() {
            return Err(ParsePolicyError::new("`forbid` without methods", text));
        }
        let rc4 = CryptoMethods::only(CryptoMethod::Rc4);
        Ok(Self::new(encryption, methods.unwrap_or(rc4)))
    }
}

/// Lets `serde` serialise these types as strings.
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
