//! What a prober finds out, in virtual time.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::Instant;
use tokio_mse::{ErrorKind, HandshakeError, Linger, MseAcceptor, MseConnector, Policy};

use super::probes::{self, Probe};
use super::recorded::{Record, Recorded};
use super::sample;
use super::session::{INITIATOR, accept, handshake, skey};
use crate::flow::Side;
use crate::statistics::{CHANCE, kolmogorov_smirnov, worst_of};

/// What a prober can tell outcomes apart by, except for the moment of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Nothing came back, and then a FIN.
    Silent,
    /// A key and a pad came back, within a second, and then a FIN.
    Answered,
    /// Anything else.
    Else,
}

struct Outcome {
    class: Class,
    ends: f64,
    returned: Duration,
}

async fn probe(acceptor: &MseAcceptor, mut probe: Probe) -> Outcome {
    let (mut prober, io) = duplex(8192);
    let start = Instant::now();
    let acceptor = acceptor.clone();
    let served = tokio::spawn(async move {
        let outcome = accept(&acceptor, io, skey(), "").await;
        let failed = outcome.map(drop).expect_err("a prober was served");
        // A prober sends everything and waits. It never ends the connection.
        assert!(
            !matches!(failed.kind(), ErrorKind::Closed | ErrorKind::Transport(_)),
            "{failed}"
        );
        start.elapsed()
    });
    prober.write_all(&probe.opening).await.unwrap();
    let mut answer = Vec::new();
    let mut answered = None;
    let mut block = [0; 4096];
    let ends = loop {
        let len = prober.read(&mut block).await.unwrap();
        if len == 0 {
            break start.elapsed();
        }
        answered.get_or_insert(start.elapsed());
        answer.extend_from_slice(&block[..len]);
        if answer.len() >= 96
            && let Some(more) = probe.follow_up(&answer[..96])
        {
            prober.write_all(&more).await.unwrap();
        }
    };
    let class = match answered {
        None => Class::Silent,
        Some(after) if after < Duration::from_secs(1) && (97..=416).contains(&answer.len()) => {
            Class::Answered
        }
        Some(_) => Class::Else,
    };
    Outcome {
        class,
        ends: ends.as_secs_f64(),
        returned: served.await.unwrap(),
    }
}

/// What an honest initiator sends to this acceptor, to be replayed.
async fn recording(acceptor: &MseAcceptor) -> Vec<u8> {
    let record = Record::default();
    let (a, b) = duplex(8192);
    let connector = MseConnector::default();
    let io = Recorded::new(a, Side::Initiator, record.clone());
    let dial = connector.connect(io, skey(), handshake(INITIATOR));
    let (dialled, accepted) = tokio::join!(dial, accept(acceptor, b, skey(), ""));
    assert!(dialled.is_ok() && accepted.is_ok());
    record.flow().stream(Side::Initiator)
}

async fn all_probes(seed: u64, acceptor: &MseAcceptor) -> Vec<Probe> {
    let mut all = probes::short(seed);
    all.extend(probes::long(seed, &skey(), &recording(acceptor).await));
    all
}

/// Lingers, and hides all that can be hidden.
fn strict() -> MseAcceptor {
    lingering().hide_plaintext(true)
}

fn lingering() -> MseAcceptor {
    MseAcceptor::new(Policy::full_rc4()).linger(Linger::new())
}

