//! Where the handshake's bytes are cut into writes.

use rand::RngExt;

/// How many bytes are cut into pieces at most. That is more than a handshake has; a long initial payload behind it
/// goes out in whole writes.
const CUT_AT_MOST: usize = 1024;

/// Says how much goes into the next write.
#[derive(Debug)]
pub(crate) struct Pieces {
    sizes: Option<(usize, usize)>,
    /// How many bytes the present piece still lacks.
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

impl Default for Pieces {
    fn default() -> Self {
        Self::whole()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_flights_are_not_cut() {
        let mut pieces = Pieces::whole();
        assert_eq!(pieces.limit(5000), 5000);
        assert!(!pieces.wrote(5000));
    }

    #[test]
    fn a_piece_ends_with_its_last_byte_however_many_writes_it_takes() {
        let mut pieces = Pieces::cut((30, 40), 20);
        assert_eq!(pieces.limit(500), 20);
        assert!(!pieces.wrote(5));
        assert_eq!(pieces.limit(495), 15);
        assert!(pieces.wrote(15));
        assert!((30..=40).contains(&pieces.limit(480)));
    }

    #[test]
    fn a_flight_ends_a_piece() {
        let mut pieces = Pieces::cut((30, 40), 20);
        assert_eq!(pieces.limit(7), 7);
        assert!(!pieces.wrote(7));
        pieces.end_flight();
        assert!((30..=40).contains(&pieces.limit(500)));
    }

    #[test]
    fn what_follows_a_handshake_is_not_cut() {
        let mut pieces = Pieces::cut((64, 64), 64);
        for sent in (0..CUT_AT_MOST).step_by(64) {
            assert_eq!(pieces.limit(5000 - sent), 64);
            assert!(pieces.wrote(64));
        }
        assert_eq!(pieces.limit(5000 - CUT_AT_MOST), 5000 - CUT_AT_MOST);
        assert!(!pieces.wrote(5000 - CUT_AT_MOST));
    }
}
