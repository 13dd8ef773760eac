//! The first flights of many connections, as somebody sees them who collects them.

use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};
use tokio_mse::handshake::{Initiator, Machine as _, Progress, Randomness, Responder};
use tokio_mse::{Disguise, MseAcceptor, MseConnector, Policy};

use super::sample;
use super::session::{Answer, record_many, skey};
use crate::flow::Side;
use crate::statistics::{CHANCE, balance, c_random, chi_square, kolmogorov_smirnov, repeats};

const KEY: usize = 96;

fn key(flight: &[u8]) -> [u8; KEY] {
    flight[..KEY].try_into().unwrap()
}

/// First flights whose pads are of honest bytes.
fn assert_honest(flights: &[Vec<u8>]) {
    let keys: Vec<[u8; KEY]> = flights.iter().map(|flight| key(flight)).collect();
    assert_eq!(repeats::count(&keys), 0);
    assert!(balance::of_keys(&keys) > CHANCE);
    assert!(chi_square::of_positions(&keys) > CHANCE);
    let pads = || flights.iter().map(|flight| &flight[KEY..]);
    assert!(chi_square::of_bytes(pads().flatten().copied()) > CHANCE);
    assert!(c_random::of_pads(pads()) > CHANCE);
    let lengths = pads().map(<[u8]>::len);
    assert!(kolmogorov_smirnov::of_lengths(lengths, kolmogorov_smirnov::uniform(1, 320)) > CHANCE);
    // Short pads are equal by chance.
    assert_eq!(repeats::count(pads().filter(|pad| pad.len() >= 16)), 0);
}

#[test]
fn first_flights_of_both_sides_are_honest_random_bytes_of_honest_lengths() {
    let mut rng = ChaCha12Rng::seed_from_u64(0x4D53_4520);
    let count = sample(1500, 100_000);
    let ours = (0..count).map(|_| {
        let mut flight = Vec::new();
        Initiator::new(
            skey(),
            &Policy::full_rc4(),
            "",
            Randomness::from_seed(rng.random()),
            &mut flight,
        );
        flight
    });
    let initiators: Vec<Vec<u8>> = ours.collect();
    assert_honest(&initiators);

    let theirs = initiators.iter().take(count / 5).map(|first| {
        let responder = Responder::new(&Policy::full_rc4(), Randomness::from_seed(rng.random()));
        let mut flight = Vec::new();
        let Ok(Progress::NeedInput(_)) = responder.process(&first[..KEY], &mut flight) else {
            panic!("an honest key was refused");
        };
        flight
    });
    assert_honest(&theirs.collect::<Vec<_>>());
}

#[test]
fn connector_and_acceptor_draw_anew_for_every_connection() {
    let count = sample(150, 10_000);
    let (connector, acceptor) = (MseConnector::default(), MseAcceptor::default());
    let flows = record_many(count, &connector, &acceptor, Answer::Later);
    let flights = |step: usize| -> Vec<Vec<u8>> {
        flows
            .iter()
            .map(|flow| flow.writes()[step].bytes.clone())
            .collect()
    };
    assert_honest(&flights(0));
    assert_honest(&flights(1));
    let both = flows
        .iter()
        .flat_map(|flow| [0, 1].map(|step| key(&flow.writes()[step].bytes)));
    assert_eq!(repeats::count(both), 0);
}

#[test]
fn disguised_keys_are_balanced_and_never_repeat() {
    let connector = MseConnector::default().disguise(Disguise::full());
    let flows = record_many(
        sample(300, 10_000),
        &connector,
        &MseAcceptor::default(),
        Answer::Later,
    );
    let keys: Vec<[u8; KEY]> = flows
        .iter()
        .map(|flow| key(&flow.stream(Side::Initiator)))
        .collect();
    assert!(balance::of_keys(&keys) > CHANCE);
    assert_eq!(repeats::count(&keys), 0);
    // Six bytes are chosen. One more is left out, because a key is below P.
    let tails: Vec<[u8; KEY - 7]> = keys.iter().map(|key| key[7..].try_into().unwrap()).collect();
    assert!(chi_square::of_positions(&tails) > CHANCE);
}
