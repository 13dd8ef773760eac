//! Tests of a client against a fake peer: no network, no other client, and no waiting. In your client each case is a
//! function with `#[tokio::test(start_paused = true)]`; here `main` calls them.

use std::future::Future;
use std::io::{self, Write};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::time::{Instant, timeout};
use tokio_mse::{DialMode, Error, Mode, MseAcceptor, MseConnector, Policy, Skey, Step};

const INFO_HASH: [u8; 20] = [0x77; 20];
const INTERESTED: [u8; 5] = [0, 0, 0, 1, 2];
const IDLE: Duration = Duration::from_secs(120);

fn handshake() -> Vec<u8> {
    [
        b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0",
        &INFO_HASH[..],
        b"-XX0100-............",
    ]
    .concat()
}

/// The code under test: any transport, so that a test can use a pipe.
async fn join_swarm<T>(policy: &Policy, io: T) -> io::Result<Mode>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let connector = MseConnector::new(policy.clone());
    let mut peer = connector.connect(io, INFO_HASH, handshake()).await?;
    timeout(IDLE, peer.read_exact(&mut [0; 68])).await??;
    peer.write_all(&INTERESTED).await?;
    Ok(peer.negotiated().mode())
}

/// The fake peer: accepts with any policy, and expects one message.
async fn fake_peer<T>(policy: &Policy, io: T) -> io::Result<Mode>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let incoming = MseAcceptor::new(policy.clone()).accept(io).await?;
    let mut client = incoming.accept(Skey::from(INFO_HASH), handshake()).await?;
    let (mut theirs, mut message) = ([0; 68], [0; 5]);
    client.read_exact(&mut theirs).await?;
    client.read_exact(&mut message).await?;
    assert_eq!((&theirs[..], message), (&handshake()[..], INTERESTED));
    Ok(client.negotiated().mode())
}

async fn each_mode_works_through_a_pipe_of_any_size() -> io::Result<()> {
    for (policy, mode) in [
        (Policy::full_rc4(), Mode::Rc4),
        (Policy::header_only(), Mode::HeaderOnly),
        (Policy::plaintext_only(), Mode::Plaintext),
    ] {
        for size in [1, 64, 4096] {
            let (ours, theirs) = duplex(size); // a small pipe cuts every message into pieces
            let modes = tokio::try_join!(join_swarm(&policy, ours), fake_peer(&policy, theirs))?;
            assert_eq!(modes, (mode, mode));
        }
    }
    Ok(())
}

async fn a_peer_that_never_answers_times_out() -> io::Result<()> {
    let start = Instant::now(); // tokio's clock, which is paused
    let (ours, _silent) = duplex(4096);
    let error = join_swarm(&Policy::full_rc4(), ours)
        .await
        .expect_err("the peer is silent");
    let error = Error::downcast(error)?;
    assert_eq!(
        (error.label(), error.step()),
        ("timed-out-unanswered", Step::PublicKey)
    );
    assert!(start.elapsed() >= Duration::from_secs(10)); // and yet no time has passed
    Ok(())
}

async fn a_silent_peer_is_dialled_again_in_plaintext() -> io::Result<()> {
    let (mut modes, mut silent) = (Vec::new(), Vec::new());
    let connector = MseConnector::new(Policy::default());
    let dialled = connector.connect_with(INFO_HASH, handshake(), |mode| {
        let (ours, theirs) = duplex(4096);
        modes.push(mode);
        silent.push(theirs);
        std::future::ready(io::Result::Ok(ours))
    });
    assert_eq!(dialled.await?.negotiated().attempts(), 2);
    assert_eq!(modes, [DialMode::Mse, DialMode::Plaintext]);
    Ok(())
}

async fn case(name: &str, test: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    let began = std::time::Instant::now();
    test.await?;
    let _ = writeln!(io::stdout(), "ok: {name} ({:.1?})", began.elapsed());
    Ok(())
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> io::Result<()> {
    case("each mode works", each_mode_works_through_a_pipe_of_any_size()).await?;
    case("a silent peer times out", a_peer_that_never_answers_times_out()).await?;
    case(
        "a silent peer is dialled again",
        a_silent_peer_is_dialled_again_in_plaintext(),
    )
    .await
}
