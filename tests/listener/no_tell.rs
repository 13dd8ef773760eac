//! L5: what a peer without the info-hash sees depends on the lengths and times of what it sends, never on the content.

use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;
use tokio_mse::{Disguise, MseAcceptor};

use super::content::{Content, Kind};
use super::prober::{Action, Seen, probe, program};
use super::support::cases::cases;
use super::{INFO_HASH, block_on_paused, handshake, linger, require, seconds, serve, time_to_end};

/// How an application listens.
#[derive(Clone, Copy, Debug)]
enum Listening {
    /// MSE only.
    Required,
    /// Plaintext or MSE.
    Any,
    /// Plaintext or MSE, and our own handshake as the initial payload.
    AnyWithPayload,
    /// MSE only, and plaintext is not looked for.
    Strict,
    /// MSE only, disguised.
    Disguised,
}

impl Listening {
    const ALL: [Self; 5] = [
        Self::Required,
        Self::Any,
        Self::AnyWithPayload,
        Self::Strict,
        Self::Disguised,
    ];

    fn acceptor(self) -> MseAcceptor {
        let acceptor = match self {
            Self::Required => require(),
            Self::Any | Self::AnyWithPayload => MseAcceptor::default(),
            Self::Strict => require().hide_plaintext(true),
            Self::Disguised => require().disguise(Disguise::full()),
        };
        acceptor.timeout(seconds(10))
    }

    fn initial_payload(self) -> Vec<u8> {
        match self {
            Self::AnyWithPayload => handshake(INFO_HASH),
            _ => Vec::new(),
        }
    }

    /// The kinds of content that must look like random bytes.
    fn kinds(self) -> Vec<Kind> {
        let mut kinds = Kind::WITHOUT_PLAINTEXT.to_vec();
        if matches!(self, Self::Strict) {
            kinds.extend(Kind::ALL_PLAINTEXT);
        }
        kinds
    }
}

/// A prober without its content.
#[derive(Clone, Debug)]
struct Prober {
    /// How many bytes are under way at most, in each direction.
    pipe: usize,
    program: Vec<Action>,
    reads_after: u64,
}

impl Prober {
    fn new(program: &[Action]) -> Self {
        Self {
            pipe: 1 << 20,
            program: program.to_vec(),
            reads_after: 0,
        }
    }

    fn draw(rng: &mut impl Rng) -> Self {
        Self {
            pipe: *PIPES.choose(rng).unwrap(),
            program: program(rng),
            reads_after: *[0, 0, 0, 500, 12_000, 40_000].choose(rng).unwrap(),
        }
    }

    /// What it sees at `acceptor` with this content.
    async fn trace(&self, acceptor: MseAcceptor, listening: Listening, content: Content) -> Vec<Seen> {
        let (near, far) = tokio::io::duplex(self.pipe);
        tokio::spawn(serve(acceptor, far, listening.initial_payload()));
        probe(near, &self.program, self.reads_after, content).await
    }

    /// What it sees if it is alone.
    fn trace_alone(&self, listening: Listening, content: Content) -> Vec<Seen> {
        let acceptor = listening.acceptor().linger(linger());
        block_on_paused(self.trace(acceptor, listening, content))
    }

    fn assert_no_tell(&self, listening: Listening, kinds: &[Kind]) {
        let trace = |content| {
            let acceptor = listening.acceptor().linger(linger());
            block_on_paused(async {
                between_ticks().await;
                self.trace(acceptor, listening, content).await
            })
        };
        let random = trace(Content::new(Kind::Random, 0));
        for kind in kinds {
            let seen = trace(Content::new(*kind, 1));
            assert_eq!(seen, random, "{kind:?} against {listening:?}: {self:?}");
        }
    }
}

const PIPES: [usize; 3] = [64, 1024, 1 << 20];

/// Timers fire at whole milliseconds, and peers send at any time.
async fn between_ticks() {
    tokio::time::advance(Duration::from_micros(300)).await;
}

#[test]
fn l5_no_content_is_told_from_random_bytes() {
    cases(150, |rng| {
        let listening = *Listening::ALL.choose(rng).unwrap();
        Prober::draw(rng).assert_no_tell(listening, &Kind::WITHOUT_PLAINTEXT);
    });
}

#[test]
fn l5_a_plaintext_handshake_that_is_refused_is_not_told_where_it_is_hidden() {
    cases(300, |rng| {
        Prober::draw(rng).assert_no_tell(Listening::Strict, &Kind::ALL_PLAINTEXT);
    });
}

/// The programs against which an earlier version failed, so that none of them depends on what is drawn.
#[test]
fn l5_the_probes_that_told_something_once_tell_nothing() {
    let programs: [&[Action]; 8] = [
        &[Action::Write(96), Action::HalfClose],
        &[Action::Write(136), Action::HalfClose],
        &[Action::Write(628), Action::HalfClose],
        &[Action::Write(628)],
        &[Action::Write(629)],
        &[Action::Write(629), Action::Wait(20), Action::HalfClose],
        &[Action::Write(20), Action::Wait(40), Action::Write(76)],
        &[
            Action::Write(96),
            Action::Wait(5),
            Action::Write(600),
            Action::Write(30_000),
        ],
    ];
    for program in programs {
        for listening in Listening::ALL {
            Prober::new(program).assert_no_tell(listening, &listening.kinds());
        }
    }
}

