//! Both sides against each other: every split, every padding, every premature end.

use tokio_mse::handshake::{
    Established, Initiator, Machine, Negotiation, Progress, Randomness, Responder, SkeyRequest,
};
use tokio_mse::{CryptoMethod, CryptoMethods, HandshakeError, Mode, Policy};

use crate::deliver::{key, padded, skey};

const A: [u8; 20] = [0x11; 20];
const B: [u8; 20] = [0x22; 20];

/// A machine of either side, at any stage.
enum Side {
    Initiator(Initiator),
    Responder(Responder),
    Negotiation(Negotiation),
    Done(Established),
}

impl Side {
    fn feed(self, input: &[u8], output: &mut Vec<u8>) -> Result<Self, HandshakeError> {
        Ok(match self {
            Self::Initiator(machine) => step(machine, input, output, Self::Initiator, Self::Done)?,
            Self::Negotiation(machine) => step(machine, input, output, Self::Negotiation, Self::Done)?,
            Self::Responder(machine) => {
                let resolve = |request: SkeyRequest| Self::Negotiation(request.resolve(skey(), "from B"));
                match step(machine, input, output, Self::Responder, resolve)? {
                    // The second machine may have all that it needs already.
                    resolved @ Self::Negotiation(_) => resolved.feed(&[], output)?,
                    waiting => waiting,
                }
            }
            Self::Done(mut end) => {
                let mut clear = input.to_vec();
                if let Some(decrypt) = &mut end.decrypt {
                    decrypt.apply(&mut clear);
                }
                end.received.extend(clear);
                Self::Done(end)
            }
        })
    }
}

fn step<M: Machine>(
    machine: M,
    input: &[u8],
    output: &mut Vec<u8>,
    on: impl FnOnce(M) -> Side,
    done: impl FnOnce(M::Done) -> Side,
) -> Result<Side, HandshakeError> {
    Ok(match machine.process(input, output)? {
        Progress::NeedInput(machine) => on(machine),
        Progress::Done(result) => done(result),
    })
}

struct Ends {
    a: Established,
    b: Established,
    from_a: Vec<u8>,
    from_b: Vec<u8>,
}

/// Runs both sides. `cut` divides the bytes in transit into the pieces in which they arrive.
fn run(
    policies: (&Policy, &Policy),
    ia: &[u8],
    randomness: (Randomness, Randomness),
    cut: impl Fn(&[u8], usize) -> Vec<Vec<u8>>,
) -> Result<Ends, HandshakeError> {
    let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
    let mut a = Side::Initiator(Initiator::new(
        skey(),
        policies.0,
        ia.to_vec(),
        randomness.0,
        &mut from_a,
    ));
    let mut b = Side::Responder(Responder::new(policies.1, randomness.1));
    let (mut at_b, mut at_a) = (0, 0);
    while at_b < from_a.len() || at_a < from_b.len() {
        for portion in cut(&from_a[at_b..], at_b) {
            at_b += portion.len();
            b = b.feed(&portion, &mut from_b)?;
        }
        for portion in cut(&from_b[at_a..], at_a) {
            at_a += portion.len();
            a = a.feed(&portion, &mut from_a)?;
        }
    }
    match (a, b) {
        (Side::Done(a), Side::Done(b)) => Ok(Ends { a, b, from_a, from_b }),
        _ => panic!("both sides wait"),
    }
}

fn whole(bytes: &[u8], _: usize) -> Vec<Vec<u8>> {
    vec![bytes.to_vec()]
}

fn header_only() -> Policy {
    Policy::header_only()
}

fn assert_talk(ends: &mut Ends) {
    exchange(&mut ends.a, &mut ends.b);
    exchange(&mut ends.b, &mut ends.a);
}

fn exchange(from: &mut Established, to: &mut Established) {
    let mut bytes = *b"what follows the handshake";
    if let Some(encrypt) = &mut from.encrypt {
        encrypt.apply(&mut bytes);
    }
    if let Some(decrypt) = &mut to.decrypt {
        decrypt.apply(&mut bytes);
    }
    assert_eq!(&bytes, b"what follows the handshake");
}

#[test]
fn every_split_point_of_both_transcripts_leads_to_the_same_streams() {
    for policy in [Policy::full_rc4(), header_only()] {
        let ia = [0x1A; 100];
        let make = || (padded(A, 7, 5, 9), padded(B, 4, 3, 6));
        let reference = run((&policy, &policy), &ia, make(), whole).unwrap();
        let longest = reference.from_a.len().max(reference.from_b.len());
        for split in 1..longest {
            let at = |bytes: &[u8], start: usize| {
                let here = split.saturating_sub(start).min(bytes.len());
                let (first, second) = bytes.split_at(here);
                vec![first.to_vec(), second.to_vec()]
            };
            let mut ends = run((&policy, &policy), &ia, make(), at).unwrap();
            assert_eq!(ends.from_a, reference.from_a);
            assert_eq!(ends.from_b, reference.from_b);
            assert_eq!(ends.b.received, ia);
            assert_eq!(ends.a.received, b"from B");
            assert_talk(&mut ends);
        }
    }
}

#[test]
fn byte_by_byte_delivery_leads_to_the_same_streams() {
    for policy in [Policy::full_rc4(), header_only()] {
        let single = |bytes: &[u8], _: usize| bytes.iter().map(|byte| vec![*byte]).collect();
        let make = || (padded(A, 300, 200, 511), padded(B, 250, 262, 512));
        let mut ends = run((&policy, &policy), b"payload", make(), single).unwrap();
        assert_eq!(ends.b.received, b"payload");
        assert_eq!(ends.a.received, b"from B");
        assert_talk(&mut ends);
    }
}

