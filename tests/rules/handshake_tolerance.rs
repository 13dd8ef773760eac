//! H3, H4 and H5: everything that a legal peer may do with its padding and its segments.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_mse::handshake::{
    Established, Initiator, Machine, Padding, PrivateKey, Progress, Randomness, Responder,
};
use tokio_mse::{HandshakeError, Mode, MseAcceptor, MseConnector, Policy};

use crate::support::exchange::{SKEY, XA, XB, randomness, skey};
use crate::support::pair::{finished, unfinished};
use crate::support::peer::fresh;
use crate::support::poll::{self, ready};
use crate::support::script::{Call, Outcome, Scripted, Step};
use crate::support::serve::serve;

/// A peer that sends exactly its key, and then nothing before it has ours.
#[tokio::test(start_paused = true)]
async fn h3_an_initiator_that_sends_96_bytes_and_waits_is_served() {
    let (io, mut peer) = duplex(4096);
    let initiator = async {
        let mut output = Vec::new();
        let policy = Policy::full_rc4();
        let machine = Initiator::new(skey(), &policy, "", fresh(Padding::none()), &mut output);
        assert_eq!(output.len(), 96);
        drive(&mut peer, machine, output).await
    };
    let acceptor = MseAcceptor::default().timeout(Duration::from_secs(1));
    let (_, accepted) = tokio::join!(initiator, serve(&acceptor, io, skey(), ""));
    accepted.unwrap();
}

#[tokio::test(start_paused = true)]
async fn h3_a_responder_that_sends_96_bytes_and_waits_is_served() {
    let (io, mut peer) = duplex(4096);
    let responder = async {
        let machine = Responder::new(&Policy::full_rc4(), fresh(Padding::none()));
        let mut received = vec![0; 4096];
        let len = peer.read(&mut received).await.unwrap();
        let mut output = Vec::new();
        let mut machine = unfinished(machine.process(&received[..len], &mut output));
        assert_eq!(output.len(), 96);
        peer.write_all(&output).await.unwrap();
        output.clear();
        let request = loop {
            let len = peer.read(&mut received).await.unwrap();
            match machine.process(&received[..len], &mut output).unwrap() {
                Progress::NeedInput(more) => machine = more,
                Progress::Done(request) => break request,
            }
        };
        finished(request.resolve(skey(), "").process(&[], &mut output));
        peer.write_all(&output).await.unwrap();
        peer
    };
    let connect = MseConnector::default()
        .timeout(Duration::from_secs(1))
        .connect(io, skey(), "");
    let (connected, _peer) = tokio::join!(connect, responder);
    connected.unwrap();
}

async fn drive(io: &mut tokio::io::DuplexStream, mut machine: Initiator, mut output: Vec<u8>) -> Established {
    let mut received = vec![0; 4096];
    loop {
        io.write_all(&std::mem::take(&mut output)).await.unwrap();
        let len = io.read(&mut received).await.unwrap();
        match machine.process(&received[..len], &mut output).unwrap() {
            Progress::NeedInput(more) => machine = more,
            Progress::Done(done) => return done,
        }
    }
}

/// Both machines, and the first message.
struct Sides {
    initiator: Initiator,
    responder: Responder,
    step_1: Vec<u8>,
}

/// A handshake in which the padding of both sides has `pad` bytes, of which `late` come immediately before the mark.
fn sides(pad: usize, late: usize) -> Sides {
    let padding = |byte| Padding::new(vec![byte; pad - late], vec![byte; late], 3).unwrap();
    let policy = Policy::full_rc4();
    let mut step_1 = Vec::new();
    let initiator = Initiator::new(
        skey(),
        &policy,
        "payload",
        randomness(XA, padding(0xA5)),
        &mut step_1,
    );
    let responder = Responder::new(&policy, randomness(XB, padding(0x5A)));
    Sides {
        initiator,
        responder,
        step_1,
    }
}

/// Feeds the pieces of `wire` between these cuts.
fn feed<M, D>(
    mut machine: M,
    wire: &[u8],
    cuts: &[usize],
    output: &mut Vec<u8>,
    process: impl Fn(M, &[u8], &mut Vec<u8>) -> Result<Progress<M, D>, HandshakeError>,
) -> (D, usize) {
    let mut from = 0;
    for to in cuts.iter().copied().chain([wire.len()]) {
        match process(machine, &wire[from..to], output).unwrap() {
            Progress::NeedInput(more) => machine = more,
            Progress::Done(done) => return (done, to),
        }
        from = to;
    }
    panic!("not done")
}

