//! H12 as a property: whatever the peer and our own scheduling do, no policy redials if a whole answer had been delivered
//! to the transport before we gave it up. The clock is Tokio's paused one, and the programs come from a fixed seed.

use std::future::ready;
use std::io::ErrorKind;
use std::time::Duration;

use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, sleep_until};
use tokio_mse::{DialMode, MseConnector, Policy};

use super::answers::BY_THE_PEER;
use super::busy::{Busy, Schedule};
use super::dial::{
    INFO_HASH, allow, assert_never_redialled, handshake, handshake_and_unchoke, millis, seconds,
};
use super::far_end;
use super::wire::{Failure, Far, Writes, closed, wire};
use crate::support::spawn::spawn_boxed;

const SEED: u64 = 0x19;
const CASES: usize = 2_000;

/// One thing that happens at the peer's end, or to the transport.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// This many bytes more of what the peer says.
    Deliver(usize),
    Close,
    Reset(Failure),
    Writes(Writes),
}

#[derive(Debug)]
struct Program {
    policy: Policy,
    /// Whether the peer answers in the mode in which it is dialled.
    answers: bool,
    events: Vec<(Duration, Event)>,
    schedule: Schedule,
}

/// The moments at which something is decided, or close to one, and any other.
fn moment(rng: &mut ChaCha20Rng) -> Duration {
    let decided = [0, 1, 4_999, 5_000, 5_001, 9_999, 10_000, 10_001];
    match rng.random_range(0..3) {
        0 => millis(decided[rng.random_range(0..decided.len())]),
        1 => millis(rng.random_range(0..200)),
        _ => millis(rng.random_range(0..12_000)),
    }
}

fn failure(rng: &mut ChaCha20Rng) -> Failure {
    let ours = [
        ErrorKind::NetworkUnreachable,
        ErrorKind::Other,
        ErrorKind::WriteZero,
    ];
    Failure::Kind(if rng.random_bool(0.8) {
        BY_THE_PEER[rng.random_range(0..BY_THE_PEER.len())]
    } else {
        ours[rng.random_range(0..ours.len())]
    })
}

impl Program {
    fn random(rng: &mut ChaCha20Rng) -> Self {
        let policies = [allow(), Policy::default(), Policy::default(), Policy::full_rc4()];
        let policy = policies[rng.random_range(0..policies.len())].clone();
        let complete = complete(policy.first_mode());
        let mut says = match rng.random_range(0..4) {
            0 => rng.random_range(0..complete),
            1 => complete - 1,
            2 => complete,
            _ => complete + rng.random_range(1..40),
        };
        let mut at = moment(rng);
        let mut events = Vec::new();
        while says > 0 {
            let len = if rng.random_bool(0.5) {
                says
            } else {
                rng.random_range(1..=says)
            };
            events.push((at, Event::Deliver(len)));
            says -= len;
            at += if rng.random_bool(0.5) {
                seconds(0)
            } else {
                moment(rng) / 4
            };
        }
        if rng.random_bool(0.5) {
            let end = if rng.random_bool(0.5) {
                Event::Close
            } else {
                Event::Reset(failure(rng))
            };
            events.push((at, end));
        }
        if rng.random_bool(0.5) {
            let failure = failure(rng);
            let writes = [
                Writes::Fail(failure),
                Writes::FlushFails(failure),
                Writes::Blocked,
                Writes::TakeNothing,
            ];
            let writes = Event::Writes(writes[rng.random_range(0..writes.len())]);
            // Before what happens at the same moment, or after it.
            events.push((moment(rng), writes));
            if rng.random_bool(0.5) {
                events.rotate_right(1);
            }
        }
        events.sort_by_key(|(at, _)| *at);
        let mut stalls = Vec::new();
        for _ in 0..rng.random_range(0..3) {
            let from = moment(rng);
            stalls.push((from, from + moment(rng)));
        }
        Self {
            policy,
            answers: rng.random_bool(0.9),
            events,
            schedule: Schedule {
                stalls,
                left: [None, Some(1), Some(2), Some(3)][rng.random_range(0..4)],
                exhausted: [0, 2, 6][rng.random_range(0..3)],
            },
        }
    }

