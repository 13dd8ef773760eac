//! Fallback: which failures allow a redial in the other mode, and what a redial costs.
//!
//! A redial is a second connection to the same peer, in the other mode: plaintext after MSE, or MSE after plaintext. Only
//! two of the four policies have one:
//!
//! | policy | first attempt | redial, if the peer did not answer |
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
//! [`Policy::redial`](crate::Policy::redial) decides. It looks at what the peer did. Every failure is in exactly one row:
//!
//! | the peer | examples | redial? |
//! |---|---|---|
//! | **answered** | 96 bytes of key to our key; all 20 bytes of `0x13 "BitTorrent protocol"` to our plaintext handshake; any failure after that; a connection to ourselves, or to another dialler | never |
//! | **said something else** | `0x13 "BitTorrent protocol"` to our key; other bytes to our plaintext handshake | if the policy allows it |
//! | **stayed silent** | fewer bytes than an answer, then closed, reset, or nothing until the answer timeout | if the policy allows it |
//! | **was not asked** | dialling failed or timed out; a failure on our own side, such as no network, no route, no permission or no memory; a mode that the policy forbids; a missing initial payload | never |
//!
//! - **Why never after an answer?** A peer that sent its key speaks MSE. What failed then, an unknown info-hash for
//!   example, would fail in plaintext as well. The redial would only show the info-hash to everyone on the path.
//! - **Why never after a failure on our own side?** It says nothing about the peer, and the redial might use another network
//!   interface, one that was not meant to carry the info-hash.
//! - **An answer that has arrived always counts.** Before the library calls a peer silent, it reads everything that the
//!   transport has received. So a redial is not caused by a timer that fires late, a process that was suspended, a write
//!   that failed, or a peer that resets after its key.
//! - **Something else ends the attempt at once**, without waiting for a timeout.
//!
//! How long a peer may stay silent is the [`answer_timeout`](crate::MseConnector::answer_timeout): 5 s for MSE, 10 s for
//! plaintext, from the moment when the connection exists. The [client guide](super::client) says how it adds up with the
//! other timeouts.
//!
//! An attempt in plaintext waits for an answer only under `Allow`, because only there something depends on it. It needs an
//! initial payload for that: without one there is nothing for the peer to answer, and the attempt fails at once with the
//! label `no-initial-payload`. In all other cases a plaintext stream is returned as soon as the initial payload is sent.
//!
//! # Who redials
//!
//! A redial needs a new connection. [`MseConnector::connect_with`](crate::MseConnector::connect_with) calls your dialler once
//! for each attempt. If your dialling is more than one call, do the same by hand with a [`Dial`](crate::Dial):
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
//!         // The peer did not answer: dial again, in what `dial.mode()` now is.
//!     }
//! }
//! # async fn race(_: SocketAddr, _: DialMode) -> io::Result<(TcpStream, &'static str)> { unimplemented!() }
//! ```
//!
//! A failure of your dialler is not redialled: an unreachable host does not become reachable in another mode.
//!
//! # What a redial keeps
//!
//! - It is a new connection with new keys and its own timeouts.
//! - The initial payload is sent exactly once on the connection that is returned. On the connection that failed, an MSE peer
//!   never received it, and a plaintext peer received it and did not answer.
//! - [`Negotiated::attempts`](crate::Negotiated::attempts) shows whether a redial was needed, and
//!   [`Negotiated::elapsed`](crate::Negotiated::elapsed) includes both attempts.
//!
//! # The price of `Prefer`
//!
//! A redial in plaintext undoes what MSE is for. It shows the info-hash in the clear, and some classifiers remember the pair
//! of hosts and then recognise the next, encrypted connection between them: see [what an observer sees](super::observer).
//!
//! A peer that does not speak MSE costs one more connection, and up to five seconds if it neither answers nor closes.
//!
//! **A peer without free slots looks like a peer without MSE.** libtorrent, for example, closes a connection over its limit
//! before it has sent a byte. Under `Prefer` the redial then shows it the info-hash in the clear, although it speaks MSE.
//! The library cannot tell the two cases apart, and neither can any other client. If that matters, use `Require`.
//!
//! # The price of `Allow`
//!
//! The first attempt shows the info-hash in the clear to every peer and to everyone on the path, and the peer learns it
//! even if it requires MSE. A peer that requires MSE costs one more connection, and up to ten seconds if it stays silent.
//! Many peers close at once, and many send something else at once, which also ends the attempt. A
//! [hint](super::trackers) avoids the first attempt.
//!
//! `Allow` is for compatibility, or for networks in which random-looking traffic fares worse than BitTorrent.