fn shake(pad: usize, late: usize, cut: impl Fn(usize) -> Vec<usize>) {
    let Sides {
        initiator,
        responder,
        step_1,
    } = sides(pad, late);
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    // The third message first, with the help of a responder that has the same keys and gets everything at once.
    let scout = Responder::new(&Policy::full_rc4(), randomness(XB, Padding::none()));
    let mut key_b = Vec::new();
    drop(unfinished(scout.process(&step_1, &mut key_b)));
    let initiator = unfinished(initiator.process(&key_b, &mut to_b));

    let wire = [step_1, to_b].concat();
    let (request, fed) = feed(responder, &wire, &cut(wire.len()), &mut to_a, Responder::process);
    let negotiation = request.resolve(skey(), "answer");
    let b = finished(negotiation.process(&wire[fed..], &mut to_a));
    assert_eq!(b.received, b"payload", "pad {pad}");

    // The initiator has the key already; the rest is the padding and the fourth message.
    let wire = &to_a[96..];
    let mut output = Vec::new();
    let (mut a, fed) = feed(initiator, wire, &cut(wire.len()), &mut output, Initiator::process);
    let mut rest = wire[fed..].to_vec();
    a.decrypt.as_mut().unwrap().apply(&mut rest);
    a.received.extend(rest);
    assert_eq!(a.received, b"answer", "pad {pad}");
}

#[test]
fn h4_both_marks_are_found_at_every_pad_length() {
    for pad in 0..=512 {
        shake(pad, pad / 3, |_| vec![]);
    }
}

#[test]
fn h4_both_marks_are_found_at_every_segment_boundary() {
    for pad in [0, 1, 37] {
        let longest = 96 + pad + 20 + 20 + 19 + 7;
        for boundary in 1..longest {
            shake(pad, 0, |len| if boundary < len { vec![boundary] } else { vec![] });
        }
    }
    // With long padding: around the key, and around the mark.
    for boundary in (90..100).chain(500..550).chain(600..640) {
        shake(
            512,
            100,
            |len| {
                if boundary < len { vec![boundary] } else { vec![] }
            },
        );
    }
}

#[test]
fn h4_both_marks_are_found_byte_by_byte() {
    for pad in [0, 1, 7, 8, 19, 20, 511, 512] {
        shake(pad, pad / 2, |len| (1..len).collect());
    }
}

#[test]
fn h4_513_bytes_of_padding_are_a_typed_error_at_the_first_byte_too_many() {
    // What follows the key does not contain the mark.
    let Sides {
        initiator,
        responder,
        step_1,
    } = sides(0, 0);
    let mut key_b = Vec::new();
    let responder = unfinished(responder.process(&step_1, &mut key_b));
    let padding = vec![0x77; 513 + 20];
    let responder = unfinished(responder.process(&padding[..512 + 19], &mut Vec::new()));
    let refusal = responder.process(&[0x77], &mut Vec::new()).unwrap_err();
    assert_eq!(refusal, HandshakeError::NoSyncMark);

    let mut step_3 = Vec::new();
    let initiator = unfinished(initiator.process(&key_b, &mut step_3));
    let initiator = unfinished(initiator.process(&padding[..512 + 7], &mut Vec::new()));
    let refusal = initiator.process(&[0x77], &mut Vec::new()).unwrap_err();
    assert_eq!(refusal, HandshakeError::NoSyncMark);
}

#[test]
fn h4_a_mark_after_513_bytes_comes_too_late() {
    for pad in [512, 513] {
        let Sides {
            initiator,
            responder,
            step_1,
        } = sides(0, 0);
        let (mut key_b, mut step_3) = (Vec::new(), Vec::new());
        let responder = unfinished(responder.process(&step_1, &mut key_b));
        let initiator = unfinished(initiator.process(&key_b, &mut step_3));
        let late = [vec![0x77; pad], step_3].concat();
        let outcome = responder.process(&late, &mut Vec::new());
        let Ok(Progress::Done(request)) = outcome else {
            assert!(matches!(outcome, Err(HandshakeError::NoSyncMark)) && pad == 513);
            continue;
        };
        assert_eq!(pad, 512);
        let mut step_4 = Vec::new();
        finished(request.resolve(skey(), "").process(&[], &mut step_4));
        let late = [vec![0x77; 513], step_4.clone()].concat();
        let refusal = initiator.process(&late, &mut Vec::new()).unwrap_err();
        assert_eq!(refusal, HandshakeError::NoSyncMark);
    }
}

