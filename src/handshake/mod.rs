//! The handshake without IO: machines that process the peer's bytes and produce the bytes to send.
//!
//! For other runtimes, blocking sockets, fuzzing and tests. Applications on Tokio use
//! [`MseConnector`](crate::MseConnector) and [`MseAcceptor`](crate::MseAcceptor), which drive these machines.
//!
//! | an end that | uses | result |
//! |---|---|---|
//! | dials with MSE | [`Initiator`] | [`Established`] |
//! | dials in plaintext, and would redial with MSE | [`PlaintextDial`] | [`Established`] |
//! | is dialled, with MSE or plaintext | [`Detection`] | [`Detected`] |
//! | was dialled with MSE | [`Responder`] | [`SkeyRequest`] |
//! | has looked up the info-hash | [`Negotiation`] | [`Established`] |
//!
//! [`process(self, input, output)`](Machine::process) takes the peer's bytes in any pieces, keeps what it cannot use yet,
//! and appends what has to be sent to `output`. It returns the machine ([`Progress::NeedInput`]) or the result
//! ([`Progress::Done`]). A machine that is done or has failed is gone, so it cannot be used again.
//!
//! All randomness is an argument ([`Randomness`]), so a transcript depends on it and on the peer's bytes alone. Timeouts
//! are up to you. If you give up, [`Machine::step`] and [`Machine::peer_answered`] are what [`Error`](crate::Error) is
//! made from, and [`Policy::redial`](crate::Policy::redial) decides whether to dial again.
//!
//! ```
//! use tokio_mse::handshake::{Initiator, Machine, Progress, Randomness, Responder};
//! use tokio_mse::{Policy, Skey};
//!
//! let (skey, policy) = (Skey::from([7; 20]), Policy::full_rc4());
//! let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
//!
//! let a = Initiator::new(skey.clone(), &policy, "hello", Randomness::generate(), &mut to_b);
//! let b = Responder::new(&policy, Randomness::generate());
//!
//! let Progress::NeedInput(b) = b.process(&std::mem::take(&mut to_b), &mut to_a)? else { panic!() };
//! let Progress::NeedInput(a) = a.process(&std::mem::take(&mut to_a), &mut to_b)? else { panic!() };
//! let Progress::Done(request) = b.process(&to_b, &mut to_a)? else { panic!() };
//! assert!(request.hash().matches(&skey));
//! let Progress::Done(b) = request.resolve(skey, "hi").process(&[], &mut to_a)? else { panic!() };
//! let Progress::Done(a) = a.process(&to_a, &mut to_b)? else { panic!() };
//! assert_eq!(b.received, b"hello");
//! assert_eq!(a.received, b"hi");
//! # Ok::<(), tokio_mse::HandshakeError>(())
//! ```
//!
//! The example `guide_blocking` drives whole connections over blocking sockets in this way, without a runtime.

// Strangers write the bytes that are processed here.
#![warn(clippy::indexing_slicing)]

mod detection;
mod established;
mod inbox;
mod initiator;
mod keys;
mod machine;
mod plaintext;
mod randomness;
mod responder;
#[cfg(test)]
mod tests;

pub use detection::{Detected, Detection};
pub use established::{Established, Negotiated};
pub use initiator::Initiator;
pub use machine::{MAX_IA_ACCEPTED, MAX_IA_SENT, MAX_PAD, Machine, Progress};
pub use plaintext::PlaintextDial;
pub use randomness::{Padding, Randomness};
pub use responder::{Negotiation, Responder, SkeyRequest};

pub use crate::crypto::dh::PrivateKey;
#[cfg(feature = "tokio")]
pub(crate) use machine::sealed::Sealed;