/// A flood at the moment of the timeout, when the peer that only waits and the one that was refused change their state.
#[test]
fn l5_a_flood_around_the_timeout_tells_nothing() {
    for wait in 9_997..=10_002 {
        for len in [1, 600, 30_000] {
            for pipe in PIPES {
                let mut prober = Prober::new(&[
                    Action::Write(136),
                    Action::Wait(wait),
                    Action::Write(len),
                    Action::Write(30_000),
                    Action::HalfClose,
                ]);
                prober.pipe = pipe;
                let kinds = [Kind::UnknownSkey(0), Kind::Degenerate(0), Kind::BadVc(0)];
                prober.assert_no_tell(Listening::Any, &kinds);
            }
        }
    }
}

/// A task that was not polled for 11 seconds: bytes and timeout are there at once.
#[tokio::test(start_paused = true)]
async fn l5_behind_the_deadline_hidden_plaintext_gets_no_more_of_an_answer_than_random_bytes() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut outcomes = Vec::new();
    for opening in [[handshake(INFO_HASH), vec![0; 40]].concat(), vec![0xA5; 108]] {
        let (mut near, far) = tokio::io::duplex(4096);
        let acceptor = require()
            .hide_plaintext(true)
            .timeout(seconds(10))
            .linger(linger());
        let mut accept = tokio_test::task::spawn(serve(acceptor, far, Vec::new()));
        assert!(accept.poll().is_pending());
        near.write_all(&opening).await.unwrap();
        tokio::time::advance(seconds(11)).await;
        let start = tokio::time::Instant::now();
        let error = accept.await.unwrap_err();
        let lasted = start.elapsed();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        outcomes.push((error.to_string(), answer.is_empty(), lasted));
    }
    assert_eq!(outcomes[0], outcomes[1]);
}

/// Below the limit, connections do not influence each other: each sees what it would see alone.
#[test]
fn l5_connections_below_the_limit_do_not_influence_each_other() {
    cases(20, |rng| {
        let listening = *Listening::ALL.choose(rng).unwrap();
        let prober = Prober::draw(rng);
        let alone = prober.trace_alone(listening, Content::new(Kind::Random, 0));
        let kinds = listening.kinds();
        let acceptor = listening.acceptor().linger(linger().at_most(kinds.len()));
        let together = block_on_paused(futures_util::future::join_all(kinds.iter().zip(0..).map(
            |(kind, number)| {
                let (prober, acceptor) = (&prober, acceptor.clone());
                async move {
                    sleep(Duration::from_millis(137 * number)).await;
                    prober
                        .trace(acceptor, listening, Content::new(*kind, number))
                        .await
                }
            },
        )));
        for (kind, seen) in kinds.iter().zip(together) {
            assert_eq!(seen, alone, "{kind:?} against {listening:?}: {prober:?}");
        }
    });
}

/// Above it they do, as the guide says: the oldest closes early.
#[test]
fn l5_above_the_limit_the_oldest_closes_early() {
    let acceptor = require().timeout(seconds(10)).linger(linger().at_most(1));
    let prober = Prober::new(&[Action::Write(96)]);
    let trace = |number| {
        prober.trace(
            acceptor.clone(),
            Listening::Required,
            Content::new(Kind::Random, number),
        )
    };
    let (first, second) = block_on_paused(async {
        let second = async {
            sleep(seconds(5)).await;
            trace(1).await
        };
        tokio::join!(trace(0), second)
    });
    assert_eq!(first.last(), Some(&Seen::End(15_000)));
    assert_eq!(second.last(), Some(&Seen::End(30_000)));
}

/// So that the properties above do not hold because nothing ever happens.
#[test]
fn a_prober_is_answered_and_its_connection_ends_at_the_drawn_moment() {
    let prober = Prober::new(&[Action::Write(96), Action::Wait(1)]);
    for kind in [Kind::Random, Kind::Degenerate(0), Kind::UnknownSkey(0)] {
        let seen = prober.trace_alone(Listening::Required, Content::new(kind, 0));
        assert_eq!(
            seen,
            [Seen::Taken(1), Seen::Answer(1), Seen::End(30_000)],
            "{kind:?}"
        );
    }
    let silence = Prober::new(&[]).trace_alone(Listening::Required, Content::new(Kind::Random, 0));
    assert_eq!(silence, [Seen::End(10_000)]);
}

/// The traces see a difference if there is one: without lingering, a refused peer is closed at once.
#[test]
fn without_lingering_the_kinds_differ() {
    let end = |kind| {
        let prober = Prober::new(&[Action::Write(96), Action::Wait(1), Action::Write(200)]);
        let acceptor = require().timeout(seconds(10));
        let content = Content::new(kind, 0);
        let seen = block_on_paused(prober.trace(acceptor, Listening::Required, content));
        seen.last().cloned()
    };
    assert_eq!(end(Kind::Random), Some(Seen::End(10_000)));
    assert_eq!(end(Kind::UnknownSkey(0)), Some(Seen::End(3)));
    assert_eq!(end(Kind::Degenerate(0)), Some(Seen::End(1)));
}

/// When the connection ends, if the peer sends `content` and its end at once.
fn end_after(content: &[u8]) -> Duration {
    block_on_paused(async {
        between_ticks().await;
        let (mut near, far) = tokio::io::duplex(4096);
        near.write_all(content).await.unwrap();
        near.shutdown().await.unwrap();
        tokio::spawn(serve(require().linger(linger()), far, Vec::new()));
        time_to_end(&mut near).await
    })
}

/// A timer that is waited for at the end would fire at the next whole millisecond.
#[test]
fn l5_a_refused_peer_that_ends_the_connection_is_let_go_as_soon_as_one_that_is_not_refused() {
    for (refused, waiting) in [
        (vec![0xFF; 96], vec![0x55; 96]),
        (vec![0x55; 628], vec![0x55; 627]),
    ] {
        assert_eq!(end_after(&waiting), Duration::ZERO);
        assert_eq!(end_after(&refused), Duration::ZERO);
    }
}
