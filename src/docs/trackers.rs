//! Trackers and crawlers: what others say about a peer's encryption, where they say it, and what it means.
//!
//! Before you dial a peer, a tracker, another peer or the peer itself may have said whether it speaks MSE.
//! [`PeerHint`](crate::PeerHint) reads and combines these statements. A connector from
//! [`MseConnector::for_peer`](crate::MseConnector::for_peer) then begins in the right mode.
//! Trackers and crawlers can use `PeerHint` alone, without a connection. The example `guide_hints` shows all of it.
//!
//! # Sources of hints
//!
//! | source | value | read with | meaning |
//! |---|---|---|---|
//! | announce to an HTTP tracker | `supportcrypto=1` | [`from_announce`](crate::PeerHint::from_announce) | supports MSE |
//! | | `requirecrypto=1`, with or without `supportcrypto` | | requires MSE |
//! | answer of an HTTP tracker: `crypto_flags`, one byte for each peer in the order of `peers` | 0 | [`from_crypto_flag`](crate::PeerHint::from_crypto_flag) | supports MSE |
//! | | 1 | | requires MSE |
//! | peer exchange ([BEP 11]): `added.f` and `added6.f`, one byte for each peer | bit `0x01` is set | [`from_pex_flags`](crate::PeerHint::from_pex_flags) | prefers MSE |
//! | extension handshake ([BEP 10]): key `e` | not 0 | [`from_extension_handshake`](crate::PeerHint::from_extension_handshake) | prefers MSE |
//! | an earlier connection | MSE worked | `PeerHint::from(stream.negotiated())` | prefers MSE |
//!
//! UDP trackers, the mainline DHT and `peers6` say nothing about encryption. The peer may still support MSE, so the hint is
//! [`Unknown`](crate::PeerHint::Unknown).
//!
//! ```
//! use tokio_mse::{DialMode, Encryption, PeerHint, Policy};
//!
//! let hint = PeerHint::from_crypto_flag(0).join(PeerHint::from_pex_flags(0x01));
//! assert_eq!(hint, PeerHint::PrefersMse);
//!
//! let policy = Policy::default().with_encryption(Encryption::Allow);
//! assert_eq!(policy.first_mode(), DialMode::Plaintext);
//! assert_eq!(policy.with_hint(hint).first_mode(), DialMode::Mse);
//! ```
//!
//! # What a hint changes
//!
//! If several sources say something, the strongest statement counts: [`PeerHint::join`](crate::PeerHint::join). If the peer
//! prefers MSE, a connector under `Allow` tries MSE first. If the peer requires MSE, a connector under `Allow` or `Prefer`
//! tries only MSE. [`Policy::with_hint`](crate::Policy::with_hint) has the table.
//!
//! **A hint never leads to plaintext if the policy prefers or requires MSE**, because it comes from a stranger.
//!
//! # For a tracker
//!
//! - Keep the two flags of each peer's last announce. A client sends them with each announce, and they change with the user's
//!   setting. Some clients that require MSE send only `requirecrypto`. Some clients always send only `supportcrypto`, whatever
//!   their setting is.
//! - If an announce has one of the flags, answer with `crypto_flags`: one byte for each peer in `peers`, 1 for a peer that
//!   requires MSE, and 0 for all others. If it has `requirecrypto`, return peers that support MSE first.
//! - If an announce has neither flag, leave out peers that require MSE.
//! - If an announce has `cryptoport=X`, `port=0` and `requirecrypto=1`, the real port is X. The client hides it from trackers
//!   that do not know this extension.
//!
//! # For a crawler
//!
//! The behaviour of a peer is better evidence than a hint. Dial it under
//! [`Encryption::Require`](crate::Encryption::Require) and under [`Encryption::Forbid`](crate::Encryption::Forbid), with an
//! info-hash that it serves. The program `mse-probe` in the repository does this with each method.
//!
//! | outcome ([label](crate::Error::label)) | the peer |
//! |---|---|
//! | connected, `rc4` or `header-only` | speaks MSE and accepts this method |
//! | `plaintext-answer` | does not speak MSE |
//! | `closed-unanswered` to MSE | does not speak MSE, or has no free slots |
//! | `closed`, `timed-out`, `no-sync-mark` | speaks MSE; may not serve the info-hash |
//! | `bad-selection` | speaks MSE, and selects a method that you did not offer |
//! | closes, stays silent or sends other bytes after your plaintext handshake | may require MSE |
//!
//! Under `Forbid` the library returns a plaintext stream as soon as your handshake is sent. Read from it to see whether the
//! peer answers.
//!
//! For a v2 torrent, the SKEY is the first 20 bytes of the info-hash:
//! [`Skey::from_v2_info_hash`](crate::Skey::from_v2_info_hash).
//!
//! [BEP 10]: https://www.bittorrent.org/beps/bep_0010.html
//! [BEP 11]: https://www.bittorrent.org/beps/bep_0011.html
