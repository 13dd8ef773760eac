//! What a case says about the peer's bytes: honest ones, what becomes of them, and in which portions they arrive.

use crate::keys::public_key;
use crate::tape::Tape;

/// Exponents of either side, among them those of recorded handshakes, one that makes S begin with a zero byte, and
/// one whose public key begins as `BitTorrent` does in plaintext.
pub fn exponent(index: u8) -> [u8; 20] {
    const STARTS_LIKE_PLAINTEXT: [u8; 20] = [
        0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e, 0x0d,
    ];
    match index % 6 {
        0 => *b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14",
        1 => *b"\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x28",
        2 => *b"\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x28\x70",
        3 => STARTS_LIKE_PLAINTEXT,
        4 => *b"\xd0\x46\x0a\x0b\x00\x56\x43\x80\xe0\xf6\x45\xf7\x73\x9c\x71\x8d\x5b\x41\x0c\xac",
        _ => [0x33; 20],
    }
}

/// SKEYs that a responder serves: the first two of three.
pub fn skey(index: u8) -> [u8; 20] {
    match index % 3 {
        0 => *b"\x98\x02\x27\x46\xfd\xb7\x50\x2d\x49\xb4\x87\x59\x00\x9e\x61\xac\x97\x82\x07\x56",
        1 => *b"\x2c\x6b\x68\x58\xd6\x1d\xa9\x54\x3d\x42\x31\xa7\x1d\xb4\xb1\xc9\x26\x4b\x06\x85",
        _ => [0x99; 20],
    }
}

/// What a key exchange may have led to; one begins with zeros.
pub fn agreed(index: u8) -> [u8; 96] {
    let mut secret = [index % 4; 96];
    secret[95] = 1;
    secret
}

/// A length below 600 or, for one field in 16, at most 100 bytes from `long`. Long wires are rare because they are slow.
pub fn length(field: u16, long: u16) -> u16 {
    match field {
        0xF000.. => long - 100 + field % 201,
        _ => field % 600,
    }
}

/// A public key with a known exponent, or any 96 bytes.
#[derive(Clone, Debug, Default)]
pub struct Key {
    pub exponent: u8,
    pub raw: Vec<u8>,
}

impl Key {
    pub fn walk(&mut self, tape: &mut impl Tape) {
        tape.byte(&mut self.exponent);
        if self.exponent >= 0xF0 {
            tape.bytes(&mut self.raw);
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        if self.exponent >= 0xF0 {
            let mut raw = self.raw.clone();
            raw.resize(96, self.exponent);
            raw
        } else {
            public_key(&exponent(self.exponent)).to_vec()
        }
    }
}

/// A pad: nothing in it, or something that looks like the beginning of the mark.
#[derive(Clone, Debug, Default)]
pub struct Pad {
    pub len: u16,
    pub like: u8,
}

impl Pad {
    pub fn walk(&mut self, tape: &mut impl Tape) {
        tape.short(&mut self.len);
        tape.byte(&mut self.like);
    }

    pub fn bytes(&self, mark: &[u8]) -> Vec<u8> {
        let likeness = usize::from(self.like) % mark.len();
        let unit = [&mark[..likeness], &[self.like]].concat();
        let len = usize::from(self.len % 700);
        unit.iter().copied().cycle().take(len).collect()
    }
}

/// What happens to the honest bytes.
#[derive(Clone, Debug, Default)]
pub struct Damage {
    pub flips: Vec<(u16, u8)>,
    /// Zero for none of it, otherwise what follows the first bytes is lost.
    pub end: u16,
    pub recorded: Vec<u8>,
}

impl Damage {
    pub fn walk(&mut self, tape: &mut impl Tape) {
        tape.list(&mut self.flips, |tape, (at, mask)| {
            tape.short(at);
            tape.byte(mask);
        });
        tape.short(&mut self.end);
        tape.bytes(&mut self.recorded);
    }

    /// A recorded wire takes the place of the honest one.
    pub fn apply(&self, mut honest: Vec<u8>) -> Vec<u8> {
        if !self.recorded.is_empty() {
            honest.clone_from(&self.recorded);
        }
        for (at, mask) in &self.flips {
            if let Some(byte) = honest.get_mut(usize::from(*at)) {
                *byte ^= mask;
            }
        }
        if self.end > 0 {
            honest.truncate(usize::from(self.end) - 1);
        }
        honest
    }
}

/// The portions in which bytes arrive, again and again; all at once if there are none.
#[derive(Clone, Debug, Default)]
pub struct Portions(pub Vec<u16>);

impl Portions {
    pub fn walk(&mut self, tape: &mut impl Tape) {
        tape.list(&mut self.0, Tape::short);
        self.0.truncate(16);
    }

    /// Endless. A zero stands for a portion that is still to come.
    pub fn into_lengths(mut self) -> impl Iterator<Item = usize> + Send {
        if self.0.iter().all(|len| *len == 0) {
            self.0 = vec![u16::MAX];
        }
        self.0.into_iter().map(usize::from).cycle()
    }

    pub fn cut<'w>(&self, wire: &'w [u8]) -> Vec<&'w [u8]> {
        cut(self.clone().into_lengths(), wire)
    }

    /// Doubles the portions each time that they are used again, because many short ones would take most of the time.
    pub fn cut_longer_and_longer<'w>(&self, wire: &'w [u8]) -> Vec<&'w [u8]> {
        let each = self.0.len().max(1);
        let lengths = self.clone().into_lengths().enumerate();
        cut(lengths.map(|(nth, len)| len << (nth / each).min(16)), wire)
    }
}

fn cut(lengths: impl Iterator<Item = usize>, mut wire: &[u8]) -> Vec<&[u8]> {
    let mut portions = Vec::new();
    for len in lengths {
        if wire.is_empty() {
            break;
        }
        let (portion, rest) = wire.split_at(len.min(wire.len()));
        portions.push(portion);
        wire = rest;
    }
    portions
}

/// Deterministic content.
pub fn payload(len: u16) -> Vec<u8> {
    (0..len).map(|at| (at % 251).to_le_bytes()[0] ^ 0x5A).collect()
}
