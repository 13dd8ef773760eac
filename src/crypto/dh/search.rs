//! Looking for a public key that looks like something.
//!
//! `2^(x+s) = 2^x * 2^s`, so the next candidate costs a multiplication. The step `s` is random and secret. With steps of
//! one, a doubling each, a candidate's last bits are the first bits of the candidates that were passed over, and keys
//! that were looked for would show it.

use std::sync::OnceLock;

use rand::{CryptoRng, Rng};

use super::exponent::Exponent;
use super::field::{Element, Integer, Modulus, modulus};
use super::{PUBLIC_KEY_LEN, PrivateKey, comb};

/// How many candidates are looked at. Six printable bytes come up once in 380 times, which is the rarest that is asked
/// for: a search that does not find them in so many is one in 48,000.
const MOST_CANDIDATES: usize = 4096;

/// Draws a private key whose public key is `wanted`. The lowest bit of the exponent stays random, and so does the Jacobi
/// symbol of the public key.
///
/// A stranger can ask an acceptor for as many searches as he has connections, so a search is bounded: where it finds
/// nothing, an ordinary key has to do.
pub(crate) fn find<R: CryptoRng + ?Sized>(
    rng: &mut R,
    wanted: impl Fn(&[u8; PUBLIC_KEY_LEN]) -> bool,
) -> (PrivateKey, [u8; PUBLIC_KEY_LEN]) {
    #[cfg(tokio_mse_toy_exchange)]
    return super::toy::find(|| PrivateKey::draw(rng), wanted);

    #[cfg(not(tokio_mse_toy_exchange))]
    step_to(rng, wanted)
}

fn step_to<R: CryptoRng + ?Sized>(
    rng: &mut R,
    wanted: impl Fn(&[u8; PUBLIC_KEY_LEN]) -> bool,
) -> (PrivateKey, [u8; PUBLIC_KEY_LEN]) {
    let m = modulus();
    let mut candidate = Candidate::draw(rng, m);
    let mut public_key = candidate.power.to_bytes();
    for _ in 1..MOST_CANDIDATES {
        if wanted(&public_key) {
            break;
        }
        if !candidate.advance(Step::of_this_process(), m) {
            candidate = Candidate::draw(rng, m);
        }
        public_key = candidate.power.to_bytes();
    }
    (PrivateKey(candidate.exponent), public_key)
}

struct Candidate {
    exponent: Exponent,
    /// `2^exponent`.
    power: Integer,
}

impl Candidate {
    fn draw<R: CryptoRng + ?Sized>(rng: &mut R, m: &Modulus) -> Self {
        let PrivateKey(exponent) = PrivateKey::draw(rng);
        Self {
            power: comb::power_of_two(&exponent, m).to_integer(m),
            exponent,
        }
    }

    /// Goes on to the next; false, and of no use any more, if the exponent grew too large.
    fn advance(&mut self, step: &Step, m: &Modulus) -> bool {
        self.power = self.power.mul(&step.power, m);
        self.exponent.add(&step.exponent)
    }
}

/// How far it is from one candidate to the next.
struct Step {
    exponent: Exponent,
    /// `2^exponent`.
    power: Element,
}

impl Step {
    fn of_this_process() -> &'static Self {
        static STEP: OnceLock<Step> = OnceLock::new();
        STEP.get_or_init(|| {
            let mut exponent = Exponent([0; Exponent::LEN]);
            // Short, so that the candidates do not run out.
            rand::rng().fill_bytes(&mut exponent.0[Exponent::LEN / 2..]);
            Self::new(exponent, modulus())
        })
    }

    fn new(exponent: Exponent, m: &Modulus) -> Self {
        Self {
            power: comb::power_of_two(&exponent, m),
            exponent,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rand::{TryCryptoRng, TryRng};

    use super::*;

    fn candidate(exponent: [u8; Exponent::LEN]) -> Candidate {
        let exponent = Exponent(exponent);
        Candidate {
            power: comb::power_of_two(&exponent, modulus()).to_integer(modulus()),
            exponent,
        }
    }

    fn step(byte: u8) -> Step {
        Step::new(Exponent([byte; Exponent::LEN]), modulus())
    }

    #[test]
    fn a_step_goes_on_from_a_power_to_the_right_one() {
        let mut stepped = candidate([0x5A; Exponent::LEN]);
        for byte in 1..=17 {
            assert!(stepped.advance(&step(byte), modulus()));
            let public_key = PrivateKey::from_bytes(stepped.exponent.0).public_key();
            assert_eq!(stepped.power.to_bytes(), public_key, "{byte}");
        }
    }

    #[test]
    fn the_candidates_end_where_exponents_end() {
        assert!(!candidate([0xFF; Exponent::LEN]).advance(&step(1), modulus()));
    }

    /// Gives the largest exponent first.
    struct AtTheEnd(bool);

    impl TryRng for AtTheEnd {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(rand::rng().next_u32())
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(rand::rng().next_u64())
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            rand::rng().fill_bytes(bytes);
            if std::mem::take(&mut self.0) {
                bytes.fill(0xFF);
            }
            Ok(())
        }
    }

    impl TryCryptoRng for AtTheEnd {}

    #[test]
    fn a_search_that_begins_at_the_end_begins_again() {
        let last = PrivateKey::from_bytes([0xFF; Exponent::LEN]).public_key();
        let (private_key, public_key) = find(&mut AtTheEnd(true), |key| *key != last);
        assert_eq!(private_key.public_key(), public_key);
    }

    #[test]
    fn a_step_is_too_short_to_run_out_of_candidates_and_too_long_to_be_guessed() {
        let Exponent(bytes) = &Step::of_this_process().exponent;
        let (high, low) = bytes.split_at(Exponent::LEN / 2);
        assert!(high.iter().all(|byte| *byte == 0));
        // Ten random bytes are more than two different ones, but once in 2^58 times.
        assert!(low.iter().any(|byte| *byte != low[0] && *byte != low[1]));
    }

    #[test]
    fn l6_a_search_for_what_there_is_not_ends_after_4096_candidates_with_an_ordinary_key() {
        let looked_at = std::cell::Cell::new(0);
        let (private_key, public_key) = find(&mut rand::rng(), |_| {
            looked_at.set(looked_at.get() + 1);
            false
        });
        assert_eq!(looked_at.get(), 4095);
        assert_eq!(private_key.public_key(), public_key);
    }

    #[test]
    fn what_is_found_is_wanted_and_belongs_to_its_private_key() {
        let (private_key, public_key) = find(&mut rand::rng(), |key| key.starts_with(b"M"));
        assert_eq!(public_key[0], b'M');
        assert_eq!(private_key.public_key(), public_key);
    }
}
