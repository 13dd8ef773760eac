//! W7 and R8: if a transport breaks its contract, that direction is never used again, does not look unencrypted, and
//! every call on it returns an error with the cause.

use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::{
    DialMode, Error, ErrorKind as Kind, MseAcceptor, MseConnector, MseReadHalf, MseStream, MseWriteHalf,
    Policy,
};

use crate::support::exchange::{SKEY, skey};
use crate::support::pair::{Mode, stream};
use crate::support::peer::{Cut, Peer, fresh, short_padding};
use crate::support::poll::{self, failure, ready};
use crate::support::script::{Script, Scripted, Step};
use crate::support::serve::serve;
use crate::vectored_source::{ReadsVectored, Source};

/// Breaks its contract in one way, and counts the calls.
#[derive(Debug)]
struct Faithless {
    how: How,
    calls: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    WritesTooMuch,
    PanicsWriting,
    PanicsReading,
    TakesBack,
    FillsAndPends,
    FillsAndFails,
}

impl How {
    const ALL: [(Self, &str); 6] = [
        (Self::WritesTooMuch, "more bytes written than it was given"),
        (Self::PanicsWriting, "panicked in a write"),
        (Self::PanicsReading, "panicked in a read"),
        (Self::TakesBack, "removed bytes"),
        (Self::FillsAndPends, "put bytes into the buffer and then"),
        (Self::FillsAndFails, "put bytes into the buffer and then"),
    ];

    const fn writing(self) -> bool {
        matches!(self, Self::WritesTooMuch | Self::PanicsWriting)
    }
}

