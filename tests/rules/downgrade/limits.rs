//! H7 and H14: how long a dial, an answer and a handshake may take, and where each limit applies. The clock is Tokio's
//! paused one.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::{ConnectError, DialMode, Error, Mode, MseConnector, MseStream, Policy, Role, Step};

use super::dial::{
    INFO_HASH, allow, assert_answered, dial, handshake, handshake_error, millis, policies, redials_after,
    seconds,
};
use super::far_end;
use super::wire::closed_duplex;

/// A peer of RC4 that takes this long before its key, and before step 4.
async fn respond(
    far: &mut (impl AsyncRead + AsyncWrite + Unpin),
    before_key: Duration,
    before_step_4: Duration,
) {
    let responding = async {
        let (responder, key) = far_end::read_key(far).await?;
        sleep(before_key).await;
        far.write_all(&key).await?;
        let (_, step_4) = far_end::read_step_3(far, responder, handshake(2)).await?;
        sleep(before_step_4).await;
        far.write_all(&step_4).await
    };
    // An error means that our end was closed.
    let _ = responding.await;
}

/// A peer that takes this long before its plaintext handshake.
async fn respond_in_plaintext(far: &mut DuplexStream, before: Duration) {
    let responding = async {
        far_end::read_handshake(far).await?;
        sleep(before).await;
        far.write_all(&handshake(2)).await
    };
    let _ = responding.await;
}

type Outcome = Result<MseStream<DuplexStream>, ConnectError<io::Error>>;

/// Dials what takes `dialling` each time. The first attempt gets this transport, the next a silent one.
async fn dial_slowly(
    connector: &MseConnector,
    near: DuplexStream,
    dialling: Duration,
) -> (Vec<DialMode>, Outcome) {
    let (mut modes, mut near) = (Vec::new(), Some(near));
    let (silent, _far) = duplex(1 << 16);
    let mut silent = Some(silent);
    let outcome = connector
        .connect_with(INFO_HASH, handshake(1), |mode| {
            modes.push(mode);
            let io = near.take().or_else(|| silent.take());
            async move {
                sleep(dialling).await;
                Ok(io.expect("two attempts at most"))
            }
        })
        .await;
    (modes, outcome)
}

#[tokio::test(start_paused = true)]
async fn h7_the_handshake_has_its_whole_time_however_long_dialling_took() {
    for (before_key, before_step_4) in [(200, 0), (200, 200), (4_900, 5_000)] {
        let (near, mut far) = duplex(1 << 16);
        let connector = MseConnector::default();
        let dialling = dial_slowly(&connector, near, millis(9_900));
        let peer = respond(&mut far, millis(before_key), millis(before_step_4));
        let ((modes, outcome), ()) = tokio::join!(dialling, peer);
        assert_eq!(modes, [DialMode::Mse]);
        assert_eq!(outcome.unwrap().negotiated().mode(), Mode::Rc4);
    }
    let (near, mut far) = duplex(1 << 16);
    let connector = MseConnector::new(allow());
    let dialling = dial_slowly(&connector, near, millis(9_900));
    let ((modes, outcome), ()) = tokio::join!(dialling, respond_in_plaintext(&mut far, millis(4_900)));
    assert_eq!(modes, [DialMode::Plaintext]);
    assert_eq!(outcome.unwrap().negotiated().mode(), Mode::Plaintext);
}

#[tokio::test(start_paused = true)]
async fn h7_a_dial_that_takes_too_long_is_told_from_a_handshake_that_failed() {
    for policy in policies() {
        let started = Instant::now();
        let mut dials = 0;
        let outcome = MseConnector::new(policy)
            .connect_with(INFO_HASH, handshake(1), |_| {
                dials += 1;
                pending::<io::Result<DuplexStream>>()
            })
            .await;
        assert_dial_timed_out(&outcome.unwrap_err(), seconds(10));
        assert_eq!(dials, 1);
        assert_eq!(started.elapsed().as_secs(), 10);
    }
}

