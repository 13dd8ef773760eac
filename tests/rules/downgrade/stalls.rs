//! H12: an answer that has arrived is never overlooked, however long our own task, thread or runtime was busy with
//! something else.

use std::cell::Cell;
use std::future::{Future, poll_fn, ready};
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_mse::handshake::Responder;
use tokio_mse::{DialMode, Mode, MseConnector, Policy};

use super::busy::{Busy, Schedule};
use super::dial::{
    Dialled, INFO_HASH, allow, assert_answered, dial, handshake, handshake_error, millis, redials_after,
    seconds,
};
use super::far_end;
use super::wire::{closed, closed_duplex, wire};
use crate::support::spawn::spawn_boxed;

/// Polls `future` only while nobody has stopped it.
async fn while_running<F: Future>(stopped: &Cell<bool>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if stopped.get() {
            return Poll::Pending;
        }
        future.as_mut().poll(cx)
    })
    .await
}

/// Dials a peer that answers at once, and is not polled from before the answer until `stall` has passed. The peer
/// finishes the handshake afterwards.
async fn stalled(connector: MseConnector, mode: DialMode, stall: Duration) -> Dialled<DuplexStream> {
    let (near, mut far) = duplex(1 << 16);
    let stopped = Cell::new(false);
    let dialling = while_running(&stopped, dial(&connector, [near, closed_duplex()]));
    let peer = async {
        let responder = if mode == DialMode::Plaintext {
            far_end::read_handshake(&mut far).await.unwrap();
            stopped.set(true);
            far.write_all(&handshake(2)).await.unwrap();
            None
        } else {
            let (responder, key) = far_end::read_key(&mut far).await.unwrap();
            stopped.set(true);
            far.write_all(&key).await.unwrap();
            Some(responder)
        };
        // The timers of the dial fire meanwhile.
        sleep(stall).await;
        stopped.set(false);
        // The dial is polled again.
        tokio::task::yield_now().await;
        go_on(&mut far, responder).await;
        far
    };
    let (dialled, _far) = tokio::join!(dialling, peer);
    dialled
}

/// Finishes the handshake for the peer, unless the dial has given up or waits for nothing.
async fn go_on(far: &mut (impl AsyncRead + AsyncWrite + Unpin), responder: Option<Responder>) {
    if let Some(responder) = responder {
        let finishing = async {
            let (_, step_4) = far_end::read_step_3(far, responder, handshake(2)).await?;
            far.write_all(&step_4).await
        };
        let _ = tokio::time::timeout(seconds(5), finishing).await;
    }
}