#[tokio::test(start_paused = true)]
async fn l5_probes_fall_into_two_classes_and_every_error_is_returned_at_the_end() {
    let acceptor = strict();
    let mut classes = BTreeSet::new();
    for seed in 0..sample(1, 5) {
        for one in all_probes(seed as u64, &acceptor).await {
            let (name, long) = (one.name.clone(), one.opening.len() >= 96);
            let outcome = probe(&acceptor, one).await;
            classes.insert(outcome.class);
            // A peer that has not sent a key is closed at the timeout: nothing of it was looked at.
            let (expected, ends) = if long {
                (Class::Answered, 20.0..=40.01)
            } else {
                (Class::Silent, 10.0..=10.01)
            };
            assert_eq!(outcome.class, expected, "{name}");
            assert!(ends.contains(&outcome.ends), "{name}: {}", outcome.ends);
            // After our FIN, the peer's is waited for.
            let late = outcome.returned.as_secs_f64() - outcome.ends;
            assert!((-0.01..=2.01).contains(&late), "{name}: {late}");
        }
    }
    assert_eq!(classes.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn l3_plaintext_is_closed_at_once_unless_it_is_hidden() {
    let acceptor = lingering();
    for one in all_probes(1, &acceptor).await {
        let (name, long) = (one.name.clone(), one.opening.len() >= 96);
        let outcome = probe(&acceptor, one).await;
        let ends = match (name.starts_with("plaintext"), long) {
            (true, _) => 0.0..=0.01,
            (false, false) => 10.0..=10.01,
            (false, true) => 20.0..=40.01,
        };
        assert!(ends.contains(&outcome.ends), "{name}: {}", outcome.ends);
    }
}

#[tokio::test(start_paused = true)]
async fn l5_the_moment_of_the_end_does_not_tell_what_was_wrong() {
    let acceptor = strict();
    let rounds = sample(12, 300);
    let recording = recording(&acceptor).await;
    let mut ends: Vec<Vec<f64>> = Vec::new();
    for seed in 0..rounds {
        let all = probes::long(seed as u64, &skey(), &recording);
        ends.resize(all.len(), Vec::new());
        for (ends, one) in ends.iter_mut().zip(all) {
            ends.push(probe(&acceptor, one).await.ends);
        }
    }
    let uniform = |moment: f64| ((moment - 20.0) / 20.0).clamp(0.0, 1.0);
    let kinds = ends
        .iter()
        .map(|ends| kolmogorov_smirnov::of_values(ends.iter().copied(), uniform));
    assert!(worst_of(kinds) > CHANCE);
    let pairs = ends.iter().enumerate().flat_map(|(index, one)| {
        ends[..index]
            .iter()
            .map(|other| kolmogorov_smirnov::of_two(one.iter().copied(), other.iter().copied()))
    });
    assert!(worst_of(pairs) > CHANCE);
    let all = ends.iter().flatten().copied();
    assert!(kolmogorov_smirnov::of_values(all, uniform) > CHANCE);
}

#[tokio::test(start_paused = true)]
async fn l1_without_lingering_the_classes_are_many() {
    let acceptor = MseAcceptor::new(Policy::full_rc4());
    let mut moments = BTreeSet::new();
    for one in all_probes(1, &acceptor).await {
        let outcome = probe(&acceptor, one).await;
        moments.insert((outcome.class, (outcome.ends * 10.0) as u64));
    }
    assert!(moments.len() >= 4, "{moments:?}");
}

#[tokio::test(start_paused = true)]
async fn a_range_can_be_chosen_but_none_ends_before_the_timeout() {
    for (timeout, ends) in [(3, 5.0..=6.01), (60, 60.0..=60.01)] {
        let range = Duration::from_secs(5)..=Duration::from_secs(6);
        let acceptor = strict()
            .linger(Linger::new().until(range))
            .timeout(Duration::from_secs(timeout));
        let recording = recording(&acceptor).await;
        for one in probes::long(1, &skey(), &recording) {
            let name = one.name.clone();
            let outcome = probe(&acceptor, one).await;
            assert!(ends.contains(&outcome.ends), "{name}: {}", outcome.ends);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_prober_that_floods_sees_the_same_end() {
    let acceptor = lingering();
    let (prober, io) = duplex(4096);
    let start = Instant::now();
    let (mut from, mut to) = tokio::io::split(prober);
    let flood = tokio::spawn(async move {
        let mut sent = 0_usize;
        while to.write_all(&[0xA5; 1024]).await.is_ok() {
            sent += 1024;
        }
        sent
    });
    let refused = tokio::spawn(async move { accept(&acceptor, io, skey(), "").await.is_err() });
    let mut answer = Vec::new();
    from.read_to_end(&mut answer).await.unwrap();
    let ends = start.elapsed().as_secs_f64();
    assert!((20.0..=40.01).contains(&ends), "{ends}");
    assert!((97..=416).contains(&answer.len()));
    assert!(refused.await.unwrap());
    // 40 KiB a second for 40 seconds, and what is drained at the end.
    let sent = flood.await.unwrap();
    assert!(sent < 40 * 41 * 1024 + 300 * 1024, "{sent}");
}

/// A connection takes one of the slots when the time of its handshake is up: until then, a peer that waits is held as long.
#[tokio::test(start_paused = true)]
async fn l2_the_oldest_makes_way_and_a_slot_is_free_again_when_one_ends() {
    let acceptor = MseAcceptor::new(Policy::full_rc4()).linger(Linger::new().at_most(2));
    // A prober that sends garbage: when it is closed.
    let garbage = || {
        let (mut prober, io) = duplex(8192);
        let acceptor = acceptor.clone();
        tokio::spawn(async move { accept(&acceptor, io, skey(), "").await.map(drop) });
        tokio::spawn(async move {
            let start = Instant::now();
            prober.write_all(&[0xA5; 700]).await.unwrap();
            prober.read_to_end(&mut Vec::new()).await.unwrap();
            start.elapsed().as_secs_f64()
        })
    };
    let mut ends = Vec::new();
    for _ in 0..3 {
        ends.push(garbage());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut ended = Vec::new();
    for end in ends {
        ended.push(end.await.unwrap());
    }
    assert!((9.99..11.0).contains(&ended[0]), "{ended:?}");
    assert!(
        ended[1..].iter().all(|end| (20.0..=40.01).contains(end)),
        "{ended:?}"
    );
    let end = garbage().await.unwrap();
    assert!((20.0..=40.01).contains(&end), "{end}");
}

/// There is nothing to hide, and an honest peer waits for the end to redial.
#[tokio::test(start_paused = true)]
async fn l3_mse_is_closed_at_once_if_it_is_forbidden() {
    let acceptor = MseAcceptor::new(Policy::plaintext_only()).linger(Linger::new());
    let (mut prober, io) = duplex(8192);
    prober.write_all(&[0xA5; 700]).await.unwrap();
    let start = Instant::now();
    let error = accept(&acceptor, io, skey(), "").await.map(drop).unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::MseRefused));
    let mut answer = Vec::new();
    prober.read_to_end(&mut answer).await.unwrap();
    assert_eq!((answer.len(), start.elapsed()), (0, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_torrent_that_is_refused_lingers_and_one_that_is_dropped_does_not() {
    let acceptor = MseAcceptor::default().linger(Linger::new());
    for refuse in [true, false] {
        let (prober, io) = duplex(8192);
        let start = Instant::now();
        let dial = MseConnector::default().no_timeout();
        let dial = tokio::spawn(async move {
            let failed = dial.connect(prober, skey(), "").await.map(drop).unwrap_err();
            assert!(matches!(failed.kind(), ErrorKind::Closed), "{failed}");
            start.elapsed()
        });
        let incoming = acceptor.accept(io).await.unwrap();
        if refuse {
            let error = incoming.refuse().await;
            assert_eq!(error.refusal(), Some(&HandshakeError::UnknownSkey));
        } else {
            drop(incoming);
        }
        let ends = dial.await.unwrap().as_secs_f64();
        let expected = if refuse { 20.0..=40.01 } else { 0.0..=0.01 };
        assert!(expected.contains(&ends), "{ends}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_ends_it_at_once() {
    let acceptor = lingering();
    for len in [0, 50, 96, 700] {
        let (mut prober, io) = duplex(8192);
        let start = Instant::now();
        prober.write_all(&vec![0xA5; len]).await.unwrap();
        prober.shutdown().await.unwrap();
        assert!(accept(&acceptor, io, skey(), "").await.is_err());
        prober.read_to_end(&mut Vec::new()).await.unwrap();
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{len} bytes: {:?}",
            start.elapsed()
        );
    }
}
