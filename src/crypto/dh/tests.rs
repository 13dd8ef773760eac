use std::fmt::Debug;
use std::str::FromStr;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U192, U768};
use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};
use tinyjson::JsonValue;

use super::*;

/// Seeded random cases.
pub(in crate::crypto) fn cases(n: u64) -> impl Iterator<Item = ChaCha20Rng> {
    (0..n).map(ChaCha20Rng::seed_from_u64)
}

fn bytes<const LEN: usize>(text: &str) -> [u8; LEN] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// P in hexadecimal, as in the specification.
fn p() -> [u8; 96] {
    bytes(concat!(
        "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd",
        "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563",
    ))
}

/// base^exponent mod P by the general exponentiation of crypto-bigint.
fn oracle(base: &[u8; 96], exponent: &[u8; 20]) -> [u8; 96] {
    power(base, exponent, &p())
}

fn power(base: &[u8; 96], exponent: &[u8; 20], modulus: &[u8; 96]) -> [u8; 96] {
    let params = FixedMontyParams::new_vartime(Odd::new(U768::from_be_slice(modulus)).unwrap());
    let mut padded = [0; 24];
    padded[4..].copy_from_slice(exponent);
    let base = FixedMontyForm::new(&U768::from_be_slice(base), &params);
    let power = base
        .pow_bounded_exp(&U192::from_be_slice(&padded), 160)
        .retrieve();
    power.to_be_bytes().as_ref().try_into().unwrap()
}

#[test]
fn the_group_is_that_of_the_specification_and_not_one_of_the_wrong_ones_that_were_published() {
    let constants: JsonValue = include_str!("../../../tests/vectors/constants.json")
        .parse()
        .unwrap();
    let prime = |field: &JsonValue| bytes::<96>(field.get::<String>().unwrap());
    assert_eq!(p(), prime(&constants["P"]));
    let y = [0x5a; PUBLIC_KEY_LEN];
    let secret = |key: PrivateKey| *key.shared_secret(&y).unwrap().as_bytes();
    let wrong = constants["wrong_primes"].get::<Vec<_>>().unwrap();
    assert_eq!(wrong.len(), 2);
    for wrong in wrong {
        let wrong = prime(&wrong["hex"]);
        assert_ne!(
            secret(PrivateKey::from_bytes([7; 20])),
            power(&y, &[7; 20], &wrong)
        );
    }
    assert_eq!(number::<usize>(&constants["public_key_len"]), PUBLIC_KEY_LEN);
    assert_eq!(
        number::<usize>(&constants["private_key_bits_usual"]),
        8 * PrivateKey::LEN
    );
    let mut one = [0; PrivateKey::LEN];
    one[PrivateKey::LEN - 1] = 1;
    let g = number(&constants["G"]);
    assert_eq!(PrivateKey::from_bytes(one).public_key(), small(g));
}

fn number<N: FromStr<Err: Debug>>(field: &JsonValue) -> N {
    field.get::<f64>().unwrap().to_string().parse().unwrap()
}

fn small(n: u8) -> [u8; 96] {
    let mut y = [0; 96];
    y[95] = n;
    y
}

fn exchange(a: &str, b: &str, public_a: &str, public_b: &str, secret: &str) {
    let (a, b) = (PrivateKey::from_bytes(bytes(a)), PrivateKey::from_bytes(bytes(b)));
    assert_eq!(hex::encode(a.public_key()), public_a);
    assert_eq!(hex::encode(b.public_key()), public_b);
    let (public_a, public_b) = (a.public_key(), b.public_key());
    assert_eq!(
        hex::encode(a.shared_secret(&public_b).unwrap().as_bytes()),
        secret
    );
    assert_eq!(
        hex::encode(b.shared_secret(&public_a).unwrap().as_bytes()),
        secret
    );
}

