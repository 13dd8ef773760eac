//! What a state consists of.

pub trait Word: Copy {
    /// The low bits of `n`.
    fn low(n: u32) -> Self;

    fn wide(self) -> u32;
}

impl Word for u8 {
    #[inline(always)]
    fn low(n: u32) -> Self {
        n as u8
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        self.into()
    }
}

impl Word for u32 {
    #[inline(always)]
    fn low(n: u32) -> Self {
        n
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        self
    }
}
