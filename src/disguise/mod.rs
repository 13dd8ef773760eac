//! Handshakes that the published detection rules do not find.

mod exemption;
mod padding;
mod pieces;

use std::ops::RangeInclusive;

use rand::rngs::ChaCha20Rng;
use rand::{CryptoRng, RngExt, SeedableRng};

pub use exemption::Exemption;
pub(crate) use pieces::Pieces;

use crate::handshake::Randomness;

/// How a handshake looks to rules that were published against MSE and against encrypted traffic as such.
///
/// Without a disguise no length and no constant gives a handshake away, but its first bytes are random, and some rules
/// block what is random. A disguise sends the handshake in small writes, gives its first bytes a property that makes
/// such rules let them pass, or both. Every client understands it: keys and pads are random by definition, and TCP has
/// no writes. [What an observer sees](crate::docs::observer) tells what each option changes.
///
/// **No disguise hides MSE from a trained classifier**, or from a rule that counts the bytes of the first bursts. It is not
/// security.
///
/// A fixed trick that everybody uses becomes the next fingerprint. So none is a default, and [`vary`](Self::vary)
/// draws a property for each connection, with weights that differ from those of other endpoints.
///
/// ```
/// use tokio_mse::{Disguise, Exemption, MseAcceptor, MseConnector};
///
/// let disguise = Disguise::full();
/// let connector = MseConnector::default().disguise(disguise.clone());
/// let acceptor = MseAcceptor::default().disguise(disguise);
///
/// let just_pieces = Disguise::none().pieces(20..=47);
/// let just_one_property = Disguise::none().exempt(Exemption::PrintableStart);
/// # let _ = (connector, acceptor, just_pieces, just_one_property);
/// ```
///
/// The rules look at the initiator's first bytes. On an acceptor the pieces matter and a property does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disguise {
    pieces: Option<(usize, usize)>,
    exemptions: Exemptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exemptions {
    None,
    Always(Exemption),
    Vary([u8; Exemption::ALL.len()]),
}

impl Disguise {
    /// At least the six bytes that must be printable, and clearly less than the 96 bytes of a key, which the rule
    /// against which this helps looks for.
    const PIECES: RangeInclusive<usize> = 6..=64;

    /// No disguise: flights in one write each, random keys and pads. The default.
    pub const fn none() -> Self {
        Self {
            pieces: None,
            exemptions: Exemptions::None,
        }
    }

    /// Everything: pieces of 20 to 47 bytes, and a property that is drawn for each connection with weights that are
    /// drawn here. Make one for each endpoint, and keep it.
    pub fn full() -> Self {
        Self::none().pieces(20..=47).vary()
    }

    /// Sends the handshake in pieces of random size within `sizes` (6 to 64 bytes), each in its own write and flush;
    /// the last piece of a flight may be smaller.
    ///
    /// **This is for Tstat's rule alone.** That rule looks for 96 to 608 bytes in the first message of each side, or in the
    /// first two, and two pieces of at most 47 bytes have fewer. Pieces help against no classifier: one that has seen
    /// them finds them more easily than a handshake without.
    ///
    /// A write is a segment only on a socket with `TCP_NODELAY` set, which is for the owner of the socket to do.
    /// Without it the kernel joins the second piece and those that follow until the first is acknowledged.
    #[must_use]
    pub fn pieces(mut self, sizes: RangeInclusive<u16>) -> Self {
        let within = |size: u16| usize::from(size).clamp(*Self::PIECES.start(), *Self::PIECES.end());
        let (from, to) = (within(*sizes.start()), within(*sizes.end()));
        self.pieces = Some((from, to.max(from)));
        self
    }

    /// Gives the first segment this property, on every connection.
    #[must_use]
    pub const fn exempt(mut self, exemption: Exemption) -> Self {
        self.exemptions = Exemptions::Always(exemption);
        self
    }

    /// Gives the first segment a property that is drawn for each connection, with weights drawn now.
    #[must_use]
    pub fn vary(self) -> Self {
        self.vary_by(&mut rand::rng())
    }

    /// As [`vary`](Self::vary), with weights that are the same for the same `seed`, in every version of this crate: for
    /// an endpoint that keeps its weights from one run to the next.
    #[must_use]
    pub fn vary_from_seed(self, seed: [u8; 32]) -> Self {
        self.vary_by(&mut ChaCha20Rng::from_seed(seed))
    }

    fn vary_by<R: CryptoRng + ?Sized>(mut self, rng: &mut R) -> Self {
        // No weight is zero: a property that an endpoint never shows tells as much as one that it always shows.
        self.exemptions = Exemptions::Vary(std::array::from_fn(|_| rng.random_range(16..=255)));
        self
    }