#[test]
fn known_exchange_between_interoperating_clients() {
    exchange(
        "0102030405060708090a0b0c0d0e0f1011121314",
        "15161718191a1b1c1d1e1f202122232425262728",
        concat!(
            "96e112dab29e8c5272accb9b17b26887ce54a144a4e3b697c7d159b7a817e556b0918db2b4c658e02a87f7e5fb14b18a",
            "553e084cbf3dad2d30f16596ccb982d406258c61b30c5c1dae2ddc60bdbd48d79896312aad63238c39e1a633821eb693",
        ),
        concat!(
            "a3e981e821087e74b889c5bfc373ec5be9ed09c85282b9cdb6b07dbaabe0ee5138a91e6245657219d1019ce47ed3613f",
            "037c6932a69069a3928b146b354e79cbfeaad601d12598943c43b5b5529915b2c604e43fd6f9ced4efbe68f9edfaeee7",
        ),
        concat!(
            "994aac6c359990cf4f678a1742b587eb1a5248ec7fcc0d0bcfcb12d2461bc1fe25417b70869697d9ca884832f1c5f2a2",
            "fd3318c22a5a6ba170d36aac91405457c1e8137b1534a776865ed353f12422ff6afc58435f8bd443f61dd051a37bcdeb",
        ),
    );
}

#[test]
fn known_exchange_with_a_leading_zero_in_an_exponent() {
    exchange(
        "000102030405060708090a0b0c0d0e0f10111213",
        "f0e0d0c0b0a09080706050403020100011223344",
        concat!(
            "7fba71c678158bd55ef1cc04a919d1b05f79f9da403c67e82bb1a99a7b4bc4ec221cca6c3a78171a40f2cc12e3d9d445",
            "4338f7e4b9b33de5e82ab04e86f5cd43aaf9dad923988501c371d3159935de5499e5d726e740b1eabbf4a3dd03c68071",
        ),
        concat!(
            "f9fe7e1c27aee331ab8ff8a6183cfcc7bd08dc593fc4d52bc9a2694b7b787daa12e3b2695e3e9febf994447cefa427f9",
            "f5da34a4d3cd6c231a8d6517e7130de00a8a09e753ca12648ec18da389e68eeb66f8308b19cc60dfeaadb2540a821f53",
        ),
        concat!(
            "909ea4557d5b9f43dafdc5b598850045b8689e4d652af58a63730b00c574bbe4962ab9c78b2f295e3ddb3b456f20a4c6",
            "5761751bf5d79ec4dba8470fe66ed22b4a25f13528a9575607c77586785a36d560f8556b66e9c16deb87fed185ee07a7",
        ),
    );
}

