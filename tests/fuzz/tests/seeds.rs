//! The functions that the fuzz targets run, on the seeds and on random variations of them.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use mse_fuzz::{detector, initiator, keys, reference, responder, seeds, stream, tape, wire};
use mse_oracle::heap;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

/// How often each target is run with changed seeds; `FUZZED_CASES` sets another number.
fn cases() -> u32 {
    let cases = std::env::var("FUZZED_CASES").ok();
    cases.map_or(600, |cases| cases.parse().expect("a number of cases"))
}

/// Where to write the seeds for the fuzzer, if at all.
const SEEDS_TO: &str = "WRITE_SEEDS";

fn run(target: &str, seeds: Vec<Vec<u8>>, check: fn(&[u8])) {
    if let Some(folder) = std::env::var_os(SEEDS_TO) {
        let folder = std::path::Path::new(&folder).join(target);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:03}")), seed).unwrap();
        }
    }
    for seed in &seeds {
        check(seed);
    }

    let bytes = vec((any::<Index>(), any::<u8>()), 0..6);
    let changed = (any::<Index>(), bytes, vec(any::<u8>(), 0..8));
    let config = ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&changed, |(seed, changes, appended)| {
            let mut data = seeds[seed.index(seeds.len())].clone();
            for (at, byte) in changes {
                let at = at.index(data.len());
                data[at] = byte;
            }
            data.extend(appended);
            check(&data);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{target}: {failure}"));
}

#[test]
fn an_initiator_concludes_what_the_reference_does_from_any_answer_in_any_portions() {
    run("initiator", seeds::initiators(), initiator::check);
}

#[test]
fn a_responder_concludes_what_the_reference_does_from_any_offer_in_any_portions() {
    run("responder", seeds::responders(), responder::check);
}

#[test]
fn after_the_key_exchange_an_initiator_concludes_what_the_reference_does() {
    run(
        "initiator_after_key",
        seeds::initiators(),
        initiator::check_after_key,
    );
}

#[test]
fn after_the_key_exchange_a_responder_concludes_what_the_reference_does() {
    run(
        "responder_after_key",
        seeds::responders(),
        responder::check_after_key,
    );
}

#[test]
fn an_acceptor_concludes_what_the_reference_does_from_any_opening_in_any_portions() {
    run("detector", seeds::detectors(), detector::check);
}

#[test]
fn a_stream_moves_the_exact_bytes_over_an_io_that_does_anything() {
    run("stream", seeds::streams(), stream::check);
}

/// A reference that would agree to anything would find nothing.
#[test]
fn honest_seeds_end_in_streams() {
    use reference::Verdict;
    use responder::{ResponderCase, lookup};
    use tape::Case;
    let mut done = 0;
    for seed in seeds::responders() {
        let case = ResponderCase::read(&seed);
        let ours = case.ours.ours();
        let key = case.theirs.key.bytes();
        let secret = keys::secret(&ours.exponent, &key);
        let rest = case
            .theirs
            .rest(keys::shared(secret, &wire::skey(case.theirs.skey)));
        let wire = case.damage.apply([key, rest].concat());
        done += usize::from(matches!(
            reference::responder(&ours, &lookup, &wire).1,
            Verdict::Done { .. }
        ));
    }
    assert!(done > seeds::responders().len() / 3, "{done} streams");
}
