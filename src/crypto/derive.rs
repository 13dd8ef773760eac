//! `HASH()`, and the values that are derived with it from S and SKEY (specification, "Keys" and "The five blocking steps").

#[cfg(test)]
mod tests;

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::dh::SharedSecret;
use super::keystream::Keystream;

fn hash(parts: &[&[u8]]) -> Zeroizing<[u8; 20]> {
    let mut digest = Sha1::new();
    for part in parts {
        digest.update(part);
    }
    let mut hash = Zeroizing::new([0; 20]);
    digest.finalize_into((&mut *hash).into());
    hash
}

/// `HASH('req1', S)`: the mark after PadA.
pub(crate) fn req1(secret: &SharedSecret) -> [u8; 20] {
    *hash(&[b"req1", secret.as_bytes()])
}

/// `HASH('req2', SKEY)`.
pub(crate) fn req2(skey: &[u8]) -> [u8; 20] {
    *hash(&[b"req2", skey])
}

/// `HASH('req2', SKEY) xor HASH('req3', S)` from `HASH('req2', SKEY)`, and the other way round.
pub(crate) fn mask_req2(secret: &SharedSecret, mut req2: [u8; 20]) -> [u8; 20] {
    let req3 = hash(&[b"req3", secret.as_bytes()]);
    for (byte, mask) in req2.iter_mut().zip(req3.iter()) {
        *byte ^= mask;
    }
    req2
}

/// The keystreams of the initiator (`keyA`) and the responder (`keyB`), after the first 1024 bytes.
pub(crate) fn keystreams(secret: &SharedSecret, skey: &[u8]) -> (Keystream, Keystream) {
    let [key_a, key_b] = keys(secret, skey);
    Keystream::pair(&key_a, &key_b)
}

/// The AES-128-CTR keystreams of the initiator and the responder. The initiator's begins after IA, and the responder's after
/// PadD.
#[cfg(feature = "unstable-aes")]
pub(crate) fn aes_keystreams(secret: &SharedSecret, skey: &[u8]) -> (Keystream, Keystream) {
    let [key_a, key_b] = keys(secret, skey);
    (Keystream::aes(&key_a), Keystream::aes(&key_b))
}

fn keys(secret: &SharedSecret, skey: &[u8]) -> [Zeroizing<[u8; 20]>; 2] {
    [b"keyA", b"keyB"].map(|label| hash(&[label, secret.as_bytes(), skey]))
}
