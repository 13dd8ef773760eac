//! Diffie-Hellman, key derivation and keystream: pure, no IO.

pub(crate) mod derive;
pub(crate) mod dh;
pub(crate) mod keystream;
mod processor;
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
