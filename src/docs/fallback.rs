//! Fallback: which failures allow a redial in the other mode, and what a redial costs.
//!
//! A redial is a second connection to the same peer, in the other mode: plaintext after MSE, or MSE after plaintext. Only
//! two of the four policies redial:
//!
//! | policy | first attempt | redial, if the peer does not answer |
//! |---|---|---|
//! | [`Forbid`](crate::Encryption::Forbid) | plaintext | never |
//! | [`Allow`](crate::Encryption::Allow) | plaintext | MSE |
//! | [`Prefer`](crate::Encryption::Prefer) | MSE | plaintext |
//! | [`Require`](crate::Encryption::Require) | MSE | never |
//!
//! [`Policy::default`](crate::Policy::default) is `Prefer`. The presets [`full_rc4`](crate::Policy::full_rc4),
//! [`header_only`](crate::Policy::header_only) and [`plaintext_only`](crate::Policy::plaintext_only) have no fallback until
//! you add one with [`allow_fallback`](crate::Policy::allow_fallback).
//!
//! # Which failure allows a redial
//!
//! [`Policy::redial`](crate::Policy::redial) decides by what the peer did. Every failure is in exactly one row:
//!
//! | the peer | examples | redial? |
//! |---|---|---|
//! | **answered** | it sent the 96 bytes of its key to our key, or all 20 bytes of `0x13 "BitTorrent protocol"` to our plaintext handshake, and the handshake failed later; the connection leads to ourselves, or to another initiator | never |
//! | **sent something else** | it sent `0x13 "BitTorrent protocol"` to our key, or other bytes to our plaintext handshake | if the policy allows it |
//! | **stayed silent** | it sent fewer bytes than an answer, and then closed, reset, or sent nothing more until the answer timeout | if the policy allows it |
//! | **was not asked** | dialling failed or timed out; our own side failed, for example without network, route, permission or memory; the policy forbids the mode; the initial payload is missing | never |
//!
//! - **Why never after an answer?** A peer that sent its key speaks MSE. If the handshake fails later, because of an unknown
//!   info-hash for example, it would fail in plaintext too. The redial would only show the info-hash to everyone on the path.
//! - **Why never after a failure on our own side?** Such a failure says nothing about the peer. And the redial might use
//!   another network interface, over which the user does not want to send the info-hash.
//! - **An answer that has arrived always counts.** Before the library calls a peer silent, it reads everything that the
//!   transport has received. So a redial is not caused by a timer that fires late, a process that was suspended, a write
//!   that failed, or a peer that resets after its key. But some systems discard received bytes after a reset, for example
//!   Wine 10. There, a peer that resets directly after its key looks silent.
//! - **If the peer sends something else, the attempt ends at once**, without waiting for a timeout.
//!
//! The [`answer_timeout`](crate::MseConnector::answer_timeout) limits how long a peer may stay silent: 5 s for MSE, 10 s for
//! plaintext, counted from when the connection exists. The [client guide](super::client) adds up all timeouts.
//!
//! Only `Allow` makes a plaintext attempt wait for an answer, because only `Allow` may redial after it. Without an initial
//! payload the peer has nothing to answer, so the attempt then fails at once with the label `no-initial-payload`. Under
//! `Forbid`, and in the redial of `Prefer`, the library returns a plaintext stream as soon as the initial payload is sent.
//!
//! # Who redials
//!
//! A redial needs a new connection. [`MseConnector::connect_with`](crate::MseConnector::connect_with) calls your dialler once
//! for each attempt. If your dialler returns more than a transport, make the connections yourself, with a
//! [`Dial`](crate::Dial):
//!
//! ```no_run
//! # use std::{io, net::SocketAddr};
//! # use tokio::net::TcpStream;
//! use tokio_mse::{DialMode, MseConnector, MseStream};
//!
//! async fn dial(
//!     connector: &MseConnector,
//!     peer: SocketAddr,
//!     info_hash: [u8; 20],
//!     handshake: Vec<u8>,
//! ) -> io::Result<(MseStream<TcpStream>, &'static str)> {
//!     let mut dial = connector.dial(info_hash, handshake);
//!     loop {
//!         let (io, kind) = race(peer, dial.mode()).await?; // several addresses, TCP and uTP, a proxy
//!         if let Some(stream) = dial.attempt(io).await? {
//!             return Ok((stream, kind));
//!         }
//!         // The peer did not answer: dial again. `dial.mode()` is now the other mode.
//!     }
//! }
//! # async fn race(addr: SocketAddr, _: DialMode) -> io::Result<(TcpStream, &'static str)> {
//! #     Ok((TcpStream::connect(addr).await?, "tcp"))
//! # }
//! ```
//!
//! If your dialler fails, there is no redial: another mode does not make a host reachable.
//!
//! # What a redial changes
//!
//! - A redial is a new connection with new keys and its own timeouts.
//! - On the connection that it returns, the library has sent the initial payload exactly once. On the connection that failed,
//!   the peer got the payload only if it was dialled in plaintext.
//! - [`Negotiated::attempts`](crate::Negotiated::attempts) shows whether a redial was needed, and
//!   [`Negotiated::elapsed`](crate::Negotiated::elapsed) includes both attempts.
//!
//! # The price of `Prefer`
//!
//! A redial in plaintext undoes what MSE is for. It shows the info-hash in the clear. Some classifiers remember the two
//! hosts, and then recognise even the next encrypted connection between them: see
//! [what an observer sees](super::observer).
//!
//! A peer that does not speak MSE costs one more connection, and up to five seconds if it neither answers nor closes.
//!
//! **A peer without free slots looks like a peer without MSE.** libtorrent, for example, closes connections beyond its limit
//! without sending a byte. Under `Prefer` the redial then shows the info-hash in the clear, although the peer speaks MSE. No
//! client can distinguish the two cases. If that matters, use `Require`.
//!
//! # The price of `Allow`
//!
//! The first attempt shows the info-hash in the clear to the peer and to everyone on the path, even if the peer requires
//! MSE. A peer that requires MSE costs one more connection, and up to ten seconds if it stays silent. Many such peers close
//! or send something else at once, which ends the attempt. A [hint](super::trackers) avoids the first attempt.
//!
//! Use `Allow` for compatibility, or in networks that treat random-looking traffic worse than BitTorrent.
