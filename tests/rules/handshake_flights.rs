//! H1 and H2: every message is flushed, and reading goes on in the meantime.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, DuplexStream, duplex};
use tokio_mse::{Disguise, ErrorKind, MseAcceptor, MseConnector, Policy};

use crate::support::call_log::CallLog;
use crate::support::exchange::skey;
use crate::support::hostile::{Hostile, Manner};
use crate::support::late_flush::{FlushAwaitsPeer, SendsOnFlush};
use crate::support::peer::{Cut, Peer, fresh, short_padding};
use crate::support::script::{Call, Outcome, Script, Scripted, Step};
use crate::support::serve::serve;

/// More than the third message contains, so that the rest follows in a message of its own.
const LONG: [u8; 100] = [7; 100];

/// Both sides shake hands and read what the other sent with it.
async fn check<A, B>(a: A, b: B, payload: &'static [u8])
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let dial = async {
        let connect = MseConnector::default().connect(a, skey(), payload);
        let mut a = connect.await.unwrap();
        let mut answer = [0; 6];
        a.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"answer");
        a
    };
    let listen = async {
        let accept = serve(&MseAcceptor::default(), b, skey(), "answer");
        let mut b = accept.await.unwrap();
        let mut received = vec![0; payload.len()];
        b.read_exact(&mut received).await.unwrap();
        assert_eq!(received, payload);
        b
    };
    tokio::join!(dial, listen);
}

