#[path = "../../../../../src/crypto/keystream.rs"]
pub(crate) mod keystream;
mod rc4;
#[path = "../../../../../src/crypto/window.rs"]
mod window;
