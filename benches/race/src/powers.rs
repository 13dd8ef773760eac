//! 2^x and Y^x modulo P.

use std::hint::black_box;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U192, U768};

use mse_measure::race::Race;
use mse_primitives::group;
use mse_primitives::internals::choose;

use crate::openssl::OpenSsl;
use crate::results::print;

pub const REFERENCE: &str = "crypto-bigint";
pub const COLUMNS: &str = "columns";
pub const ROWS: &str = "rows";

pub const SECRET: [u8; 20] = *b"\x91\xda#l\xb5\xfeG\x90\xd9\"k\xb4\xfdF\x8f\xd8!j\xb3\xfc";
pub const PEER: [u8; 96] = [0x5A; 96];

const P: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";

pub fn two() -> [u8; 96] {
    let mut two = [0; 96];
    two[95] = 2;
    two
}

pub fn modulus() -> [u8; 96] {
    U768::from_be_hex(P).to_be_bytes().as_ref().try_into().unwrap()
}

pub fn crypto_bigint(base: &[u8; 96]) -> [u8; 96] {
    power_by(
        &FixedMontyParams::new_vartime(Odd::new(U768::from_be_hex(P)).unwrap()),
        base,
    )
}

fn power_by(params: &FixedMontyParams<{ U768::LIMBS }>, base: &[u8; 96]) -> [u8; 96] {
    let mut padded = [0; 24];
    padded[4..].copy_from_slice(black_box(&SECRET));
    let power = FixedMontyForm::new(&U768::from_be_slice(base), params)
        .pow_bounded_exp(&U192::from_be_slice(&padded), 160)
        .retrieve();
    power.to_be_bytes().as_ref().try_into().unwrap()
}

/// Their names, and whether a product is summed by columns.
pub const FORMULATIONS: [(&str, bool); 2] = [(COLUMNS, true), (ROWS, false)];

/// `base^SECRET`; for two by its own function.
pub fn primitives(base: &[u8; 96]) -> [u8; 96] {
    let secret = black_box(SECRET);
    if *base == two() {
        return group::public_key(&secret);
    }
    group::shared_secret(&secret, black_box(base)).unwrap()
}

pub const TITLES: [&str; 2] = ["2^x", "Y^x"];

pub fn launch(openssl: Option<&OpenSsl>) {
    let params = FixedMontyParams::new_vartime(Odd::new(U768::from_be_hex(P)).unwrap());
    let repeats = 20;
    for (title, base) in TITLES.into_iter().zip([two(), PEER]) {
        let mut race = Race::new().enter(REFERENCE, || {
            (0..repeats).for_each(|_| discard(black_box(power_by(&params, &base))));
        });
        if let Some(openssl) = openssl {
            let power = openssl.power(&base, &SECRET, &modulus());
            race = race.enter("OpenSSL, constant time", move || {
                (0..repeats).for_each(|_| discard(black_box(power.compute())));
            });
        }
        for (name, columns) in FORMULATIONS {
            race = race.enter(name, move || {
                choose(Some(columns));
                (0..repeats).for_each(|_| discard(black_box(primitives(&base))));
            });
        }
        print(title, &race.run(15, f64::from(repeats)));
    }
}

fn discard<T>(_: T) {}
