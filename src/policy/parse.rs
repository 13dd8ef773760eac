//! Policies and their parts, read from text.

use std::fmt;
use std::str::FromStr;

use super::Policy;
use super::encryption::Encryption;
use super::methods::{CryptoMethod, CryptoMethods};

pub(super) const ENCRYPTION: &str = "`forbid`, `allow`, `prefer` or `require`";
const METHOD: &str = "`rc4` or `plaintext`";
pub(super) const METHODS: &str = "a comma-separated list of `rc4` and `plaintext`";
pub(super) const POLICY: &str =
    "`forbid`, `allow`, `prefer` or `require`, alone or with methods as in `require:rc4,plaintext`";

/// How many characters of the text that was found are kept to be shown.
const SHOWN: usize = 40;

/// A text that is no [`Policy`], or no part of one.
///
/// Says what was expected and what was found. Of a long text only the beginning is kept, and control characters are
/// shown escaped.
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
        Self::ALL
            .iter()
            .copied()
            .find(|known| known.name() == word)
            .ok_or_else(|| ParsePolicyError::new(ENCRYPTION, word))
    }
}

impl FromStr for CryptoMethod {
    type Err = ParsePolicyError;

    fn from_str(name: &str) -> Result<Self, ParsePolicyError> {
        Self::ALL
            .iter()
            .copied()
            .find(|known| known.name() == name)
            .ok_or_else(|| ParsePolicyError::new(METHOD, name))
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
            .ok_or_else(|| ParsePolicyError::new(METHODS, list))
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
                expected: POLICY,
                found,
            })?;
        Ok(Self::new(encryption, methods))
    }
}