#[tokio::test(start_paused = true)]
async fn h1_every_flight_is_flushed_through_a_buf_writer() {
    for payload in [&[][..], &LONG[..68], &LONG] {
        let (a, b) = duplex(4096);
        check(BufWriter::new(a), BufWriter::new(b), payload).await;
        // Smaller than a message, so that writing and flushing are mixed.
        let (a, b) = duplex(20);
        check(
            BufWriter::with_capacity(30, a),
            BufWriter::with_capacity(50, b),
            payload,
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn h1_a_pending_flush_is_resumed() {
    for payload in [&[][..], &LONG[..68], &LONG] {
        let (a, b) = duplex(50);
        check(SendsOnFlush::new(a), SendsOnFlush::new(b), payload).await;
        let (a, b) = duplex(50);
        let manner = Manner::PENDING_FIRST;
        check(
            Hostile::new(BufWriter::new(a), manner),
            Hostile::new(BufWriter::new(b), manner),
            payload,
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn h1_a_plaintext_payload_is_flushed_before_the_stream_is_handed_over() {
    let io = Scripted::new(Script {
        flushes: vec![Step::Pending, Step::Pending],
        reads: vec![Step::Pending; 20],
        ..Script::default()
    });
    let connector = MseConnector::new(Policy::plaintext_only());
    connector.connect(io.clone(), skey(), "hello").await.unwrap();
    assert_eq!(io.written(), b"hello");
    let flushes: Vec<Call> = io
        .calls()
        .into_iter()
        .filter(|call| matches!(call, Call::Flush(_)))
        .collect();
    let expected = [Outcome::Pending, Outcome::Pending, Outcome::Moved(0)];
    assert_eq!(flushes, expected.map(Call::Flush));
}

/// The writes and flushes of a connector that shakes hands.
fn sending_calls(connector: MseConnector, payload: &'static [u8]) -> String {
    let policy = Policy::full_rc4();
    let peer = Peer::responder(skey(), &policy, "", fresh(short_padding()), Cut::NEVER);
    let log = CallLog::new(peer);
    let calls = log.calls();
    let outcome = connector
        .no_timeout()
        .connect(log, skey(), payload)
        .now_or_never();
    outcome.expect("a hang").unwrap();
    calls.without_reads()
}

/// The writes and flushes of an acceptor that shakes hands.
fn answering_calls(acceptor: MseAcceptor, payload: &'static [u8]) -> String {
    let policy = Policy::full_rc4();
    let peer = Peer::initiator(skey(), &policy, "", fresh(short_padding()), Cut::NEVER);
    let log = CallLog::new(peer);
    let calls = log.calls();
    let outcome = serve(&acceptor.no_timeout(), log, skey(), payload).now_or_never();
    outcome.expect("a hang").unwrap();
    calls.without_reads()
}

/// A message is one write, if the transport accepts it, and one flush after it.
#[test]
fn h1_a_message_is_one_write_and_one_flush() {
    let calls = sending_calls(MseConnector::default(), &LONG);
    assert_eq!(calls, "wfwfwf", "two messages and the rest of the payload");
    assert_eq!(answering_calls(MseAcceptor::default(), &LONG), "wfwf");
}

/// Otherwise a transport that gathers writes would send them as one.
#[test]
fn h1_each_piece_of_a_disguised_message_is_flushed_on_its_own() {
    let connector = MseConnector::default().disguise(Disguise::full());
    let acceptor = MseAcceptor::default().disguise(Disguise::full());
    for calls in [sending_calls(connector, b""), answering_calls(acceptor, b"")] {
        // No piece is longer than 64 bytes, and a key alone has 96.
        assert!(calls.len() > 2 * 2, "{calls}");
        assert_eq!(calls.replace("wf", ""), "");
    }
}

#[tokio::test(start_paused = true)]
async fn h2_two_peers_over_a_single_byte_read_while_they_write() {
    for payload in [&[][..], &LONG[..68], &LONG] {
        let (a, b) = duplex(1);
        check(a, b, payload).await;
    }
}

#[tokio::test(start_paused = true)]
async fn h2_a_flush_that_completes_with_the_peers_next_byte() {
    let (a, b) = duplex(4096);
    check(FlushAwaitsPeer::new(a), b, &LONG[..68]).await;
    // The rest of the payload acknowledges the responder's last message.
    let (a, b) = duplex(4096);
    check(a, FlushAwaitsPeer::new(b), &LONG).await;
    let (a, b) = duplex(1);
    check(a, FlushAwaitsPeer::new(b), &LONG).await;
}

/// What arrives before the last message is flushed is kept, and read later in order.
#[tokio::test(start_paused = true)]
async fn h2_payload_that_arrives_during_the_last_flush_is_kept() {
    let (a, b) = duplex(100_000);
    let connect = async {
        let mut a = MseConnector::default().connect(a, skey(), "").await.unwrap();
        a.write_all(&LONG).await.unwrap();
        a.write_all(&vec![8; 50_000]).await.unwrap();
        a
    };
    let accept = serve(&MseAcceptor::default(), FlushAwaitsPeer::new(b), skey(), "");
    let (_a, b) = tokio::join!(connect, accept);
    let mut b = b.unwrap();
    let mut received = vec![0; 50_100];
    b.read_exact(&mut received).await.unwrap();
    assert_eq!(received[..100], LONG);
    assert!(received[100..].iter().all(|byte| *byte == 8));
}

/// A transport whose flush never completes.
#[derive(Debug)]
struct NeverFlushed(DuplexStream);

impl AsyncRead for NeverFlushed {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for NeverFlushed {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Pending
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Pending
    }
}

/// Reading during a flush that never ends must not read everything that a peer can send, and the deadline ends it.
#[tokio::test(start_paused = true)]
async fn h2_what_is_read_during_a_flush_is_bounded() {
    let (a, b) = duplex(1024);
    let flood = async {
        let mut a = MseConnector::default().connect(a, skey(), "").await.unwrap();
        let mut sent = 0;
        while let Ok(written) = a.write(&[0; 1000]).await {
            sent += written;
        }
        sent
    };
    let acceptor = MseAcceptor::default().timeout(Duration::from_secs(5));
    let (sent, outcome) = tokio::join!(flood, serve(&acceptor, NeverFlushed(b), skey(), ""));
    let error = outcome.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut(_)) && error.peer_answered());
    assert!((32 * 1024..48 * 1024).contains(&sent), "{sent}");
}
