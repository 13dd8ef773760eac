//! What the published rules take for something other than an encrypted stream.

use std::ops::RangeInclusive;

const PRINTABLE: RangeInclusive<u8> = 0x20..=0x7E;

/// A property of the first bytes that are sent. The published rules against fully encrypted traffic let a connection
/// pass that has it (Wu et al., "How the Great Firewall of China Detects and Blocks Fully Encrypted Traffic", 2023;
/// nDPI's heuristic for fully encrypted flows, off by default since 5.0, follows these rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exemption {
    /// The first six bytes of the public key are printable (`0x20..=0x7e`).
    PrintableStart,
    /// More than half of the bytes of the first segment are printable.
    MostlyPrintable,
    /// Clearly more, or clearly fewer, bits than half are set in the first segment.
    SkewedBits,
    /// A run of 24 to 40 printable bytes stands in PadA. With [pieces](crate::Disguise::pieces) the first segment ends
    /// before PadA, so [`PrintableStart`](Self::PrintableStart) takes its place.
    PrintableRun,
}

impl Exemption {
    pub(super) const ALL: [Self; 4] = [
        Self::PrintableStart,
        Self::MostlyPrintable,
        Self::SkewedBits,
        Self::PrintableRun,
    ];

    /// Whether `segment` has the property. A value that is exactly at a bound does not count, because implementations
    /// of the rules differ there.
    pub(super) fn holds(self, segment: &[u8]) -> bool {
        match self {
            Self::PrintableStart => segment
                .get(..6)
                .is_some_and(|start| start.iter().all(is_printable)),
            Self::MostlyPrintable => {
                2 * segment.iter().filter(|byte| is_printable(byte)).count() > segment.len()
            }
            Self::SkewedBits => {
                let set: usize = segment.iter().map(|byte| byte.count_ones() as usize).sum();
                10 * set < 34 * segment.len() || 10 * set > 46 * segment.len()
            }
            Self::PrintableRun => segment
                .split(|byte| !is_printable(byte))
                .any(|run| run.len() > 20),
        }
    }
}

pub(super) const fn is_printable(byte: &u8) -> bool {
    *PRINTABLE.start() <= *byte && *byte <= *PRINTABLE.end()
}

pub(super) fn printable<R: rand::Rng + ?Sized>(rng: &mut R) -> u8 {
    rand::RngExt::random_range(rng, PRINTABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTS: u8 = b'~';
    const DOES_NOT: u8 = 0x7F;

    /// So many bytes of each.
    fn bytes(runs: &[(u8, usize)]) -> Vec<u8> {
        runs.iter().flat_map(|(byte, len)| vec![*byte; *len]).collect()
    }

    #[test]
    fn printable_is_from_the_space_to_the_tilde() {
        assert!([b' ', b'~'].iter().all(is_printable));
        assert!(![0x1F, 0x7F, 0xFF].iter().any(is_printable));
    }

    #[test]
    fn the_start_is_six_bytes() {
        assert!(Exemption::PrintableStart.holds(&bytes(&[(PRINTS, 6), (DOES_NOT, 90)])));
        assert!(!Exemption::PrintableStart.holds(&bytes(&[(PRINTS, 5), (DOES_NOT, 1), (PRINTS, 90)])));
        assert!(!Exemption::PrintableStart.holds(&[PRINTS; 5]));
    }

    #[test]
    fn half_is_not_most() {
        assert!(!Exemption::MostlyPrintable.holds(&bytes(&[(PRINTS, 50), (DOES_NOT, 50)])));
        assert!(Exemption::MostlyPrintable.holds(&bytes(&[(PRINTS, 51), (DOES_NOT, 49)])));
    }

    #[test]
    fn bits_are_skewed_beyond_3_4_and_4_6_a_byte() {
        // 17 and 23 of five bytes are the bounds.
        for (set, skewed) in [(16, true), (17, false), (20, false), (23, false), (24, true)] {
            let mut segment = [0xF0_u8; 5];
            for n in 20..set {
                segment[n - 20] |= 1;
            }
            for n in set..20 {
                segment[n - set] &= 0x7F;
            }
            assert_eq!(Exemption::SkewedBits.holds(&segment), skewed, "{set} bits");
        }
    }

    #[test]
    fn a_run_has_more_than_twenty_bytes_in_a_row() {
        let run = |len| bytes(&[(DOES_NOT, 30), (PRINTS, len), (DOES_NOT, 30), (PRINTS, 5)]);
        assert!(!Exemption::PrintableRun.holds(&run(20)));
        assert!(Exemption::PrintableRun.holds(&run(21)));
    }
}
