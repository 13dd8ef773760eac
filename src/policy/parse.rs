//! Policies and their parts, read from text.

use std::fmt;
use std::str::FromStr;

use super::Policy;
use super::encryption::Encryption;
use super::methods::{CryptoMethod, CryptoMethods};

/// What a text should have been. Names whatever methods there are.
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
                f.write_str(", alone or with methods as in `require:rc4`")
            }
        }
    }
}

/// Writes the names of `all`, with `before_last` in front of the last.
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

/// How many characters of the text that was found are kept to be shown.
const SHOWN: usize = 40;

/// A text that is no [`Policy`], or no part of one.
///
/// Says what was expected and what was found. Of a long text only the beginning is kept, and control characters are
/// shown escaped.
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

    /// Spaces around the commas are ignored, and so is a method that comes again.
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

    /// A word alone means RC4 alone. Where one part is wrong, the error is about that part.
    fn from_str(text: &str) -> Result<Self, ParsePolicyError> {
        let (word, methods) = match text.split_once(':') {
            Some((word, methods)) => (word, methods.parse()?),
            None => (text, CryptoMethods::only(CryptoMethod::Rc4)),
        };
        let encryption = word
            .trim()
            .parse()
            .map_err(|ParsePolicyError { found, .. }| ParsePolicyError {
                expected: Expected::Policy,
                found,
            })?;
        Ok(Self::new(encryption, methods))
    }
}
