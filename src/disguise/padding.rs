//! The part of PadA or PadB that travels with the public key, made to look like something together with it.

use std::ops::RangeInclusive;

use rand::{CryptoRng, RngExt};

use super::exemption::{Exemption, printable};
use crate::crypto::dh::PUBLIC_KEY_LEN;

/// The length of a pad that has to outweigh the key, which has 96 bytes. At most 320, as every pad that travels with a
/// key.
const WEIGHTY: RangeInclusive<usize> = 200..=320;
/// The length of a pad that has to hold a run: enough for the longest run to stand in different places.
const ROOMY: RangeInclusive<usize> = 64..=320;
const RUN: RangeInclusive<usize> = 24..=40;

/// Draws a pad that makes `exemption` hold for the key and the pad together.
pub(super) fn exempt<R: CryptoRng + ?Sized>(
    exemption: Exemption,
    public_key: &[u8; PUBLIC_KEY_LEN],
    rng: &mut R,
) -> Vec<u8> {
    match exemption {
        Exemption::PrintableStart | Exemption::PrintableRun => with_run(rng),
        Exemption::MostlyPrintable => {
            let share = rng.random_range(0.75..1.0);
            weighty(exemption, public_key, rng, |rng, byte| {
                if rng.random_bool(share) {
                    printable(rng)
                } else {
                    byte
                }
            })
        }
        Exemption::SkewedBits if rng.random() => {
            weighty(exemption, public_key, rng, |rng, byte| byte & rng.random::<u8>())
        }
        Exemption::SkewedBits => weighty(exemption, public_key, rng, |rng, byte| byte | rng.random::<u8>()),
    }
}

fn with_run<R: CryptoRng + ?Sized>(rng: &mut R) -> Vec<u8> {
    let mut pad = vec![0; rng.random_range(ROOMY)];
    rng.fill_bytes(&mut pad);
    let run = rng.random_range(RUN);
    let start = rng.random_range(0..=pad.len() - run);
    for byte in pad.iter_mut().skip(start).take(run) {
        *byte = printable(rng);
    }
    pad
}

/// Draws random bytes, bends each of them once, and then single ones until all of them together outweigh the key.
fn weighty<R: CryptoRng + ?Sized>(
    exemption: Exemption,
    public_key: &[u8; PUBLIC_KEY_LEN],
    rng: &mut R,
    bend: impl Fn(&mut R, u8) -> u8,
) -> Vec<u8> {
    let mut segment = public_key.to_vec();
    segment.resize(PUBLIC_KEY_LEN + rng.random_range(WEIGHTY), 0);
    let pad = segment.get_mut(PUBLIC_KEY_LEN..).unwrap_or_default();
    rng.fill_bytes(pad);
    for byte in pad {
        *byte = bend(rng, *byte);
    }
    while !exemption.holds(&segment) {
        let at = rng.random_range(PUBLIC_KEY_LEN..segment.len());
        if let Some(byte) = segment.get_mut(at) {
            *byte = bend(rng, *byte);
        }
    }
    segment.split_off(PUBLIC_KEY_LEN)
}

#[cfg(test)]
mod tests {
    use super::super::exemption::is_printable;
    use super::*;

    fn pads(exemption: Exemption) -> impl Iterator<Item = Vec<u8>> {
        (0..200).map(move |_| exempt(exemption, &[0x5A; PUBLIC_KEY_LEN], &mut rand::rng()))
    }

    #[test]
    fn no_pad_is_longer_than_any_other_first_part() {
        for exemption in Exemption::ALL {
            assert!(pads(exemption).all(|pad| (64..=320).contains(&pad.len())));
        }
    }

    #[test]
    fn bits_are_skewed_either_way() {
        let more_than_half = |pad: &Vec<u8>| {
            let set: usize = pad.iter().map(|byte| byte.count_ones() as usize).sum();
            2 * set > 8 * pad.len()
        };
        let more = pads(Exemption::SkewedBits).filter(more_than_half).count();
        // Fewer than 50 of 200 throws of a coin: once in 10^13 times.
        assert!((50..=150).contains(&more), "{more}");
    }

    #[test]
    fn a_run_stands_anywhere_in_its_pad() {
        let starts = pads(Exemption::PrintableRun).map(|pad| {
            let start = pad.windows(24).position(|run| run.iter().all(is_printable));
            start.expect("a run")
        });
        let furthest = starts.max();
        assert!(furthest > Some(150), "{furthest:?}");
    }
}
