//! For trackers, and for everybody who classifies peers: what is said of a peer's encryption, where, and what it means.
//!
//! Before a peer is dialled, others may have said whether it speaks MSE. [`PeerHint`](crate::PeerHint) reads each of
//! these statements, joins them, and [`MseConnector::for_peer`](crate::MseConnector::for_peer) makes the right attempt
//! first. A crawler or a tracker can use it alone, without a connection. `guide_hints` is a running example.
//!
//! # Where it is said
//!
//! | where | what | read with | hint |
//! |---|---|---|---|
//! | announce to an HTTP tracker | `supportcrypto=1` | [`from_announce`](crate::PeerHint::from_announce) | takes MSE |
//! | | `requirecrypto=1`, with or without the other | | requires MSE |
//! | HTTP tracker's answer, `crypto_flags`: a byte for each peer, in the order of `peers` | 0 | [`from_crypto_flag`](crate::PeerHint::from_crypto_flag) | takes MSE |
//! | | 1 | | requires MSE |
//! | peer exchange (BEP 11), `added.f` and `added6.f`: a byte for each peer | bit `0x01` set | [`from_pex_flags`](crate::PeerHint::from_pex_flags) | prefers MSE |
//! | extension handshake (BEP 10), key `e` | not 0 | [`from_extension_handshake`](crate::PeerHint::from_extension_handshake) | prefers MSE |
//! | an earlier connection | MSE worked | `PeerHint::from(stream.negotiated())` | prefers MSE |
//!
//! UDP trackers, the mainline DHT and `peers6` say nothing. Nothing said is not a no: the hint is
//! [`Unknown`](crate::PeerHint::Unknown).
//!
//! # What is done with it
//!
//! Several sources are joined, and the one that says more counts: [`PeerHint::join`](crate::PeerHint::join).
//! [`Policy::with_hint`](crate::Policy::with_hint) has the table of what changes. In short: an `Allow` dialler begins
//! with MSE where the peer prefers it, and nobody who may speak MSE dials a peer that requires it in plaintext. **A
//! hint never leads to plaintext where MSE was wanted**, because it comes from a stranger.
//!
//! # A tracker
//!
//! - Keep one byte for each peer from its last announce. `supportcrypto` and `requirecrypto` come with each announce, and a
//!   client that changes its setting sends other ones.
//!   Some clients that require MSE send only `requirecrypto`, and some send only `supportcrypto` however they are set.
//! - Answer either of them with `crypto_flags`, as many bytes as there are peers in `peers`: 1 for a peer that requires MSE, 0
//!   for all others. Fill the answer to `requirecrypto` with peers that support MSE first.
//! - Leave peers that require MSE out of the answer to a client that sent neither: it cannot use them.
//! - `cryptoport=X` beside `port=0` and `requirecrypto=1` is the real port, hidden from trackers that do not know of it.
//!
//! # A crawler that classifies
//!
//! What a peer *does* is more than what is said of it. Dial it under
//! [`Encryption::Require`](crate::Encryption::Require) and under [`Encryption::Forbid`](crate::Encryption::Forbid),
//! with an info-hash that it serves. The example `probe` does so with each method apart, and says what the peer takes.
//!
//! | outcome | what it says |
//! |---|---|
//! | connected, [`Mode::Rc4`](crate::Mode::Rc4) or [`Mode::HeaderOnly`](crate::Mode::HeaderOnly) | speaks MSE, and takes this method |
//! | [`PlaintextAnswer`](crate::HandshakeError::PlaintextAnswer), or closed before its key came | speaks no MSE, or refuses it |
//! | closed or timed out after its key came ([`Error::peer_answered`](crate::Error::peer_answered)) | speaks MSE; may not serve the info-hash |
//! | [`BadSelection`](crate::HandshakeError::BadSelection) | speaks MSE, and selects what was not offered |
//! | plaintext attempt closed without a byte, or [`NotPlaintext`](crate::HandshakeError::NotPlaintext) | may require MSE |
//!
//! The SKEY is the info-hash of 20 bytes. For a v2 torrent it is the first 20 bytes of the longer one:
//! [`Skey::from_v2_info_hash`](crate::Skey::from_v2_info_hash).
