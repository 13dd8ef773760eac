//! AES-128-CTR, a draft that may change (feature `unstable-aes`): what is offered, who chooses, and the exact byte from
//! which the stream is AES instead of RC4.

#![cfg(feature = "unstable-aes")]

use rand::RngExt as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_mse::handshake::{Established, Initiator, Machine, Padding, Progress, Responder};
use tokio_mse::{CryptoMethod, CryptoMethods, Mode, MseAcceptor, MseConnector, Policy};

use crate::support::cases::cases;
use crate::support::exchange::{SKEY, XA, XB, randomness, skey};
use crate::support::pair::{ciphers, finished, unfinished};

fn aes_first() -> Policy {
    Policy::full_rc4().with_methods(CryptoMethods::only(CryptoMethod::Aes128Ctr))
}

fn initiator(policy: &Policy, ia: &'static str, step_1: &mut Vec<u8>) -> Initiator {
    Initiator::new(skey(), policy, ia, randomness(XA, Padding::none()), step_1)
}

fn responder(policy: &Policy) -> Responder {
    Responder::new(policy, randomness(XB, Padding::none()))
}

/// A handshake, and what each side sent in it: initiator, responder.
fn shake_hands(
    a: &Policy,
    b: &Policy,
    ia: &'static str,
    ib: &'static str,
) -> (Established, Established, [Vec<u8>; 2]) {
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    let a = initiator(a, ia, &mut to_b);
    let b = unfinished(responder(b).process(&to_b, &mut to_a));
    let step_1 = to_b.len();
    let a = unfinished(a.process(&to_a, &mut to_b));
    let step_2 = to_a.len();
    let request = finished(b.process(&to_b[step_1..], &mut to_a));
    let b = finished(request.resolve(skey(), ib).process(&[], &mut to_a));
    let a = finished(a.process(&to_a[step_2..], &mut to_b));
    (a, b, [to_b, to_a])
}

#[test]
fn aes_is_never_offered_alone() {
    let only = CryptoMethods::only(CryptoMethod::Aes128Ctr);
    assert_eq!((only.bits(), only.to_string()), (0x06, "aes,rc4".to_owned()));
    let last = CryptoMethods::only(CryptoMethod::HeaderOnly).then(CryptoMethod::Aes128Ctr);
    assert_eq!(
        (last.bits(), last.to_string()),
        (0x07, "header-only,aes,rc4".to_owned())
    );
    for written in ["aes", "aes,rc4", "rc4,aes"] {
        let methods: CryptoMethods = written.parse().unwrap();
        assert_eq!(methods.bits(), 0x06, "{written}");
    }
    let policy: Policy = "prefer:aes".parse().unwrap();
    assert_eq!(policy.to_string(), "prefer:aes,rc4");
}

#[test]
fn aes_is_no_default() {
    for policy in [Policy::default(), Policy::full_rc4(), Policy::header_only()] {
        assert_eq!(policy.methods().bits() & 0x04, 0, "{policy}");
    }
}

#[test]
fn the_responder_selects_by_its_own_order() {
    let rc4_first = aes_first().with_methods("rc4,aes".parse().unwrap());
    let rc4_alone = Policy::full_rc4();
    for (a, b, mode) in [
        (&aes_first(), &aes_first(), Mode::Aes128Ctr),
        (&aes_first(), &rc4_first, Mode::Rc4),
        (&rc4_first, &aes_first(), Mode::Aes128Ctr),
        (&aes_first(), &rc4_alone, Mode::Rc4),
        (&rc4_alone, &aes_first(), Mode::Rc4),
    ] {
        let (a, b, _) = shake_hands(a, b, "ia", "");
        assert_eq!((a.negotiated.mode(), b.negotiated.mode()), (mode, mode));
    }
}

#[test]
fn the_handshake_is_rc4_to_its_end_and_the_stream_is_what_another_implementation_makes_of_it() {
    let said = "said with step 4";
    let (mut a, mut b, [from_a, from_b]) = shake_hands(&aes_first(), &aes_first(), "an IA", said);
    let (mut cipher_a, mut cipher_b) = ciphers();
    // IA follows VC, crypto_provide and both lengths, and is RC4.
    assert_eq!(cipher_a.apply(&from_a[from_a.len() - 5..]), b"an IA");
    assert_eq!(b.received, b"an IA");
    // The responder's payload follows PadD, and is AES.
    assert_eq!(
        cipher_b.apply_aes(&from_b[from_b.len() - said.len()..]),
        said.as_bytes()
    );
    assert_eq!(a.received, said.as_bytes());

    let (mut there, mut back) = (*b"from the initiator on", *b"and back");
    a.encrypt.as_mut().unwrap().apply(&mut there);
    assert_eq!(cipher_a.apply_aes(&there), b"from the initiator on");
    b.encrypt.as_mut().unwrap().apply(&mut back);
    assert_eq!(cipher_b.apply_aes(&back), b"and back");
}

