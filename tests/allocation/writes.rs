//! W9: what writes allocate.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use super::counting::measure;
use super::support::pair::{Mode, stream};
use super::support::poll::{self, ready};
use super::support::write_limit::WRITE_LIMIT;

/// Takes some of everything and keeps nothing. Every fourth write is pending.
struct Sink {
    taken: usize,
    turn: usize,
}

impl AsyncWrite for Sink {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.turn += 1;
        match self.turn % 4 {
            0 => Poll::Pending,
            1 => {
                let len = buf.len().div_ceil(2);
                self.taken += len;
                Poll::Ready(Ok(len))
            }
            _ => {
                self.taken += buf.len();
                Poll::Ready(Ok(buf.len()))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const MIB: usize = 1024 * 1024;

#[test]
fn w9_a_64_mib_write_allocates_nothing_beyond_the_write_limit() {
    for mode in Mode::ALL.iter().copied() {
        let data = vec![7; 64 * MIB];
        let (_, mut writer) = stream(mode, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 0 }));
        let measured = measure(|| {
            // All of it is offered every time; 4 MiB of it are enough to see what that costs.
            let mut sent = 0;
            while sent < 4 * MIB {
                if let Poll::Ready(written) = poll::write(&mut writer, &data[sent..]) {
                    sent += written.unwrap();
                }
            }
        });
        assert!(writer.get_ref().taken >= 4 * MIB);
        // Twice for a moment, while what was not taken moves to less memory.
        let most = 2 * WRITE_LIMIT.cast_signed();
        assert!(
            measured.most_held <= most,
            "{mode:?}: {} bytes",
            measured.most_held
        );
    }
}

#[test]
fn w9_idle_streams_hold_nothing() {
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 1 }));
    let measured = measure(|| {
        for len in [10, 1000, WRITE_LIMIT] {
            writer.get_mut().turn = 1;
            assert_eq!(ready(poll::write(&mut writer, &vec![1; len])), len);
        }
    });
    assert_eq!(measured.held, 0);
}

#[test]
fn w9_a_stalled_stream_holds_memory_in_proportion_to_what_is_unsent() {
    for len in [1, 256, 257, 1000, 3000, 8192, 8193, 64 * MIB] {
        let data = vec![1; len];
        let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 3 }));
        let measured = measure(|| poll::write(&mut writer, &data));
        assert!(measured.value.is_pending());
        let unsent = len.min(WRITE_LIMIT).cast_signed();
        assert_eq!(measured.held, unsent, "{len}");
    }
}

/// Takes 64 bytes at a time.
struct Narrow;

impl AsyncWrite for Narrow {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len().min(64)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn w9_a_transport_that_takes_little_at_a_time_has_little_allocated() {
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Narrow));
    let data = vec![1; 4 * WRITE_LIMIT];
    let mut write = |times: usize| {
        for _ in 0..times {
            assert_eq!(ready(poll::write(&mut writer, &data)), 64);
        }
    };
    // What was encrypted for the first write is used up after some hundred others.
    write(2 * WRITE_LIMIT / 64);
    let measured = measure(|| write(1000));
    // What is kept for the next write, and a moment's copy of it.
    assert!(measured.most_held <= 512, "{} bytes", measured.most_held);
}

#[test]
fn w9_a_stream_that_is_dropped_in_the_middle_of_a_write_frees_its_memory() {
    let measured = measure(|| {
        let sink = Sink { taken: 0, turn: 3 };
        let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), sink));
        assert!(poll::write(&mut writer, b"given up").is_pending());
    });
    assert_eq!(measured.held, 0);
}
