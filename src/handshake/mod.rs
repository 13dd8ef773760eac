//! The handshake without IO: machines that are fed bytes and say what to send.
//!
//! For other runtimes, blocking sockets, fuzzing and benches. Applications on Tokio use
//! [`MseConnector`](crate::MseConnector) and [`MseAcceptor`](crate::MseAcceptor), which drive these machines.
//!
//! | an end that | uses | and gets |
//! |---|---|---|
//! | dials with MSE | [`Initiator`] | [`Established`] |
//! | dials in plaintext, and would redial with MSE | [`PlaintextDial`] | [`Established`] |
//! | is dialled, and does not know yet with what | [`Detection`] | [`Detected`] |
//! | was dialled with MSE | [`Responder`], up to the SKEY | [`SkeyRequest`] |
//! | has looked the SKEY up | [`Negotiation`] | [`Established`] |
//!
//! Every machine is fed with [`process(self, input, output)`](Machine::process). It takes any split of the peer's
//! bytes, keeps what it cannot use yet, and appends what is to be sent to `output`. Then it gives itself back
//! ([`Progress::NeedInput`]) or its result ([`Progress::Done`]). A machine is used by value, so one that is done or
//! has failed cannot be fed again.
//!
//! All randomness is given beforehand ([`Randomness`]), so a transcript depends on it and on the peer's bytes alone.
//! Time is yours. If you give up, [`Machine::step`] tells what was waited for, [`Machine::peer_answered`] whether the
//! peer had answered, and [`Policy::redial`](crate::Policy::redial) whether to dial again.
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
//! `tests/sans_io.rs` drives whole connections over blocking sockets, without a runtime, in this way.

// What is handled here was written by a stranger.
#![warn(clippy::indexing_slicing)]

mod answer;
mod detection;
mod encrypt2;
mod established;
mod inbox;
mod initiator;
mod limits;
mod machine;
mod negotiation;
mod opening;
mod randomness;
mod responder;

pub use answer::PlaintextDial;
pub use detection::{Detected, Detection};
pub use established::{Established, Mode, Negotiated, Role};
pub use initiator::Initiator;
pub use limits::{MAX_IA_ACCEPTED, MAX_IA_SENT, MAX_PAD};
pub use machine::{Machine, Progress};
pub use negotiation::{Negotiation, SkeyRequest};
pub use randomness::{Padding, PaddingError, Randomness};
pub use responder::Responder;

pub use crate::crypto::dh::PrivateKey;

pub(crate) use detection::info_hash;
pub(crate) use machine::sealed::Sealed;
pub(crate) use opening::{Opening, classify};