#[tokio::test(start_paused = true)]
async fn h12_a_key_that_came_while_our_task_was_busy_is_an_answer() {
    for stall in [millis(4_999), seconds(5), millis(5_500), millis(9_900)] {
        let dialled = stalled(MseConnector::default(), DialMode::Mse, stall).await;
        let stream = dialled.only_stream(DialMode::Mse);
        assert_eq!(stream.negotiated().mode(), Mode::Rc4, "{stall:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn h12_a_plaintext_answer_that_came_while_our_task_was_busy_is_an_answer() {
    let connector = MseConnector::new(allow()).answer_timeout(seconds(5));
    for stall in [millis(4_999), seconds(5), millis(5_500), millis(9_900)] {
        let dialled = stalled(connector.clone(), DialMode::Plaintext, stall).await;
        let stream = dialled.only_stream(DialMode::Plaintext);
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext, "{stall:?}");
    }
}

/// It may be too late for a stream then, but not for the answer.
#[tokio::test(start_paused = true)]
async fn h12_a_stall_beyond_the_whole_timeout_hides_no_answer_either() {
    for mode in [DialMode::Mse, DialMode::Plaintext] {
        for stall in [seconds(10), seconds(11), seconds(3600)] {
            let connector = MseConnector::new(redials_after(mode));
            let dialled = stalled(connector, mode, stall).await;
            assert_eq!(dialled.modes, [mode], "{stall:?}");
            if dialled.outcome.is_err() {
                assert_answered(&handshake_error(dialled.outcome));
            }
        }
    }
}

/// 200 keys in 200 pipes are more than tokio lets one task read in one poll.
#[tokio::test(start_paused = true)]
async fn h12_an_exhausted_budget_is_no_silence() {
    for mode in [DialMode::Mse, DialMode::Plaintext] {
        let (near, far): (Vec<_>, Vec<_>) = (0..200).map(|_| duplex(4096)).unzip();
        let connector = MseConnector::new(redials_after(mode)).answer_timeout(seconds(5));
        let dials: FuturesUnordered<_> = near
            .into_iter()
            .map(|near| dial(&connector, [near, closed_duplex()]))
            .collect();
        let stopped = Cell::new(false);
        let dialling = while_running(&stopped, dials.collect::<Vec<_>>());
        let peers = async {
            // Every key of ours has been sent: time stands still until nothing is left to do.
            sleep(millis(1)).await;
            stopped.set(true);
            let mut far = far;
            for far in &mut far {
                far.write_all(&answer(mode)).await.unwrap();
            }
            sleep(seconds(6)).await;
            stopped.set(false);
            // The ends that close here say nothing more.
            tokio::task::yield_now().await;
            far.truncate(100);
            far
        };
        let (dialled, _far) = tokio::join!(dialling, peers);
        assert_eq!(dialled.len(), 200);
        for dialled in dialled {
            assert_answered_or_established(dialled, mode);
        }
    }
}

/// A poll may have budget for the timer that has fired, and none for a read.
#[tokio::test(start_paused = true)]
async fn h12_a_budget_that_ends_at_the_timer_is_no_silence() {
    for mode in [DialMode::Mse, DialMode::Plaintext] {
        for left in 1..=4 {
            let (near, mut far) = duplex(4096);
            let connector = MseConnector::new(redials_after(mode)).answer_timeout(seconds(5));
            let dialling = dial(&connector, [near, closed_duplex()]);
            let schedule = Schedule {
                stalls: vec![(seconds(1), seconds(6))],
                left: Some(left),
                exhausted: 0,
            };
            let busy = Busy::new(dialling, schedule, ChaCha20Rng::seed_from_u64(0));
            let peer = async {
                sleep(seconds(2)).await;
                far.write_all(&answer(mode)).await.unwrap();
                sleep(seconds(5)).await;
                drop(far);
            };
            // In this order, so that the whole budget of a poll is there to be spent.
            let (dialled, ()) = futures_util::future::join(busy, peer).await;
            assert_answered_or_established(dialled, mode);
        }
    }
}

/// Whenever the answer comes while the timeout passes: what is there when the connection is given up counts.
#[tokio::test(start_paused = true)]
async fn h12_an_answer_that_comes_while_the_timeout_passes_is_seen_or_too_late() {
    for mode in [DialMode::Mse, DialMode::Plaintext] {
        let (mut in_time, mut too_late) = (0, 0);
        for (after, turns) in (4_990..5_010).flat_map(|after| (0..4).map(move |turns| (after, turns))) {
            let (near, mut far) = wire();
            let connector = MseConnector::new(redials_after(mode)).answer_timeout(seconds(5));
            let peer = spawn_boxed(async move {
                sleep(millis(after)).await;
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                far.deliver(&answer(mode));
                far.close();
                far
            });
            let dialled = dial(&connector, [near, closed()]).await;
            let far = peer.await.unwrap();
            if far.dropped_after() == Some(0) {
                assert_eq!(dialled.modes.len(), 2);
                too_late += 1;
            } else {
                assert_answered_or_established(dialled, mode);
                in_time += 1;
            }
        }
        // Both were met.
        assert!(
            in_time > 0 && too_late > 0,
            "{in_time} in time, {too_late} too late"
        );
    }
}

/// All that a peer says at once.
fn answer(mode: DialMode) -> Vec<u8> {
    if mode == DialMode::Plaintext {
        handshake(2)
    } else {
        far_end::first_flight()
    }
}

#[track_caller]
fn assert_answered_or_established<T>(dialled: Dialled<T>, mode: DialMode) {
    if mode == DialMode::Plaintext {
        dialled.only_stream(mode);
    } else {
        assert_answered(&dialled.only_error(mode));
    }
}

/// Dials over TCP. As soon as the peer has our first bytes, it sends its answer, and the only thread of the runtime does
/// nothing else until the answer timeout is over. Then the peer closes, or goes on.
async fn blocked(mode: DialMode, closes: bool) -> Dialled<TcpStream> {
    loop {
        let (near, mut far) = tcp().await;
        let mut transports = [near, tcp().await.0].into_iter();
        let (mut modes, arrived, too_early) = (Vec::new(), Cell::new(false), Cell::new(false));
        let connector = MseConnector::new(redials_after(mode)).answer_timeout(millis(300));
        let dialling = connector.connect_with(INFO_HASH, handshake(1), |mode| {
            modes.push(mode);
            too_early.set(modes.len() > 1 && !arrived.get());
            ready(
                transports
                    .next()
                    .ok_or_else(|| io::Error::from(ErrorKind::ConnectionRefused)),
            )
        });
        let answering = async {
            let responder = if mode == DialMode::Plaintext {
                far_end::read_handshake(&mut far).await?;
                far.write_all(&handshake(2)).await?;
                None
            } else {
                let (responder, key) = far_end::read_key(&mut far).await?;
                far.write_all(&key).await?;
                Some(responder)
            };
            arrived.set(true);
            if closes {
                drop(far);
                thread::sleep(millis(500));
            } else {
                thread::sleep(millis(500));
                go_on(&mut far, responder).await;
            }
            io::Result::Ok(())
        };
        let (outcome, _) = tokio::join!(dialling, answering);
        // If the machine was so slow that the answer came after the timeout, nothing was shown.
        if !too_early.get() {
            return Dialled { modes, outcome };
        }
    }
}

async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await;
    (near.unwrap(), listener.accept().await.unwrap().0)
}

