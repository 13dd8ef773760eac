//! The published rules on many connections of each profile.

use tokio_mse::{Disguise, MseAcceptor, MseConnector};

use super::session::{Answer, record_many};
use super::{profiles, sample};
use crate::flow::{Flow, Side};
use crate::statistics::{CHANCE, distributions::binomial_upper_tail};
use crate::verdict::Shares;

/// Whether so many of so many are no sign of a share above `share`.
fn is_at_most(share: f64, found: usize, count: usize) -> bool {
    binomial_upper_tail(count as u64, found as u64, share) > CHANCE
}

#[test]
fn the_rules_say_of_each_profile_what_the_documentation_says() {
    for profile in profiles::all() {
        let count = sample(40, 10_000);
        let flows = record_many(count, &profile.connector, &profile.acceptor, Answer::WithStep4);
        let shares = Shares::of(&flows);
        let name = profile.name;
        if profile.always_exempt {
            assert_eq!(shares.exempt, count, "{name}: {shares:?}");
            assert_eq!(shares.obfuscated, 0, "{name}: {shares:?}");
        } else {
            // Random bytes are exempt by chance only: pieces in one case in twelve, whole flights in one in 300.
            assert!(is_at_most(0.1, shares.exempt, count), "{name}: {shares:?}");
            assert!(
                is_at_most(0.1, count - shares.obfuscated, count),
                "{name}: {shares:?}"
            );
        }
        let suspicious = shares.suspicious_entropy;
        if profile.never_tstat {
            assert_eq!(shares.tstat, 0, "{name}: {shares:?}");
            // Two pieces in five are long enough to have more entropy than text.
            assert!(is_at_most(0.5, suspicious, count), "{name}: {shares:?}");
            assert!(is_at_most(0.7, count - suspicious, count), "{name}: {shares:?}");
        } else {
            assert_eq!(suspicious, count, "{name}: {shares:?}");
            if profile.encrypted {
                assert!(shares.tstat > count / 2, "{name}: {shares:?}");
            }
        }
        assert_eq!(
            shares.bittorrent,
            if profile.encrypted { 0 } else { count },
            "{name}"
        );
    }
}

#[test]
fn the_rule_of_three_bursts_finds_every_profile_in_spite_of_its_disguise() {
    for profile in profiles::all() {
        for answer in [Answer::WithStep4, Answer::Later] {
            let count = sample(40, 2000);
            let flows = record_many(count, &profile.connector, &profile.acceptor, answer);
            let joined: Vec<Flow> = flows.iter().map(Flow::without_nodelay).collect();
            for flows in [flows, joined] {
                // 98 per cent, and two more: one key in 65,536 begins like TLS.
                let found = Shares::of(&flows).bursts;
                assert!(
                    found + count / 50 + 2 >= count,
                    "{}, {answer:?}: {found} of {count}",
                    profile.name
                );
            }
        }
    }
}

#[test]
fn the_exemption_outlives_a_kernel_that_joins_the_pieces() {
    let profile = profiles::all().pop().unwrap();
    let flows = record_many(
        sample(40, 2000),
        &profile.connector,
        &profile.acceptor,
        Answer::Later,
    );
    let joined: Vec<Flow> = flows.iter().map(Flow::without_nodelay).collect();
    assert_eq!(Shares::of(&joined).exempt, joined.len());
}

/// By name: the counts of [`Shares::exempt_by`] for these connections.
fn exempt_by(disguise: Disguise) -> [usize; 5] {
    let connector = MseConnector::default().disguise(disguise);
    let flows = record_many(120, &connector, &MseAcceptor::default(), Answer::Later);
    Shares::of(&flows).exempt_by
}

#[test]
fn exempt_draws_one_of_three_properties_for_each_connection() {
    let [bits, _start, half, run, _known] = exempt_by(Disguise::exempt());
    for count in [bits, half, run] {
        assert!((10..120).contains(&count), "{bits} {half} {run}");
    }
}

#[test]
fn full_begins_with_six_printable_bytes() {
    let [_bits, start, ..] = exempt_by(Disguise::full());
    assert_eq!(start, 120);
}

#[test]
fn pieces_keep_to_their_range_and_each_is_a_write() {
    let connector = MseConnector::default().disguise(Disguise::full());
    let acceptor = MseAcceptor::default().disguise(Disguise::full());
    for flow in record_many(10, &connector, &acceptor, Answer::WithStep4) {
        let handshake = flow.writes().len() - 2;
        for run in flow.writes()[..handshake].chunk_by(|one, next| one.from == next.from) {
            let (last, all_but_last) = run.split_last().unwrap();
            assert!(
                all_but_last
                    .iter()
                    .all(|write| (20..=47).contains(&write.bytes.len()))
            );
            assert!((1..=47).contains(&last.bytes.len()));
        }
        assert!(flow.sizes(Side::Initiator).count() >= 8 && flow.sizes(Side::Responder).count() >= 7);
    }
}