/// Pieces of these lengths, again and again; all at once if there are none.
fn pieces<'w>(mut wire: &'w [u8], cuts: &[usize]) -> Vec<&'w [u8]> {
    let mut pieces = Vec::new();
    let mut lens = cuts.iter().copied().cycle();
    while !wire.is_empty() {
        let (piece, rest) = wire.split_at(lens.next().unwrap_or(usize::MAX).min(wire.len()));
        pieces.push(piece);
        wire = rest;
    }
    pieces
}

/// Everything that is received from `pieces`: by the machine, and then by the stream.
fn received<M: Machine<Done = Established>>(machine: M, pieces: &[&[u8]]) -> Vec<u8> {
    let mut pieces = std::iter::once(&[][..]).chain(pieces.iter().copied());
    let mut machine = machine;
    let mut established = loop {
        let piece = pieces.next().unwrap();
        match machine.process(piece, &mut Vec::new()).unwrap() {
            Progress::NeedInput(more) => machine = more,
            Progress::Done(established) => break established,
        }
    };
    for piece in pieces {
        let mut piece = piece.to_vec();
        established.decrypt.as_mut().unwrap().apply(&mut piece);
        established.received.extend(piece);
    }
    established.received
}

/// Payload may follow IA or PadD in the same segment, or cut anywhere.
#[test]
fn the_switch_falls_on_the_exact_byte_however_the_bytes_are_cut() {
    cases(300, |rng| {
        let cuts: Vec<usize> = (0..rng.random_range(0..12))
            .map(|_| rng.random_range(1..200))
            .collect();
        let (mut a, mut b, [from_a, from_b]) = shake_hands(&aes_first(), &aes_first(), "an IA", "");
        let plain = vec![0x5A; rng.random_range(0..300)];
        let (mut tail_a, mut tail_b) = (plain.clone(), plain.clone());
        a.encrypt.as_mut().unwrap().apply(&mut tail_a);
        b.encrypt.as_mut().unwrap().apply(&mut tail_b);

        // What A writes after IA.
        let wire = [&from_a[96..], &tail_a].concat();
        let pieces_b = pieces(&wire, &cuts);
        let mut fed = 0;
        let mut machine = unfinished(responder(&aes_first()).process(&from_a[..96], &mut Vec::new()));
        let request = loop {
            fed += 1;
            match machine.process(pieces_b[fed - 1], &mut Vec::new()).unwrap() {
                Progress::NeedInput(more) => machine = more,
                Progress::Done(request) => break request,
            }
        };
        let got = received(request.resolve(skey(), ""), &pieces_b[fed..]);
        assert_eq!(got, [b"an IA", &plain[..]].concat());

        // And what B writes after PadD.
        let wire = [from_b, tail_b].concat();
        let machine = initiator(&aes_first(), "an IA", &mut Vec::new());
        assert_eq!(received(machine, &pieces(&wire, &cuts)), plain);
    });
}

#[tokio::test]
async fn two_ends_that_both_switch_it_on_talk_in_aes() {
    let (near, far) = duplex(4096);
    let dial = MseConnector::new(aes_first()).connect(near, SKEY, "hello");
    let acceptor = MseAcceptor::new(aes_first());
    let accept = async { acceptor.accept(far).await?.accept(SKEY, "").await };
    let (ours, theirs) = tokio::join!(dial, accept);
    let (mut ours, mut theirs) = (ours.unwrap(), theirs.unwrap());
    assert_eq!(ours.negotiated().mode().to_string(), "aes");
    let message = vec![0xC3; 100_000];
    let sending = async {
        ours.write_all(&message).await.unwrap();
        ours.shutdown().await.unwrap();
    };
    let mut received = Vec::new();
    let ((), read) = tokio::join!(sending, theirs.read_to_end(&mut received));
    read.unwrap();
    assert!(received == [b"hello", &message[..]].concat());
}
