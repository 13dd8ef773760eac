//! Mistakes that implementations of MSE are known to make.

use std::fmt;

/// A known mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Oakley group 1.
    PrimeOfRfc2409,
    /// The beginning of Oakley group 2.
    PrimeOfOakley2,
    /// A prime that is not known here.
    AnotherPrime,
    /// No exponentiation at all.
    Multiplied,
    /// S is shorter than 96 bytes in one handshake of 256.
    ZerosStripped,
    /// The hashes are computed from a shorter S, and the keystreams from another S, in one handshake of 256.
    ZerosMovedInKeys,
    /// HASH('req3', S) is computed from another S in one handshake of 256.
    ZerosMovedInMask,
    /// The keystreams begin 1024 bytes too early.
    NothingDiscarded,
    /// Each end encrypts with the other end's key.
    KeysExchanged,
    /// PadA or PadB of an allowed length.
    PadRefused,
    /// PadC or PadD of an allowed length.
    InnerPadRefused,
    /// PadC or PadD does not move the cipher.
    InnerPadNotDecrypted,
    /// ENCRYPT(VC) is expected right after the key.
    VcNotSearched,
    /// ENCRYPT(VC) is searched for by decrypting, and the cipher moves with each attempt.
    VcSearchedWithMovingCipher,
    /// IA does not get to the BitTorrent layer.
    PayloadLost,
    /// What IA has after the BitTorrent handshake does not get to the BitTorrent layer.
    PayloadCut,
    /// IA is decrypted again as part of the stream.
    PayloadDecryptedTwice,
    /// IA is passed on as it is on the wire.
    PayloadNotDecrypted,
    /// What arrives with PadD is passed on as it is on the wire.
    AfterPadDNotDecrypted,
    /// What arrives with PadD does not get to the BitTorrent layer.
    AfterPadDLost,
    /// The first byte 0x13 is taken for plaintext.
    PlaintextOnOneByte,
    /// The first read decides between plaintext and MSE.
    PlaintextOnFirstRead,
    /// The first read is taken for the whole key.
    KeyOnFirstRead,
    /// A short write moves the cipher by more than was written.
    CipherAheadOfWrite,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::PrimeOfRfc2409,
        Self::PrimeOfOakley2,
        Self::AnotherPrime,
        Self::Multiplied,
        Self::ZerosStripped,
        Self::ZerosMovedInKeys,
        Self::ZerosMovedInMask,
        Self::NothingDiscarded,
        Self::KeysExchanged,
        Self::PadRefused,
        Self::InnerPadRefused,
        Self::InnerPadNotDecrypted,
        Self::VcNotSearched,
        Self::VcSearchedWithMovingCipher,
        Self::PayloadLost,
        Self::PayloadCut,
        Self::PayloadDecryptedTwice,
        Self::PayloadNotDecrypted,
        Self::AfterPadDNotDecrypted,
        Self::AfterPadDLost,
        Self::PlaintextOnOneByte,
        Self::PlaintextOnFirstRead,
        Self::KeyOnFirstRead,
        Self::CipherAheadOfWrite,
    ];

    /// A short name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrimeOfRfc2409 => "prime-of-rfc-2409",
            Self::PrimeOfOakley2 => "prime-of-oakley-group-2",
            Self::AnotherPrime => "another-prime",
            Self::Multiplied => "multiplied",
            Self::ZerosStripped => "zeros-stripped",
            Self::ZerosMovedInKeys => "zeros-moved-in-keys",
            Self::ZerosMovedInMask => "zeros-moved-in-mask",
            Self::NothingDiscarded => "nothing-discarded",
            Self::KeysExchanged => "keys-exchanged",
            Self::PadRefused => "pad-refused",
            Self::InnerPadRefused => "inner-pad-refused",
            Self::InnerPadNotDecrypted => "inner-pad-not-decrypted",
            Self::VcNotSearched => "vc-not-searched",
            Self::VcSearchedWithMovingCipher => "vc-searched-with-moving-cipher",
            Self::PayloadLost => "payload-lost",
            Self::PayloadCut => "payload-cut",
            Self::PayloadDecryptedTwice => "payload-decrypted-twice",
            Self::PayloadNotDecrypted => "payload-not-decrypted",
            Self::AfterPadDNotDecrypted => "after-pad-d-not-decrypted",
            Self::AfterPadDLost => "after-pad-d-lost",
            Self::PlaintextOnOneByte => "plaintext-on-one-byte",
            Self::PlaintextOnFirstRead => "plaintext-on-first-read",
            Self::KeyOnFirstRead => "key-on-first-read",
            Self::CipherAheadOfWrite => "cipher-ahead-of-write",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrimeOfRfc2409 => {
                "wrong prime: the peer computes with the prime of RFC 2409 (Oakley group 1); P of MSE ends in \
                 A63A36210000000000090563"
            }
            Self::PrimeOfOakley2 => {
                "wrong prime: the peer computes with the first 96 bytes of Oakley group 2; P of MSE ends in \
                 A63A36210000000000090563"
            }
            Self::AnotherPrime => {
                "wrong prime: the peer computes with neither P of MSE nor a wrong prime that is known; the handshake \
                 works only with a key for which the prime does not matter"
            }
            Self::Multiplied => "the peer multiplies instead of exponentiating: Y is 2 * X and S is Y * X",
            Self::ZerosStripped => {
                "the peer strips leading zeros of S: all 96 bytes have to be hashed, or one handshake in 256 fails"
            }
            Self::ZerosMovedInKeys => {
                "HASH('req1', S) and HASH('req3', S) are computed from S without its leading zeros, and keyA and keyB from S \
                 with other bytes at its end instead: one handshake in 256 fails"
            }
            Self::ZerosMovedInMask => {
                "HASH('req3', S) is computed from S without its leading zeros and with as many at its end: one handshake in \
                 256 fails"
            }
            Self::NothingDiscarded => "RC4 without discarding the first 1024 bytes of each keystream",
            Self::KeysExchanged => {
                "keyA and keyB are exchanged: the end that dialled encrypts with HASH('keyA', S, SKEY)"
            }
            Self::PadRefused => "PadA or PadB of an allowed length is not accepted: 0 to 512 bytes are allowed",
            Self::InnerPadRefused => "PadC or PadD of an allowed length is not accepted: 0 to 512 bytes are allowed",
            Self::InnerPadNotDecrypted => {
                "PadC or PadD is skipped without moving the cipher: it is part of the encrypted stream"
            }
            Self::VcNotSearched => {
                "ENCRYPT(VC) is not searched for: it is expected right after the key, but PadB comes first"
            }
            Self::VcSearchedWithMovingCipher => {
                "ENCRYPT(VC) is searched for with a cipher that moves at each attempt: compare with the first 8 bytes of \
                 the keystream instead"
            }
            Self::PayloadLost => "the initial payload (IA) is lost: it is the beginning of the stream",
            Self::PayloadCut => {
                "the initial payload (IA) is cut after 68 bytes: all of it is the beginning of the stream"
            }
            Self::PayloadDecryptedTwice => {
                "the initial payload (IA) is decrypted twice: once in the handshake, and once more as part of the stream"
            }
            Self::PayloadNotDecrypted => "the initial payload (IA) is not decrypted",
            Self::AfterPadDNotDecrypted => {
                "bytes after PadD are not decrypted if they arrive together with the fourth message"
            }
            Self::AfterPadDLost => "bytes after PadD are lost if they arrive together with the fourth message",
            Self::PlaintextOnOneByte => {
                "plaintext is decided on one byte: one key in 256 begins with 0x13, so look at all 20 bytes"
            }
            Self::PlaintextOnFirstRead => {
                "plaintext is decided on the first read: a message may arrive in any pieces, so wait for the byte that \
                 differs, or for 20 bytes"
            }
            Self::KeyOnFirstRead => {
                "the first read is taken for the whole key: a message may arrive in any pieces, so wait for 96 bytes"
            }
            Self::CipherAheadOfWrite => {
                "the cipher moves by more than was written if the transport takes only a part: keep the encrypted rest, and \
                 write it next"
            }
        })
    }
}
