//! The random values of one side of a handshake, drawn before it begins.

use std::fmt;

use rand::rngs::ChaCha20Rng;
use rand::{CryptoRng, RngExt, SeedableRng};

use super::machine::MAX_PAD;
use crate::crypto::dh::{PUBLIC_KEY_LEN, PrivateKey};

/// The key pair and the padding of one side of one handshake. Use it once: if two connections have the same key pair, an
/// observer sees that they belong together.
pub struct Randomness {
    pub(super) private_key: PrivateKey,
    pub(crate) public_key: [u8; PUBLIC_KEY_LEN],
    pub(crate) padding: Padding,
}

impl Randomness {
    /// Draws a key pair and padding. This costs one exponentiation. You can call it while you wait for the connection.
    pub fn generate() -> Self {
        Self::draw(&mut rand::rng())
    }

    /// Derives a key pair and padding from `seed`, for reproducible transcripts. The result is the same in every version of
    /// this crate.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self::draw(&mut ChaCha20Rng::from_seed(seed))
    }

    pub(crate) fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self::new(PrivateKey::draw(rng), Padding::draw(rng))
    }

    /// A key pair and padding of your choice, for reproducible transcripts.
    pub fn new(private_key: PrivateKey, padding: Padding) -> Self {
        Self {
            public_key: private_key.public_key(),
            private_key,
            padding,
        }
    }

    /// Draws padding, and a key pair whose public key is `wanted`. If none of `most` candidates is, draws any key pair.
    pub(crate) fn find<R: CryptoRng + ?Sized>(
        rng: &mut R,
        most: usize,
        wanted: impl Fn(&[u8; PUBLIC_KEY_LEN]) -> bool,
    ) -> Self {
        let (private_key, public_key) = PrivateKey::find(rng, most, wanted);
        Self {
            private_key,
            public_key,
            padding: Padding::draw(rng),
        }
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Randomness")
            .field("padding", &self.padding)
            .finish_non_exhaustive()
    }
}

/// The padding of one side: PadA and PadC of an initiator, PadB and PadD of a responder.
///
/// PadA and PadB are sent in two parts: the first after the public key, the second before the third or fourth message. So no
/// length shows where that message begins. Peers search for its beginning, and BiglyBT has always sent its pads like this.
pub struct Padding {
    pub(crate) with_key: Vec<u8>,
    pub(super) before_sync: Vec<u8>,
    pub(super) negotiated_len: u16,
}

impl Padding {
    /// The two parts have at most 447 bytes, because Transmission 4.0 and KTorrent can fail close to 512. The first part is
    /// never empty, because BitTornado stalls if PadB is empty.
    const WITH_KEY: std::ops::RangeInclusive<usize> = 1..=320;
    const BEFORE_SYNC: std::ops::RangeInclusive<usize> = 0..=127;
    const NEGOTIATED: std::ops::RangeInclusive<u16> = 0..=255;

    /// Draws padding of random length.
    pub fn generate() -> Self {
        Self::draw(&mut rand::rng())
    }

    pub(crate) fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut random_bytes = |lengths| {
            let mut bytes = vec![0; rng.random_range(lengths)];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        Self {
            with_key: random_bytes(Self::WITH_KEY),
            before_sync: random_bytes(Self::BEFORE_SYNC),
            negotiated_len: rng.random_range(Self::NEGOTIATED),
        }
    }

    /// No padding at all, for reproducible transcripts.
    pub const fn none() -> Self {
        Self {
            with_key: Vec::new(),
            before_sync: Vec::new(),
            negotiated_len: 0,
        }
    }

    /// Padding from its parts: `with_key` follows the public key, `before_sync` precedes the third or fourth message, and PadC
    /// or PadD has `negotiated_len` zero bytes.
    ///
    /// `None` if `with_key` and `before_sync` together, or `negotiated_len`, exceed [`MAX_PAD`].
    pub fn new(
        with_key: impl Into<Vec<u8>>,
        before_sync: impl Into<Vec<u8>>,
        negotiated_len: u16,
    ) -> Option<Self> {
        let (with_key, before_sync) = (with_key.into(), before_sync.into());
        let unmarked = with_key.len() + before_sync.len();
        (unmarked <= MAX_PAD && usize::from(negotiated_len) <= MAX_PAD).then_some(Self {
            with_key,
            before_sync,
            negotiated_len,
        })
    }
}

impl fmt::Debug for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Padding")
            .field("with_key", &self.with_key.len())
            .field("before_sync", &self.before_sync.len())
            .field("negotiated_len", &self.negotiated_len)
            .finish()
    }
}
