//! How MSE works: the messages, why each part is there, and a glossary.
//!
//! Message Stream Encryption (MSE, also called Protocol Encryption or PE) wraps a BitTorrent connection. Two peers
//! exchange keys, prove to each other that they know the same info-hash, and agree on a method that protects the rest of
//! the connection. After that the BitTorrent protocol runs unchanged.
//!
//! **MSE is obfuscation, not security.** Its goal is that a passive observer cannot recognise the protocol by its bytes.
//! It does not authenticate the peer, it does not detect changed bytes, and its cryptography is weak (768-bit
//! Diffie-Hellman, RC4, SHA-1). Anyone who knows the info-hash can decrypt the connection as a man in the middle.
//!
//! # The messages
//!
//! ```text
//!     initiator (A, dials)                       responder (B, listens)
//!
//! 1   Ya                          96   ------>
//!     PadA                    0..512
//!
//! 2                                    <------   Yb                          96
//!                                                PadB                    0..512
//!
//!            Both ends can now compute the shared secret S.
//!
//! 3   HASH('req1', S)             20   ------>
//!     HASH('req2', SKEY)
//!     xor HASH('req3', S)         20
//!     --- RC4 with A's key: --------
//!     VC                           8
//!     crypto_provide               4
//!     length of PadC               2
//!     PadC                    0..512
//!     length of IA                 2
//!     IA                    0..65535
//!
//! 4                                    <------   --- RC4 with B's key: --------
//!                                                VC                           8
//!                                                crypto_select                4
//!                                                length of PadD               2
//!                                                PadD                    0..512
//!
//!     BitTorrent                       <----->   BitTorrent
//! ```
//!
//! Lengths are in bytes. The method in crypto_select protects the BitTorrent messages at the end.
//!
//! After each message the sender waits for the next one, so a handshake takes two round trips, connecting excluded. The
//! initiator sends its BitTorrent handshake inside the third message, as IA. The responder usually sends its own in the same
//! segment as the fourth message. The specification calls the messages steps.
//!
//! # What each message is for
//!
//! **First and second message: the key exchange.** Each side draws a private exponent (in this crate, of 160 bits) and sends
//! a Diffie-Hellman public key (Ya, Yb) modulo a fixed 768-bit prime. Both compute the shared secret S. The keys look like
//! random bytes.
//!
//! PadA and PadB are random bytes of random length, so that the first messages have no constant length. They have no length
//! field. To find the end of the padding, the receiver searches for the value that follows it, which it can compute: the
//! responder for `HASH('req1', S)`, the initiator for the encrypted VC.
//!
//! **Third message: which torrent.** The responder has to learn which of its torrents the peer wants, and an observer must
//! not see it. `HASH('req2', SKEY)` identifies the torrent. The initiator hides it with `HASH('req3', S)`, which only the two
//! ends can compute. The responder removes this second hash. The result is
//! [`Incoming::skey_hash`](crate::Incoming::skey_hash), and [`SkeyIndex`](crate::SkeyIndex) finds the torrent with it.
//!
//! Both ends derive RC4 keys from S and the SKEY, one for each direction, and discard the first 1,024 bytes of each
//! keystream. VC is eight zero bytes. If they decrypt to zeros, both ends have the same keys. A responder that does not
//! serve the torrent cannot say so, because it has no key to answer with.
//!
//! **Third and fourth message: which method.** `crypto_provide` is a bit field with the methods that the initiator offers.
//! `crypto_select` is the one that the responder chose.
//!
//! | bit | name here | the stream after the handshake |
//! |---|---|---|
//! | `0x01` | header-only | is not encrypted |
//! | `0x02` | RC4 | is encrypted with the same RC4 keystreams as the handshake |
//! | `0x04` | AES-128-CTR | is encrypted with AES. This is a draft that no released client speaks: feature `unstable-aes` |
//!
//! The specification calls bit `0x01` "plaintext". In this crate, *plaintext* means a connection without MSE, and nothing
//! else. IA, PadC and PadD are always RC4-encrypted, even if the responder selects header-only.
//!
//! **IA: the first payload.** The initiator may send the first bytes of its stream inside the third message. This saves a
//! round trip, and BitTorrent clients put their 68-byte handshake there. Several clients refuse more, so this crate sends at
//! most 68 bytes as IA ([`MAX_IA_SENT`](crate::handshake::MAX_IA_SENT)), and the rest as soon as the fourth message has
//! arrived.
//!
//! # How a listener distinguishes plaintext and MSE
//!
//! A plaintext BitTorrent connection begins with the 20 bytes `0x13 "BitTorrent protocol"`. The listener treats anything
//! else as a public key. It decides at the first byte that differs, so a key that begins with `0x13` is no problem.
//!
//! # What an observer can and cannot read
//!
//! With RC4, all bytes look random: keys, pads, info-hash, BitTorrent handshakes, messages. With header-only, the BitTorrent
//! messages after the handshake are readable. In both cases the sizes, the times and the addresses are visible. See
//! [what an observer sees](super::observer).
//!
//! # Glossary
//!
//! | term | meaning |
//! |---|---|
//! | initiator, A | the side that opened the connection |
//! | responder, B | the side that accepted the connection |
//! | info-hash, v1 | 20 bytes that identify a torrent: SHA-1 of its `info` dictionary |
//! | info-hash, v2 | 32 bytes that identify a v2 torrent ([BEP 52]): SHA-256 of its `info` dictionary. MSE uses the first 20 bytes |
//! | SKEY | the secret that both sides must know before they connect. For BitTorrent it is the 20-byte info-hash: [`Skey`](crate::Skey) |
//! | Xa, Xb | the private exponents of the key exchange, used once |
//! | Ya, Yb | the public keys, 96 bytes each |
//! | S | the shared secret that the key exchange gives both sides, 96 bytes |
//! | HASH | SHA-1 of the concatenated arguments |
//! | VC | verification constant: eight zero bytes, encrypted. Shows that both sides have the same keys |
//! | PadA, PadB | 0 to 512 random bytes after the public keys |
//! | PadC, PadD | padding inside the third and the fourth message, 0 to 512 bytes, with a length field |
//! | crypto_provide | the methods that the initiator offers: [`CryptoMethods`](crate::CryptoMethods) |
//! | crypto_select | the method that the responder chose: [`CryptoMethod`](crate::CryptoMethod) |
//! | IA | initial payload of A: the first bytes of the initiator's stream, sent in the third message |
//! | initial payload | the first bytes of a side's own stream, usually its BitTorrent handshake. An initiator sends them as IA, a responder with the fourth message |
//! | plaintext | a connection without MSE: [`DialMode::Plaintext`](crate::DialMode::Plaintext), [`Mode::Plaintext`](crate::Mode::Plaintext) |
//! | header-only | MSE handshake, then an unencrypted stream: [`Mode::HeaderOnly`](crate::Mode::HeaderOnly) |
//! | to answer | to send the 96 bytes of a key (to MSE) or the 20 bytes of the protocol string (to plaintext): see [fallback](super::fallback) |
//! | redial | a second connection to the same peer, in the other mode |
//!
//! # Specifications
//!
//! - [Message Stream Encryption](https://wiki.vuze.com/w/Message_Stream_Encryption), the specification of the protocol.
//!   It says that VC must arrive within 516 bytes. That is an error: this crate allows 96 + 512 + 8 = 616 bytes.
//! - [BEP 10], the extension protocol, with the key `e` (prefers encryption).
//! - [BEP 11], peer exchange, with a flag for peers that prefer encryption.
//! - [BEP 52], BitTorrent v2 and hybrid torrents.
//!
//! [BEP 10]: https://www.bittorrent.org/beps/bep_0010.html
//! [BEP 11]: https://www.bittorrent.org/beps/bep_0011.html
//! [BEP 52]: https://www.bittorrent.org/beps/bep_0052.html
