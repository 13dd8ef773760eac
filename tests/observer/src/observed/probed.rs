//! What a prober finds out, in virtual time.

use std::collections::BTreeSet;
use std::future::IntoFuture as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::Instant;
use tokio_mse::{Error, Linger, MseAcceptor, Policy};

use super::probes::{self, Probe};
use super::recorded::{Record, Recorded};
use super::sample;
use super::session::{INITIATOR, handshake, skey};
use crate::observer::flow::Side;
use crate::observer::statistics::{CHANCE, kolmogorov_smirnov, worst_of};

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
    error_after: Duration,
}

async fn probe(acceptor: &MseAcceptor, linger: Option<&Linger>, mut probe: Probe) -> Outcome {
    let (mut prober, io) = duplex(8192);
    let start = Instant::now();
    let mut handshake = acceptor.accept(io, skey());
    if let Some(linger) = linger {
        handshake = handshake.linger(linger);
    }
    let served = tokio::spawn(async move {
        let failed = handshake.await.map(drop).expect_err("a prober was served");
        // A prober sends everything and waits, so that it is never the one who ends it.
        assert!(
            !matches!(failed, Error::Closed { .. } | Error::Transport { .. }),
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
        error_after: served.await.unwrap(),
    }
}

/// What an honest initiator sends to this acceptor, to be replayed.
async fn recording(acceptor: &MseAcceptor) -> Vec<u8> {
    let record = Record::default();
    let (a, b) = duplex(8192);
    let connector = tokio_mse::MseConnector::default();
    let dial = connector
        .connect(Recorded::new(a, Side::Initiator, record.clone()), skey())
        .initial_payload(handshake(INITIATOR))
        .into_future();
    let (dialled, accepted) = tokio::join!(dial, acceptor.accept(b, skey()).into_future());
    assert!(dialled.is_ok() && accepted.is_ok());
    record.flow().stream(Side::Initiator)
}

async fn all_probes(seed: u64, acceptor: &MseAcceptor) -> Vec<Probe> {
    let mut all = probes::short(seed);
    all.extend(probes::long(seed, &skey(), &recording(acceptor).await));
    all
}

/// Which hides all that can be hidden.
fn strict() -> MseAcceptor {
    MseAcceptor::new(Policy::full_rc4()).hide_plaintext(true)
}

#[tokio::test(start_paused = true)]
async fn l5_probes_fall_into_two_classes_and_every_error_comes_at_once() {
    let (acceptor, linger) = (strict(), Linger::new());
    let mut classes = BTreeSet::new();
    for seed in 0..sample(1, 5) {
        for one in all_probes(seed as u64, &acceptor).await {
            let (name, long) = (one.name.clone(), one.opening.len() >= 96);
            let outcome = probe(&acceptor, Some(&linger), one).await;
            classes.insert(outcome.class);
            // Who has not sent a key is let go at the time-out; of him nothing was looked at.
            let (expected, ends) = if long {
                (Class::Answered, 20.0..=40.01)
            } else {
                (Class::Silent, 10.0..=10.01)
            };
            assert_eq!(outcome.class, expected, "{name}");
            assert!(ends.contains(&outcome.ends), "{name}: {}", outcome.ends);
            // What waits for more waits for the time-out; all else is refused when it is seen.
            assert!(outcome.error_after <= Duration::from_millis(10_010), "{name}");
        }
    }
    assert_eq!(classes.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn l3_unless_it_is_hidden_plaintext_alone_is_let_go_at_once() {
    let (acceptor, linger) = (MseAcceptor::new(Policy::full_rc4()), Linger::new());
    for one in all_probes(1, &acceptor).await {
        let (name, long) = (one.name.clone(), one.opening.len() >= 96);
        let outcome = probe(&acceptor, Some(&linger), one).await;
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
    let (acceptor, linger) = (strict(), Linger::new());
    let rounds = sample(12, 300);
    let recording = recording(&acceptor).await;
    let mut ends: Vec<Vec<f64>> = Vec::new();
    for seed in 0..rounds {
        let all = probes::long(seed as u64, &skey(), &recording);
        ends.resize(all.len(), Vec::new());
        for (ends, one) in ends.iter_mut().zip(all) {
            ends.push(probe(&acceptor, Some(&linger), one).await.ends);
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
        let outcome = probe(&acceptor, None, one).await;
        moments.insert((outcome.class, (outcome.ends * 10.0) as u64));
    }
    assert!(moments.len() >= 4, "{moments:?}");
}

#[tokio::test(start_paused = true)]
async fn a_range_of_ones_own_rules_but_none_ends_before_the_time_out() {
    let range = Duration::from_secs(5)..=Duration::from_secs(6);
    let linger = Linger::new().until(range);
    for (timeout, ends) in [(3, 5.0..=6.01), (60, 60.0..=60.01)] {
        let acceptor = strict().timeout(Duration::from_secs(timeout));
        let recording = recording(&acceptor).await;
        for one in probes::long(1, &skey(), &recording) {
            let name = one.name.clone();
            let outcome = probe(&acceptor, Some(&linger), one).await;
            assert!(ends.contains(&outcome.ends), "{name}: {}", outcome.ends);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_prober_that_floods_sees_the_same_end() {
    let acceptor = MseAcceptor::new(Policy::full_rc4());
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
    let refused = acceptor.accept(io, skey()).linger(&Linger::new()).await;
    assert!(refused.is_err());
    assert!(start.elapsed() < Duration::from_secs(1));
    let mut answer = Vec::new();
    from.read_to_end(&mut answer).await.unwrap();
    let ends = start.elapsed().as_secs_f64();
    assert!((20.0..=40.01).contains(&ends), "{ends}");
    assert!((97..=416).contains(&answer.len()));
    // 40 KiB a second for 40 seconds, and what is drained at the end.
    let sent = flood.await.unwrap();
    assert!(sent < 40 * 41 * 1024 + 300 * 1024, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn l2_the_oldest_makes_room_and_a_place_is_free_again_when_one_ends() {
    let (acceptor, linger) = (MseAcceptor::new(Policy::full_rc4()), Linger::new().at_most(2));
    let start = Instant::now();
    let mut probers = Vec::new();
    for _ in 0..3 {
        let (mut prober, io) = duplex(8192);
        prober.write_all(&[0xA5; 700]).await.unwrap();
        assert!(acceptor.clone().accept(io, skey()).linger(&linger).await.is_err());
        probers.push(prober);
    }
    let mut ends = Vec::new();
    // The first ends at once.
    for mut prober in probers {
        prober.read_to_end(&mut Vec::new()).await.unwrap();
        ends.push(start.elapsed());
    }
    assert!(ends[0] < Duration::from_secs(1), "{ends:?}");
    assert!(
        ends[1] >= Duration::from_secs(20) && ends[2] >= ends[1],
        "{ends:?}"
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    let (mut prober, io) = duplex(8192);
    prober.write_all(&[0xA5; 700]).await.unwrap();
    let start = Instant::now();
    assert!(acceptor.accept(io, skey()).linger(&linger).await.is_err());
    prober.read_to_end(&mut Vec::new()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(20));
}

/// There is nothing to hide, and an honest peer waits for the end to redial.
#[tokio::test(start_paused = true)]
async fn l3_mse_where_it_is_forbidden_ends_at_once() {
    let acceptor = MseAcceptor::new(Policy::plaintext_only());
    let (mut prober, io) = duplex(8192);
    prober.write_all(&[0xA5; 700]).await.unwrap();
    let start = Instant::now();
    let accept = acceptor.accept(io, skey()).linger(&Linger::new());
    let error = accept.await.unwrap_err();
    assert!(matches!(
        error,
        Error::Refused(tokio_mse::HandshakeError::MseRefused)
    ));
    let mut answer = Vec::new();
    prober.read_to_end(&mut answer).await.unwrap();
    assert_eq!((answer.len(), start.elapsed()), (0, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_lazy_accept_that_is_refused_or_dropped_lingers_too() {
    use tokio_mse::Incoming;

    let (acceptor, linger) = (MseAcceptor::default(), Linger::new());
    for refuse in [true, false] {
        let (prober, io) = duplex(8192);
        let start = Instant::now();
        let dial = tokio_mse::MseConnector::default().timeout(None);
        let dial = tokio::spawn(async move {
            let failed = dial.connect(prober, skey()).await.map(drop).unwrap_err();
            assert!(matches!(failed, Error::Closed { .. }), "{failed}");
            start.elapsed()
        });
        let Ok(Incoming::Pending(pending)) = acceptor.accept_lazy(io).linger(&linger).await else {
            panic!("no handshake came");
        };
        if refuse {
            assert!(matches!(
                pending.refuse(),
                Error::Refused(tokio_mse::HandshakeError::UnknownSkey)
            ));
        } else {
            drop(pending);
        }
        let ends = dial.await.unwrap();
        assert!(
            ends >= Duration::from_secs(20) && ends <= Duration::from_millis(40_010),
            "{ends:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_hangs_up_ends_it_at_once() {
    let acceptor = MseAcceptor::new(Policy::full_rc4());
    for len in [0, 50, 96, 700] {
        let (mut prober, io) = duplex(8192);
        let start = Instant::now();
        prober.write_all(&vec![0xA5; len]).await.unwrap();
        prober.shutdown().await.unwrap();
        let accept = acceptor.accept(io, skey()).linger(&Linger::new());
        assert!(accept.await.is_err());
        prober.read_to_end(&mut Vec::new()).await.unwrap();
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{len} bytes: {:?}",
            start.elapsed()
        );
    }
}
