//! The keystream of one direction, and the encrypting write in three steps: **seal, write, commit**.
//!
//! Encrypting is XOR with a keystream that does not depend on the data. [`Keystream::seal`] encrypts as much as the
//! transport will probably accept, the caller gives that to the transport, and [`Keystream::commit`] turns what the
//! transport did not accept back into keystream. The next write uses that first, whatever data it brings. No ciphertext
//! outlives a write.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::IoSlice;
use std::ops::Range;

use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "unstable-aes")]
use super::aes::AesCtr;
use super::rc4::Rc4;

/// One direction's keystream, positioned after everything that was encrypted or decrypted so far.
///
/// Encryption in MSE is *obfuscation*: it authenticates nothing, and a bit that is flipped on the wire is flipped in the
/// payload, with every cipher. The state is on the heap, so that a move does not copy it. It is wiped on drop, and
/// `Debug` does not print it.
pub struct Keystream(Box<State>);

struct State {
    cipher: Cipher,
    write_limit: WriteLimit,
    /// Keystream that was generated for bytes that the transport did not accept. An idle connection has none.
    unused: Zeroizing<Vec<u8>>,
}

/// A cipher, positioned after the end of [`State::unused`]. Wiped on drop.
enum Cipher {
    Rc4(Rc4),
    #[cfg(feature = "unstable-aes")]
    Aes(AesCtr),
}

impl Cipher {
    fn apply(&mut self, data: &mut [u8]) {
        match self {
            Self::Rc4(cipher) => cipher.apply(data),
            #[cfg(feature = "unstable-aes")]
            Self::Aes(cipher) => cipher.apply(data),
        }
    }

    /// Writes the encrypted `input` to the beginning of `output`.
    fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        match self {
            Self::Rc4(cipher) => cipher.apply_to(input, output),
            #[cfg(feature = "unstable-aes")]
            Self::Aes(cipher) => {
                let output = &mut output[..input.len()];
                output.copy_from_slice(input);
                cipher.apply(output);
            }
        }
    }
}

impl Keystream {
    /// RC4's keystreams of both directions, their first 1024 bytes discarded.
    pub(crate) fn pair(key_a: &[u8; 20], key_b: &[u8; 20]) -> (Self, Self) {
        let (a, b) = Rc4::pair(key_a, key_b);
        (Self::new(Cipher::Rc4(a)), Self::new(Cipher::Rc4(b)))
    }

    /// AES-128-CTR from its first byte. `material` is the hash that RC4 uses as its key.
    #[cfg(feature = "unstable-aes")]
    pub(crate) fn aes(material: &[u8; 20]) -> Self {
        Self::new(Cipher::Aes(AesCtr::new(material)))
    }

    fn new(cipher: Cipher) -> Self {
        Self(Box::new(State {
            cipher,
            write_limit: WriteLimit::new(),
            unused: Zeroizing::default(),
        }))
    }

    /// Encrypts or decrypts `data` in place, and advances by its length.
    pub fn apply(&mut self, data: &mut [u8]) {
        let State { cipher, unused, .. } = &mut *self.0;
        let (known, rest) = data.split_at_mut(unused.len().min(data.len()));
        if !known.is_empty() {
            xor(known, unused);
            keep(unused, known.len());
        }
        cipher.apply(rest);
    }

    /// Encrypts or decrypts `input` into `output`, and advances. Processes as many bytes as the shorter slice has.
    ///
    /// Returns the number of bytes.
    pub fn apply_to(&mut self, input: &[u8], output: &mut [u8]) -> usize {
        let len = input.len().min(output.len());
        let output = &mut output[..len];
        output.copy_from_slice(&input[..len]);
        self.apply(output);
        len
    }

