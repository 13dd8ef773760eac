//! Under `Require` nothing is in the clear, however a session fails.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio_mse::{HandshakeError, Linger, MseAcceptor, MseConnector, Policy, Skey};

use super::recorded::{Record, Recorded};
use super::relay::Relay;
use super::sample;
use super::session::{INFO_HASH, INITIATOR, RESPONDER, accept, handshake, skey};
use crate::flow::{Flow, Side};
use crate::rules::clear_text::{shows, shows_bittorrent};

fn assert_nothing_shows(flow: &Flow, name: &str) {
    assert!(!shows_bittorrent(flow), "{name}");
    for secret in [&INFO_HASH, INITIATOR, RESPONDER] {
        assert!(!shows(flow, secret), "{name}");
    }
}

fn connector() -> MseConnector {
    MseConnector::new(Policy::full_rc4())
}

/// Dials through `relay` with `connect_with`, which would redial if it could. What both ends wrote, and the outcomes.
async fn session(relay: Relay, acceptor: &MseAcceptor, served: Skey) -> (Flow, bool, bool) {
    let record = Record::default();
    let (to_a, a) = duplex(4096);
    let (b, to_b) = duplex(4096);
    let dials = AtomicUsize::new(0);
    let (mut dialled, connector) = (Some(a), connector());
    let dial = connector.connect_with(skey(), handshake(INITIATOR), |_| {
        dials.fetch_add(1, Ordering::Relaxed);
        let io = dialled.take().expect("a redial under Require");
        let recorded = Recorded::new(io, Side::Initiator, record.clone());
        async { Ok::<_, std::io::Error>(recorded) }
    });
    let io = Recorded::new(b, Side::Responder, record.clone());
    let accept = accept(acceptor, io, served, handshake(RESPONDER));
    let both = async {
        let (a, b) = tokio::join!(dial, accept);
        (a.is_ok(), b.is_ok())
    };
    let (outcome, ()) = tokio::join!(both, relay.run(to_a, to_b));
    assert_eq!(dials.into_inner(), 1);
    (record.flow(), outcome.0, outcome.1)
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_cut_at_any_place_shows_nothing() {
    let acceptor = MseAcceptor::new(Policy::full_rc4()).linger(Linger::new());
    let step = sample(37, 3);
    let mut failed = 0;
    for cut in (0..1000).step_by(step) {
        for (ours, theirs) in [(cut, usize::MAX), (usize::MAX, cut)] {
            let relay = Relay::cutting_after(ours, theirs);
            let (flow, dialled, accepted) = session(relay, &acceptor, skey()).await;
            assert_nothing_shows(&flow, &format!("cut after {ours}, {theirs}"));
            failed += usize::from(!dialled || !accepted);
        }
    }
    assert!(failed > 10, "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_refused_shows_nothing() {
    let whole = || Relay::cutting_after(usize::MAX, usize::MAX);
    for lingers in [false, true] {
        let acceptor = |policy| {
            let acceptor = MseAcceptor::new(policy);
            if lingers {
                acceptor.linger(Linger::new())
            } else {
                acceptor
            }
        };
        let require = acceptor(Policy::full_rc4());
        let plaintext = acceptor(Policy::plaintext_only());
        let header_only = acceptor(Policy::header_only());
        for (name, acceptor, served) in [
            ("unknown SKEY", &require, Skey::from([1; 20])),
            ("no MSE", &plaintext, skey()),
            ("no common method", &header_only, skey()),
        ] {
            let (flow, dialled, accepted) = session(whole(), acceptor, served).await;
            assert!(!dialled && !accepted, "{name}");
            assert_nothing_shows(&flow, name);
        }
        for at in [0, 25, 45, 51, 53] {
            let (flow, ..) = session(Relay::flipping(at, 2), &require, skey()).await;
            assert_nothing_shows(&flow, &format!("byte {at} flipped"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn l3_a_plaintext_initiator_learns_nothing_of_a_responder_that_requires_mse() {
    for hidden in [false, true] {
        let record = Record::default();
        let (mut a, b) = duplex(4096);
        let acceptor = MseAcceptor::new(Policy::full_rc4())
            .hide_plaintext(hidden)
            .linger(Linger::new());
        a.write_all(&handshake(INITIATOR)).await.unwrap();
        a.write_all(&[0; 200]).await.unwrap();
        let io = Recorded::new(b, Side::Responder, record.clone());
        let refused = accept(&acceptor, io, skey(), handshake(RESPONDER)).await;
        let refused = refused.map(drop).unwrap_err();
        let is_named = refused.refusal() == Some(&HandshakeError::PlaintextRefused);
        // Hidden plaintext is a key and a part of a pad.
        assert_eq!(is_named, !hidden, "{refused}");
        let mut answer = Vec::new();
        a.read_to_end(&mut answer).await.unwrap();
        assert_nothing_shows(&record.flow(), "plaintext");
        // If it is to be hidden, it is answered as any other 96 bytes are.
        let lengths = if hidden { 97..=416 } else { 0..=0 };
        assert!(lengths.contains(&answer.len()), "{}", answer.len());
    }
}
