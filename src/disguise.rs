//! Disguises: handshakes that published detection rules do not match.

use std::ops::RangeInclusive;

use rand::{CryptoRng, Rng, RngExt};

use crate::crypto::dh::PUBLIC_KEY_LEN;
use crate::handshake::Randomness;
use crate::mode::Role;

/// Changes the bytes of a handshake so that published detection rules do not match it.
///
/// Even without a disguise, no length and no constant identifies a handshake. But its first bytes are random, and some
/// filters block connections with random first bytes. A disguise chooses other keys and pads, or other sizes of writes. The
/// protocol allows this, so every client understands it. The guide [What an observer sees](crate::docs::observer) shows the
/// effect of each disguise.
///
/// **No disguise hides MSE from a trained classifier**, or from a rule that counts the bytes of the first bursts. It is not
/// security. There is no disguise by default, because filters learn a trick that everybody uses.
///
/// Most rules look only at the initiator's first bytes. Against these, an acceptor needs no disguise.
///
/// ```
/// use tokio_mse::{Disguise, MseAcceptor, MseConnector};
///
/// let connector = MseConnector::default().disguise(Disguise::full());
/// let acceptor = MseAcceptor::default().disguise(Disguise::full());
/// # let _ = (connector, acceptor);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disguise(Kind);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    None,
    Exempt,
    Full,
}

impl Disguise {
    /// No disguise: random keys and pads, and each message in one write. The default.
    pub const fn none() -> Self {
        Self(Kind::None)
    }

    /// Chooses pads so that the published rules against fully encrypted traffic exempt the connection.
    ///
    /// The rules are from Wu et al., "How the Great Firewall of China Detects and Blocks Fully Encrypted Traffic", 2023.
    /// nDPI's heuristic for fully encrypted flows uses them, too. (It is off by default since 5.0.)
    ///
    /// The pads give the first segment one of three properties, drawn for each connection: more than half of the bytes are
    /// printable; clearly more or fewer than half of the bits are set; or there is a run of 24 to 40 printable bytes.
    pub const fn exempt() -> Self {
        Self(Kind::Exempt)
    }

    /// Sends the handshake in pieces of 20 to 47 bytes. An initiator's public key begins with six printable bytes.
    ///
    /// The printable bytes have the same purpose as [`exempt`](Self::exempt). They cost an initiator some hundred
    /// multiplications. An acceptor never searches for such a key.
    ///
    /// The pieces help **only against Tstat's rule**. It looks for 96 to 608 bytes in the first segment of each side, or in
    /// the first two, and two pieces have fewer. A classifier that was trained on pieces recognises them more easily than
    /// whole messages.
    ///
    /// Each piece is one write and one flush. It becomes a segment only if you set `TCP_NODELAY` on the socket. Otherwise the
    /// kernel joins all pieces after the first, until the first is acknowledged.
    pub const fn full() -> Self {
        Self(Kind::Full)
    }

    /// Draws the randomness and the pieces of one handshake.
    pub(crate) fn draw<R: CryptoRng + ?Sized>(&self, role: Role, rng: &mut R) -> (Randomness, Pieces) {
        match (self.0, role) {
            (Kind::None, _) => (Randomness::draw(rng), Pieces::whole()),
            (Kind::Exempt, _) => {
                let mut randomness = Randomness::draw(rng);
                randomness.padding.with_key = Property::draw(rng).pad(&randomness.public_key, rng);
                (randomness, Pieces::whole())
            }
            (Kind::Full, Role::Initiator) => {
                let printable = |key: &[u8; PUBLIC_KEY_LEN]| key.iter().take(6).all(is_printable);
                (Randomness::find(rng, MOST_CANDIDATES, printable), Pieces::small())
            }
            (Kind::Full, Role::Responder) => (Randomness::draw(rng), Pieces::small()),
        }
    }
}

/// The number of keys that a search tries. One in 382 begins with six printable bytes, so a search fails once in e^43 times.
const MOST_CANDIDATES: usize = 16_384;

const PRINTABLE: RangeInclusive<u8> = 0x20..=0x7E;

fn is_printable(byte: &u8) -> bool {
    PRINTABLE.contains(byte)
}

/// A property of the first segment, which is a public key and the pad after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Property {
    MostlyPrintable,
    SkewedBits,
    PrintableRun,
}

impl Property {
    const ALL: [Self; 3] = [Self::MostlyPrintable, Self::SkewedBits, Self::PrintableRun];

    /// The length of a pad that must have more influence on the property than the key.
    const LONG: RangeInclusive<usize> = 200..=320;
    /// The length of a pad with a run. The longest run fits at more than one position.
    const WITH_RUN: RangeInclusive<usize> = 64..=320;
    const RUN: RangeInclusive<usize> = 24..=40;

    fn draw<R: Rng + ?Sized>(rng: &mut R) -> Self {
        Self::ALL[rng.random_range(0..Self::ALL.len())]
    }