    fn flight(&self) -> Vec<u8> {
        let plaintext = self.policy.first_mode() == DialMode::Plaintext;
        match (plaintext, self.answers) {
            (true, true) => [handshake_and_unchoke(), vec![0; 100]].concat(),
            (true, false) => vec![0x55; 200],
            (false, true) => [far_end::first_flight(), vec![0; 100]].concat(),
            (false, false) => [handshake(2), vec![0; 200]].concat(),
        }
    }

    /// Whether something of our own side fails, which is never a reason to redial.
    fn own_failure(&self) -> bool {
        let ours = |failure: Failure| !BY_THE_PEER.map(Failure::Kind).contains(&failure);
        self.events.iter().any(|(_, event)| match *event {
            Event::Writes(Writes::TakeNothing | Writes::Overlong) => true,
            Event::Reset(failure) | Event::Writes(Writes::Fail(failure) | Writes::FlushFails(failure)) => {
                ours(failure)
            }
            _ => false,
        })
    }
}

/// How many bytes are an answer.
fn complete(mode: DialMode) -> usize {
    if mode == DialMode::Plaintext { 20 } else { 96 }
}

/// Plays the program on the peer's end.
async fn play(events: Vec<(Duration, Event)>, mut flight: Vec<u8>, mut far: Far) -> Far {
    let start = Instant::now();
    let mut open = true;
    for (at, event) in events {
        sleep_until(start + at).await;
        match event {
            Event::Deliver(len) if open => {
                let rest = flight.split_off(len);
                far.deliver(&flight);
                flight = rest;
            }
            Event::Close => {
                far.close();
                open = false;
            }
            Event::Reset(failure) => {
                far.reset(failure);
                open = false;
            }
            Event::Writes(writes) => far.set_writes(writes),
            Event::Deliver(_) => {}
        }
    }
    far
}

/// How the property was exercised.
#[derive(Debug, Default)]
struct Seen {
    answered: usize,
    answered_and_failed: usize,
    redialled: usize,
}

async fn run(program: Program, rng: ChaCha20Rng, seen: &mut Seen, case: usize) {
    let mode = program.policy.first_mode();
    let (near, far) = wire();
    let peer = spawn_boxed(play(program.events.clone(), program.flight(), far));
    let mut modes = Vec::new();
    let mut transports = [near, closed()].into_iter();
    let connector = MseConnector::new(program.policy.clone());
    let dialling = connector.connect_with(INFO_HASH, handshake(1), |mode| {
        modes.push(mode);
        ready(transports.next().ok_or(()))
    });
    let busy = Busy::new(dialling, program.schedule.clone(), rng);
    let outcome = busy.await;
    let context = || format!("case {case} of seed {SEED:#x}: {program:?}: {outcome:?}");
    let far = peer.await.unwrap();
    // A stream that was handed over still has its transport.
    let delivered = far.dropped_after().unwrap_or(usize::MAX);
    let answered = program.answers && delivered >= complete(mode);
    let redialled = modes.len() > 1;
    assert!(!(answered && redialled), "it was dialled again, {}", context());
    if let (true, Err(error)) = (answered, &outcome) {
        let error = error.handshake().expect("nothing was dialled again");
        assert!(error.peer_answered() || program.own_failure(), "{}", context());
        assert_never_redialled(error);
    }
    let may_redial = program.policy != Policy::full_rc4() && !program.own_failure();
    assert!(
        answered || redialled || !may_redial,
        "it was not dialled again, {}",
        context()
    );
    seen.answered += usize::from(answered);
    seen.answered_and_failed += usize::from(answered && outcome.is_err());
    seen.redialled += usize::from(redialled);
}

#[tokio::test(start_paused = true)]
async fn h12_no_program_of_faults_and_delays_hides_an_answer() {
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let mut seen = Seen::default();
    for case in 0..CASES {
        let program = Program::random(&mut rng);
        let scheduling = ChaCha20Rng::seed_from_u64(rng.random_range(0..=u64::MAX));
        run(program, scheduling, &mut seen, case).await;
    }
    // Not for want of anything to hide.
    assert!(
        seen.answered > CASES / 8 && seen.answered_and_failed > CASES / 16,
        "{seen:?}"
    );
    assert!(seen.redialled > CASES / 8, "{seen:?}");
}
