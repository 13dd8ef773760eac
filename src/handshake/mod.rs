//! The handshake without IO: machines that are fed bytes and say what to send.
//!
//! This is the advanced door, for other runtimes, fuzzing and benches. Applications on Tokio use
//! [`MseConnector`](crate::MseConnector) and [`MseAcceptor`](crate::MseAcceptor).
//!
//! Every machine is fed with `process(self, input, output)`: it takes any split of the peer's bytes, keeps what it
//! cannot use yet, appends what is to be sent to `output`, and gives itself back ([`Progress::NeedInput`]) or its
//! result ([`Progress::Done`]). A machine is used by value, so one that is done or has failed cannot be fed again. All
//! randomness is given beforehand ([`Randomness`]): a transcript is a function of it and of the peer's bytes.
//!
//! ```
//! use tokio_mse::handshake::{Initiator, Progress, Randomness, Responder};
//! use tokio_mse::{Policy, Skey};
//!
//! let (skey, policy) = (Skey::from([7; 20]), Policy::full_rc4());
//! let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
//!
//! let a = Initiator::new(skey.clone(), &policy, "hello", Randomness::generate(&mut rand::rng()), &mut to_b);
//! let b = Responder::new(&policy, Randomness::generate(&mut rand::rng()));
//!
//! let Progress::NeedInput(b) = b.process(&std::mem::take(&mut to_b), &mut to_a)? else { panic!() };
//! let Progress::NeedInput(a) = a.process(&std::mem::take(&mut to_a), &mut to_b)? else { panic!() };
//! let Progress::Done(request) = b.process(&to_b, &mut to_a)? else { panic!() };
//! assert_eq!(*request.hash(), skey.hash());
//! let Progress::Done(b) = request.resolve(skey, "hi").process(&[], &mut to_a)? else { panic!() };
//! let Progress::Done(a) = a.process(&to_a, &mut to_b)? else { panic!() };
//! assert_eq!(b.received, b"hello");
//! assert_eq!(a.received, b"hi");
//! # Ok::<(), tokio_mse::HandshakeError>(())
//! ```

// What is handled here was written by a stranger.
#![warn(clippy::indexing_slicing)]

mod established;
mod inbox;
mod initiator;
mod negotiation;
mod opening;
mod randomness;
mod reception;
mod responder;

pub use established::{Established, Mode, Negotiated, Role};
pub use initiator::Initiator;
pub use negotiation::Negotiation;
pub use randomness::{Padding, PaddingError, Randomness};
pub use responder::{Responder, SkeyRequest};

pub use crate::crypto::dh::PrivateKey;

pub(crate) use reception::{Opened, Reception, info_hash};

use crate::error::{HandshakeError, Step};

/// The most bytes that PadA, PadB, PadC or PadD may have.
pub const MAX_PAD: usize = 512;

/// The most bytes of initial payload that travel inside step 3: the BitTorrent handshake. libtorrent, rTorrent and aria2
/// refuse more, `KTorrent` stalls on it; what does not fit follows once step 4 came.
pub const MAX_IA_SENT: usize = 68;

/// The most bytes of initial payload that are accepted from an initiator.
pub const MAX_IA_ACCEPTED: u16 = 16 * 1024;

/// What a machine made of the bytes it was fed.
#[derive(Debug)]
pub enum Progress<M, D> {
    /// More bytes are needed.
    NeedInput(M),
    /// The machine's work is done.
    Done(D),
}

/// What the driver asks of every machine.
pub(crate) trait Machine: Sized {
    type Done;

    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Self::Done>, HandshakeError>;

    /// What is being waited for.
    fn step(&self) -> Step;

    /// Whether the peer has answered, so that a redial in the other mode would be wrong.
    fn peer_answered(&self) -> bool;
}

/// PadC's or PadD's length, if it is one.
fn pad_len(step: Step, len: u16) -> Result<usize, HandshakeError> {
    match usize::from(len) {
        len if len <= MAX_PAD => Ok(len),
        _ => Err(HandshakeError::PadTooLong { step, len }),
    }
}