#[tokio::test]
async fn h12_a_key_that_lies_in_our_socket_after_a_stall_is_no_silence() {
    let stream = blocked(DialMode::Mse, false).await.only_stream(DialMode::Mse);
    assert_eq!(stream.negotiated().mode(), Mode::Rc4);
}

#[tokio::test]
async fn h12_a_plaintext_answer_that_lies_in_our_socket_after_a_stall_is_no_silence() {
    for closes in [false, true] {
        let stream = blocked(DialMode::Plaintext, closes)
            .await
            .only_stream(DialMode::Plaintext);
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
    }
}

#[tokio::test]
async fn h12_a_key_that_lies_in_our_socket_before_its_end_is_an_answer() {
    assert_answered(&blocked(DialMode::Mse, true).await.only_error(DialMode::Mse));
}

#[cfg(unix)]
mod unix {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream as Blocking;

    use rand::RngExt;
    use tokio::net::UnixStream;

    use super::*;

    /// Ours, which can be written to at once, and the peer's, which does not block. What is written is there when the
    /// write returns.
    async fn pair() -> (UnixStream, Blocking) {
        let (near, far) = Blocking::pair().unwrap();
        for end in [&near, &far] {
            end.set_nonblocking(true).unwrap();
        }
        let near = UnixStream::from_std(near).unwrap();
        near.writable().await.unwrap();
        (near, far)
    }

    /// Takes our first bytes, or the end of a dial that has given up.
    async fn receive(mut far: &Blocking) {
        while let Err(error) = far.read(&mut [0; 1024]) {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            tokio::task::yield_now().await;
        }
    }

    /// Whether our end, which may be gone, has all of this now.
    fn send(mut far: &Blocking, bytes: &[u8]) -> bool {
        far.write_all(bytes).is_ok()
    }

    #[tokio::test]
    async fn h12_an_exhausted_budget_over_sockets_is_no_silence() {
        // Twice as long until the machine is fast enough: each answer has to be sent within the timeout.
        let mut timeout = seconds(1);
        while !budget_over_sockets(timeout).await {
            timeout *= 2;
        }
    }

