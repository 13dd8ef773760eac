#[path = "../../../../src/crypto/dh/mod.rs"]
pub mod dh;
#[path = "../../../../src/crypto/rc4/mod.rs"]
pub mod rc4;

mod processor {
    pub fn prefers_bytes_and_columns() -> bool {
        false
    }
}
