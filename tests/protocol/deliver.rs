//! Feeds machines in any pieces, and reads what they return.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use tokio_mse::handshake::{Machine, Padding, PrivateKey, Progress, Randomness};
use tokio_mse::{HandshakeError, Skey};

use crate::support::foreign::{self, Shared};

/// The oracle's public key, computed once for each exponent: the oracle is slow.
pub fn public_key(exponent: &[u8]) -> [u8; 96] {
    power(&[2], exponent)
}

/// What the owner of `exponent` and the owner of `peer_key` share, with the oracle's secret computed once.
pub fn shared(exponent: &[u8], peer_key: &[u8], skey: &[u8]) -> Shared {
    Shared::from_secret(power(peer_key, exponent), skey)
}

fn power(base: &[u8], exponent: &[u8]) -> [u8; 96] {
    /// Powers by base and exponent.
    type Powers = HashMap<[Vec<u8>; 2], [u8; 96]>;
    static KNOWN: LazyLock<Mutex<Powers>> = LazyLock::new(Mutex::default);
    let key = [base.to_vec(), exponent.to_vec()];
    let known = KNOWN.lock().unwrap().get(&key).copied();
    known.unwrap_or_else(|| {
        let power = foreign::secret(exponent, base);
        KNOWN.lock().unwrap().insert(key, power);
        power
    })
}

/// Feeds all pieces. `None` if the machine wants more; bytes after its end are an error of the test.
pub fn feed_all<M: Machine>(
    mut machine: M,
    portions: impl IntoIterator<Item = impl AsRef<[u8]>>,
    output: &mut Vec<u8>,
) -> Result<Option<M::Done>, HandshakeError> {
    let mut portions = portions.into_iter();
    for portion in &mut portions {
        match machine.process(portion.as_ref(), output)? {
            Progress::NeedInput(more) => machine = more,
            Progress::Done(done) => {
                assert!(portions.next().is_none(), "done before its last byte");
                return Ok(Some(done));
            }
        }
    }
    Ok(None)
}

pub fn done<D>(outcome: Result<Option<D>, HandshakeError>) -> D {
    match outcome {
        Ok(Some(done)) => done,
        Ok(None) => panic!("wants more bytes"),
        Err(error) => panic!("{error}"),
    }
}

pub fn refused<D>(outcome: Result<Option<D>, HandshakeError>) -> HandshakeError {
    match outcome {
        Ok(Some(_)) => panic!("is done"),
        Ok(None) => panic!("wants more bytes"),
        Err(error) => error,
    }
}

pub fn need_input<M, D>(progress: Result<Progress<M, D>, HandshakeError>) -> M {
    match progress {
        Ok(Progress::NeedInput(machine)) => machine,
        Ok(Progress::Done(_)) => panic!("is done"),
        Err(error) => panic!("{error}"),
    }
}

pub fn key(exponent: [u8; 20]) -> Randomness {
    Randomness::new(PrivateKey::from_bytes(exponent), Padding::none())
}

pub fn padded(exponent: [u8; 20], with_key: usize, before_sync: usize, negotiated: u16) -> Randomness {
    let padding = Padding::new(vec![0x5A; with_key], vec![0xA5; before_sync], negotiated).unwrap();
    Randomness::new(PrivateKey::from_bytes(exponent), padding)
}

pub fn skey() -> Skey {
    Skey::from([0x42; 20])
}

/// How a plaintext BitTorrent handshake begins.
pub const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// A BitTorrent handshake for [`skey`].
pub fn handshake(peer_id: [u8; 20]) -> Vec<u8> {
    [&PROTOCOL[..], &[0; 8], skey().as_bytes(), &peer_id].concat()
}