    /// Whether `segment` has the property. A value exactly at a bound does not count, because implementations of the
    /// rules differ there.
    fn holds(self, segment: &[u8]) -> bool {
        match self {
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

    /// Draws a pad that gives the key and the pad together this property.
    fn pad<R: CryptoRng + ?Sized>(self, public_key: &[u8; PUBLIC_KEY_LEN], rng: &mut R) -> Vec<u8> {
        match self {
            Self::MostlyPrintable => {
                let share = rng.random_range(0.75..1.0);
                self.outweigh(public_key, rng, |rng, byte| {
                    if rng.random_bool(share) {
                        rng.random_range(PRINTABLE)
                    } else {
                        byte
                    }
                })
            }
            Self::SkewedBits if rng.random() => {
                self.outweigh(public_key, rng, |rng, byte| byte & rng.random::<u8>())
            }
            Self::SkewedBits => self.outweigh(public_key, rng, |rng, byte| byte | rng.random::<u8>()),
            Self::PrintableRun => {
                let mut pad = vec![0; rng.random_range(Self::WITH_RUN)];
                rng.fill_bytes(&mut pad);
                let run = rng.random_range(Self::RUN);
                let start = rng.random_range(0..=pad.len() - run);
                pad.iter_mut()
                    .skip(start)
                    .take(run)
                    .for_each(|byte| *byte = rng.random_range(PRINTABLE));
                pad
            }
        }
    }

    /// Draws random bytes, changes each of them once, and then changes random ones until key and pad together have the
    /// property.
    fn outweigh<R: CryptoRng + ?Sized>(
        self,
        public_key: &[u8; PUBLIC_KEY_LEN],
        rng: &mut R,
        change: impl Fn(&mut R, u8) -> u8,
    ) -> Vec<u8> {
        let mut segment = public_key.to_vec();
        segment.resize(PUBLIC_KEY_LEN + rng.random_range(Self::LONG), 0);
        let (_, pad) = segment.split_at_mut(PUBLIC_KEY_LEN);
        rng.fill_bytes(pad);
        for byte in pad {
            *byte = change(rng, *byte);
        }
        while !self.holds(&segment) {
            let at = rng.random_range(PUBLIC_KEY_LEN..segment.len());
            segment[at] = change(rng, segment[at]);
        }
        segment.split_off(PUBLIC_KEY_LEN)
    }
}

/// Decides how much of a handshake goes into the next write.
#[derive(Debug)]
pub(crate) struct Pieces {
    /// How many bytes are still to be cut into pieces.
    to_cut: u16,
    /// How many bytes are missing from the current piece.
    left: u16,
}

impl Pieces {
    const SIZES: RangeInclusive<u16> = 20..=47;
    /// Longer than any handshake. A long initial payload after it is not cut.
    const CUT_AT_MOST: u16 = 1024;

    /// Each message in one write.
    pub(crate) const fn whole() -> Self {
        Self { to_cut: 0, left: 0 }
    }

    /// Pieces of random size.
    const fn small() -> Self {
        Self {
            to_cut: Self::CUT_AT_MOST,
            left: 0,
        }
    }

    /// How many of the next `rest` bytes may go into one write.
    pub(crate) fn limit(&mut self, rest: usize) -> usize {
        if self.left == 0 {
            if self.to_cut == 0 {
                return rest;
            }
            self.left = rand::rng().random_range(Self::SIZES);
        }
        rest.min(self.left.into())
    }

    /// Counts what was written. True if it ended a piece.
    pub(crate) fn wrote(&mut self, len: usize) -> bool {
        let len = u16::try_from(len).unwrap_or(u16::MAX);
        let ended = self.left > 0 && len >= self.left;
        self.to_cut = self.to_cut.saturating_sub(len);
        self.left = self.left.saturating_sub(len);
        ended
    }

    /// Ends the current piece at the end of a message.
    pub(crate) const fn end_flight(&mut self) {
        self.left = 0;
    }
}

impl Default for Pieces {
    fn default() -> Self {
        Self::whole()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first or second message of some connections, and the length of the first write of each.
    fn first_flights(disguise: Disguise, role: Role) -> impl Iterator<Item = (Vec<u8>, usize)> {
        (0..40).map(move |_| {
            let (randomness, mut pieces) = disguise.draw(role, &mut rand::rng());
            let flight = [&randomness.public_key[..], &randomness.padding.with_key].concat();
            let first = pieces.limit(flight.len());
            (flight, first)
        })
    }

    fn starts_printable(flight: &[u8]) -> bool {
        flight.iter().take(6).all(is_printable)
    }

    #[test]
    fn exempt_pads_give_a_whole_first_flight_one_of_three_properties() {
        for role in [Role::Initiator, Role::Responder] {
            let mut seen = [0; 3];
            let mut printable_keys = 0;
            for (flight, first) in first_flights(Disguise::exempt(), role) {
                assert_eq!(first, flight.len());
                let which = Property::ALL.map(|property| property.holds(&flight));
                assert!(which.contains(&true));
                for (seen, holds) in seen.iter_mut().zip(which) {
                    *seen += usize::from(holds);
                }
                printable_keys += usize::from(starts_printable(&flight));
            }
            // Each is missing once in 10^7 times. A key is printable once in 382 times.
            assert!(!seen.contains(&0), "{seen:?}");
            assert!(printable_keys < 5);
        }
    }

    #[test]
    fn full_sends_pieces_and_only_an_initiator_searches_for_a_key() {
        for (flight, first) in first_flights(Disguise::full(), Role::Initiator) {
            assert!((20..=47).contains(&first));
            assert!(starts_printable(&flight));
        }
        let printable = first_flights(Disguise::full(), Role::Responder)
            .inspect(|(_, first)| assert!((20..=47).contains(first)))
            .filter(|(flight, _)| starts_printable(flight))
            .count();
        assert!(printable < 5);
    }

    const PRINTS: u8 = b'~';
    const DOES_NOT: u8 = 0x7F;

    fn bytes(runs: &[(u8, usize)]) -> Vec<u8> {
        runs.iter().flat_map(|(byte, len)| vec![*byte; *len]).collect()
    }

    #[test]
    fn printable_is_from_the_space_to_the_tilde() {
        assert!([b' ', b'~'].iter().all(is_printable));
        assert!(![0x1F, 0x7F, 0xFF].iter().any(is_printable));
    }

    #[test]
    fn half_is_not_most() {
        assert!(!Property::MostlyPrintable.holds(&bytes(&[(PRINTS, 50), (DOES_NOT, 50)])));
        assert!(Property::MostlyPrintable.holds(&bytes(&[(PRINTS, 51), (DOES_NOT, 49)])));
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
            assert_eq!(Property::SkewedBits.holds(&segment), skewed, "{set} bits");
        }
    }

    #[test]
    fn a_run_has_more_than_twenty_bytes_in_a_row() {
        let run = |len| bytes(&[(DOES_NOT, 30), (PRINTS, len), (DOES_NOT, 30), (PRINTS, 5)]);
        assert!(!Property::PrintableRun.holds(&run(20)));
        assert!(Property::PrintableRun.holds(&run(21)));
    }

    fn pads(property: Property) -> impl Iterator<Item = Vec<u8>> {
        (0..200).map(move |_| property.pad(&[0x5A; PUBLIC_KEY_LEN], &mut rand::rng()))
    }

    #[test]
    fn no_pad_is_longer_than_any_other_first_part() {
        for property in Property::ALL {
            assert!(pads(property).all(|pad| (64..=320).contains(&pad.len())));
        }
    }

    #[test]
    fn bits_are_skewed_in_both_directions() {
        let more_than_half = |pad: &Vec<u8>| {
            let set: usize = pad.iter().map(|byte| byte.count_ones() as usize).sum();
            2 * set > 8 * pad.len()
        };
        let more = pads(Property::SkewedBits).filter(more_than_half).count();
        // Fewer than 50 of 200 tosses of a coin: once in 10^13 times.
        assert!((50..=150).contains(&more), "{more}");
    }

    #[test]
    fn a_run_is_anywhere_in_its_pad() {
        let starts = pads(Property::PrintableRun).map(|pad| {
            let start = pad.windows(24).position(|run| run.iter().all(is_printable));
            start.expect("a run")
        });
        let furthest = starts.max();
        assert!(furthest > Some(150), "{furthest:?}");
    }

    #[test]
    fn whole_flights_are_not_cut() {
        let mut pieces = Pieces::whole();
        assert_eq!(pieces.limit(5000), 5000);
        assert!(!pieces.wrote(5000));
    }

    #[test]
    fn a_piece_ends_with_its_last_byte_however_many_writes_it_takes() {
        let mut pieces = Pieces::small();
        let first = pieces.limit(500);
        assert!((20..=47).contains(&first));
        assert!(!pieces.wrote(5));
        assert_eq!(pieces.limit(495), first - 5);
        assert!(pieces.wrote(first - 5));
        assert!((20..=47).contains(&pieces.limit(480)));
    }

    #[test]
    fn a_flight_ends_a_piece() {
        // Without `end_flight`, one round passes with a probability of 3/4, and all of them with one below 10^-12.
        for _ in 0..100 {
            let mut pieces = Pieces::small();
            assert_eq!(pieces.limit(7), 7);
            assert!(!pieces.wrote(7));
            pieces.end_flight();
            assert!((20..=47).contains(&pieces.limit(500)));
        }
    }

    #[test]
    fn what_follows_a_handshake_is_not_cut() {
        let mut pieces = Pieces::small();
        let mut sent = 0;
        while sent < usize::from(Pieces::CUT_AT_MOST) {
            let len = pieces.limit(5000 - sent);
            assert!(len <= 47);
            assert!(pieces.wrote(len));
            sent += len;
        }
        assert_eq!(pieces.limit(5000 - sent), 5000 - sent);
        assert!(!pieces.wrote(5000 - sent));
    }
}
