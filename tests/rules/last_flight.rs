//! H6, H16 and H17: the end of a handshake. The peer's side may be over before our last message is sent, and what the
//! peer has sent by then must not be lost.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_mse::handshake::Padding;
use tokio_mse::{Error, ErrorKind as Kind, MseAcceptor, MseConnector, MseStream, Policy, Step};

use crate::support::exchange::{SKEY, skey};
use crate::support::peer::{Cut, End, Peer, fresh};
use crate::support::poll::{self, failure, ready};
use crate::support::script::{Call, Script, Scripted, Step as ScriptStep};
use crate::support::serve::serve;

/// The peer's payload: as long as a BitTorrent handshake.
const THEIRS: &str = "the 68 bytes of a peer's BitTorrent handshake, or a stand-in for it.";

/// The 68 bytes of a BitTorrent handshake.
fn handshake(peer_id: u8) -> Vec<u8> {
    [
        b"\x13BitTorrent protocol".as_slice(),
        &[0; 8],
        &SKEY,
        &[peer_id; 20],
    ]
    .concat()
}

fn allow() -> Policy {
    Policy::plaintext_only().allow_fallback()
}

/// Polls as often as its transport wakes it, and more.
fn finished<F: Future>(future: F) -> F::Output {
    let mut task = tokio_test::task::spawn(future);
    for _ in 0..20 {
        if let Poll::Ready(output) = task.poll() {
            return output;
        }
    }
    panic!("a hang")
}

fn transport_error(error: &Error) -> ErrorKind {
    match error.kind() {
        Kind::Transport(source) => source.kind(),
        other => panic!("{other:?}"),
    }
}

/// Serves a plaintext peer. After the peer's handshake, reads and writes follow these steps.
fn serve_plaintext(
    reads: &[ScriptStep],
    writes: &[ScriptStep],
) -> (Result<MseStream<Scripted>, Error>, Scripted) {
    let incoming = handshake(9);
    let io = Scripted::new(Script {
        reads: [&[ScriptStep::Move(incoming.len())], reads].concat(),
        incoming,
        writes: writes.to_vec(),
        ..Script::default()
    });
    let acceptor = MseAcceptor::default().no_timeout();
    let outcome = finished(serve(&acceptor, io.clone(), skey(), "our answer"));
    (outcome, io)
}

/// The stream has the peer's bytes, and nothing can be written to it.
fn check_half_broken<T>(mut peer: MseStream<T>, theirs: &[u8], write_error: ErrorKind)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    assert_eq!(ready(poll::read(&mut peer, 4096)), theirs);
    for _ in 0..2 {
        let error = failure(poll::write(&mut peer, b"more"));
        assert_eq!(error.kind(), write_error);
        assert!(error.to_string().contains("last message"), "{error}");
    }
    let parts = peer.into_parts();
    assert!(parts.encrypt.is_err() && parts.decrypt.is_ok());
}

#[test]
fn h6_a_peer_that_ends_while_our_last_message_waits_gets_it_all_the_same() {
    let (outcome, io) = serve_plaintext(&[ScriptStep::Move(0)], &[ScriptStep::Pending; 3]);
    let mut peer = outcome.unwrap();
    assert_eq!(io.written(), b"our answer");
    // The end is read once, and the reader of the stream finds it again.
    assert_eq!(io.calls().iter().filter(|call| call.is_read()).count(), 2);
    assert_eq!(ready(poll::read(&mut peer, 99)), handshake(9));
    assert_eq!(ready(poll::read(&mut peer, 99)), b"");
}

