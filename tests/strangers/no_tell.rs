//! L5: what a peer without the info-hash sees is a function of the lengths and times of what it sends.

use bytes::Bytes;
use proptest::prelude::*;
use tokio_mse::{Linger, MseAcceptor, Policy, Skey};

use super::content::{Content, Kind};
use super::prober::{Action, Seen, probe, program};
use super::{handshake, seconds, skey};

/// How an application listens.
#[derive(Clone, Copy, Debug)]
enum Listening {
    /// MSE and nothing else.
    Required,
    /// Whatever comes.
    Any,
    /// Whatever comes, with our own handshake as the answer.
    AnyWithPayload,
    /// As `Required`, and up to the SKEY only.
    Lazily,
}

impl Listening {
    const ALL: [Self; 4] = [Self::Required, Self::Any, Self::AnyWithPayload, Self::Lazily];

    fn acceptor(self, hide_plaintext: bool) -> MseAcceptor {
        let policy = match self {
            Self::Required | Self::Lazily => Policy::full_rc4(),
            Self::Any | Self::AnyWithPayload => Policy::accept_any(),
        };
        MseAcceptor::new(policy)
            .timeout(seconds(10))
            .hide_plaintext(hide_plaintext)
    }
}

/// What a prober with this program and this content sees.
fn trace(
    listening: Listening,
    hide_plaintext: bool,
    pipe: usize,
    program: &[Action],
    kind: Kind,
) -> Vec<Seen> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        // The moment is drawn at random: here there is only one.
        let linger = Linger::new().until(seconds(30)..=seconds(30));
        let acceptor = listening.acceptor(hide_plaintext);
        let (near, far) = tokio::io::duplex(pipe);
        tokio::spawn(async move {
            match listening {
                Listening::Required | Listening::Any => {
                    let _ = acceptor.accept(far, skey()).linger(&linger).await;
                }
                Listening::AnyWithPayload => {
                    let ours = |_: &Skey| Bytes::from(handshake(super::INFO_HASH));
                    let accept = acceptor.accept(far, skey()).initial_payload(ours);
                    let _ = accept.linger(&linger).await;
                }
                Listening::Lazily => {
                    if let Ok(tokio_mse::Incoming::Pending(pending)) =
                        acceptor.accept_lazy(far).linger(&linger).await
                    {
                        let known = pending.hash().matches(&skey());
                        if known {
                            let _ = pending.accept(skey()).await;
                        } else {
                            let _ = pending.refuse();
                        }
                    }
                }
            }
        });
        probe(near, program, Content::new(kind)).await
    })
}

fn assert_no_tell(listening: Listening, hide: bool, pipe: usize, program: &[Action], kinds: &[Kind]) {
    let random = trace(listening, hide, pipe, program, Kind::Random);
    for kind in kinds {
        let seen = trace(listening, hide, pipe, program, *kind);
        assert_eq!(seen, random, "{kind:?} against {listening:?}");
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(150, |cases| cases.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn l5_no_content_is_told_from_random_bytes(
        program in program(),
        listening in prop::sample::select(Listening::ALL.to_vec()),
        pipe in prop::sample::select(vec![64, 1024, 1 << 20]),
    ) {
        assert_no_tell(listening, false, pipe, &program, &Kind::WITHOUT_PLAINTEXT);
    }

    #[test]
    fn l5_a_plaintext_handshake_that_is_refused_is_not_told_where_it_is_hidden(
        program in program(),
        listening in prop::sample::select(vec![
            Listening::Required, Listening::AnyWithPayload, Listening::Lazily,
        ]),
        pipe in prop::sample::select(vec![64, 1024, 1 << 20]),
    ) {
        assert_no_tell(listening, true, pipe, &program, &[Kind::Plaintext]);
    }
}

/// The programs of which the first version told something, so that none of them depends on the luck of the draw.
#[test]
fn l5_the_probes_that_told_something_once_tell_nothing() {
    let programs: [&[Action]; 6] = [
        &[Action::Write(96), Action::HalfClose],
        &[Action::Write(136), Action::HalfClose],
        &[Action::Write(628), Action::HalfClose],
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
            assert_no_tell(listening, false, 1 << 20, program, &Kind::WITHOUT_PLAINTEXT);
        }
        for listening in [Listening::Required, Listening::AnyWithPayload, Listening::Lazily] {
            assert_no_tell(listening, true, 1 << 20, program, &[Kind::Plaintext]);
        }
    }
}

/// So that the property above does not hold because nothing ever happens.
#[test]
fn a_prober_is_answered_and_its_connection_ends_at_the_drawn_moment() {
    let program = [Action::Write(96), Action::Wait(1)];
    for kind in [Kind::Random, Kind::Degenerate(0), Kind::UnknownSkey(0)] {
        let seen = trace(Listening::Required, false, 4096, &program, kind);
        assert_eq!(
            seen,
            [Seen::Taken(1), Seen::Answer(1), Seen::End(30_000)],
            "{kind:?}"
        );
    }
    let silence = trace(Listening::Required, false, 4096, &[], Kind::Random);
    assert_eq!(silence, [Seen::End(10_000)]);
}
