//! The keystreams of the handshake, and those of the stream after it (ENCRYPT2 in the specification).

use crate::crypto::derive;
use crate::crypto::dh::SharedSecret;
use crate::crypto::keystream::Keystream;
use crate::mode::Role;
use crate::policy::CryptoMethod;
use crate::skey::Skey;

/// The handshake's RC4 keystreams (the handshake always uses RC4), plus the secret from which other ciphers' keys are
/// derived.
pub(super) struct Keys {
    pub(super) encrypt: Keystream,
    pub(super) decrypt: Keystream,
    #[cfg(feature = "unstable-aes")]
    secret: SharedSecret,
}

impl Keys {
    #[cfg_attr(
        not(feature = "unstable-aes"),
        expect(
            clippy::needless_pass_by_value,
            reason = "the keys of AES are derived from it later"
        )
    )]
    pub(super) fn derive(role: Role, secret: SharedSecret, skey: &Skey) -> Self {
        let (encrypt, decrypt) = own_first(role, derive::keystreams(&secret, skey.as_bytes()));
        Self {
            encrypt,
            decrypt,
            #[cfg(feature = "unstable-aes")]
            secret,
        }
    }

    /// The keystreams from the first byte after IA and PadD on; `None` if the stream is readable.
    #[cfg_attr(
        not(feature = "unstable-aes"),
        expect(unused_variables, reason = "RC4 continues with the same keystreams")
    )]
    pub(super) fn switch_to(
        self,
        method: CryptoMethod,
        role: Role,
        skey: &Skey,
    ) -> (Option<Keystream>, Option<Keystream>) {
        match method {
            CryptoMethod::HeaderOnly => (None, None),
            CryptoMethod::Rc4 => (Some(self.encrypt), Some(self.decrypt)),
            #[cfg(feature = "unstable-aes")]
            CryptoMethod::Aes128Ctr => {
                let both = derive::aes_keystreams(&self.secret, skey.as_bytes());
                let (encrypt, decrypt) = own_first(role, both);
                (Some(encrypt), Some(decrypt))
            }
        }
    }
}

/// Orders A's and B's keystream as (encrypt, decrypt) for this side.
fn own_first(role: Role, (a, b): (Keystream, Keystream)) -> (Keystream, Keystream) {
    match role {
        Role::Initiator => (a, b),
        Role::Responder => (b, a),
    }
}