#[test]
fn h16_a_read_that_fails_while_our_last_message_waits_is_the_readers_error() {
    let reset = ScriptStep::Fail(ErrorKind::ConnectionReset);
    let (outcome, io) = serve_plaintext(&[reset], &[ScriptStep::Pending; 3]);
    let mut peer = outcome.unwrap();
    assert_eq!(io.written(), b"our answer");
    assert_eq!(ready(poll::read(&mut peer, 99)), handshake(9));
    assert_eq!(
        failure(poll::read(&mut peer, 99)).kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(ready(poll::write(&mut peer, b"works")), 5);
}

/// In plaintext, the handshake is over for the peer when we have read its own.
#[test]
fn h16_a_plaintext_peer_is_served_although_our_answer_cannot_be_written() {
    let broken = ScriptStep::Fail(ErrorKind::BrokenPipe);
    for (writes, error) in [
        ([broken, broken], ErrorKind::BrokenPipe),
        ([ScriptStep::Pending, broken], ErrorKind::BrokenPipe),
        ([ScriptStep::Move(3), broken], ErrorKind::BrokenPipe),
        ([ScriptStep::Move(3), ScriptStep::Move(0)], ErrorKind::WriteZero),
        ([ScriptStep::Move(3), ScriptStep::Overlong(1)], ErrorKind::Other),
    ] {
        let (outcome, io) = serve_plaintext(&[ScriptStep::Pending; 20], &writes);
        let peer = outcome.unwrap();
        assert!(io.take_calls().iter().any(Call::is_write));
        check_half_broken(peer, &handshake(9), error);
        // The broken direction does not reach the transport.
        assert!(!io.take_calls().iter().any(Call::is_write));
    }
}

#[test]
fn h16_a_plaintext_dial_that_was_answered_succeeds_although_its_payload_cannot_be_written() {
    let theirs = [handshake(2), b"and more".to_vec()].concat();
    let io = Scripted::new(Script {
        reads: vec![ScriptStep::Pending, ScriptStep::Move(theirs.len())],
        incoming: theirs.clone(),
        writes: vec![
            ScriptStep::Move(68),
            ScriptStep::Pending,
            ScriptStep::Fail(ErrorKind::ConnectionReset),
        ],
        ..Script::default()
    });
    let payload = [handshake(1), b"a first message".to_vec()].concat();
    let connector = MseConnector::new(allow()).no_timeout();
    let dialled = finished(connector.connect(io, skey(), payload)).unwrap();
    check_half_broken(dialled, &theirs, ErrorKind::ConnectionReset);
}

/// The peer has not said anything, so there is nothing to lose.
#[test]
fn h6_a_plaintext_dial_whose_only_message_cannot_be_written_was_not_answered() {
    let io = Scripted::writing([ScriptStep::Fail(ErrorKind::BrokenPipe)]);
    let connector = MseConnector::new(Policy::plaintext_only()).no_timeout();
    let error = finished(connector.connect(io, skey(), "hello")).unwrap_err();
    assert_eq!(transport_error(&error), ErrorKind::BrokenPipe);
    assert_eq!((error.step(), error.peer_answered()), (Step::Payload, false));
}

/// This dial awaits no answer, and has got one.
#[test]
fn h16_an_answer_that_was_not_awaited_is_kept_as_well() {
    let theirs = handshake(2);
    for (read, over) in [(68, true), (20, true), (19, false)] {
        let io = Scripted::new(Script {
            reads: vec![ScriptStep::Move(read), ScriptStep::Pending, ScriptStep::Pending],
            incoming: theirs.clone(),
            flushes: vec![ScriptStep::Pending, ScriptStep::Fail(ErrorKind::ConnectionReset)],
            ..Script::default()
        });
        let connector = MseConnector::new(Policy::plaintext_only()).no_timeout();
        let outcome = finished(connector.connect(io, skey(), handshake(1)));
        if over {
            check_half_broken(outcome.unwrap(), &theirs[..read], ErrorKind::ConnectionReset);
        } else {
            let error = outcome.map(drop).unwrap_err();
            assert_eq!(transport_error(&error), ErrorKind::ConnectionReset);
        }
    }
}

/// When this many bytes of the peer have been read, it sends all but some bytes of the next message, and breaks.
struct BreaksAtTheEnd<T> {
    io: T,
    still_to_read: usize,
    unsent: usize,
    broken: bool,
}

impl<T> BreaksAtTheEnd<T> {
    const fn after_reading(io: T, still_to_read: usize, unsent: usize) -> Self {
        Self {
            io,
            still_to_read,
            unsent,
            broken: false,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for BreaksAtTheEnd<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        self.still_to_read = self.still_to_read.saturating_sub(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for BreaksAtTheEnd<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut sent = buf;
        if self.still_to_read == 0 {
            sent = &buf[..buf.len().saturating_sub(self.unsent)];
            if std::mem::replace(&mut self.broken, true) || sent.is_empty() {
                return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
            }
        }
        Pin::new(&mut self.io).poll_write(cx, sent)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// The handshake is over for the responder when it has sent the fourth message. What exceeds 68 bytes of our payload
/// follows that.
#[test]
fn h16_an_initiator_that_has_read_step_4_keeps_what_the_peer_sent() {
    const LONG: &[u8] = &[9; 300];
    const STEP_4: usize = 8 + 4 + 2;
    // Without any unsent byte, the flush fails.
    for unsent in [0, 1, 100, 231, 232] {
        let policy = Policy::full_rc4();
        let peer = Peer::responder(skey(), &policy, THEIRS, fresh(Padding::none()), Cut::NEVER);
        let io = BreaksAtTheEnd::after_reading(peer.clone(), 96 + STEP_4, unsent);
        let connector = MseConnector::new(policy).no_timeout();
        let dialled = finished(connector.connect(io, skey(), LONG)).unwrap();
        check_half_broken(dialled, THEIRS.as_bytes(), ErrorKind::BrokenPipe);
        assert_eq!(peer.established().unwrap().received, LONG[..68]);
    }
}

/// The handshake is over for the initiator when the fourth message has been sent, with or without our payload.
#[test]
fn h16_a_responder_that_has_written_step_4_keeps_what_the_peer_sent() {
    const OURS: &str = "our payload";
    const STEP_3: usize = 20 + 20 + 8 + 4 + 2 + 2;
    for unsent in 0..=OURS.len() + 2 {
        let policy = Policy::full_rc4();
        let peer = Peer::initiator(skey(), &policy, THEIRS, fresh(Padding::none()), Cut::NEVER);
        let io = BreaksAtTheEnd::after_reading(peer.clone(), 96 + STEP_3 + THEIRS.len(), unsent);
        let acceptor = MseAcceptor::new(policy).no_timeout();
        let outcome = finished(serve(&acceptor, io, skey(), OURS));
        if unsent <= OURS.len() {
            check_half_broken(outcome.unwrap(), THEIRS.as_bytes(), ErrorKind::BrokenPipe);
        } else {
            let error = outcome.map(drop).unwrap_err();
            assert_eq!(transport_error(&error), ErrorKind::BrokenPipe, "{unsent}");
            assert!(error.peer_answered());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h16_a_deadline_is_not_a_failed_write() {
    let start = Instant::now();
    let io = Scripted::new(Script {
        reads: vec![ScriptStep::Move(68)],
        incoming: handshake(9),
        ..Script::default()
    });
    let acceptor = MseAcceptor::default().timeout(Duration::from_secs(3));
    let error = serve(&acceptor, Unwritable(io), skey(), "our answer")
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::TimedOut(after) if *after == Duration::from_secs(3)));
    assert!(error.peer_answered());
    assert_eq!(start.elapsed().as_secs(), 3);
}

/// Nothing can be written, and the peer waits.
#[derive(Debug)]
struct Unwritable(Scripted);

impl AsyncRead for Unwritable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        if buf.filled().len() == before {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Unwritable {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Padding from none to the longest, so that the payload comes late in the segment.
fn paddings() -> [Padding; 4] {
    [
        Padding::none(),
        Padding::new([1; 100], [2; 50], 17).unwrap(),
        Padding::new([1; 512], [], 512).unwrap(),
        Padding::new([], [2; 512], 512).unwrap(),
    ]
}

#[test]
fn h17_the_first_read_of_an_initiator_returns_the_whole_handshake_of_its_peer() {
    for policy in [Policy::full_rc4(), Policy::header_only()] {
        for padding in paddings() {
            let peer = Peer::responder(skey(), &policy, THEIRS, fresh(padding), Cut::NEVER);
            let connector = MseConnector::new(policy.clone()).no_timeout();
            let outcome = connector.connect(peer, skey(), "ours").now_or_never();
            let mut stream = outcome.expect("a hang").unwrap();
            assert_eq!(stream.unread(), THEIRS.as_bytes());
            assert_eq!(ready(poll::read(&mut stream, 68)), THEIRS.as_bytes());
        }
    }
}

#[test]
fn h17_the_first_read_of_a_responder_returns_the_whole_handshake_of_its_peer() {
    for policy in [Policy::full_rc4(), Policy::header_only()] {
        for padding in paddings() {
            let peer = Peer::initiator(skey(), &policy, THEIRS, fresh(padding), Cut::NEVER);
            let acceptor = MseAcceptor::new(policy.clone()).no_timeout();
            let outcome = serve(&acceptor, peer, skey(), "ours").now_or_never();
            let mut stream = outcome.expect("a hang").unwrap();
            assert_eq!(ready(poll::read(&mut stream, 4096)), THEIRS.as_bytes());
        }
    }
}

#[tokio::test]
async fn h17_the_first_read_in_plaintext_returns_the_whole_handshake_of_the_peer() {
    let theirs = [&handshake(2)[..], &[7; 1000]].concat();
    let peer = Peer::saying(&*theirs, End::Silence);
    let connector = MseConnector::new(allow()).no_timeout();
    let mut stream = connector.connect(peer, skey(), handshake(1)).await.unwrap();
    assert_eq!(ready(poll::read(&mut stream, 4096)), theirs);

    // Its length is not awaited: the info-hash in it is enough for an acceptor.
    for sent in [48, 68, theirs.len()] {
        let peer = Peer::saying(&theirs[..sent], End::Silence);
        let mut stream = serve(&MseAcceptor::default(), peer, skey(), handshake(1))
            .await
            .unwrap();
        assert_eq!(stream.unread(), &theirs[..sent]);
        let mut read = vec![0; sent];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, theirs[..sent]);
    }
}
