//! Bytes of the peer that a machine was fed and could not use yet.

use zeroize::Zeroize;

/// A queue of bytes, taken from the front.
#[derive(Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    taken: usize,
}

impl Inbox {
    pub(super) fn push(&mut self, input: &[u8]) {
        self.bytes.extend_from_slice(input);
    }

    /// Everything that was not taken.
    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// The next `len` bytes, once all of them are there.
    pub(super) fn take(&mut self, len: usize) -> Option<&mut [u8]> {
        let range = self.taken..self.taken.checked_add(len)?;
        let taken = self.bytes.get_mut(range.clone())?;
        self.taken = range.end;
        Some(taken)
    }

    pub(super) fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Looks for `mark` behind at most `max_before` bytes of padding.
    pub(super) fn find(&self, mark: &[u8], max_before: usize) -> Search {
        let unread = self.unread();
        let window = max_before + mark.len();
        let searched = unread.get(..window).unwrap_or(unread);
        match searched.windows(mark.len()).position(|found| found == mark) {
            Some(at) => Search::Found(at),
            None if searched.len() == window => Search::Absent,
            None => Search::Undecided,
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        // An initial payload was decrypted in place here.
        self.bytes.zeroize();
    }
}

/// What became of a search for a mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// It begins after this many bytes.
    Found(usize),
    /// It may still come.
    Undecided,
    /// It would have had to be there.
    Absent,
}