    /// Whether all answers were sent before any timeout was over.
    async fn budget_over_sockets(timeout: Duration) -> bool {
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            let (ours, theirs) = pair().await;
            near.push(ours);
            far.push(theirs);
        }
        let arrived = Cell::new(false);
        let too_early = Cell::new(false);
        let connector = MseConnector::default().answer_timeout(timeout);
        let dials: FuturesUnordered<_> = near
            .into_iter()
            .map(|near| {
                let (arrived, too_early, connector) = (&arrived, &too_early, &connector);
                async move {
                    let (mut modes, mut near) = (Vec::new(), Some(near));
                    let outcome = connector
                        .connect_with(INFO_HASH, handshake(1), |mode| {
                            modes.push(mode);
                            if near.is_none() && !arrived.get() {
                                too_early.set(true);
                            }
                            ready(
                                near.take()
                                    .ok_or_else(|| io::Error::from(ErrorKind::ConnectionRefused)),
                            )
                        })
                        .await;
                    Dialled { modes, outcome }
                }
            })
            .collect();
        let peers = async {
            for far in &far {
                receive(far).await;
            }
            arrived.set(far.iter().all(|far| send(far, &far_end::first_flight())));
            // They say nothing more.
            drop(far);
            thread::sleep(timeout);
        };
        let (dialled, ()) = tokio::join!(dials.collect::<Vec<_>>(), peers);
        if too_early.get() {
            return false;
        }
        for dialled in dialled {
            assert_answered(&dialled.only_error(DialMode::Mse));
        }
        true
    }

    /// The runtime asks the operating system for a limited number of events at a time, 1,024 by default. If more sockets
    /// are ready, a timer fires before the runtime knows that ours is.
    #[test]
    fn h12_a_socket_that_the_runtime_has_not_looked_at_yet_is_not_silent() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_io_events_per_tick(16)
            .build()
            .unwrap();
        while !runtime.block_on(many_ready_sockets()) {}
    }

    /// Whether the answer was sent before the timeout was over.
    async fn many_ready_sockets() -> bool {
        let mut others = Vec::new();
        for _ in 0..20 {
            others.push(pair().await);
        }
        let (near, far) = pair().await;
        let (mut modes, arrived, too_early) = (Vec::new(), Cell::new(false), Cell::new(false));
        let mut transports = [near, pair().await.0].into_iter();
        let connector = MseConnector::default().answer_timeout(millis(300));
        let dialling = connector.connect_with(INFO_HASH, handshake(1), |mode| {
            modes.push(mode);
            too_early.set(modes.len() > 1 && !arrived.get());
            ready(
                transports
                    .next()
                    .ok_or_else(|| io::Error::from(ErrorKind::ConnectionRefused)),
            )
        });
        let answering = async {
            receive(&far).await;
            // Our socket can be written to again, which the runtime has to learn before.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            // These are ready before ours is, and are reported first.
            assert!(others.iter().all(|(_, other)| send(other, &[1])));
            arrived.set(send(&far, &far_end::first_flight()));
            thread::sleep(millis(400));
            // Until the dial has had the time to look.
            sleep(millis(50)).await;
            drop(far);
        };
        let (outcome, ()) = tokio::join!(dialling, answering);
        if too_early.get() {
            return false;
        }
        assert_eq!(modes, [DialMode::Mse]);
        assert_answered(&handshake_error(outcome));
        true
    }

    /// Random programs, as in `random_programs`, over sockets: what arrives while the thread is blocked counts, and
    /// nothing else does.
    #[tokio::test]
    async fn h12_random_programs_over_sockets_redial_only_if_no_answer_was_there() {
        const SEED: u64 = 0x19;
        let mut rng = ChaCha20Rng::seed_from_u64(SEED);
        let (mut answered, mut silent) = (0, 0);
        let mut case = 0;
        while case < 24 {
            let mode = [DialMode::Mse, DialMode::Plaintext][case % 2];
            let complete = if mode == DialMode::Mse { 96 } else { 20 };
            let flight = answer(mode);
            let len = match rng.random_range(0..4) {
                0 => complete - 1,
                1 => complete,
                2 => rng.random_range(0..complete),
                _ => complete + 1,
            };
            let closes = rng.random_bool(0.5);
            let pieces = rng.random_range(1..=3);
            let redialled = program_over_sockets(mode, &flight[..len], pieces, closes).await;
            // Nothing was shown if the machine was too busy: once more.
            let Some(redialled) = redialled else { continue };
            assert_eq!(
                redialled,
                len < complete,
                "seed {SEED:#x}, case {case}: {len} bytes to {mode}, closed: {closes}"
            );
            (answered, silent) = (answered + i32::from(!redialled), silent + i32::from(redialled));
            case += 1;
        }
        assert!(
            answered >= 6 && silent >= 6,
            "{answered} answered, {silent} silent"
        );
    }

    /// Whether it dialled again; `None` if it did so before the answer was sent.
    async fn program_over_sockets(mode: DialMode, says: &[u8], pieces: usize, closes: bool) -> Option<bool> {
        let (near, far) = pair().await;
        let (mut modes, arrived, too_early) = (Vec::new(), Cell::new(false), Cell::new(false));
        let mut near = Some(near);
        let connector = MseConnector::new(redials_after(mode)).answer_timeout(millis(60));
        let dialling = connector.connect_with(INFO_HASH, handshake(1), |mode| {
            modes.push(mode);
            too_early.set(modes.len() > 1 && !arrived.get());
            ready(
                near.take()
                    .ok_or_else(|| io::Error::from(ErrorKind::ConnectionRefused)),
            )
        });
        let answering = async {
            receive(&far).await;
            let mut pieces = says.chunks(says.len().div_ceil(pieces).max(1));
            arrived.set(pieces.all(|piece| send(&far, piece)));
            let open = (!closes).then_some(far);
            thread::sleep(millis(80));
            // A dial that waits for more has to be ended.
            sleep(millis(20)).await;
            drop(open);
        };
        let (_, ()) = tokio::join!(dialling, answering);
        (!too_early.get()).then_some(modes.len() > 1)
    }

    /// Time that passes without an answer is silence, even if our thread was blocked.
    #[tokio::test]
    async fn h12_silence_after_a_stall_is_silence() {
        let started = Instant::now();
        let redialled = loop {
            if let Some(redialled) = program_over_sockets(DialMode::Mse, &[], 1, false).await {
                break redialled;
            }
        };
        assert!(redialled && started.elapsed() >= millis(60));
    }
}

/// The same for a policy that dials nothing but MSE: the answer is not overlooked there either.
#[tokio::test(start_paused = true)]
async fn h12_require_has_its_stream_after_a_stall() {
    let connector = MseConnector::new(Policy::full_rc4());
    let dialled = stalled(connector, DialMode::Mse, seconds(6)).await;
    assert_eq!(dialled.only_stream(DialMode::Mse).negotiated().mode(), Mode::Rc4);
}
