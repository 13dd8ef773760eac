//! W7, and the same for reading: a direction whose transport broke its word is never used again, is never taken for a
//! clear one, and says every time what has happened.

use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::{BrokenStream, MseReadHalf, MseStream, MseWriteHalf};

use crate::support::pair::{Mode, stream};
use crate::support::poll::{self, failure, ready};
use crate::support::script::{Scripted, Step};
use crate::vectored_source::{ReadsVectored, Source};

/// Breaks its word at every call but the last kind, and counts the calls.
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
}

impl How {
    const ALL: [(Self, &str); 4] = [
        (Self::WritesTooMuch, "more bytes written than it was given"),
        (Self::PanicsWriting, "panicked in a write"),
        (Self::PanicsReading, "panicked in a read"),
        (Self::TakesBack, "took back bytes"),
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
            How::PanicsReading | How::TakesBack => Poll::Ready(Ok(buf.len())),
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
    poll::read_into(io, &mut buf)
}

/// The call that breaks the stream, or shows that it is broken.
fn call<T: AsyncRead + AsyncWrite + Unpin>(how: How, peer: &mut T) -> Poll<io::Result<()>> {
    if how.writing() { write(peer) } else { read(peer) }
}

/// The other direction's.
fn other_call<T: AsyncRead + AsyncWrite + Unpin>(how: How, peer: &mut T) -> Poll<io::Result<()>> {
    if how.writing() { read(peer) } else { write(peer) }
}

fn broken(mode: Mode, how: How) -> MseStream<Faithless> {
    let mut peer = stream(mode, Faithless { how, calls: 0 });
    // Whether it panics or fails.
    let first = catch_unwind(AssertUnwindSafe(|| failure(call(how, &mut peer))));
    if let Ok(error) = first {
        cause(&error);
    }
    peer.get_mut().calls = 0;
    peer
}

/// The true cause, which is the same error in whatever it is wrapped.
fn cause(error: &io::Error) -> BrokenStream {
    let broken = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<BrokenStream>());
    broken.unwrap_or_else(|| panic!("not broken: {error:?}")).clone()
}

#[test]
fn w7_every_later_error_names_the_true_cause() {
    for mode in Mode::ALL.iter().copied() {
        for (how, words) in How::ALL {
            let mut peer = broken(mode, how);
            for _ in 0..3 {
                let error = failure(call(how, &mut peer));
                assert!(error.to_string().contains(words), "{how:?}: {error}");
                assert_eq!(cause(&error).to_string(), error.to_string());
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
fn w7_the_other_direction_works_on() {
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
fn w7_a_broken_direction_gives_no_keystream_and_does_not_look_clear() {
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
fn w7_a_broken_stream_stays_broken_however_it_is_put_together_again() {
    for mode in Mode::ALL.iter().copied() {
        for (how, words) in How::ALL {
            let parts = broken(mode, how).into_parts();
            // A new transport does not mend it: the peer is at an unknown place, too.
            let honest = parts.map_io(|_| Scripted::reading([], []));
            let mut peer = MseStream::from_parts(honest);
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
fn w7_the_halves_break_each_on_its_own() {
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
                assert!(error.to_string().contains("more bytes read than it had room for"));
                cause(&error);
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
fn w7_exactly_as_much_as_there_was_room_for_is_no_error() {
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
fn w7_a_transport_that_keeps_its_word_breaks_nothing() {
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
