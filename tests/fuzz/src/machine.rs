//! Feeding the library's machines, and what must hold for each of them.

use tokio_mse::handshake::{Established, Machine, Padding, PrivateKey, Progress, Randomness};
use tokio_mse::{CryptoMethod, CryptoMethods, HandshakeError, Mode, Policy, Step};

use crate::reference::{Ours, Verdict};
use crate::tape::Tape;
use crate::wire::{exponent, payload};
use mse_oracle::heap;

/// What a machine may hold: everything up to the longest initial payload, a step of growth, and what is our own.
const MOST_HELD: usize = 96 + 532 + 20 + 14 + 512 + 2 + 16 * 1024 + 512 + 2048;

/// Our side of a case.
#[derive(Clone, Debug, Default)]
pub struct OurSide {
    pub exponent: u8,
    pub with_key: u16,
    pub before_sync: u16,
    pub negotiated: u16,
    pub methods: u8,
    pub payload: u16,
}

impl OurSide {
    pub fn walk(&mut self, tape: &mut impl Tape) {
        tape.byte(&mut self.exponent);
        tape.short(&mut self.with_key);
        tape.short(&mut self.before_sync);
        tape.short(&mut self.negotiated);
        tape.byte(&mut self.methods);
        tape.short(&mut self.payload);
    }

    pub fn ours(&self) -> Ours {
        let with_key = self.with_key % 513;
        let before_sync = self.before_sync % (513 - with_key);
        Ours {
            exponent: exponent(self.exponent),
            with_key: vec![0xA0; usize::from(with_key)],
            before_sync: vec![0xB0; usize::from(before_sync)],
            negotiated_len: self.negotiated % 513,
            methods: methods(self.methods),
            payload: payload(self.payload % 600),
        }
    }
}

pub fn methods(index: u8) -> Vec<CryptoMethod> {
    use CryptoMethod::{HeaderOnly, Rc4};
    match index % 4 {
        0 => vec![Rc4],
        1 => vec![HeaderOnly],
        2 => vec![Rc4, HeaderOnly],
        _ => vec![HeaderOnly, Rc4],
    }
}

impl Ours {
    pub fn policy(&self) -> Policy {
        let [first, others @ ..] = &self.methods[..] else {
            panic!("a set of methods is never empty")
        };
        let set = CryptoMethods::only(*first);
        Policy::full_rc4().with_methods(others.iter().fold(set, |set, method| set.then(*method)))
    }

    pub fn padding(&self) -> Padding {
        Padding::new(
            self.with_key.clone(),
            self.before_sync.clone(),
            self.negotiated_len,
        )
        .unwrap()
    }

    pub fn randomness(&self) -> Randomness {
        Randomness::new(PrivateKey::from_bytes(self.exponent), self.padding())
    }
}

/// How a machine ended.
pub enum End<D> {
    Refused(HandshakeError),
    Waiting(Step),
    Done(D),
}

/// Feeds a machine until it ends. It must not hold more than a bounded number of bytes at any time.
pub fn feed<'w, M: Machine>(
    mut machine: M,
    portions: &mut impl Iterator<Item = &'w [u8]>,
    output: &mut Vec<u8>,
) -> End<M::Done> {
    output.reserve(64 * 1024);
    let start = heap::of_thread();
    for portion in portions {
        let (progress, _, highest) = heap::measure(|| machine.process(portion, output));
        let held = heap::of_thread() - start;
        let most = (MOST_HELD + portion.len()).cast_signed();
        assert!(held <= most, "{held} bytes held");
        assert!(highest <= 2 * most, "{highest} bytes at a time");
        assert!(output.len() <= 64 * 1024, "output without bound");
        match progress {
            Ok(Progress::NeedInput(more)) => machine = more,
            Ok(Progress::Done(done)) => return End::Done(done),
            Err(refusal) => return End::Refused(refusal),
        }
    }
    End::Waiting(machine.step())
}

/// The end must be the one that the reference found, and everything that was sent and received exact.
pub fn compare<'w>(
    end: End<Established>,
    later: impl Iterator<Item = &'w [u8]>,
    sent: &[u8],
    (expected_sent, expected): &(Vec<u8>, Verdict),
) {
    assert_eq!(sent, expected_sent, "what was sent");
    match (end, expected) {
        (End::Refused(refusal), Verdict::Refused(expected)) => expected.assert_is(&refusal),
        (End::Waiting(step), Verdict::Waiting(expected)) => assert_eq!(step, *expected),
        (
            End::Done(mut end),
            Verdict::Done {
                method,
                skey,
                received,
            },
        ) => {
            assert_eq!(end.negotiated.mode(), Mode::from(*method));
            assert_eq!(end.negotiated.skey().unwrap().as_bytes(), skey);
            for portion in later {
                let mut clear = portion.to_vec();
                if let Some(decrypt) = &mut end.decrypt {
                    decrypt.apply(&mut clear);
                }
                end.received.extend(clear);
            }
            assert_eq!(end.received, *received);
        }
        (End::Refused(refusal), expected) => panic!("{refusal:?}, not {expected:?}"),
        (End::Waiting(step), expected) => panic!("{step:?} is waited for, not {expected:?}"),
        (End::Done(end), expected) => panic!("{end:?}, not {expected:?}"),
    }
}