#[track_caller]
fn assert_dial_timed_out(error: &ConnectError<io::Error>, limit: Duration) {
    assert!(
        matches!(error, ConnectError::DialTimedOut(after) if *after == limit),
        "{error:?}"
    );
    assert!(error.handshake().is_none());
    assert_ne!(
        error.label(),
        Error::timed_out(Role::Initiator, Step::PublicKey, false, limit).label()
    );
}

#[tokio::test(start_paused = true)]
async fn h7_dialling_has_a_limit_of_its_own() {
    let started = Instant::now();
    let connector = MseConnector::default()
        .dial_timeout(seconds(2))
        .timeout(seconds(60));
    let (near, _far) = duplex(1 << 16);
    let (modes, outcome) = dial_slowly(&connector, near, seconds(3)).await;
    assert_eq!(modes, [DialMode::Mse]);
    assert_dial_timed_out(&outcome.unwrap_err(), seconds(2));
    assert_eq!(started.elapsed().as_secs(), 2);
}

/// What `connect_with` takes at most: twice dialling and handshake.
#[tokio::test(start_paused = true)]
async fn h7_the_limits_add_up() {
    // Prefer: the second attempt is a plaintext one that waits for nothing.
    let (near, _far) = duplex(1 << 16);
    let started = Instant::now();
    let (modes, outcome) = dial_slowly(&MseConnector::default(), near, seconds(9)).await;
    assert_eq!(modes, [DialMode::Mse, DialMode::Plaintext]);
    outcome.unwrap();
    assert_eq!(started.elapsed().as_secs(), 9 + 5 + 9);
    // Allow: nothing can follow the second attempt, so it has its whole time.
    let (near, _far) = duplex(1 << 16);
    let started = Instant::now();
    let (modes, outcome) = dial_slowly(&MseConnector::new(allow()), near, seconds(9)).await;
    assert_eq!(modes, [DialMode::Plaintext, DialMode::Mse]);
    let error = handshake_error(outcome);
    assert!(!error.peer_answered());
    assert_eq!(started.elapsed().as_secs(), 9 + 10 + 9 + 10);
}

