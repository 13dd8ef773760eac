//! The exponentiations of the foreign implementation, each done once: they would take most of the time.

use std::cell::RefCell;
use std::collections::HashMap;

const KEPT: usize = 4096;

thread_local! {
    static KNOWN: RefCell<HashMap<Vec<u8>, [u8; 96]>> = RefCell::default();
}

fn once(question: Vec<u8>, answer: impl FnOnce() -> [u8; 96]) -> [u8; 96] {
    KNOWN.with_borrow_mut(|known| {
        if known.len() > KEPT {
            known.clear();
        }
        *known.entry(question).or_insert_with(answer)
    })
}

pub fn public_key(exponent: &[u8; 20]) -> [u8; 96] {
    once(exponent.to_vec(), || mse_oracle::public_key(exponent))
}

pub fn secret(exponent: &[u8; 20], peer: &[u8]) -> [u8; 96] {
    once([exponent, peer].concat(), || mse_oracle::secret(exponent, peer))
}
