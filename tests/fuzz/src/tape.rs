//! One description of each case, read from the fuzzer's bytes and written as a seed.

use arbitrary::{Arbitrary, Unstructured};

/// Where the fields of a case come from, or go to.
pub trait Tape {
    fn byte(&mut self, field: &mut u8);

    fn short(&mut self, field: &mut u16) {
        let [mut low, mut high] = field.to_le_bytes();
        self.byte(&mut low);
        self.byte(&mut high);
        *field = u16::from_le_bytes([low, high]);
    }

    fn long(&mut self, field: &mut u32) {
        let mut bytes = field.to_le_bytes();
        for byte in &mut bytes {
            self.byte(byte);
        }
        *field = u32::from_le_bytes(bytes);
    }

    /// At most 255 entries.
    fn list<T: Default>(&mut self, list: &mut Vec<T>, each: impl Fn(&mut Self, &mut T)) {
        let mut len = u8::try_from(list.len()).unwrap_or(u8::MAX);
        self.byte(&mut len);
        list.resize_with(usize::from(len), T::default);
        for entry in list.iter_mut() {
            each(self, entry);
        }
    }

    /// At most 65535 bytes.
    fn bytes(&mut self, bytes: &mut Vec<u8>);
}

/// Fields that the fuzzer did not give are zero.
impl Tape for Unstructured<'_> {
    fn byte(&mut self, field: &mut u8) {
        *field = u8::arbitrary(self).unwrap_or_default();
    }

    fn bytes(&mut self, bytes: &mut Vec<u8>) {
        let mut len = 0;
        self.short(&mut len);
        let len = usize::from(len).min(self.len());
        *bytes = self.bytes(len).unwrap_or_default().to_vec();
    }
}

impl Tape for Vec<u8> {
    fn byte(&mut self, field: &mut u8) {
        self.push(*field);
    }

    fn bytes(&mut self, bytes: &mut Vec<u8>) {
        let mut len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.short(&mut len);
        self.extend(bytes.iter().take(usize::from(len)));
    }
}

/// A case of one target.
pub trait Case: Default {
    fn walk(&mut self, tape: &mut impl Tape);

    fn read(data: &[u8]) -> Self {
        let mut case = Self::default();
        case.walk(&mut Unstructured::new(data));
        case
    }

    fn write(mut self) -> Vec<u8> {
        let mut tape = Vec::new();
        self.walk(&mut tape);
        tape
    }
}