    /// Encrypts the beginning of the concatenation of `plain`, as much as the transport will probably accept.
    ///
    /// A short message is encrypted in `short`, on the caller's stack. Pass the result to [`commit`](Self::commit) after the
    /// write. Otherwise the keystream is desynchronised.
    #[inline]
    pub(crate) fn seal<'a>(&mut self, plain: &[IoSlice<'_>], short: &'a mut [u8; SHORT]) -> Sealed<'a> {
        let State {
            cipher,
            write_limit,
            unused,
        } = &mut *self.0;
        let limit = write_limit.get();
        let len = plain.iter().fold(0, |len, slice| limit.min(len + slice.len()));
        if len <= SHORT && unused.is_empty() {
            let sealed = &mut short[..len];
            for (at, piece) in pieces(plain, 0..len) {
                cipher.apply_to(piece, &mut sealed[at..]);
            }
            return Sealed::Short(sealed);
        }
        let known = unused.len().min(len);
        let mut bytes = std::mem::take(unused);
        xor_pieces(plain, 0..known, &mut bytes);
        // Only ciphertext is moved here, so no keystream stays in freed memory.
        bytes.reserve_exact(len - known);
        for (_, piece) in pieces(plain, known..len) {
            bytes.extend_from_slice(piece);
        }
        cipher.apply(&mut bytes[known..len]);
        Sealed::Long { bytes, len }
    }

    /// Advances by the `accepted` bytes of `sealed`, and keeps the keystream of the rest. `plain` must be the slices that were
    /// sealed.
    #[inline]
    pub(crate) fn commit(&mut self, sealed: Sealed<'_>, plain: &[IoSlice<'_>], accepted: usize) {
        let len = sealed.bytes().len();
        let accepted = accepted.min(len);
        let State {
            write_limit, unused, ..
        } = &mut *self.0;
        write_limit.learn(len, accepted);
        match sealed {
            Sealed::Short(_) if accepted == len => {}
            Sealed::Short(bytes) => {
                xor_pieces(plain, accepted..len, bytes);
                *unused = Zeroizing::new(bytes[accepted..].to_vec());
                bytes.zeroize();
            }
            // Only ciphertext, which needs no wiping.
            Sealed::Long { mut bytes, .. } if accepted == bytes.len() => drop(std::mem::take(&mut *bytes)),
            Sealed::Long { mut bytes, len } => {
                xor_pieces(plain, accepted..len, &mut bytes[..len]);
                keep(&mut bytes, accepted);
                *unused = bytes;
            }
        }
    }
}

impl fmt::Debug for Keystream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keystream(..)")
    }
}

/// Messages up to this length are encrypted on the stack: all BitTorrent messages except `piece`, `bitfield` and extension
/// messages. An allocation would take nearly as long as the encryption.
pub(crate) const SHORT: usize = 96;

/// The most that one write encrypts: one BitTorrent block with its message header, so that a `piece` message is one write
/// to the transport. Measured over loopback, processor time per byte of writes of 64 KiB: 4 KiB +36 %, 8 KiB +10 %, 16 KiB
/// 0, 32 KiB -5 %, 64 KiB -7 %. More would fill the L1 cache together with the caller's data.
const MAX_LEN: usize = 16 * 1024 + 128;

/// The ciphertext of one write.
pub(crate) enum Sealed<'a> {
    Short(&'a mut [u8]),
    /// The first `len` bytes are ciphertext. Unused keystream follows.
    Long {
        bytes: Zeroizing<Vec<u8>>,
        len: usize,
    },
}

impl Sealed<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Long { bytes, len } => &bytes[..*len],
        }
    }
}

/// Keeps what follows the first `used` bytes, in at most twice as much memory as it needs. Freed memory is wiped.
fn keep(keystream: &mut Zeroizing<Vec<u8>>, used: usize) {
    if 2 * (keystream.len() - used) >= keystream.capacity() {
        keystream.drain(..used);
    } else {
        *keystream = Zeroizing::new(keystream[used..].to_vec());
    }
}

/// How many bytes the next write encrypts at most: as many as the transport will probably accept.
///
/// Bytes that the transport does not accept are encrypted in vain, and turned back into keystream. Without the limit, each
/// write to a transport that accepts 64 bytes at a time would process 16 KiB.
#[derive(Clone, Copy)]
struct WriteLimit(u16);

impl WriteLimit {
    const LEAST: usize = 128;

    const fn new() -> Self {
        Self::of(MAX_LEN)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a buffer is shorter than 64 KiB")]
    const fn of(len: usize) -> Self {
        Self(len as u16)
    }

    fn get(self) -> usize {
        self.0.into()
    }

    /// Adjusts the limit after a write of `offered` bytes. If the transport accepted nothing, the limit stays: the next write
    /// uses the unused keystream.
    fn learn(&mut self, offered: usize, accepted: usize) {
        let next = match accepted {
            0 => return,
            _ if accepted < offered => 2 * accepted,
            _ => 4 * self.get(),
        };
        *self = Self::of(next.clamp(Self::LEAST, MAX_LEN));
    }
}

/// XORs `mask` into the beginning of `data`, as far as both reach.
fn xor(data: &mut [u8], mask: &[u8]) {
    for (byte, mask) in data.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// XORs `range` of the concatenation of `plain` into the same range of `bytes`.
fn xor_pieces(plain: &[IoSlice<'_>], range: Range<usize>, bytes: &mut [u8]) {
    for (at, piece) in pieces(plain, range) {
        xor(&mut bytes[at..], piece);
    }
}

/// The parts of the slices that are within `range` of their concatenation, and their positions in it.
fn pieces<'a>(slices: &'a [IoSlice<'_>], range: Range<usize>) -> impl Iterator<Item = (usize, &'a [u8])> {
    let mut end = 0_usize;
    slices.iter().filter_map(move |slice| {
        let start = end;
        end = end.saturating_add(slice.len());
        let (from, to) = (range.start.max(start), range.end.min(end));
        (from < to).then(|| (from, &slice[from - start..to - start]))
    })
}
