//! Both ends of a handshake without IO, as streams over any transport.

use std::time::Duration;

use tokio_mse::handshake::{Established, Initiator, Machine, Padding, Progress, Responder};
use tokio_mse::{CryptoMethod, CryptoMethods, MseStream, Negotiated, Policy, Role, Skey};

use super::exchange::{Cipher, XA, XB, randomness, s, skey};

/// What a stream does to its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Rc4,
    #[cfg(feature = "unstable-aes")]
    Aes,
    HeaderOnly,
    Plaintext,
}

impl Mode {
    pub(crate) const ALL: &[Self] = &[
        Self::Rc4,
        #[cfg(feature = "unstable-aes")]
        Self::Aes,
        Self::HeaderOnly,
        Self::Plaintext,
    ];

    /// The method on which both ends agree. `None` without MSE.
    pub(crate) const fn method(self) -> Option<CryptoMethod> {
        match self {
            Self::Rc4 => Some(CryptoMethod::Rc4),
            #[cfg(feature = "unstable-aes")]
            Self::Aes => Some(CryptoMethod::Aes128Ctr),
            Self::HeaderOnly => Some(CryptoMethod::HeaderOnly),
            Self::Plaintext => None,
        }
    }

    /// Whether the stream is encrypted.
    pub(crate) fn encrypts(self) -> bool {
        !matches!(self, Self::HeaderOnly | Self::Plaintext)
    }

    /// The next bytes on the wire for `plain`, or the other way round, with the cipher of that direction.
    pub(crate) fn wire(self, cipher: &mut Cipher, plain: &[u8]) -> Vec<u8> {
        match self {
            Self::Rc4 => cipher.apply(plain),
            #[cfg(feature = "unstable-aes")]
            Self::Aes => cipher.apply_aes(plain),
            Self::HeaderOnly | Self::Plaintext => plain.to_vec(),
        }
    }
}

/// The result of a handshake, so that it can be compared.
pub(crate) fn facts(negotiated: &Negotiated) -> (Role, tokio_mse::Mode, Option<Skey>, u32, Option<Duration>) {
    (
        negotiated.role(),
        negotiated.mode(),
        negotiated.skey().cloned(),
        negotiated.attempts(),
        negotiated.elapsed(),
    )
}

/// Both ends of a handshake: initiator, responder.
pub(crate) fn established(method: CryptoMethod) -> (Established, Established) {
    established_with(method, "", "")
}

/// Both ends of a handshake in which these initial payloads were sent.
pub(crate) fn established_with(
    method: CryptoMethod,
    from_initiator: &'static str,
    from_responder: &'static str,
) -> (Established, Established) {
    let policy = Policy::full_rc4().with_methods(CryptoMethods::only(method));
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    let randomness_a = randomness(XA, Padding::none());
    let a = Initiator::new(skey(), &policy, from_initiator, randomness_a, &mut to_b);
    let b = Responder::new(&policy, randomness(XB, Padding::none()));
    let b = unfinished(b.process(&std::mem::take(&mut to_b), &mut to_a));
    let a = unfinished(a.process(&std::mem::take(&mut to_a), &mut to_b));
    let request = finished(b.process(&std::mem::take(&mut to_b), &mut to_a));
    let b = request.resolve(skey(), from_responder);
    let mut b = finished(b.process(&[], &mut to_a));
    let a = finished(a.process(&to_a, &mut to_b));
    if !to_b.is_empty() {
        let mut rest = to_b;
        if let Some(decrypt) = &mut b.decrypt {
            decrypt.apply(&mut rest);
        }
        b.received.extend(rest);
    }
    (a, b)
}

pub(crate) fn unfinished<M, D, E: std::fmt::Debug>(progress: Result<Progress<M, D>, E>) -> M {
    match progress.expect("an accepted handshake") {
        Progress::NeedInput(machine) => machine,
        Progress::Done(_) => panic!("done too early"),
    }
}

pub(crate) fn finished<M, D, E: std::fmt::Debug>(progress: Result<Progress<M, D>, E>) -> D {
    match progress.expect("an accepted handshake") {
        Progress::Done(done) => done,
        Progress::NeedInput(_) => panic!("not done"),
    }
}

/// The two ends of a connection over these transports.
pub(crate) fn streams<A, B>(mode: Mode, a: A, b: B) -> (MseStream<A>, MseStream<B>) {
    let Some(method) = mode.method() else {
        return (
            MseStream::plaintext(a, Role::Initiator),
            MseStream::plaintext(b, Role::Responder),
        );
    };
    let (established_a, established_b) = established(method);
    (
        MseStream::from_established(a, established_a),
        MseStream::from_established(b, established_b),
    )
}

/// The initiator's end alone.
pub(crate) fn stream<T>(mode: Mode, io: T) -> MseStream<T> {
    streams(mode, io, ()).0
}

/// The ciphers of both directions, the initiator's first, after a handshake without PadC, PadD and initial payloads.
pub(crate) fn ciphers() -> (Cipher, Cipher) {
    let s = s();
    let (mut a, mut b) = (Cipher::a(&s), Cipher::b(&s));
    a.apply(&[0; 8 + 4 + 2 + 2]);
    b.apply(&[0; 8 + 4 + 2]);
    (a, b)
}
