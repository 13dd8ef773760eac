//! L1: lingering is a late return. Nothing is spawned, and dropping a future closes its connection at once.

use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, join};
use tokio::time::{Instant, timeout};
use tokio_mse::{Error, ErrorKind, HandshakeError, Incoming, MseAcceptor, MseConnector, MseStream, Policy};

use super::{INFO_HASH, NOT_SERVED, handshake, linger, require, seconds, serve, skey, time_to_end};

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Two ends of a connection whose near end has sent `bytes`.
async fn sent(bytes: &[u8]) -> (DuplexStream, DuplexStream) {
    let (mut near, far) = duplex(4096);
    near.write_all(bytes).await.unwrap();
    (near, far)
}

/// A connection up to the torrent that an MSE peer asks for. The peer reads until its end.
async fn asking_for(info_hash: [u8; 20], acceptor: &MseAcceptor) -> (Incoming<DuplexStream>, Asking) {
    let (near, far) = duplex(4096);
    let peer = tokio::spawn(async move {
        let connect = MseConnector::new(Policy::full_rc4()).no_timeout();
        let start = Instant::now();
        let _ = connect.connect(near, info_hash, Vec::new()).await;
        start.elapsed()
    });
    (acceptor.accept(far).await.unwrap(), peer)
}

/// How long a peer waited for the end of its connection.
type Asking = tokio::task::JoinHandle<Duration>;

#[tokio::test(start_paused = true)]
async fn l1_a_failed_handshake_spawns_nothing_and_closes_at_once() {
    let (mut near, far) = sent(&[0; 96]).await;
    let start = Instant::now();
    let error = require().accept(far).await.unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::DegenerateKey));
    assert_eq!((tasks(), start.elapsed()), (0, Duration::ZERO));
    // Without lingering, the key is not sent either.
    assert_eq!(near.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn l1_lingering_spawns_no_task_and_returns_the_error_late() {
    let (mut near, far) = sent(&[0; 96]).await;
    let start = Instant::now();
    let accept = async {
        let error = require().linger(linger()).accept(far).await.unwrap_err();
        (error, start.elapsed())
    };
    let look = async {
        tokio::time::sleep(seconds(25)).await;
        assert_eq!(tasks(), 0);
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert!((97..=416).contains(&answer.len()));
        drop(near);
        start.elapsed()
    };
    let ((error, returned), closed) = tokio::join!(accept, look);
    assert_eq!(error.refusal(), Some(&HandshakeError::DegenerateKey));
    assert_eq!((returned, closed), (seconds(30), seconds(30)));
}

#[tokio::test(start_paused = true)]
async fn l1_a_refused_torrent_is_returned_late_too() {
    let acceptor = require().linger(linger());
    let start = Instant::now();
    let (incoming, peer) = asking_for(NOT_SERVED, &acceptor).await;
    let error = incoming.refuse().await;
    assert_eq!(error.refusal(), Some(&HandshakeError::UnknownSkey));
    assert_eq!(start.elapsed(), seconds(30));
    assert_eq!(peer.await.unwrap(), seconds(30));
}

#[tokio::test(start_paused = true)]
async fn l1_a_skey_that_was_not_asked_for_is_refused_late_and_nothing_is_sent() {
    let acceptor = require().linger(linger());
    let start = Instant::now();
    let (incoming, peer) = asking_for(NOT_SERVED, &acceptor).await;
    let error = incoming.accept(skey(), handshake(INFO_HASH)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WrongSkey), "{error}");
    assert_eq!(start.elapsed(), seconds(30));
    // It did not get a fourth message.
    assert_eq!(peer.await.unwrap(), seconds(30));
}

