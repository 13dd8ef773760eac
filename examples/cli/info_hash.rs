//! An info-hash on the command line.

use std::str::FromStr;

/// 20 bytes, given as 40 hex digits. It is the SKEY.
#[derive(Clone, Copy)]
pub(crate) struct InfoHash(pub(crate) [u8; 20]);

impl FromStr for InfoHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|value| value.try_into().ok()))
            .collect();
        let digits = digits.ok_or("expected 40 hex digits, found something else")?;
        let pairs = digits.chunks_exact(2);
        let bytes: Vec<u8> = pairs.map(|pair| pair[0] << 4 | pair[1]).collect();
        match <[u8; 20]>::try_from(bytes) {
            Ok(info_hash) if digits.len() == 40 => Ok(Self(info_hash)),
            _ => Err(format!("expected 40 hex digits, found {}", digits.len())),
        }
    }
}
