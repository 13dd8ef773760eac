//! No favourite length, at any place.

use super::sample;
use super::session::{Answer, record_many};
use crate::statistics::lengths::by_position;
use crate::statistics::{CHANCE, kolmogorov_smirnov};
use tokio_mse::{MseAcceptor, MseConnector};

/// The writes of a handshake: steps 1 to 4. What follows is the application's.
const STEPS: usize = 4;

/// The distribution of `fixed` bytes, 0 to 127 bytes of late padding and 0 to 255 of PadC or PadD.
fn padded(fixed: usize) -> impl Fn(usize) -> f64 {
    move |length| {
        let below = |late: usize| (length + 1).saturating_sub(fixed + late).min(256);
        (0..128).map(below).sum::<usize>() as f64 / (128.0 * 256.0)
    }
}

#[test]
fn no_length_of_any_write_of_a_handshake_is_a_favourite() {
    for (answer, payload) in [(Answer::WithStep4, 68), (Answer::Later, 0)] {
        let (connector, acceptor) = (MseConnector::default(), MseAcceptor::default());
        let flows = record_many(sample(300, 20_000), &connector, &acceptor, answer);
        for (step, census) in by_position(&flows, STEPS).iter().enumerate() {
            assert!(
                census.favourite_within(0.02) > CHANCE,
                "step {}: {:?}",
                step + 1,
                census.favourite()
            );
            if census.total() >= 10_000 {
                assert!(census.shannon_entropy() > 8.0, "{}", census.shannon_entropy());
                assert!(census.favourite().unwrap().1 < 0.02);
            }
        }
        let sizes = |step: usize| flows.iter().map(move |flow| flow.writes()[step].bytes.len());
        let key = kolmogorov_smirnov::uniform(97, 416);
        for step in [0, 1] {
            assert!(kolmogorov_smirnov::of_lengths(sizes(step), &key) > CHANCE);
        }
        assert!(kolmogorov_smirnov::of_lengths(sizes(2), padded(20 + 20 + 16 + 68)) > CHANCE);
        assert!(kolmogorov_smirnov::of_lengths(sizes(3), padded(14 + payload)) > CHANCE);
    }
}

#[test]
fn the_padding_of_steps_3_and_4_has_more_than_eight_bits() {
    let at_most = padded(124);
    let masses = (124..=124 + 127 + 255).map(|length| at_most(length) - at_most(length - 1));
    let (mut entropy, mut largest) = (0.0_f64, 0.0_f64);
    for mass in masses {
        entropy -= mass * mass.log2();
        largest = largest.max(mass);
    }
    assert!(entropy > 8.3, "{entropy}");
    assert!(largest < 0.004, "{largest}");
}
