//! What the published rules take for something other than an encrypted stream.

use std::ops::RangeInclusive;

const PRINTABLE: RangeInclusive<u8> = 0x20..=0x7E;

/// A property of the first bytes that are sent, for whose sake the rules against fully encrypted traffic let a
/// connection pass (Wu et al., "How the Great Firewall of China Detects and Blocks Fully Encrypted Traffic", 2023; nDPI's
/// risk "fully encrypted flow" is made after it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exemption {
    /// The first six bytes of the public key are printable (`0x20..=0x7e`).
    PrintableStart,
    /// More than half of the bytes of the first segment are printable.
    MostlyPrintable,
    /// Clearly more, or clearly fewer, bits than half are set in the first segment.
    SkewedBits,
    /// A run of 24 to 40 printable bytes stands in PadA. In [pieces](crate::Disguise::pieces) that is not in the first
    /// segment, and [`PrintableStart`](Self::PrintableStart) takes its place.
    PrintableRun,
}

impl Exemption {
    pub(super) const ALL: [Self; 4] = [
        Self::PrintableStart,
        Self::MostlyPrintable,
        Self::SkewedBits,
        Self::PrintableRun,
    ];

    /// Whether `segment` has the property. The bounds themselves do not count: implementations differ there.
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
