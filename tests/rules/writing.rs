//! W1 to W4: what is accepted arrives once and in order.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::exchange::Cipher;
use crate::support::hostile::{Hostile, Manner};
use crate::support::late_flush::SendsOnFlush;
use crate::support::pair::{Mode, ciphers, stream, streams};
use crate::support::poll::{self, ready};
use crate::support::script::{Scripted, Step};
use crate::support::spawn::spawn_boxed;
use crate::support::write_limit::WRITE_LIMIT;

pub(crate) fn decrypt(mode: Mode, wire: &[u8]) -> Vec<u8> {
    let (mut a, _) = ciphers();
    mode.wire(&mut a, wire)
}

/// Bytes that differ everywhere and between any two seeds.
pub(crate) fn pattern(seed: usize, len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at * 31 + seed * 101 + at / 251) as u8)
        .collect()
}

#[test]
fn w1_pending_consumes_nothing() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([Step::Pending, Step::Pending, Step::Move(4), Step::Pending]);
        let mut peer = stream(mode, io.clone());
        assert!(poll::write(&mut peer, b"a long first attempt").is_pending());
        assert!(poll::write(&mut peer, b"another").is_pending());
        assert_eq!(ready(poll::write(&mut peer, b"short")), 4);
        assert!(poll::write(&mut peer, b"dropped as well").is_pending());
        assert_eq!(ready(poll::write(&mut peer, b"t")), 1);
        assert_eq!(decrypt(mode, &io.written()), b"short", "{mode:?}");
    }
}

#[test]
fn w1_a_shorter_retry_never_reports_more_than_it_was_given() {
    for len in [1, 2, 100, WRITE_LIMIT, 3 * WRITE_LIMIT] {
        let io = Scripted::writing([Step::Pending, Step::Pending]);
        let mut peer = stream(Mode::Rc4, io.clone());
        assert!(poll::write(&mut peer, &pattern(1, 2 * WRITE_LIMIT)).is_pending());
        assert!(poll::write(&mut peer, &pattern(2, 7)).is_pending());
        let data = pattern(3, len);
        assert_eq!(ready(poll::write(&mut peer, &data)), len.min(WRITE_LIMIT));
        assert_eq!(decrypt(Mode::Rc4, &io.written()), data[..len.min(WRITE_LIMIT)]);
    }
}

#[tokio::test]
async fn w2_write_all_without_flush_then_only_reads_never_stalls() {
    for mode in Mode::ALL.iter().copied() {
        let (a, b) = tokio::io::duplex(64);
        let (mut a, mut b) = streams(mode, a, b);
        let answer = spawn_boxed(async move {
            let mut request = [0; 1000];
            b.read_exact(&mut request).await.unwrap();
            b.write_all(&request).await.unwrap();
            b
        });
        let request = pattern(1, 1000);
        a.write_all(&request).await.unwrap();
        let mut reply = vec![0; 1000];
        a.read_exact(&mut reply).await.unwrap();
        assert_eq!(reply, request);
        answer.await.unwrap();
    }
}

#[test]
fn w2_ready_means_that_the_inner_writer_has_all_of_it() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([Step::Move(3), Step::Move(1)]);
        let mut peer = stream(mode, io.clone());
        let mut accepted = 0;
        for _ in 0..4 {
            accepted += ready(poll::write(&mut peer, &pattern(0, 50)));
            assert_eq!(io.written().len(), accepted, "{mode:?}");
        }
    }
}

#[test]
fn w3_short_writes_keep_the_keystream_aligned() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing((1..=200).map(Step::Move).collect::<Vec<_>>());
        let mut peer = stream(mode, io.clone());
        let data = pattern(5, 60_000);
        let mut sent = 0;
        while sent < data.len() {
            sent += ready(poll::write(&mut peer, &data[sent..]));
        }
        assert!(decrypt(mode, &io.written()) == data, "{mode:?}");
    }
}

#[test]
fn w3_short_writes_of_every_length_around_the_window() {
    for accepted in [1, WRITE_LIMIT - 1, WRITE_LIMIT, WRITE_LIMIT + 1, 2 * WRITE_LIMIT] {
        let io = Scripted::writing([Step::Move(accepted), Step::Move(1), Step::Move(accepted)]);
        let mut peer = stream(Mode::Rc4, io.clone());
        let mut expected: Vec<u8> = Vec::new();
        for (turn, len) in [3 * WRITE_LIMIT, 2, WRITE_LIMIT + 1, 3 * WRITE_LIMIT]
            .into_iter()
            .enumerate()
        {
            let data = pattern(turn, len);
            let n = ready(poll::write(&mut peer, &data));
            expected.extend(&data[..n]);
        }
        assert!(decrypt(Mode::Rc4, &io.written()) == expected, "{accepted}");
    }
}