#[tokio::test(start_paused = true)]
async fn l1_a_negotiation_that_fails_is_returned_late() {
    let acceptor = require().linger(linger());
    let (near, far) = duplex(4096);
    let peer = tokio::spawn(async move {
        let connector = MseConnector::new(Policy::header_only()).no_timeout();
        connector.connect(near, INFO_HASH, Vec::new()).await
    });
    let start = Instant::now();
    let error = serve(acceptor, far, Vec::new()).await.unwrap_err();
    assert_eq!(error.label(), "no-common-method");
    assert_eq!(start.elapsed(), seconds(30));
    assert!(peer.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn l1_after_the_deadline_a_torrent_is_not_served_and_its_peer_lingers() {
    let acceptor = require().timeout(seconds(10)).linger(linger());
    let start = Instant::now();
    let (incoming, peer) = asking_for(INFO_HASH, &acceptor).await;
    tokio::time::sleep_until(incoming.deadline().unwrap()).await;
    assert_eq!(start.elapsed(), seconds(10));
    let error = incoming.accept(skey(), handshake(INFO_HASH)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut(after) if *after == seconds(10)));
    assert_eq!(start.elapsed(), seconds(30));
    assert_eq!(peer.await.unwrap(), seconds(30));
}

#[tokio::test(start_paused = true)]
async fn l1_an_incoming_that_is_dropped_closes_at_once_although_the_acceptor_lingers() {
    let (incoming, peer) = asking_for(NOT_SERVED, &require().linger(linger())).await;
    drop(incoming);
    assert_eq!(peer.await.unwrap(), Duration::ZERO);
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn l1_a_future_that_is_dropped_closes_at_once_although_the_acceptor_lingers() {
    // Before anything failed, and after.
    for opening in [vec![0xA5; 96], vec![0; 96], vec![0xA5; 629]] {
        let (mut near, far) = sent(&opening).await;
        let accept = require().linger(linger()).accept(far);
        assert!(timeout(seconds(1), accept).await.is_err());
        assert_eq!(tasks(), 0);
        assert_eq!(time_to_end(&mut near).await, Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn l1_a_refusal_that_is_dropped_closes_at_once() {
    for polled in [false, true] {
        let (incoming, peer) = asking_for(NOT_SERVED, &require().linger(linger())).await;
        let refuse = incoming.refuse();
        let after = if polled {
            assert!(timeout(seconds(3), refuse).await.is_err());
            seconds(3)
        } else {
            drop(refuse);
            Duration::ZERO
        };
        assert_eq!(peer.await.unwrap(), after);
    }
}

#[tokio::test(start_paused = true)]
async fn l1_the_error_is_returned_two_seconds_after_the_close_if_the_peer_does_not_close() {
    let (_near, far) = sent(&[0; 96]).await;
    let start = Instant::now();
    require().linger(linger()).accept(far).await.unwrap_err();
    assert_eq!(start.elapsed(), seconds(32));
}

/// Where the events of a test go.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn l1_an_event_reports_the_failure_at_once() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    for _ in 0..100 {
        // If another test registers the event at the same moment, `tracing` takes it for disabled until this.
        tracing::callsite::rebuild_interest_cache();
        let (_near, far) = sent(&[0; 96]).await;
        let accept = require().linger(linger()).accept(far);
        assert!(timeout(Duration::from_millis(1), accept).await.is_err());
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        if text.contains("degenerate-key") {
            return;
        }
        std::thread::yield_now();
    }
    panic!("there was no event");
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_sent_in_the_same_poll_as_the_refusal() {
    let (mut near, far) = sent(&[0; 96]).await;
    let acceptor = require().linger(linger());
    let mut accept = tokio_test::task::spawn(acceptor.accept(far));
    assert!(accept.poll().is_pending());
    let mut answer = [0; 96];
    let read = near.read_exact(&mut answer);
    assert!(futures_util::FutureExt::now_or_never(read).is_some());
}

/// A transport that cannot be moved to another thread.
fn not_send(io: DuplexStream) -> impl AsyncRead + AsyncWrite + Unpin {
    let (read, write) = tokio::io::split(io);
    let marked = (Rc::new(()), write);
    let (_, write) = marked;
    join(read, write)
}

#[tokio::test(start_paused = true)]
async fn l1_a_transport_need_not_be_send_even_if_it_lingers() -> Result<(), Error> {
    let (near, far) = duplex(4096);
    let policy = Policy::full_rc4();
    let accept = MseStream::accept(not_send(far), |hash| hash.matches(&skey()).then(skey), &policy);
    let connect = MseStream::connect(near, skey(), Vec::new(), &policy);
    let (accepted, connected) = tokio::join!(accept, connect);
    accepted?;
    connected?;

    let (_near, far) = sent(&[0; 96]).await;
    let error = require()
        .linger(linger())
        .accept(not_send(far))
        .await
        .unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::DegenerateKey));
    Ok(())
}