    /// Draws the randomness and the pieces of one handshake.
    pub(crate) fn draw<R: CryptoRng + ?Sized>(
        &self,
        _role: crate::mode::Role,
        rng: &mut R,
    ) -> (Randomness, Pieces) {
        let first = self
            .pieces
            .map(|(from, to)| (from, to, rng.random_range(from..=to)));
        let pieces = first.map_or(Pieces::whole(), |(from, to, first)| {
            Pieces::cut((from, to), first)
        });
        let randomness = match (self.exemptions.draw(first.is_some(), rng), first) {
            (None, _) => Randomness::draw(rng),
            // The rules look at the first segment, which is a piece of the key.
            (Some(exemption), Some((.., first))) => {
                Randomness::find(rng, |key| exemption.holds(key.get(..first).unwrap_or_default()))
            }
            (Some(exemption @ Exemption::PrintableStart), None) => {
                Randomness::find(rng, |key| exemption.holds(key))
            }
            (Some(exemption), None) => {
                let mut randomness = Randomness::draw(rng);
                let with_key = padding::exempt(exemption, randomness.public_key(), rng);
                randomness.replace_pad_with_key(with_key);
                randomness
            }
        };
        (randomness, pieces)
    }
}

impl Default for Disguise {
    fn default() -> Self {
        Self::none()
    }
}

impl Exemptions {
    /// The property of one connection.
    fn draw<R: CryptoRng + ?Sized>(self, in_pieces: bool, rng: &mut R) -> Option<Exemption> {
        let drawn = match self {
            Self::None => return None,
            Self::Always(Exemption::PrintableRun) if in_pieces => Exemption::PrintableStart,
            Self::Always(exemption) => exemption,
            Self::Vary(weights) => {
                let possible = || {
                    Exemption::ALL
                        .into_iter()
                        .zip(weights.map(u32::from))
                        .filter(|(exemption, _)| !(in_pieces && *exemption == Exemption::PrintableRun))
                };
                let mut at = rng.random_range(0..possible().map(|(_, weight)| weight).sum());
                possible()
                    .find(|(_, weight)| match at.checked_sub(*weight) {
                        Some(rest) => {
                            at = rest;
                            false
                        }
                        None => true,
                    })
                    .map_or(Exemption::PrintableStart, |(exemption, _)| exemption)
            }
        };
        Some(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Step 1 of some connections, and the first piece of each.
    fn first_flights(disguise: Disguise) -> impl Iterator<Item = (Vec<u8>, usize)> {
        (0..40).map(move |_| {
            let (randomness, mut pieces) = disguise.draw(&mut rand::rng());
            let flight = randomness.into_first_flight();
            let first = pieces.limit(flight.len());
            (flight, first)
        })
    }

    #[test]
    fn a_run_stands_in_a_whole_pad_and_leaves_the_key_alone() {
        let disguise = Disguise::none().exempt(Exemption::PrintableRun);
        let mut printable_keys = 0;
        for (flight, first) in first_flights(disguise) {
            assert_eq!(first, flight.len());
            assert!(Exemption::PrintableRun.holds(&flight));
            printable_keys += usize::from(Exemption::PrintableStart.holds(&flight));
        }
        // One in 380 by chance.
        assert!(printable_keys < 5);
    }

    #[test]
    fn in_pieces_a_printable_start_takes_the_place_of_a_run() {
        let disguise = Disguise::none().pieces(20..=47).exempt(Exemption::PrintableRun);
        for (flight, first) in first_flights(disguise) {
            assert!((20..=47).contains(&first));
            assert!(Exemption::PrintableStart.holds(&flight[..first]));
        }
    }

    /// ChaCha20 with the seed as its key, a nonce of zeros, and its first words, each scaled to 16..=255 by a
    /// multiplication: computed apart from this crate and from `rand`. Whoever stored a seed has to get these for ever.
    #[test]
    fn the_same_seed_gives_the_same_weights_in_every_version() {
        let mut counting = [0; 32];
        for (at, byte) in (0..).zip(&mut counting) {
            *byte = at;
        }
        for (seed, weights) in [
            ([0; 32], [179, 151, 231, 54]),
            (counting, [133, 115, 127, 84]),
            ([0xFF; 32], [77, 107, 197, 168]),
        ] {
            let disguise = Disguise::none().pieces(20..=47).vary_from_seed(seed);
            assert_eq!(disguise.exemptions, Exemptions::Vary(weights));
            assert_eq!(disguise.pieces, Some((20, 47)));
        }
    }
}