#[test]
fn leading_zero_bytes_of_keys_and_secrets_are_kept() {
    exchange(
        "a2e6e3a18c77c0711372db52a26a829f0cf0a605",
        "ed7e4aa8b6cf70776fe9445cfd6700bf4dd38826",
        concat!(
            "00f595cb05eedac4010420c7e62e8137cc0ebd1b6305a51b8d102783bf745fbc3caca3256e86facba4673853868dd852",
            "8d7bceab1e60216832daec392268cd2d930e65bad5029e51de7009d31527c3eab7b4be9d6bfbd992463e5536f06b13a8",
        ),
        concat!(
            "b417105f5ee0669c44e4488fa3bfd1fafe08e7844efba44fbfb8ef56efb5358017a2ac06bb1ef602239d1f06d739a153",
            "29fa669d919e7dded07398cb73347f10869976e0fff2f25630072b6c12a27506b929089164434ef8f871651834d34d27",
        ),
        concat!(
            "3233d004cc7db21e3572d891a5543d9a8c187b63d73e137c0da174bd6c827c048913cd4f1f8159f73f3b0e1fac01d215",
            "b71b7262761fbda029689aafa941f0dc14d3ee81b25474712ea01d8b344529081f0f4316018f7d276506a1516661fcd0",
        ),
    );
    exchange(
        "9c3dd0337c14de82c4fafd53e387f7a607897a82",
        "3af44f1d107a3fd7ec157636e1ded5e543c8d3fc",
        concat!(
            "f33f713fd877e52c5b10838763bb556c075ba3745b65fe9326c35f65632f92ba6eab7a3c71b1264ab9b028fa6cfa1159",
            "1668b3840693397ce9bea1058dd360813d97b45a0187c564198f26c63f255538076b0bec349b978a84f0208d1a29fba0",
        ),
        concat!(
            "91ffe06593a87e6434309e8ce6010922e57a0a4baee8bcfc9e5ba6d43111c312ba7495bf91206db047a8ff00916b411a",
            "144842e2148caf589228d8b01d0a4a6ab7bc126e3e4d12b9c0ce59e59fb4a7a7e76bb8176216917d2f513bc2006f46c5",
        ),
        concat!(
            "000f80b0b77d7b410f6cef8c8656be25535a999fd74b18ed2695884ebe306b55702606f86c457687ef4876d49a438ec5",
            "0ab4662697f6aa5d205c78471c2281e4a3b8d69873bf331bc4b46de7756b37d243f6b8947e9b352e3bb2821b09a9ed2c",
        ),
    );
    exchange(
        "20424dbdaee0537feb24dcc8ad0bb9accdcbe21a",
        "faa83bad38ce9170cafd0d4b00d492cf1e873f28",
        concat!(
            "d922873a6b0cab8f0467eb4fe55d3c524cca50cfb9099ff7ab6dd474a6c2e46ccd01b2e9d6e5d218ef4bc44f30e226bb",
            "91603d1169f1eccad45a504c7f2382196c977608a63a21381efa4073539731367d474c40c7466c47d6696f511352ba48",
        ),
        concat!(
            "c9be785ae2500d9e64badf0673e093a36f834ac3431c302bc59b8fc9b02a91daa4d48a403bebbdb96e64ef1ae6cd734e",
            "00671f9d34e9922046427c5e6e81668b590679bd357b2d3cc7ee46c6896088632e5ef4fcfa1b9d03b90ccc3383d9141c",
        ),
        concat!(
            "0000d30b617913855910a0e666c86b53cc9005791e928ccb577b0d53cf57254f46d4e9b69493ba9d012b40af192bc7e3",
            "a5a3fbc8933daf81742b77b473757e45945d51c761c1b11bca5bd2a9300244575984f86f7bfa6a44ef11c6e9cf919276",
        ),
    );
    let a = PrivateKey::from_bytes(bytes("0102030405060708090a0b0c0d0e0f1011121314"));
    let b = PrivateKey::from_bytes(bytes("15161718191a1b1c1d1e1f202122232425262870"));
    assert!(
        hex::encode(a.shared_secret(&b.public_key()).unwrap().as_bytes())
            .starts_with("0050c07ad752f9f43e4e25e83dd95fb8")
    );
}

#[test]
fn only_public_keys_from_2_to_p_minus_2_are_accepted() {
    let shared = |y: &[u8; 96]| {
        PrivateKey::from_bytes([1; 20])
            .shared_secret(y)
            .map(|s| *s.as_bytes())
    };
    let p_plus = |n: i16| {
        let mut y = p();
        let low = i16::from_be_bytes([y[94], y[95]]) + n;
        y[94..].copy_from_slice(&low.to_be_bytes());
        y
    };
    for y in [small(0), small(1), p_plus(-1), p_plus(0), p_plus(1), [0xff; 96]] {
        assert_eq!(shared(&y), Err(DegenerateKey));
    }
    for y in [small(2), small(3), p_plus(-2), p_plus(-3)] {
        assert_eq!(shared(&y), Ok(oracle(&y, &[1; 20])));
    }
}

fn check(x: [u8; 20], y: &[u8; 96]) {
    assert_eq!(
        PrivateKey::from_bytes(x).public_key(),
        oracle(&small(2), &x),
        "2^{}",
        hex::encode(x)
    );
    let secret = PrivateKey::from_bytes(x).shared_secret(y).unwrap();
    assert_eq!(
        *secret.as_bytes(),
        oracle(y, &x),
        "{}^{}",
        hex::encode(y),
        hex::encode(x)
    );
}

#[test]
fn extreme_exponents() {
    let y = [0x5a; 96];
    for x in [
        [0; 20], [0xff; 20], [0x55; 20], [0xaa; 20], [0x0f; 20], [0xf0; 20],
    ] {
        check(x, &y);
    }
    for bit in 0..160 {
        let mut x = [0; 20];
        x[19 - bit / 8] = 1 << (bit % 8);
        assert_eq!(
            PrivateKey::from_bytes(x).public_key(),
            oracle(&small(2), &x),
            "bit {bit}"
        );
        x = x.map(|byte| !byte);
        assert_eq!(
            PrivateKey::from_bytes(x).public_key(),
            oracle(&small(2), &x),
            "all but bit {bit}"
        );
    }
}