impl AsyncRead for Faithless {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.calls += 1;
        match self.how {
            How::PanicsReading => {
                buf.put_slice(b"x");
                panic!("as some transports do")
            }
            How::TakesBack => buf.clear(),
            How::FillsAndPends => {
                buf.put_slice(b"x");
                return Poll::Pending;
            }
            How::FillsAndFails => {
                buf.put_slice(b"x");
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            How::WritesTooMuch | How::PanicsWriting => {}
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Faithless {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.calls += 1;
        match self.how {
            How::WritesTooMuch => Poll::Ready(Ok(buf.len() + 1)),
            How::PanicsWriting => panic!("as some transports do"),
            _ => Poll::Ready(Ok(buf.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn write(io: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
    poll::write(io, b"data").map_ok(drop)
}

fn read(io: &mut (impl AsyncRead + Unpin)) -> Poll<io::Result<()>> {
    let mut space = [0; 8];
    let mut buf = ReadBuf::new(&mut space);
    buf.put_slice(b"before");
    let read = poll::read_into(io, &mut buf);
    // No wrong byte is returned.
    assert!(buf.filled().is_empty() || buf.filled() == b"before");
    read
}

/// The call that breaks the stream, or shows that it is broken.
fn call<T: AsyncRead + AsyncWrite + Unpin>(how: How, peer: &mut T) -> Poll<io::Result<()>> {
    if how.writing() { write(peer) } else { read(peer) }
}

/// The call of the other direction.
fn other_call<T: AsyncRead + AsyncWrite + Unpin>(how: How, peer: &mut T) -> Poll<io::Result<()>> {
    if how.writing() { read(peer) } else { write(peer) }
}

fn broken(mode: Mode, how: How) -> MseStream<Faithless> {
    let mut peer = stream(mode, Faithless { how, calls: 0 });
    let first = catch_unwind(AssertUnwindSafe(|| failure(call(how, &mut peer))));
    match how {
        How::PanicsWriting | How::PanicsReading => drop(first.unwrap_err()),
        _ => assert_eq!(first.unwrap().kind(), io::ErrorKind::Other),
    }
    peer.get_mut().calls = 0;
    peer
}

#[test]
fn w7_r8_every_later_error_names_the_cause() {
    for mode in Mode::ALL.iter().copied() {
        for (how, words) in How::ALL {
            let mut peer = broken(mode, how);
            for _ in 0..3 {
                let error = failure(call(how, &mut peer));
                assert!(error.to_string().contains(words), "{how:?}: {error}");
                assert_eq!(error.kind(), io::ErrorKind::Other);
            }
            if how.writing() {
                let error = failure(poll::write_vectored(&mut peer, &[b"da".to_vec(), b"ta".to_vec()]));
                assert!(error.to_string().contains(words));
            }
            assert_eq!(
                peer.get_ref().calls,
                0,
                "a broken direction reached the transport"
            );
        }
    }
}

#[test]
fn w7_r8_the_other_direction_still_works() {
    for mode in Mode::ALL.iter().copied() {
        for (how, _) in How::ALL {
            let mut peer = broken(mode, how);
            ready(other_call(how, &mut peer));
            ready(poll::flush(&mut peer));
            ready(poll::shutdown(&mut peer));
        }
    }
}

#[test]
fn w7_r8_a_broken_direction_has_no_keystream_and_does_not_look_unencrypted() {
    for mode in Mode::ALL.iter().copied() {
        for (how, words) in How::ALL {
            let parts = broken(mode, how).into_parts();
            let (lost, kept) = if how.writing() {
                (parts.encrypt, parts.decrypt)
            } else {
                (parts.decrypt, parts.encrypt)
            };
            assert!(lost.unwrap_err().to_string().contains(words));
            assert_eq!(kept.unwrap().is_some(), mode.encrypts());

            let (reader, writer) = broken(mode, how).into_split_with(|io| (io, ()));
            assert_eq!(reader.into_parts().2.is_err(), !how.writing());
            assert_eq!(writer.into_parts().1.is_err(), how.writing());
        }
    }
}

#[test]
fn w7_r8_a_broken_direction_stays_broken_when_the_stream_is_assembled_again() {
    for mode in Mode::ALL.iter().copied() {
        for (how, words) in How::ALL {
            // A new transport does not help: the position of the peer is unknown, too.
            let mut peer = broken(mode, how).map_io(|_| Scripted::reading([], []));
            for _ in 0..2 {
                assert!(failure(call(how, &mut peer)).to_string().contains(words));
                peer = MseStream::from_parts(peer.into_parts());
            }
            let io = peer.get_ref().clone();
            let (reader, writer) = peer.into_split_with(|io| (io.clone(), io));
            let mut peer = reader.reunite(writer, |io, _| Ok(io)).unwrap();
            assert!(failure(call(how, &mut peer)).to_string().contains(words));
            assert_eq!(io.calls(), [], "{how:?}");
            ready(other_call(how, &mut peer));
        }
    }
}

#[test]
fn w7_r8_each_half_breaks_by_itself() {
    for (how, words) in How::ALL {
        let io = || Faithless { how, calls: 0 };
        let (mut reader, mut writer): (MseReadHalf<_>, MseWriteHalf<_>) =
            stream(Mode::Rc4, ()).into_split_with(|()| (io(), io()));
        for turn in 0..3 {
            let read = catch_unwind(AssertUnwindSafe(|| read(&mut reader)));
            let written = catch_unwind(AssertUnwindSafe(|| write(&mut writer)));
            let (lost, kept) = if how.writing() {
                (written, read)
            } else {
                (read, written)
            };
            ready(kept.unwrap());
            if turn > 0 {
                assert!(failure(lost.unwrap()).to_string().contains(words));
            }
        }
    }
}

#[test]
fn w7_a_vectored_read_that_claims_too_much_is_an_error_for_good() {
    for mode in Mode::ALL.iter().copied() {
        for more in [1, usize::MAX / 2] {
            let steps = [Step::Move(1), Step::Overlong(more)];
            let mut peer = stream(mode, Source::new([1; 40], steps));
            assert_eq!(peer.read_vectored(&[3, 4]).1, Poll::Ready(Ok(1)));
            for _ in 0..3 {
                assert!(matches!(peer.read_vectored(&[3, 4]).1, Poll::Ready(Err(_))));
                let error = failure(poll::read(&mut peer, 5));
                assert!(
                    error
                        .to_string()
                        .contains("more bytes read than fit into the buffer")
                );
            }
            assert_eq!(
                peer.get_ref().calls,
                2,
                "a broken direction reached the transport"
            );
            assert_eq!(peer.read_vectored(&[0, 0]).1, Poll::Ready(Ok(0)));
            let parts = peer.into_parts();
            assert!(parts.decrypt.is_err() && parts.encrypt.is_ok());
        }
    }
}

#[test]
fn w7_as_much_as_fits_is_no_error() {
    for mode in Mode::ALL.iter().copied() {
        let mut peer = stream(mode, Source::new([1; 40], [Step::Overlong(0)]));
        assert_eq!(peer.read_vectored(&[3, 0, 4]).1, Poll::Ready(Ok(7)), "{mode:?}");
        assert!(peer.into_parts().decrypt.is_ok());
    }
}

#[test]
fn w7_a_vectored_read_that_panicked_breaks_the_stream() {
    let mut peer = stream(Mode::Rc4, ());
    let mut space = [0; 4];
    let mut cx = Context::from_waker(futures_util::task::noop_waker_ref());
    let mut attempt = |io: &mut MseStream<()>| {
        let mut bufs = [io::IoSliceMut::new(&mut space)];
        Pin::new(io).poll_read_vectored_with(&mut cx, &mut bufs, |_, _, _| panic!("as some transports do"))
    };
    catch_unwind(AssertUnwindSafe(|| drop(attempt(&mut peer)))).unwrap_err();
    // It would panic again if it were called.
    assert!(
        failure(attempt(&mut peer))
            .to_string()
            .contains("panicked in a read")
    );
    assert!(peer.into_parts().decrypt.is_err());
}

#[test]
fn w7_a_transport_that_keeps_its_contract_breaks_nothing() {
    for mode in Mode::ALL.iter().copied() {
        let mut peer = stream(mode, Scripted::writing([Step::Pending, Step::Move(0)]));
        assert!(write(&mut peer).is_pending());
        ready(write(&mut peer));
        ready(read(&mut peer));
        let slices = [IoSlice::new(b"data")];
        let mut cx = Context::from_waker(futures_util::task::noop_waker_ref());
        ready(Pin::new(&mut peer).poll_write_vectored(&mut cx, &slices));
        let parts = peer.into_parts();
        assert!(parts.encrypt.is_ok() && parts.decrypt.is_ok(), "{mode:?}");
    }
}

/// Passes some reads on. The next one fills the buffer, and then reports something else.
#[derive(Debug)]
struct FillsOnce<T> {
    io: T,
    honest_reads: usize,
    how: How,
}

impl<T: AsyncRead + Unpin> AsyncRead for FillsOnce<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() == before {
            return read;
        }
        if self.honest_reads > 0 {
            self.honest_reads -= 1;
            return read;
        }
        self.honest_reads = usize::MAX;
        match self.how {
            How::FillsAndPends => Poll::Pending,
            _ => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for FillsOnce<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

const FILLS: [How; 2] = [How::FillsAndPends, How::FillsAndFails];

fn outcome<F: Future>(handshake: F) -> F::Output {
    let mut task = tokio_test::task::spawn(handshake);
    for _ in 0..9 {
        if let Poll::Ready(output) = task.poll() {
            return output;
        }
    }
    panic!("a hang")
}

/// It is a failure on our own side, so the peer is not dialled again.
fn check_refused<T>(outcome: Result<MseStream<T>, Error>) {
    let Err(error) = outcome else {
        panic!("a success");
    };
    let Kind::Transport(source) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(source.kind(), io::ErrorKind::Other);
    assert!(
        source.to_string().contains("put bytes into the buffer and then"),
        "{source}"
    );
    assert_eq!(Policy::default().redial(DialMode::Mse, &error), None);
}

#[test]
fn r8_in_the_handshake_bytes_without_a_ready_read_are_an_error() {
    let policy = Policy::full_rc4();
    for how in FILLS {
        // The peer sends two messages.
        for honest_reads in 0..2 {
            let peer = Peer::responder(skey(), &policy, "", fresh(short_padding()), Cut::NEVER);
            let io = FillsOnce {
                io: peer,
                honest_reads,
                how,
            };
            let connector = MseConnector::new(policy.clone()).no_timeout();
            check_refused(outcome(connector.connect(io, skey(), "")));

            let peer = Peer::initiator(skey(), &policy, "", fresh(short_padding()), Cut::NEVER);
            let io = FillsOnce {
                io: peer,
                honest_reads,
                how,
            };
            let acceptor = MseAcceptor::new(policy.clone()).no_timeout();
            check_refused(outcome(serve(&acceptor, io, skey(), "")));
        }
    }
}

/// What follows would be taken for the peer's answer.
#[test]
fn r8_in_the_handshake_nothing_is_read_after_bytes_without_a_ready_read() {
    let theirs = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    for how in FILLS {
        let io = Scripted::new(Script {
            reads: vec![Step::Move(10), Step::Move(theirs.len())],
            incoming: [b"ten bytes.", &theirs[..]].concat(),
            ..Script::default()
        });
        let io = FillsOnce {
            io,
            honest_reads: 0,
            how,
        };
        let connector = MseConnector::new(Policy::plaintext_only().allow_fallback()).no_timeout();
        check_refused(outcome(connector.connect(io, skey(), "ours")));
    }
}

/// The handshake is over for the peer then: only the reading direction is broken.
#[test]
fn r8_during_the_last_flush_it_breaks_the_reading_direction_of_the_stream() {
    let theirs = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    for how in FILLS {
        let io = Scripted::new(Script {
            reads: vec![Step::Move(theirs.len()), Step::Move(5)],
            incoming: [&theirs[..], b"and more"].concat(),
            writes: vec![Step::Pending; 3],
            ..Script::default()
        });
        let io = FillsOnce {
            io,
            honest_reads: 1,
            how,
        };
        let acceptor = MseAcceptor::default().no_timeout();
        let mut peer = outcome(serve(&acceptor, io, skey(), "ours")).unwrap();
        assert_eq!(ready(poll::read(&mut peer, 999)), theirs);
        for _ in 0..2 {
            let error = failure(poll::read(&mut peer, 999));
            assert!(
                error.to_string().contains("put bytes into the buffer and then"),
                "{error}"
            );
        }
        assert_eq!(ready(poll::write(&mut peer, b"works")), 5);
    }
}
