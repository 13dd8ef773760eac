//! What is allocated: W9 for the stream, H8 for the handshake. A binary of its own, as the allocator is global.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tokio_mse::handshake::{Machine, Progress, Responder};
use tokio_mse::{HandshakeError, MseWriteHalf, Policy, Step};

use support::exchange::{Cipher, XB, randomness, s, skey, step_3_marks};
use support::pair::{Mode, stream};
use support::poll::{self, ready};
use support::reach::WINDOW;

#[path = "support/mod.rs"]
mod support;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting the bytes that this thread asks for.
struct Counting;

// SAFETY: everything is passed on to the system's allocator; counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|count| count.set(count.get() + layout.size()));
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocated<V>(work: impl FnOnce() -> V) -> (usize, V) {
    let before = ALLOCATED.get();
    let value = work();
    (ALLOCATED.get() - before, value)
}

/// Takes some of everything and keeps nothing.
struct Sink {
    taken: usize,
    turn: usize,
}

impl tokio::io::AsyncWrite for Sink {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.turn += 1;
        match self.turn % 4 {
            0 => std::task::Poll::Pending,
            1 => {
                let len = buf.len().div_ceil(2);
                self.taken += len;
                std::task::Poll::Ready(Ok(len))
            }
            _ => {
                self.taken += buf.len();
                std::task::Poll::Ready(Ok(buf.len()))
            }
        }
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

const MIB: usize = 1024 * 1024;

#[test]
fn w9_a_64_mib_write_allocates_nothing_beyond_the_window() {
    for mode in Mode::ALL.iter().copied() {
        let data = vec![7; 64 * MIB];
        let (_, mut writer) = stream(mode, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 0 }));
        let (bytes, ()) = allocated(|| {
            // The whole is offered every time; the first part of it is enough to see what that costs.
            let mut sent = 0;
            while sent < 4 * MIB {
                if let std::task::Poll::Ready(written) = poll::write(&mut writer, &data[sent..]) {
                    sent += written.unwrap();
                }
            }
        });
        assert!(writer.get_ref().taken >= 4 * MIB);
        // The window itself and the first growth of the thread's store of windows.
        assert!(bytes <= WINDOW + 256, "{mode:?}: {bytes} bytes");
    }
}

#[test]
fn w9_windows_are_taken_in_turns_not_made_for_every_write() {
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 1 }));
    // The first that is not taken whole makes a block, and the next one that is gives it to the thread's store.
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
fn w9_idle_streams_hold_no_window() {
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
    assert!(bytes <= WINDOW + 256, "{bytes} bytes for 20 streams");
    // A thread keeps a few unused ones at most, however many were needed at once.
    for (len, block) in [(10, 256), (WINDOW, WINDOW)] {
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
        (8193, WINDOW),
        (64 * MIB, WINDOW),
    ] {
        let data = vec![1; len];
        let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Sink { taken: 0, turn: 3 }));
        let (bytes, poll) = allocated(|| poll::write(&mut writer, &data));
        assert!(poll.is_pending());
        assert_eq!(bytes, held, "{len} bytes");
        // Not dropped, as the next one would then have its block.
        std::mem::forget(writer);
    }
}

/// Takes 64 bytes at a time.
struct Narrow;

impl tokio::io::AsyncWrite for Narrow {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::task::Poll::Ready(Ok(buf.len().min(64)))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[test]
fn w9_a_transport_that_takes_little_at_a_time_has_nothing_allocated_for_every_write() {
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Narrow));
    let data = vec![1; 4 * WINDOW];
    let mut write = |times: usize| {
        for _ in 0..times {
            assert_eq!(ready(poll::write(&mut writer, &data)), 64);
        }
    };
    // What was encrypted for the first write is used up after some hundred others.
    allocated(|| write(2 * WINDOW / 64));
    let (bytes, ()) = allocated(|| write(1000));
    assert_eq!(bytes, 0);
}

#[test]
fn w9_a_stream_that_is_dropped_in_the_middle_of_a_write_gives_its_window_back() {
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

/// Step 3 up to and with the announcement of PadC or IA.
fn announcement(fields: &[u8]) -> Vec<u8> {
    let s = s();
    let mut wire = step_3_marks(&s);
    wire.extend(Cipher::a(&s).apply(fields));
    wire
}

#[test]
fn h8_an_announced_length_is_capped_before_anything_is_allocated() {
    use tokio_mse::handshake::{Initiator, Padding};
    for (fields, refusal) in [
        (
            [&[0; 8][..], &[0, 0, 0, 2], &[0xFF, 0xFF]].concat(),
            HandshakeError::pad_too_long(Step::PadC, 0xFFFF),
        ),
        (
            [&[0; 8][..], &[0, 0, 0, 2], &[0, 0], &[0xFF, 0xFF]].concat(),
            HandshakeError::initial_payload_too_long(0xFFFF, 16 * 1024),
        ),
    ] {
        let mut key = Vec::new();
        let randomness_a = randomness(support::exchange::XA, Padding::none());
        Initiator::new(skey(), &Policy::full_rc4(), "", randomness_a, &mut key);
        let responder = Responder::new(&Policy::full_rc4(), randomness(XB, Padding::none()));
        let mut output = Vec::new();
        let wire = [key, announcement(&fields)].concat();
        let Ok(Progress::Done(request)) = responder.process(&wire, &mut output) else {
            panic!("not at the SKEY");
        };
        let negotiation = request.resolve(skey(), "");
        let (bytes, outcome) = allocated(|| negotiation.process(&[], &mut output));
        assert_eq!(outcome.unwrap_err(), refusal);
        assert!(bytes < 1024, "{bytes} bytes for a refused length");
    }
}
