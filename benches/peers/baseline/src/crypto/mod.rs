#[path = "../../../../../src/crypto/ahead.rs"]
mod ahead;
#[path = "../../../../../src/crypto/cipher.rs"]
mod cipher;
#[path = "../../../../../src/crypto/keystream.rs"]
pub(crate) mod keystream;
mod rc4;
#[path = "../../../../../src/crypto/window.rs"]
mod window;
