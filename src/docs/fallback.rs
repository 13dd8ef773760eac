//! When a connection is dialled again in the other mode, and when not.
//!
//! A preset says what is spoken, and speaks nothing else: [`Policy::full_rc4`](crate::Policy::full_rc4) never falls
//! back. A fallback has to be asked for, with [`Policy::allow_fallback`](crate::Policy::allow_fallback).
//! [`Policy::default`](crate::Policy::default), which is for those who want as many peers as possible, has one.
//!
//! | policy | first | redial, if the first was left unanswered |
//! |---|---|---|
//! | `Forbid` | plaintext | never |
//! | `Allow` | plaintext | MSE |
//! | `Prefer` | MSE | plaintext |
//! | `Require` | MSE | never |
//!
//! # Who redials
//!
//! A redial needs a new connection, so it needs a dialler.
//! [`MseConnector::connect_with`](crate::MseConnector::connect_with) calls yours once for each attempt. On a given
//! transport, [`connect`](crate::MseConnector::connect) makes one attempt. Whoever redials himself asks
//! [`Policy::redial`](crate::Policy::redial), which both use, and passes what it says to
//! [`Connect::attempt`](crate::Connect::attempt):
//!
//! ```no_run
//! use tokio::net::TcpStream;
//! use tokio_mse::{Error, MseConnector, MseStream};
//!
//! async fn dial(connector: &MseConnector, info_hash: [u8; 20]) -> Result<MseStream<TcpStream>, Error> {
//!     let mut attempt = connector.policy().first_attempt();
//!     loop {
//!         let tcp = my_dialler().await;
//!         match connector.connect(tcp, info_hash).attempt(attempt).await {
//!             Ok(peer) => return Ok(peer),
//!             Err(error) => match connector.policy().redial(attempt, &error) {
//!                 Some(next) => attempt = next,
//!                 None => return Err(error),
//!             },
//!         }
//!     }
//! }
//! # async fn my_dialler() -> TcpStream { unimplemented!() }
//! ```
//!
//! # What counts as an answer
//!
//! - **To MSE**: all 96 bytes of the peer's key. A peer that sends `0x13 "BitTorrent protocol"` instead has not answered;
//!   the attempt ends at once with [`PlaintextAnswer`](crate::HandshakeError::PlaintextAnswer), and does not wait for the
//!   deadline.
//! - **To plaintext**: the beginning of `0x13 "BitTorrent protocol"`, and nothing else. A peer that takes nothing but MSE
//!   takes our handshake for a key and may send its own. That is
//!   [`NotPlaintext`](crate::HandshakeError::NotPlaintext), and no answer. This is waited for under `Allow` only, and only
//!   with an initial payload: without one there is nothing to answer, and the stream is handed over as soon as it is
//!   connected.
//!
//! An attempt is left unanswered if the peer closes, resets or sends something that is no answer, or if it stays
//! silent for the [`answer_timeout`](crate::MseConnector::answer_timeout), which is five seconds unless told. That
//! counts from when there is a connection, so a peer that is merely far away has time enough; the whole attempt has
//! [`timeout`](crate::MseConnector::timeout).
//!
//! A peer that has answered with its key speaks MSE. Whatever fails after that, an unknown info-hash for one, would
//! fail in plaintext, too. The redial would show the info-hash to everybody on the path, and double the number of
//! connections (transmission#6935, #6942). A dialler that fails or hangs is not asked again: an unreachable host does
//! not become reachable in another mode.
//!
//! # What stays the same
//!
//! The initial payload is sent exactly once on the connection that is returned: with MSE inside step 3, in plaintext
//! as it is. Each attempt begins with new keys and has the whole time-out.
//! [`Negotiated::attempts`](crate::Negotiated::attempts) tells whether it came to a redial.
//!
//! # What it costs
//!
//! **A fallback undoes what MSE is for**: it shows the info-hash in the clear, and classifiers remember the pair of hosts
//! and recognise the next, encrypted connection by it. Where that matters, use
//! [`Encryption::Require`](crate::Encryption::Require) or [`Policy::forbid_fallback`](crate::Policy::forbid_fallback).