#[tokio::test(start_paused = true)]
async fn h14_the_answer_timeout_applies_only_if_a_redial_is_possible() {
    let patient = |policy| MseConnector::new(policy).timeout(seconds(60));
    // Nothing is dialled after MSE under Require.
    let (near, mut far) = duplex(1 << 16);
    let connector = patient(Policy::full_rc4());
    let (dialled, ()) = tokio::join!(
        dial(&connector, [near]),
        respond(&mut far, seconds(6), seconds(0))
    );
    assert_eq!(dialled.only_stream(DialMode::Mse).negotiated().mode(), Mode::Rc4);
    // And after the redial of Allow.
    let (near, mut far) = duplex(1 << 16);
    let connector = patient(allow());
    let dialling = dial(&connector, [closed_duplex(), near]);
    let (dialled, ()) = tokio::join!(dialling, respond(&mut far, seconds(50), seconds(5)));
    assert_eq!(dialled.modes, [DialMode::Plaintext, DialMode::Mse]);
    assert_eq!(dialled.outcome.unwrap().negotiated().mode(), Mode::Rc4);
    // An attempt by hand in the mode that Allow dials last.
    let (near, mut far) = duplex(1 << 16);
    let connecting = connector.connect_as(DialMode::Mse, near, INFO_HASH, handshake(1));
    let (connected, ()) = tokio::join!(connecting, respond(&mut far, seconds(50), seconds(5)));
    assert_eq!(connected.unwrap().negotiated().mode(), Mode::Rc4);
    // A redial is possible after MSE under Prefer.
    let (near, _far) = duplex(1 << 16);
    let started = Instant::now();
    let connector = patient(Policy::default());
    let (modes, _) = dial_slowly(&connector, near, seconds(0)).await;
    assert_eq!(modes, [DialMode::Mse, DialMode::Plaintext]);
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn h14_a_plaintext_peer_has_ten_seconds_to_answer() {
    for after in [seconds(6), millis(9_900)] {
        let (near, mut far) = duplex(1 << 16);
        let connector = MseConnector::new(allow());
        let dialling = dial(&connector, [near, closed_duplex()]);
        let (dialled, ()) = tokio::join!(dialling, respond_in_plaintext(&mut far, after));
        let stream = dialled.only_stream(DialMode::Plaintext);
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
    }
    // The connector's own figure holds for plaintext as well.
    let (near, _far) = duplex(1 << 16);
    let started = Instant::now();
    let connector = MseConnector::new(allow()).answer_timeout(seconds(3));
    let dialled = dial(&connector, [near, closed_duplex()]).await;
    assert_eq!(dialled.modes, [DialMode::Plaintext, DialMode::Mse]);
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn h14_an_answer_timeout_is_never_longer_than_the_handshake_s() {
    for mode in [DialMode::Mse, DialMode::Plaintext] {
        let (near, _far) = duplex(1 << 16);
        let started = Instant::now();
        let connector = MseConnector::new(redials_after(mode))
            .timeout(seconds(3))
            .answer_timeout(seconds(60));
        let dialled = dial(&connector, [near, closed_duplex()]).await;
        assert_eq!(dialled.modes.len(), 2);
        assert_eq!(started.elapsed().as_secs(), 3);
    }
}

/// Part of an answer does not extend the time for the whole of it.
#[tokio::test(start_paused = true)]
async fn h14_a_part_of_an_answer_is_silence_when_the_time_is_over() {
    for (mode, says) in [
        (DialMode::Mse, &[0x55; 95][..]),
        (DialMode::Plaintext, &handshake(2)[..19]),
    ] {
        let (near, mut far) = duplex(1 << 16);
        let started = Instant::now();
        let connector = MseConnector::new(redials_after(mode)).answer_timeout(seconds(5));
        let trickling = async {
            for byte in says {
                sleep(millis(50)).await;
                if far.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
            // Until the dial gives up.
            far_end::wait_for_the_end(&mut far).await;
        };
        let (dialled, ()) = tokio::join!(dial(&connector, [near, closed_duplex()]), trickling);
        assert_eq!(dialled.modes.len(), 2, "{mode}");
        assert_eq!(started.elapsed().as_secs(), 5);
    }
}

/// Once there is an answer, the handshake's own time counts.
#[tokio::test(start_paused = true)]
async fn h14_a_peer_that_has_answered_has_the_whole_time() {
    let (near, mut far) = duplex(1 << 16);
    let started = Instant::now();
    let connector = MseConnector::default();
    let dialling = dial(&connector, [near]);
    let (dialled, ()) = tokio::join!(dialling, respond(&mut far, millis(4_900), seconds(60)));
    let error = dialled.only_error(DialMode::Mse);
    assert_answered(&error);
    assert_eq!(started.elapsed().as_secs(), 60 + 4);
}

/// As the handshake's timeouts, so that a stall of our own process does not look like an unreachable peer.
#[tokio::test(start_paused = true)]
async fn h12_a_dial_that_succeeded_during_our_own_stall_is_not_timed_out() {
    let connector = MseConnector::new(Policy::plaintext_only()).dial_timeout(seconds(1));
    let dialled = connector.connect_with([7; 20], "our handshake", |_| async {
        tokio::time::advance(seconds(2)).await;
        // The runtime polls for readiness once more.
        tokio::task::yield_now().await;
        Ok::<_, io::Error>(tokio::io::duplex(64).0)
    });
    // The other end of the pipe is gone.
    assert!(matches!(dialled.await, Err(ConnectError::Handshake(_))));
}
