//! Diffie-Hellman, key derivation and keystream: pure, no IO.

#[cfg(feature = "unstable-aes")]
mod aes;
mod ahead;
mod cipher;
pub(crate) mod derive;
pub(crate) mod dh;
pub(crate) mod keystream;
#[cfg(any(feature = "fast", not(feature = "rustcrypto")))]
mod processor;
#[cfg(any(feature = "fast", not(feature = "rustcrypto")))]
pub(crate) mod rc4;
#[cfg(all(feature = "rustcrypto", not(feature = "fast")))]
#[path = "rustcrypto/rc4.rs"]
pub(crate) mod rc4;
mod window;

/// How many cases a property is tried with; `PROPTEST_CASES` asks for a longer run.
#[cfg(test)]
fn test_cases(default: u32) -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(default)
}
