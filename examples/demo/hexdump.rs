//! Bytes as people look at them: sixteen a line, in hex, and as text where they are text.

use std::fmt::Write;

const A_LINE: usize = 16;

pub(crate) fn rows(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.chunks(A_LINE).map(|line| {
        let mut hex = String::new();
        let mut text = String::new();
        for byte in line {
            let _ = write!(hex, "{byte:02x} ");
            text.push(match byte {
                b' '..=b'~' => char::from(*byte),
                _ => '.',
            });
        }
        format!("{hex:<48} |{text}|")
    })
}