#[tokio::test]
async fn w3_hostile_transports_deliver_every_byte() {
    for manner in Manner::EVERY {
        for mode in Mode::ALL.iter().copied() {
            let (a, b) = tokio::io::duplex(50);
            let (mut a, mut b) = streams(mode, Hostile::new(a, manner), Hostile::new(b, manner));
            let data = pattern(9, 5000);
            let sent = data.clone();
            let writer = spawn_boxed(async move {
                a.write_all(&sent).await.unwrap();
                a.flush().await.unwrap();
                a.shutdown().await.unwrap();
                a
            });
            let mut received = Vec::new();
            b.read_to_end(&mut received).await.unwrap();
            assert!(received == data, "{manner:?} {mode:?}");
            writer.await.unwrap();
        }
    }
}

#[tokio::test]
async fn w4_a_dropped_write_leaves_no_gap_and_no_duplicate() {
    for mode in Mode::ALL.iter().copied() {
        let (a, b) = tokio::io::duplex(7);
        let (mut a, mut b) = streams(mode, a, b);
        let mut expected: Vec<u8> = Vec::new();
        let mut received = Vec::new();
        for turn in 0..200 {
            // As `select!` does it: the future is polled until it is pending, and then dropped.
            let data = pattern(turn, 1 + turn % 13);
            let accepted = tokio::select! {
                biased;
                written = a.write(&data) => written.unwrap(),
                () = std::future::ready(()) => 0,
            };
            expected.extend(&data[..accepted]);
            if turn % 3 == 0 {
                let mut space = [0; 5];
                let len = tokio::select! {
                    biased;
                    read = b.read(&mut space) => read.unwrap(),
                    () = std::future::ready(()) => 0,
                };
                received.extend(&space[..len]);
            }
        }
        drop(a);
        b.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, expected, "{mode:?}");
        assert!(expected.len() > 200);
    }
}

#[test]
fn w4_the_parts_after_a_dropped_write_continue_correctly() {
    let io = Scripted::writing([Step::Pending, Step::Move(2), Step::Pending]);
    let mut peer = stream(Mode::Rc4, io.clone());
    assert!(poll::write(&mut peer, &pattern(1, 300)).is_pending());
    assert_eq!(ready(poll::write(&mut peer, b"abcdef")), 2);
    assert!(poll::write(&mut peer, &pattern(2, 40)).is_pending());
    let mut encrypt = peer.into_parts().encrypt.unwrap().unwrap();
    let (mut first, mut second) = (pattern(3, 200), pattern(4, 500));
    encrypt.apply(&mut first);
    encrypt.apply(&mut second);
    let wire = [io.written(), first, second].concat();
    let plain = [b"ab".to_vec(), pattern(3, 200), pattern(4, 500)].concat();
    assert_eq!(decrypt(Mode::Rc4, &wire), plain);
}

#[tokio::test]
async fn w2_over_a_transport_that_sends_on_flush_only_flushing_is_needed() {
    let (a, b) = tokio::io::duplex(64);
    let (mut a, mut b) = streams(Mode::Rc4, SendsOnFlush::new(a), b);
    let data = pattern(3, 500);
    let reader = spawn_boxed(async move {
        let mut received = vec![0; 500];
        b.read_exact(&mut received).await.unwrap();
        received
    });
    a.write_all(&data).await.unwrap();
    a.flush().await.unwrap();
    assert_eq!(reader.await.unwrap(), data);
}

/// The ciphers of the tests have to be right.
#[test]
fn w3_the_test_cipher_gives_the_known_keystream() {
    let s = crate::support::exchange::s();
    let known = [0x55, 0x2f, 0x99, 0xb4, 0xf8, 0x83, 0x46, 0xfd];
    assert_eq!(Cipher::a(&s).apply(&[0; 8]), known);
    let known = [0x70, 0x32, 0xa2, 0xc5, 0xf5, 0x1e, 0x35, 0xb9];
    assert_eq!(Cipher::b(&s).apply(&[0; 8]), known);
}
