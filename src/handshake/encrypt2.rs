//! ENCRYPT2: what the stream goes on with behind the handshake.

use super::established::Role;
use crate::crypto::derive;
use crate::crypto::dh::SharedSecret;
use crate::crypto::keystream::Keystream;
use crate::policy::methods::CryptoMethod;
use crate::skey::Skey;

/// The keystreams of the handshake, which is RC4 to its end whatever is agreed on, and what others are derived from.
pub(super) struct Keys {
    pub(super) encrypt: Keystream,
    pub(super) decrypt: Keystream,
    #[cfg(feature = "unstable-aes")]
    secret: SharedSecret,
}

impl Keys {
    #[cfg_attr(
        not(feature = "unstable-aes"),
        expect(clippy::needless_pass_by_value, reason = "AES is derived from it later")
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

    /// What is sent and received with from the first byte behind IA and PadD on; nothing, if the stream is clear.
    #[cfg_attr(
        not(feature = "unstable-aes"),
        expect(unused_variables, reason = "RC4 goes on")
    )]
    pub(super) fn switch_to(
        self,
        method: CryptoMethod,
        role: Role,
        skey: &Skey,
    ) -> (Option<Keystream>, Option<Keystream>) {
        match method {
            CryptoMethod::Plaintext => (None, None),
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

/// From A's and B's keystream to the one that is encrypted with and the one that is decrypted with.
fn own_first(role: Role, (a, b): (Keystream, Keystream)) -> (Keystream, Keystream) {
    match role {
        Role::Initiator => (a, b),
        Role::Responder => (b, a),
    }
}