#[test]
fn generated_exponents_use_every_byte_of_the_generator() {
    struct Counter(u8);
    impl rand::TryRng for Counter {
        type Error = std::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            unreachable!("only whole keys are asked for")
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("only whole keys are asked for")
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            for byte in bytes {
                self.0 += 1;
                *byte = self.0;
            }
            Ok(())
        }
    }
    impl rand::TryCryptoRng for Counter {}
    let expected: [u8; 20] = std::array::from_fn(|n| u8::try_from(n).unwrap() + 1);
    let key = PrivateKey::draw(&mut Counter(0));
    assert_eq!(key.public_key(), PrivateKey::from_bytes(expected).public_key());
}

fn random<const LEN: usize>(rng: &mut impl Rng) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[test]
fn random_powers_equal_the_general_exponentiation() {
    for mut rng in cases(300) {
        let (x, mut y) = (random(&mut rng), random::<96>(&mut rng));
        y[0] &= 0x7F;
        check(x, &y);
    }
}

#[test]
fn both_ends_share_a_secret() {
    for mut rng in cases(100) {
        let (a, b) = (PrivateKey::draw(&mut rng), PrivateKey::draw(&mut rng));
        let (public_a, public_b) = (a.public_key(), b.public_key());
        let (one, two) = (
            a.shared_secret(&public_b).unwrap(),
            b.shared_secret(&public_a).unwrap(),
        );
        assert_eq!(one.as_bytes(), two.as_bytes());
    }
}

#[test]
fn sums_carry_from_byte_to_byte_and_say_when_they_are_too_large() {
    let key = |low: u128| {
        let mut bytes = [0; PrivateKey::LEN];
        bytes[4..].copy_from_slice(&low.to_be_bytes());
        PrivateKey::from_bytes(bytes)
    };
    let pairs = [
        (0, 0),
        (u128::MAX / 2, 1),
        (u128::MAX / 2, u128::MAX / 2),
        (0xFF_FE01, 0xFF_01FF),
    ];
    for (a, b) in pairs {
        let mut sum = key(a);
        assert!(sum.add(&key(b)));
        assert_eq!(sum.0, key(a + b).0, "{a:x} + {b:x}");
    }
    let mut most = PrivateKey::from_bytes([0xFF; PrivateKey::LEN]);
    assert!(most.add(&key(0)));
    assert!(!most.add(&key(1)));
}

#[test]
fn a_key_that_is_found_is_wanted_and_belongs_to_its_public_key() {
    for mut rng in cases(20) {
        let (key, public_key) = PrivateKey::find(&mut rng, 16_384, |key| key[0] == b'M');
        assert_eq!(public_key[0], b'M');
        assert_eq!(key.public_key(), public_key);
    }
}

#[test]
fn a_search_looks_at_no_more_candidates_than_allowed_and_ends_with_an_ordinary_key() {
    let seen = std::cell::RefCell::new(Vec::new());
    let (key, public_key) = PrivateKey::find(&mut rand::rng(), 500, |key| {
        seen.borrow_mut().push(*key);
        false
    });
    let mut seen = seen.into_inner();
    assert_eq!(seen.len(), 500);
    assert_eq!(key.public_key(), public_key);
    assert!(!seen.contains(&public_key));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 500);
}

/// Begins with the largest exponent, to which no step can be added.
#[test]
fn a_search_that_leaves_the_range_of_exponents_ends_with_an_ordinary_key() {
    struct Ones(u8);
    impl rand::TryRng for Ones {
        type Error = std::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            unreachable!("only whole keys are asked for")
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("only whole keys are asked for")
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(self.0);
            self.0 /= 2;
            Ok(())
        }
    }
    impl rand::TryCryptoRng for Ones {}
    let (key, public_key) = PrivateKey::find(&mut Ones(0xFF), 500, |_| false);
    assert_eq!(*key.0, Zeroizing::new([0x3F; PrivateKey::LEN]));
    assert_eq!(key.public_key(), public_key);
}
