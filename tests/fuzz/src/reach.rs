//! How much an encrypting stream offers its transport at once, from the description of it (`docs::stream`).

/// What one encrypted inner write gets at most.
pub const WINDOW: usize = 16 * 1024 + 128;

/// A window until a write is taken in part; from then on twice what was taken of it, 128 bytes at least; and four times as
/// much after each write that was taken as a whole.
pub struct Reach(usize);

impl Default for Reach {
    fn default() -> Self {
        Self(WINDOW)
    }
}

impl Reach {
    /// How much of a write of `len` bytes is offered.
    pub fn of(&self, len: usize) -> usize {
        len.min(self.0)
    }

    pub fn took(&mut self, accepted: usize, offered: usize) {
        if accepted >= offered {
            self.0 = WINDOW.min(4 * self.0);
        } else if accepted > 0 {
            self.0 = WINDOW.min(2 * accepted).max(128);
        }
    }
}
