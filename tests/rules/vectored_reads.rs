//! R1 to R5 and R7 for reads into several buffers.

use std::io::ErrorKind;
use std::task::Poll;

use rand::RngExt;
use rand::rngs::ChaCha20Rng;
use tokio_mse::{MseStream, Role};

use crate::support::cases::cases;
use crate::support::pair::{Mode, ciphers, established_with, stream};
use crate::support::poll::{self, ready};
use crate::support::script::Step;
use crate::vectored_source::{ReadsVectored, Source};

const LEFT_OVER: &str = "bytes that came with step 4";

/// The bytes on the wire if the responder sends `plain` after `before`.
fn wire(mode: Mode, before: &str, plain: &[u8]) -> Vec<u8> {
    let mut cipher = ciphers().1;
    mode.wire(&mut cipher, before.as_bytes());
    mode.wire(&mut cipher, plain)
}

/// The initiator's end. With MSE, it has `LEFT_OVER` to read before the bytes of `source`.
fn reader(mode: Mode, source: Source) -> (&'static str, MseStream<Source>) {
    let Some(method) = mode.method() else {
        return ("", MseStream::plaintext(source, Role::Initiator));
    };
    let established = established_with(method, "", LEFT_OVER).0;
    (LEFT_OVER, MseStream::from_established(source, established))
}

fn left_over(mode: Mode) -> &'static str {
    reader(mode, Source::default()).0
}

#[derive(Clone, Debug)]
enum Read {
    Plain(usize),
    Vectored(Vec<usize>),
}

fn reads(rng: &mut ChaCha20Rng) -> Vec<Read> {
    let count = rng.random_range(1..40);
    let len = |rng: &mut ChaCha20Rng| match rng.random_range(0..4) {
        0 => 0,
        _ => rng.random_range(0..30),
    };
    let read = |_| match (rng.random_range(0..5), rng.random_range(0..24)) {
        (0, _) => Read::Plain(rng.random_range(0..40)),
        (_, slices) => Read::Vectored((0..slices).map(|_| len(rng)).collect()),
    };
    (0..count).map(read).collect()
}

fn steps(rng: &mut ChaCha20Rng) -> Vec<Step> {
    let count = rng.random_range(0..40);
    let step = |_| match rng.random_range(0..6) {
        0 => Step::Pending,
        1 => Step::Fail(ErrorKind::Interrupted),
        _ => Step::Move(rng.random_range(0..200)),
    };
    (0..count).map(step).collect()
}

/// Makes these reads, checks each, and returns what was read.
fn follow(peer: &mut impl ReadsVectored, mut unread: usize, reads: &[Read]) -> Vec<u8> {
    let mut received = Vec::new();
    for read in reads {
        let calls = peer.source().calls;
        let (capacity, got) = match read {
            Read::Plain(capacity) => {
                let got = poll::read(peer, *capacity).map_err(|error| error.kind());
                if let Poll::Ready(Ok(bytes)) = &got {
                    received.extend(bytes);
                }
                (*capacity, got.map_ok(|bytes| bytes.len()))
            }
            Read::Vectored(lens) => {
                let (space, got) = peer.read_vectored(lens);
                let filled = if let Poll::Ready(Ok(len)) = got { len } else { 0 };
                received.extend(&space[..filled]);
                assert!(space[filled..].iter().all(|byte| *byte == 0xEE), "R1: {space:?}");
                (space.len(), got)
            }
        };
        if capacity == 0 {
            assert_eq!(got, Poll::Ready(Ok(0)), "R2");
        }
        if capacity > 0 && unread > 0 {
            assert_eq!(got, Poll::Ready(Ok(capacity.min(unread))), "R5");
        }
        let asks = usize::from(capacity > 0 && unread == 0);
        assert_eq!(peer.source().calls, calls + asks, "R2, R5, R7");
        unread -= unread.min(capacity);
    }
    received
}

#[test]
fn r1_r2_r3_r5_r7_vectored_and_plain_reads_see_the_same_stream() {
    cases(300, |rng| {
        let (reads, steps) = (reads(rng), steps(rng));
        for mode in Mode::ALL.iter().copied() {
            let plain: Vec<u8> = (0..900_u32).map(|at| (at * 11 + at / 256) as u8).collect();
            let source = || Source::new(wire(mode, left_over(mode), &plain), steps.clone());

            let (before, mut peer) = reader(mode, source());
            let received = follow(&mut peer, before.len(), &reads);
            let expected = [before.as_bytes(), &plain].concat();
            assert_eq!(received, expected[..received.len()]);
            // Nothing was dropped, and the rest is decrypted correctly.
            peer.get_mut().steps.clear();
            let mut rest = Vec::new();
            while let Some(bytes) = Some(ready(poll::read(&mut peer, 64))).filter(|bytes| !bytes.is_empty()) {
                rest.extend(bytes);
            }
            assert_eq!([received.clone(), rest].concat(), expected);

            let (before, peer) = reader(mode, source());
            let (mut half, _) = peer.into_split_with(|io| (io, ()));
            assert_eq!(follow(&mut half, before.len(), &reads), received);
        }
    });
}

#[test]
fn r3_pending_or_error_leaves_the_cipher_where_it_was() {
    for mode in Mode::ALL.iter().copied() {
        let fail = Step::Fail(ErrorKind::ConnectionReset);
        let source = Source::new(wire(mode, "", b"data"), [Step::Pending, fail, Step::Move(3)]);
        let mut peer = stream(mode, source);
        assert_eq!(peer.read_vectored(&[2, 2]).1, Poll::Pending);
        let failed = peer.read_vectored(&[2, 2]).1;
        assert_eq!(failed, Poll::Ready(Err(ErrorKind::ConnectionReset)));
        let (space, read) = peer.read_vectored(&[2, 2]);
        assert_eq!(
            (&space[..], read),
            (&b"dat\xEE"[..], Poll::Ready(Ok(3))),
            "{mode:?}"
        );
        assert_eq!(peer.read_vectored(&[2, 2]).0, b"a\xEE\xEE\xEE");
    }
}

#[test]
fn r4_the_end_is_the_end_every_time_it_is_asked() {
    for mode in Mode::ALL.iter().copied() {
        let mut peer = stream(mode, Source::default());
        for _ in 0..4 {
            assert_eq!(peer.read_vectored(&[1, 5]).1, Poll::Ready(Ok(0)), "{mode:?}");
        }
        assert_eq!(peer.get_ref().calls, 4);
    }
}

#[test]
fn r1_more_buffers_than_the_transport_is_offered_are_filled_by_later_reads() {
    for mode in Mode::ALL.iter().copied() {
        let plain = [7; 40];
        let mut peer = stream(mode, Source::new(wire(mode, "", &plain), []));
        // Empty buffers are not offered: a read with only these would look like the end.
        let lens = [[0; 50], [1; 50]].concat();
        let (space, read) = peer.read_vectored(&lens);
        let Poll::Ready(Ok(len)) = read else {
            panic!("{read:?}")
        };
        assert!((1..=40).contains(&len));
        assert_eq!(space[..len], plain[..len]);
        assert!(space[len..].iter().all(|byte| *byte == 0xEE));
    }
}
