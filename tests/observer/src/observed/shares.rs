//! The published rules on many connections of each profile.

use super::session::{Answer, record_many};
use super::{profiles, sample};
use crate::observer::flow::{Flow, Side};
use crate::observer::rules::firewall::{Exemption, exemptions};
use crate::observer::statistics::{CHANCE, distributions::binomial_upper_tail};
use crate::observer::verdict::Shares;

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

#[test]
fn an_endpoint_that_varies_shows_every_exemption_and_no_two_of_them_alike() {
    let drawn = |disguise: tokio_mse::Disguise| -> Vec<usize> {
        let connector = tokio_mse::MseConnector::default().disguise(disguise);
        let flows = record_many(120, &connector, &tokio_mse::MseAcceptor::default(), Answer::Later);
        let mut counts = vec![0; Exemption::ALL.len()];
        for flow in &flows {
            let held = exemptions(flow.first_client_payload().unwrap());
            for (count, exemption) in counts.iter_mut().zip(Exemption::ALL) {
                *count += usize::from(held.contains(&exemption));
            }
        }
        counts
    };
    let whole = drawn(tokio_mse::Disguise::none().vary());
    // Each of four weights has at least 16 of at most 16 + 3 * 255: one connection in fifty.
    assert!(whole[..4].iter().all(|count| *count < 120), "{whole:?}");
    assert!(
        whole[..4].iter().filter(|count| **count > 0).count() >= 3,
        "{whole:?}"
    );
    let pieces = drawn(tokio_mse::Disguise::full());
    assert!(
        pieces[..3].iter().all(|count| *count > 0 && *count < 120),
        "{pieces:?}"
    );
}

#[test]
fn pieces_keep_to_their_range_and_each_is_a_write() {
    let disguise = tokio_mse::Disguise::none().pieces(20..=47);
    let connector = tokio_mse::MseConnector::default().disguise(disguise.clone());
    let acceptor = tokio_mse::MseAcceptor::default().disguise(disguise);
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