#[test]
fn h4_marks_are_found_after_every_length_of_padding() {
    let policy = Policy::full_rc4();
    for len in 0..=512 {
        let make = || (padded(A, len, 0, 0), padded(B, 512 - len, len, 0));
        let mut ends = run((&policy, &policy), b"payload", make(), whole).unwrap();
        assert_eq!(ends.b.received, b"payload");
        assert_talk(&mut ends);
    }
}

#[test]
fn pads_of_0_1_511_and_512_are_sent_and_accepted_in_every_place() {
    let policy = Policy::full_rc4();
    let lengths = [0usize, 1, 511, 512];
    for ab in lengths {
        for cd in lengths {
            for late in [0, ab] {
                let cd = u16::try_from(cd).unwrap();
                let make = || (padded(A, ab - late, late, cd), padded(B, ab - late, late, cd));
                let mut ends = run((&policy, &policy), b"payload", make(), whole).unwrap();
                assert_eq!(ends.from_a.len(), 96 + ab + 56 + usize::from(cd) + 7);
                assert_eq!(ends.from_b.len(), 96 + ab + 14 + usize::from(cd) + 6);
                assert_talk(&mut ends);
            }
        }
    }
}

#[test]
fn padding_of_513_cannot_be_made() {
    use tokio_mse::handshake::Padding;
    assert!(Padding::new(vec![0; 513], [], 0).is_none());
    assert!(Padding::new(vec![0; 512], [0], 0).is_none());
    assert!(Padding::new(vec![0; 0], [], 513).is_none());
    assert!(Padding::new(vec![0; 256], vec![0; 256], 512).is_some());
}

#[test]
fn a_premature_end_at_any_offset_leaves_both_sides_waiting_and_never_done() {
    let policy = Policy::full_rc4();
    let make = || (padded(A, 3, 2, 4), padded(B, 1, 2, 3));
    let reference = run((&policy, &policy), b"IA", make(), whole).unwrap();

    for end in 0..reference.from_a.len() {
        let mut output = Vec::new();
        let side = Side::Responder(Responder::new(&policy, make().1));
        let side = side.feed(&reference.from_a[..end], &mut output).unwrap();
        assert!(!matches!(side, Side::Done(_)), "done after {end} bytes");
    }
    let payload = b"from B".len();
    for end in 0..reference.from_b.len() - payload {
        let mut output = Vec::new();
        let side = Side::Initiator(Initiator::new(skey(), &policy, "IA", make().0, &mut output));
        let side = side.feed(&reference.from_b[..end], &mut output).unwrap();
        assert!(!matches!(side, Side::Done(_)), "done after {end} bytes");
    }
}

#[test]
fn initial_payload_beyond_68_bytes_follows_step_4_in_the_mode_that_was_selected() {
    for (policy, mode) in [(Policy::full_rc4(), Mode::Rc4), (header_only(), Mode::HeaderOnly)] {
        for len in [0, 1, 67, 68, 69, 5000] {
            let ia: Vec<u8> = (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut ends = run((&policy, &policy), &ia, (key(A), key(B)), whole).unwrap();
            let inside = len.min(68);
            assert_eq!(ends.from_a.len(), 96 + 56 + len);
            let after = &ends.from_a[96 + 56 + inside..];
            let clear = mode == Mode::HeaderOnly;
            assert_eq!(after == &ia[inside..], clear || after.is_empty());
            assert_eq!(ends.b.received, ia);
            assert_eq!(ends.b.negotiated.mode(), mode);
            assert_talk(&mut ends);
        }
    }
}

#[test]
fn header_only_switches_to_clear_bytes_after_ia_and_pad_d() {
    let policy = header_only();
    let ends = run((&policy, &policy), b"hidden", (key(A), padded(B, 1, 0, 5)), whole).unwrap();
    assert!(!ends.from_a.windows(6).any(|seen| seen == b"hidden"));
    assert!(ends.from_b.ends_with(b"from B"));
    assert!(ends.a.encrypt.is_none() && ends.a.decrypt.is_none());
    assert!(ends.b.encrypt.is_none() && ends.b.decrypt.is_none());
}

#[test]
fn every_pair_of_methods_leads_to_the_responders_first_choice_or_fails() {
    use CryptoMethod::{HeaderOnly, Rc4};
    let sets = [
        CryptoMethods::only(Rc4),
        CryptoMethods::only(HeaderOnly),
        CryptoMethods::only(Rc4).then(HeaderOnly),
        CryptoMethods::only(HeaderOnly).then(Rc4),
    ];
    for offered in sets {
        for acceptable in sets {
            let (a, b) = (
                Policy::full_rc4().with_methods(offered),
                Policy::full_rc4().with_methods(acceptable),
            );
            let expected = acceptable.iter().find(|method| offered.contains(*method));
            let mode = expected.map(Mode::from);
            match run((&a, &b), b"IA", (key(A), key(B)), whole) {
                Ok(mut ends) => {
                    assert_eq!(Some(ends.a.negotiated.mode()), mode);
                    assert_eq!(Some(ends.b.negotiated.mode()), mode);
                    assert_talk(&mut ends);
                }
                Err(error) => {
                    let HandshakeError::NoCommonMethod {
                        provided, accepted, ..
                    } = error
                    else {
                        panic!("{error}")
                    };
                    assert_eq!((provided, accepted), (offered.bits(), acceptable));
                    assert_eq!(expected, None);
                }
            }
        }
    }
}
