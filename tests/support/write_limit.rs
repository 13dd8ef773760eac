//! How much an encrypting stream offers its transport at once, as `docs::stream` describes it.

/// The most bytes that one encrypted write offers to the transport.
pub(crate) const WRITE_LIMIT: usize = 16 * 1024 + 128;

/// The limit is [`WRITE_LIMIT`] until the transport accepts a part of a write. Then it is twice that part, at least 128
/// bytes. Each write that is accepted as a whole multiplies it by four.
pub(crate) struct WriteLimit(usize);

impl WriteLimit {
    pub(crate) fn new() -> Self {
        Self(WRITE_LIMIT)
    }

    /// How much of a write of `len` bytes is offered.
    pub(crate) fn of(&self, len: usize) -> usize {
        len.min(self.0)
    }

    pub(crate) fn took(&mut self, accepted: usize, offered: usize) {
        if accepted >= offered {
            self.0 = WRITE_LIMIT.min(4 * self.0);
        } else if accepted > 0 {
            self.0 = WRITE_LIMIT.min(2 * accepted).max(128);
        }
    }
}