/// A key pair whose public key begins with `0x13`, like a plaintext handshake. One in 256 does.
fn key_that_looks_like_plaintext() -> ([u8; 20], Vec<u8>) {
    for seed in 1_u64.. {
        let mut exponent = [0x42; 20];
        exponent[..8].copy_from_slice(&seed.to_be_bytes());
        let randomness = Randomness::new(PrivateKey::from_bytes(exponent), Padding::none());
        let mut step_1 = Vec::new();
        Initiator::new(skey(), &Policy::full_rc4(), "", randomness, &mut step_1);
        if step_1[0] == 0x13 {
            return (exponent, step_1);
        }
    }
    unreachable!("there are enough keys")
}

#[tokio::test(start_paused = true)]
async fn h5_a_public_key_that_begins_with_0x13_is_mse() {
    let (exponent, step_1) = key_that_looks_like_plaintext();
    let randomness = |exponent| Randomness::new(PrivateKey::from_bytes(exponent), Padding::none());
    for first in [1, 2, 96] {
        let (io, mut peer) = duplex(4096);
        let mut output = Vec::new();
        let policy = Policy::full_rc4();
        let machine = Initiator::new(skey(), &policy, "", randomness(exponent), &mut output);
        assert_eq!(output, step_1);
        let initiator = async {
            peer.write_all(&output[..first]).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            drive(&mut peer, machine, output[first..].to_vec()).await
        };
        let (_, accepted) = tokio::join!(initiator, serve(&MseAcceptor::default(), io, skey(), ""));
        assert!(accepted.unwrap().negotiated().mode() == Mode::Rc4);
    }
}

#[test]
fn h5_the_decision_is_made_at_the_first_byte_that_differs() {
    const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";
    let forbid = MseAcceptor::new(Policy::plaintext_only()).no_timeout();
    let require = MseAcceptor::new(Policy::full_rc4()).no_timeout();
    for same in 0..20 {
        let mut seen = PROTOCOL[..same].to_vec();
        // Not decided yet: it may be plaintext or a key.
        let io = Scripted::reading(&*seen, [Step::Move(99), Step::Pending]);
        assert!(same == 0 || forbid.accept(io).now_or_never().is_none());

        seen.push(PROTOCOL[same] ^ 0x80);
        let io = Scripted::reading(&*seen, [Step::Move(99), Step::Pending]);
        let error = forbid
            .accept(io.clone())
            .now_or_never()
            .expect("undecided")
            .unwrap_err();
        assert_eq!(error.refusal(), Some(&HandshakeError::MseRefused));
        assert_eq!(io.written(), b"");

        // It is a public key like any other.
        seen.resize(96, 0x55);
        let io = Scripted::reading(&*seen, [Step::Move(99), Step::Pending]);
        assert!(require.accept(io.clone()).now_or_never().is_none());
        assert!(io.written().len() >= 97, "{same} bytes alike");
    }
    let io = Scripted::reading(*PROTOCOL, []);
    let error = require.accept(io).now_or_never().expect("undecided").unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::PlaintextRefused));
}

/// Every byte is read once, and while nothing is decided, the driver waits for more.
#[test]
fn h5_there_is_no_peek_loop() {
    let io = Scripted::reading(*b"\x13BitT", vec![Step::Move(5), Step::Pending, Step::Pending]);
    let acceptor = MseAcceptor::default().no_timeout();
    let mut accept = tokio_test::task::spawn(acceptor.accept(io.clone()));
    assert!(accept.poll().is_pending());
    let outcomes: Vec<Outcome> = io
        .take_calls()
        .into_iter()
        .map(|call| match call {
            Call::Read { outcome, .. } => outcome,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(outcomes, [Outcome::Moved(5), Outcome::Pending]);
    assert!(accept.poll().is_pending());
    assert_eq!(io.take_calls().len(), 1);
}

#[test]
fn h5_plaintext_is_recognised_whatever_the_segments() {
    let handshake = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    for segment in 1..=handshake.len() {
        let io = Scripted::reading(&*handshake, vec![Step::Move(segment); 99]);
        let acceptor = MseAcceptor::default().no_timeout();
        let outcome = serve(&acceptor, io, skey(), "")
            .now_or_never()
            .expect("undecided");
        let mut peer = outcome.unwrap();
        let mut read = Vec::new();
        while read.len() < handshake.len() {
            read.extend(ready(poll::read(&mut peer, 100)));
        }
        assert_eq!(read, handshake);
    }
}
