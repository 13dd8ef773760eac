//! The handshake without IO: machines that process the peer's bytes and produce the bytes to send.
//!
//! For other runtimes, blocking sockets, fuzzing and tests. Applications on Tokio use
//! [`MseConnector`](crate::MseConnector) and [`MseAcceptor`](crate::MseAcceptor), which drive these machines.
//!
//! | this end | uses | result |
//! |---|---|---|
//! | dials with MSE | [`Initiator`] | [`Established`] |
//! | dials in plaintext, and may redial with MSE | [`PlaintextDial`] | [`Established`] |
//! | is dialled, with MSE or plaintext | [`Detection`] | [`Detected`] |
//! | was dialled with MSE | [`Responder`] | [`SkeyRequest`] |
//! | has looked up the info-hash | [`Negotiation`] | [`Established`] |
//!
//! [`process(self, input, output)`](Machine::process) takes the peer's bytes in any pieces, keeps those that it cannot use
//! yet, and appends the bytes to send to `output`. It returns the machine ([`Progress::NeedInput`]) or the result
//! ([`Progress::Done`]). It consumes the machine, so you cannot use a machine that is done or has failed.
//!
//! All randomness is an argument ([`Randomness`]), so a transcript depends only on it and on the peer's bytes. You must
//! apply timeouts yourself. If you give up, make an [`Error`](crate::Error) from [`Machine::step`] and
//! [`Machine::peer_answered`], and ask [`Policy::redial`](crate::Policy::redial) whether to redial.
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
//! The example `guide_blocking` drives whole connections over blocking sockets like this, without a runtime.

// These files process bytes from strangers.
#![warn(clippy::indexing_slicing)]

mod detection;
mod established;
mod inbox;
pub(crate) mod initiator;
mod keys;
mod machine;
mod plaintext;
mod randomness;
pub(crate) mod responder;
#[cfg(test)]
mod tests;

pub use detection::{Detected, Detection};
pub use established::{Established, Negotiated};
pub use initiator::Initiator;
pub use machine::{MAX_IA_ACCEPTED, MAX_IA_SENT, MAX_PAD, Machine, Progress};
pub use plaintext::PlaintextDial;
pub use randomness::{Padding, Randomness};
pub use responder::{Negotiation, Responder, SkeyRequest};

machine::machines!(Detection, Initiator, PlaintextDial, Responder, Negotiation);

pub use crate::crypto::dh::PrivateKey;
#[cfg(feature = "tokio")]
pub(crate) use machine::sealed::Sealed;
