//! 2^x and Y^x modulo P.

use std::hint::black_box;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U192, U768};
use num_bigint::BigUint;
use rug::Integer;
use rug::integer::Order;

use tokio_mse::internals::{public_key, shared_secret};

use crate::openssl;
use crate::report::{Goal, Report};
use mse_measure::race::Race;

pub const P: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";

pub const SECRET: [u8; 20] = *b"\x91\xda#l\xb5\xfeG\x90\xd9\"k\xb4\xfdF\x8f\xd8!j\xb3\xfc";

/// crypto-bigint, as one would use it.
pub struct CryptoBigint(FixedMontyParams<{ U768::LIMBS }>);

impl CryptoBigint {
    pub fn new() -> Self {
        Self(FixedMontyParams::new_vartime(
            Odd::new(U768::from_be_hex(P)).unwrap(),
        ))
    }

    pub fn power(&self, base: &[u8; 96], exponent: &[u8; 20]) -> [u8; 96] {
        let mut padded = [0; 24];
        padded[4..].copy_from_slice(exponent);
        let base = FixedMontyForm::new(&U768::from_be_slice(base), &self.0);
        let power = base
            .pow_bounded_exp(&U192::from_be_slice(&padded), 160)
            .retrieve();
        power.to_be_bytes().as_ref().try_into().unwrap()
    }
}

/// Whatever it was: it has been computed.
fn discard<T>(_: T) {}

pub fn two() -> [u8; 96] {
    let mut two = [0; 96];
    two[95] = 2;
    two
}

pub fn measure(report: &mut Report, rounds: usize) {
    let modulus: [u8; 96] = U768::from_be_hex(P).to_be_bytes().as_ref().try_into().unwrap();
    let peer = public_key(&[0x5A; 20]);
    let crypto_bigint = CryptoBigint::new();
    let openssl = openssl::Power::new(&SECRET, &modulus);
    let integer = |bytes: &[u8]| Integer::from_digits(bytes, Order::Msf);
    let (gmp_p, gmp_x) = (integer(&modulus), integer(&SECRET));
    let (num_p, num_x) = (BigUint::from_bytes_be(&modulus), BigUint::from_bytes_be(&SECRET));

    for (title, base, goals) in [
        (
            "2^x",
            two(),
            [
                Goal {
                    zen_3: 6.7,
                    zen_5: 6.3,
                },
                Goal::of(4.0),
            ],
        ),
        (
            "Y^x",
            peer,
            [
                Goal {
                    zen_3: 1.6,
                    zen_5: 1.5,
                },
                Goal {
                    zen_3: 1.35,
                    zen_5: 1.4,
                },
            ],
        ),
    ] {
        let openssl_base = openssl::Base::new(&base);
        let (gmp_base, num_base) = (integer(&base), BigUint::from_bytes_be(&base));
        let generator = title == "2^x";
        let ours = || -> [u8; 96] {
            let key = black_box(SECRET);
            if generator {
                public_key(&key)
            } else {
                shared_secret(&key, black_box(&base)).unwrap()
            }
        };
        let want = ours();
        assert_eq!(crypto_bigint.power(&base, &SECRET), want);
        assert_eq!(openssl.of(&openssl_base), want);
        assert_eq!(
            Integer::from(gmp_base.secure_pow_mod_ref(&gmp_x, &gmp_p)),
            integer(&want)
        );
        assert_eq!(num_base.modpow(&num_x, &num_p), BigUint::from_bytes_be(&want));

        let repeats = 40;
        let outcome = Race::new()
            .enter("ours", || (0..repeats).for_each(|_| discard(black_box(ours()))))
            .enter("crypto-bigint", || {
                (0..repeats).for_each(|_| discard(black_box(crypto_bigint.power(&base, black_box(&SECRET)))));
            })
            .enter("OpenSSL", || {
                (0..repeats).for_each(|_| discard(black_box(openssl.of(&openssl_base))))
            })
            .enter("GMP powm_sec", || {
                (0..repeats).for_each(|_| {
                    drop(black_box(Integer::from(
                        gmp_base.secure_pow_mod_ref(&gmp_x, &gmp_p),
                    )))
                });
            })
            .enter("GMP powm, not constant time", || {
                (0..repeats).for_each(|_| {
                    drop(black_box(Integer::from(
                        gmp_base.pow_mod_ref(&gmp_x, &gmp_p).unwrap(),
                    )))
                });
            })
            .enter("num-bigint, not constant time", || {
                (0..repeats).for_each(|_| discard(black_box(num_base.modpow(&num_x, &num_p))));
            })
            .run(rounds, f64::from(repeats));
        for other in outcome.names().filter(|name| *name != "ours") {
            let goal = match other {
                "crypto-bigint" => Some(goals[0]),
                "OpenSSL" if !generator => Some(goals[1]),
                _ => None,
            };
            report.faster(title, other, outcome.ratio(other, "ours"), goal);
        }
        report.sustains(title, &format!("{:.0} per second", 1e9 / outcome.median("ours")));
    }
}
