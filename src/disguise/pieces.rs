//! Where the handshake's bytes are cut into writes.

use rand::RngExt;

/// How many bytes of a handshake are cut at most. All of it fits; a long initial payload behind it is no part of the
/// shape.
const CUT_AT_MOST: usize = 1024;

/// Says how much goes into the next write.
#[derive(Debug)]
pub(crate) struct Pieces {
    sizes: Option<(usize, usize)>,
    /// What is missing of the present piece.
    left: usize,
    to_cut: usize,
}

impl Pieces {
    /// Each flight in one write.
    pub(crate) const fn whole() -> Self {
        Self {
            sizes: None,
            left: 0,
            to_cut: 0,
        }
    }

    /// The first piece has `first` bytes, all others a random size within `sizes`.
    pub(super) const fn cut(sizes: (usize, usize), first: usize) -> Self {
        Self {
            sizes: Some(sizes),
            left: first,
            to_cut: CUT_AT_MOST,
        }
    }

    /// How many of the next `rest` bytes may go into one write.
    pub(crate) fn limit(&mut self, rest: usize) -> usize {
        let Some((smallest, largest)) = self.sizes else {
            return rest;
        };
        if self.to_cut == 0 {
            return rest;
        }
        if self.left == 0 {
            self.left = rand::rng().random_range(smallest..=largest);
        }
        rest.min(self.left)
    }

    /// Counts what was written. True if it ended a piece.
    pub(crate) fn wrote(&mut self, len: usize) -> bool {
        self.to_cut = self.to_cut.saturating_sub(len);
        let ended = self.sizes.is_some() && self.left > 0 && len >= self.left;
        self.left = self.left.saturating_sub(len);
        ended
    }

    /// The flight ends here, and with it the piece.
    pub(crate) const fn end_flight(&mut self) {
        self.left = 0;
    }
}
