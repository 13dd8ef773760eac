//! Pads made with the C library's `random()`.
//!
//! Its default generator adds: state[i] = state[i - 3] + state[i - 31], and hands out the state without its lowest bit. So
//! every output is the sum of the outputs 3 and 31 places before it, plus the carry out of the lost bits, and any eight
//! neighbouring bits of the outputs obey the same sum: byte[i] = byte[i - 3] + byte[i - 31] + (0 or 1), modulo 256.

use super::distributions::binomial_upper_tail;

/// The longer of the two lags: a shorter pad cannot be tested.
const LAG: usize = 31;

/// The probability that honest pads obey the recurrence as often as these.
pub fn of_pads<'a>(pads: impl IntoIterator<Item = &'a [u8]>) -> f64 {
    let (mut tested, mut obeyed) = (0, 0);
    for pad in pads {
        for window in pad.windows(LAG + 1) {
            let excess = window[LAG].wrapping_sub(window[LAG - 3]).wrapping_sub(window[0]);
            tested += 1;
            obeyed += u64::from(excess <= 1);
        }
    }
    binomial_upper_tail(tested, obeyed, 2.0 / 256.0)
}

#[cfg(test)]
mod tests {
    use super::of_pads;
    use crate::{seeded::Seeded, statistics::CHANCE};

    /// glibc's `random()` with its default state of 31 words.
    struct CRandom(Vec<u32>);

    impl CRandom {
        fn seeded(seed: u32) -> Self {
            let mut state = vec![seed];
            for index in 1..31 {
                state.push((16_807 * u64::from(state[index - 1]) % 2_147_483_647) as u32);
            }
            state.extend_from_within(..3);
            let mut random = Self(state);
            for _ in 0..310 {
                random.step();
            }
            random
        }

        fn step(&mut self) -> u32 {
            let length = self.0.len();
            let next = self.0[length - 3].wrapping_add(self.0[length - 31]);
            self.0.push(next);
            next
        }

        fn next(&mut self) -> u32 {
            self.step() >> 1
        }

        fn pad(&mut self, length: usize, byte: impl Fn(u32) -> u8) -> Vec<u8> {
            (0..length).map(|_| byte(self.next())).collect()
        }
    }

    #[test]
    fn the_imitation_gives_the_numbers_of_the_c_library() {
        let mut random = CRandom::seeded(1);
        assert_eq!(
            [random.next(), random.next(), random.next()],
            [1_804_289_383, 846_930_886, 1_681_692_777]
        );
    }

    #[test]
    fn every_byte_of_such_a_pad_obeys_and_one_pad_of_sixty_names_the_generator() {
        for seed in 1..50 {
            let pad = CRandom::seeded(seed).pad(60, |number| number as u8);
            let all_obey = (2.0_f64 / 256.0).powi(29);
            assert!(of_pads([&pad[..]]) < all_obey * 1.001);
        }
    }

    #[test]
    fn the_high_bits_obey_it_too() {
        let pad = CRandom::seeded(7).pad(200, |number| (number >> 23) as u8);
        assert!(of_pads([&pad[..]]) < CHANCE);
    }

    #[test]
    fn a_few_such_pads_among_many_honest_ones_are_found() {
        let mut honest = Seeded::new(15);
        let mut c = CRandom::seeded(9);
        let mut pads: Vec<Vec<u8>> = (0..1000).map(|_| honest.bytes(300)).collect();
        pads.extend((0..20).map(|_| c.pad(300, |number| number as u8)));
        assert!(of_pads(pads.iter().map(Vec::as_slice)) < CHANCE);
    }

    #[test]
    fn honest_pads_and_pads_too_short_to_tell_are_not_called_c_random() {
        let mut random = Seeded::new(16);
        let pads: Vec<Vec<u8>> = (0..5000).map(|length| random.bytes(length % 513)).collect();
        assert!(of_pads(pads.iter().map(Vec::as_slice)) > CHANCE);
        assert_eq!(
            of_pads([&CRandom::seeded(1).pad(31, |number| number as u8)[..]]),
            1.0
        );
        assert_eq!(of_pads([]), 1.0);
    }
}
