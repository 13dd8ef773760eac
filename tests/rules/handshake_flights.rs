//! H1 and H2: every flight is flushed, and reading goes on meanwhile.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, DuplexStream, duplex};
use tokio_mse::{Disguise, Error, Exemption, MseAcceptor, MseConnector, Policy};

use crate::support::call_log::CallLog;
use crate::support::exchange::skey;
use crate::support::hostile::{Hostile, Manner};
use crate::support::late_flush::{FlushAwaitsPeer, SendsOnFlush};
use crate::support::peer::{Cut, Peer, fresh, short_padding};
use crate::support::script::{Call, Outcome, Script, Scripted, Step};

/// More than step 3 takes, so that there is a flight of its own for the rest.
const LONG: [u8; 100] = [7; 100];

/// Both sides shake hands and read what the other sent with it.
async fn check<A, B>(a: A, b: B, payload: &'static [u8])
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let dial = async {
        let connect = MseConnector::default()
            .connect(a, skey())
            .initial_payload(payload);
        let mut a = connect.await.unwrap();
        let mut answer = [0; 6];
        a.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"answer");
        a
    };
    let listen = async {
        let accept = MseAcceptor::default()
            .accept(b, skey())
            .initial_payload(|_| "answer".into());
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
        // Smaller than a flight, so that writing and flushing are mixed.
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
    let connect = connector.connect(io.clone(), skey()).initial_payload("hello");
    connect.await.unwrap();
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
    let connect = connector.timeout(None).answer_timeout(None).connect(log, skey());
    let outcome = connect.initial_payload(payload).into_future().now_or_never();
    outcome.expect("a hang").unwrap();
    calls.without_reads()
}

/// A flight is one write, where the transport takes it, and one flush behind it.
#[test]
fn h1_a_flight_is_one_write_and_one_flush() {
    let calls = sending_calls(MseConnector::default(), &LONG);
    assert_eq!(calls, "wfwfwf", "step 1, step 3, the rest of the payload");
}

/// Or else a transport that gathers writes would send them as one.
#[test]
fn h1_each_piece_of_a_disguised_flight_is_flushed_on_its_own() {
    let pieces = Disguise::none().pieces(20..=47);
    let calls = sending_calls(MseConnector::default().disguise(pieces), b"");
    assert!(calls.len() > 2 * 4, "{calls}");
    assert_eq!(calls.replace("wf", ""), "");
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
    // The responder's last flight is acknowledged by the rest of the payload.
    let (a, b) = duplex(4096);
    check(a, FlushAwaitsPeer::new(b), &LONG).await;
    let (a, b) = duplex(1);
    check(a, FlushAwaitsPeer::new(b), &LONG).await;
}

/// What arrives while the last flight is not flushed is taken in and read later, in order.
#[tokio::test(start_paused = true)]
async fn h2_payload_that_arrives_during_the_last_flush_is_kept() {
    let (a, b) = duplex(100_000);
    let connect = async {
        let mut a = MseConnector::default().connect(a, skey()).await.unwrap();
        a.write_all(&LONG).await.unwrap();
        a.write_all(&vec![8; 50_000]).await.unwrap();
        a
    };
    let accept = MseAcceptor::default().accept(FlushAwaitsPeer::new(b), skey());
    let (_a, b) = tokio::join!(connect, accept);
    let mut b = b.unwrap();
    let mut received = vec![0; 50_100];
    b.read_exact(&mut received).await.unwrap();
    assert_eq!(received[..100], LONG);
    assert!(received[100..].iter().all(|byte| *byte == 8));
}

/// A transport that never lets its last flush complete.
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

/// Reading on during a flush that never ends must not take in everything that a peer can send, and the deadline ends it.
#[tokio::test(start_paused = true)]
async fn h2_what_is_read_during_a_flush_is_bounded() {
    let (a, b) = duplex(1024);
    let flood = async {
        let mut a = MseConnector::default().connect(a, skey()).await.unwrap();
        let mut sent = 0;
        while let Ok(written) = a.write(&[0; 1000]).await {
            sent += written;
        }
        sent
    };
    let accept = MseAcceptor::default()
        .timeout(Duration::from_secs(5))
        .accept(NeverFlushed(b), skey());
    let (sent, outcome) = tokio::join!(flood, accept);
    assert!(matches!(outcome, Err(Error::TimedOut { answered: true, .. })));
    assert!((16 * 1024..32 * 1024).contains(&sent), "{sent}");
}

/// Whether what each of twenty handshakes begins with is printable. Six random bytes are once in 380.
async fn always_printable<H>(handshake: impl Fn(DuplexStream) -> H) -> bool
where
    H: IntoFuture<IntoFuture: Send + 'static, Output: Send + 'static>,
{
    let mut always = true;
    for _ in 0..20 {
        let (ours, mut theirs) = duplex(4096);
        theirs.write_all(&[0xA5; 96]).await.unwrap();
        let handshake = tokio::spawn(handshake(ours).into_future());
        let mut start = [0; 6];
        theirs.read_exact(&mut start).await.unwrap();
        handshake.abort();
        always &= start.iter().all(|byte| (0x20..=0x7e).contains(byte));
    }
    always
}

#[tokio::test(start_paused = true)]
async fn each_end_is_disguised_as_it_was_told() {
    let printable = Disguise::none().exempt(Exemption::PrintableStart);
    for (disguise, always) in [(printable, true), (Disguise::none(), false)] {
        let acceptor = MseAcceptor::new(Policy::full_rc4()).disguise(disguise.clone());
        assert_eq!(always_printable(|io| acceptor.accept(io, skey())).await, always);
        let connector = MseConnector::new(Policy::full_rc4()).disguise(disguise);
        assert_eq!(always_printable(|io| connector.connect(io, skey())).await, always);
    }
}
