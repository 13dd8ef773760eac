//! W9: what writes allocate.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use tokio_mse::MseWriteHalf;

use super::counting::allocated;
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
        let (bytes, ()) = allocated(|| {
            // All of it is offered every time; 4 MiB of it are enough to see what that costs.
            let mut sent = 0;
            while sent < 4 * MIB {
                if let Poll::Ready(written) = poll::write(&mut writer, &data[sent..]) {
                    sent += written.unwrap();
                }
            }
        });
        assert!(writer.get_ref().taken >= 4 * MIB);
        // The block itself and the first growth of the thread's store of blocks.
        assert!(bytes <= WRITE_LIMIT + 256, "{mode:?}: {bytes} bytes");
    }
}

#[test]
fn w9_blocks_are_used_again_and_not_allocated_for_every_write() {
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 1 }));
    // The first write that is not taken as a whole allocates a block, and the next one that is gives it to the thread's
    // store.
    for _ in 0..8 {
        let _ = poll::write(&mut writer, b"the first ones");
    }
    let (bytes, ()) = allocated(|| {
        for _ in 0..1000 {
            let _ = poll::write(&mut writer, b"and a thousand more");
        }
    });
    assert_eq!(bytes, 0);
}

#[test]
fn w9_idle_streams_hold_no_block() {
    let mut writers: Vec<_> = (0..20)
        .map(|_| {
            stream(Mode::Rc4, ())
                .into_split_with(|()| ((), Sink { taken: 0, turn: 1 }))
                .1
        })
        .collect();
    let (bytes, ()) = allocated(|| {
        for writer in &mut writers {
            ready(poll::write(writer, &[1; 1000]));
        }
    });
    assert!(bytes <= WRITE_LIMIT + 256, "{bytes} bytes for 20 streams");
    // A thread keeps a few unused ones at most, however many were needed at once.
    for (len, block) in [(10, 256), (WRITE_LIMIT, WRITE_LIMIT)] {
        let data = vec![1; len];
        let pending = |writers: &mut Vec<MseWriteHalf<Sink>>| {
            for writer in writers {
                writer.get_mut().turn = 3;
                assert!(poll::write(writer, &data).is_pending());
            }
        };
        let (first, ()) = allocated(|| pending(&mut writers));
        assert!(first >= 19 * block);
        for writer in &mut writers {
            writer.get_mut().turn = 1;
            assert_eq!(ready(poll::write(writer, &data)), len);
        }
        let (second, ()) = allocated(|| pending(&mut writers));
        assert!(
            (16 * block..20 * block).contains(&second),
            "{second} bytes were not kept"
        );
        for writer in &mut writers {
            writer.get_mut().turn = 1;
            ready(poll::write(writer, &data));
        }
    }
}

#[test]
fn w9_a_stalled_stream_holds_memory_in_proportion_to_what_is_unsent() {
    for (len, held) in [
        (1, 256),
        (256, 256),
        (257, 512),
        (1000, 1024),
        (3000, 4096),
        (8192, 8192),
        (8193, WRITE_LIMIT),
        (64 * MIB, WRITE_LIMIT),
    ] {
        let data = vec![1; len];
        let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 3 }));
        let (bytes, poll) = allocated(|| poll::write(&mut writer, &data));
        assert!(poll.is_pending());
        assert_eq!(bytes, held, "{len} bytes");
        // Not dropped: the next one would use its block.
        std::mem::forget(writer);
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
fn w9_a_transport_that_takes_little_at_a_time_has_nothing_allocated_for_every_write() {
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Narrow));
    let data = vec![1; 4 * WRITE_LIMIT];
    let mut write = |times: usize| {
        for _ in 0..times {
            assert_eq!(ready(poll::write(&mut writer, &data)), 64);
        }
    };
    // What was encrypted for the first write is used up after some hundred others.
    allocated(|| write(2 * WRITE_LIMIT / 64));
    let (bytes, ()) = allocated(|| write(1000));
    assert_eq!(bytes, 0);
}

#[test]
fn w9_a_stream_that_is_dropped_in_the_middle_of_a_write_gives_its_block_back() {
    let half_written = || {
        let sink = Sink { taken: 0, turn: 3 };
        let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), sink));
        let (bytes, poll) = allocated(|| poll::write(&mut writer, b"given up"));
        assert!(poll.is_pending());
        bytes
    };
    assert!(half_written() >= 256);
    for _ in 0..3 {
        assert_eq!(half_written(), 0);
    }
}
