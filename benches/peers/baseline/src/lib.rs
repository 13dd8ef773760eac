//! The stream of tokio-mse, from the same source, with the `rc4` crate for a cipher.
#![allow(dead_code, unused_imports, missing_docs)]

mod crypto;
mod stream;

pub use stream::Stream;
