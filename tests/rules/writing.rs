//! W1 to W10, as far as they can be seen from single calls. W9 has a test binary of its own.

use std::io::ErrorKind;
use std::task::Poll;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::support::exchange::Cipher;
use crate::support::hostile::{Hostile, Manner};
use crate::support::late_flush::SendsOnFlush;
use crate::support::pair::{Mode, ciphers, stream, streams};
use crate::support::poll::{self, failure, ready};
use crate::support::script::{Call, Outcome, Script, Scripted, Step};

/// One BitTorrent block with its message header and the rest: what one inner write gets at most.
const WINDOW: usize = 16 * 1024 + 128;

fn decrypt(mode: Mode, wire: &[u8]) -> Vec<u8> {
    let (mut a, _) = ciphers();
    mode.wire(&mut a, wire)
}

/// Bytes that differ everywhere and between any two seeds.
fn pattern(seed: usize, len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at * 31 + seed * 101 + at / 251) as u8)
        .collect()
}

#[test]
fn w1_pending_consumes_nothing() {
    for mode in Mode::ALL {
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
    for len in [1, 2, 100, WINDOW, 3 * WINDOW] {
        let io = Scripted::writing([Step::Pending, Step::Pending]);
        let mut peer = stream(Mode::Rc4, io.clone());
        assert!(poll::write(&mut peer, &pattern(1, 2 * WINDOW)).is_pending());
        assert!(poll::write(&mut peer, &pattern(2, 7)).is_pending());
        let data = pattern(3, len);
        assert_eq!(ready(poll::write(&mut peer, &data)), len.min(WINDOW));
        assert_eq!(decrypt(Mode::Rc4, &io.written()), data[..len.min(WINDOW)]);
    }
}

#[tokio::test]
async fn w2_write_all_without_flush_then_only_reads_never_stalls() {
    for mode in Mode::ALL {
        let (a, b) = tokio::io::duplex(64);
        let (mut a, mut b) = streams(mode, a, b);
        let answer = tokio::spawn(async move {
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
    for mode in Mode::ALL {
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
    for mode in Mode::ALL {
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
    for accepted in [1, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW] {
        let io = Scripted::writing([Step::Move(accepted), Step::Move(1), Step::Move(accepted)]);
        let mut peer = stream(Mode::Rc4, io.clone());
        let mut expected = Vec::new();
        for (turn, len) in [3 * WINDOW, 2, WINDOW + 1, 3 * WINDOW].into_iter().enumerate() {
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
        for mode in Mode::ALL {
            let (a, b) = tokio::io::duplex(50);
            let (mut a, mut b) = streams(mode, Hostile::new(a, manner), Hostile::new(b, manner));
            let data = pattern(9, 5000);
            let sent = data.clone();
            let writer = tokio::spawn(async move {
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
    for mode in Mode::ALL {
        let (a, b) = tokio::io::duplex(7);
        let (mut a, mut b) = streams(mode, a, b);
        let mut expected = Vec::new();
        let mut received = Vec::new();
        for turn in 0..200 {
            // As `select!` does it: polled until it is pending, then dropped, whatever part it got rid of.
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
fn w4_parts_taken_after_a_dropped_write_are_in_step() {
    let io = Scripted::writing([Step::Pending, Step::Move(2), Step::Pending]);
    let mut peer = stream(Mode::Rc4, io.clone());
    assert!(poll::write(&mut peer, &pattern(1, 300)).is_pending());
    assert_eq!(ready(poll::write(&mut peer, b"abcdef")), 2);
    assert!(poll::write(&mut peer, &pattern(2, 40)).is_pending());
    let mut encrypt = peer.into_parts().encrypt.unwrap();
    let (mut first, mut second) = (pattern(3, 200), pattern(4, 500));
    encrypt.apply(&mut first);
    encrypt.apply(&mut second);
    let wire = [io.written(), first, second].concat();
    let plain = [b"ab".to_vec(), pattern(3, 200), pattern(4, 500)].concat();
    assert_eq!(decrypt(Mode::Rc4, &wire), plain);
}

#[test]
fn w5_an_empty_write_never_reaches_the_inner_writer() {
    for mode in Mode::ALL {
        let io = Scripted::writing([]);
        let mut peer = stream(mode, io.clone());
        assert_eq!(ready(poll::write(&mut peer, b"")), 0);
        assert_eq!(ready(poll::write_vectored(&mut peer, &[])), 0);
        assert_eq!(ready(poll::write_vectored(&mut peer, &[vec![], vec![]])), 0);
        assert_eq!(io.calls(), []);
        assert_eq!(ready(poll::write(&mut peer, b"first")), 5);
        assert_eq!(ready(poll::write(&mut peer, b"")), 0);
        assert_eq!(ready(poll::write(&mut peer, b"second")), 6);
        assert_eq!(io.calls().len(), 2);
        assert_eq!(decrypt(mode, &io.written()), b"firstsecond");
    }
}

#[tokio::test]
async fn w6_an_inner_write_of_nothing_is_passed_on() {
    for mode in Mode::ALL {
        let io = Scripted::writing([Step::Move(2), Step::Move(0), Step::Move(0)]);
        let mut peer = stream(mode, io.clone());
        let error = peer.write_all(b"data").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        assert_eq!(ready(poll::write(&mut peer, b"ta")), 0);
        assert_eq!(ready(poll::write(&mut peer, b"te")), 2);
        assert_eq!(decrypt(mode, &io.written()), b"date", "{mode:?}");
    }
}

#[test]
fn w7_an_inner_writer_that_reports_too_much_is_an_error_for_good() {
    for mode in Mode::ALL {
        for more in [1, WINDOW, usize::MAX / 2] {
            let io = Scripted::writing([Step::Move(1), Step::Overlong(more)]);
            let mut peer = stream(mode, io.clone());
            assert_eq!(ready(poll::write(&mut peer, b"data")), 1);
            failure(poll::write(&mut peer, b"data"));
            let calls = io.take_calls().len();
            assert_eq!(calls, 2);
            for _ in 0..3 {
                failure(poll::write(&mut peer, b"more"));
                failure(poll::write_vectored(&mut peer, &[b"more".to_vec()]));
            }
            assert_eq!(io.take_calls(), [], "a broken stream must not be written to");
            ready(poll::flush(&mut peer));
            ready(poll::shutdown(&mut peer));
            assert_eq!(ready(poll::read(&mut peer, 1)), b"");
        }
    }
}

#[test]
fn w7_too_much_of_a_vectored_write_is_an_error_too() {
    for mode in Mode::ALL {
        let io = Scripted::new(Script {
            writes: vec![Step::Overlong(1)],
            vectored: true,
            ..Script::default()
        });
        let mut peer = stream(mode, io.clone());
        failure(poll::write_vectored(&mut peer, &[b"da".to_vec(), b"ta".to_vec()]));
        failure(poll::write(&mut peer, b"more"));
        assert_eq!(io.calls().len(), 1, "{mode:?}");
    }
}

#[test]
fn w7_exactly_as_much_as_was_given_is_no_error() {
    for mode in Mode::ALL {
        let io = Scripted::writing([Step::Overlong(0)]);
        let mut peer = stream(mode, io);
        assert_eq!(ready(poll::write(&mut peer, b"data")), 4, "{mode:?}");
    }
}

#[test]
fn w7_a_write_that_panicked_cannot_leave_wrong_keystream_behind() {
    struct Panics;
    impl AsyncWrite for Panics {
        fn poll_write(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &[u8],
        ) -> Poll<std::io::Result<usize>> {
            panic!("as some transports do")
        }
        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let (_, mut writer) = stream(Mode::Rc4, ()).into_split_with(|()| ((), Panics));
    let attempt = std::panic::AssertUnwindSafe(|| poll::write(&mut writer, b"data"));
    std::panic::catch_unwind(attempt).unwrap_err();
    failure(poll::write(&mut writer, b"data"));
}

/// More slices than any operating system takes at once, with empty ones everywhere.
fn many_slices() -> Vec<Vec<u8>> {
    (0..200).map(|at| pattern(at, [0, 1, 0, 17, 3][at % 5])).collect()
}

#[test]
fn w8_a_vectored_write_equals_its_concatenation() {
    for mode in Mode::ALL {
        let io = Scripted::writing([Step::Pending, Step::Move(100), Step::Pending]);
        let mut peer = stream(mode, io.clone());
        let whole = many_slices().concat();
        let mut left = whole.clone();
        while !left.is_empty() {
            // The rest, cut into slices elsewhere at every attempt.
            let slices: Vec<Vec<u8>> = left
                .chunks(1 + left.len() % 7)
                .flat_map(|chunk| [vec![], chunk.to_vec(), vec![]])
                .collect();
            if let Poll::Ready(written) = poll::write_vectored(&mut peer, &slices) {
                left.drain(..written.unwrap());
            }
        }
        assert_eq!(decrypt(mode, &io.written()), whole, "{mode:?}");
    }
}

#[test]
fn w8_a_vectored_write_arrives_gathered_in_rc4_and_as_it_is_otherwise() {
    let slices = many_slices();
    let offered = |mode| {
        let io = Scripted::writing([]);
        let len = slices.concat().len();
        assert_eq!(
            ready(poll::write_vectored(&mut stream(mode, io.clone()), &slices)),
            len
        );
        io.calls()
    };
    let [
        Call::Write {
            offered: gathered,
            outcome,
        },
    ] = &offered(Mode::Rc4)[..]
    else {
        panic!("not one write");
    };
    assert_eq!(decrypt(Mode::Rc4, gathered), slices.concat());
    assert_eq!(*outcome, Outcome::Moved(slices.concat().len()));
    for mode in [Mode::HeaderOnly, Mode::Plaintext] {
        let [Call::WriteVectored { offered, .. }] = &offered(mode)[..] else {
            panic!("not one vectored write");
        };
        assert_eq!(*offered, slices);
    }
}

#[test]
fn w8_slices_beyond_the_window_wait_for_the_next_write() {
    let io = Scripted::writing([Step::Pending]);
    let mut peer = stream(Mode::Rc4, io.clone());
    let slices = vec![pattern(1, WINDOW - 3), pattern(2, 10), vec![], pattern(3, WINDOW)];
    assert!(poll::write_vectored(&mut peer, &slices).is_pending());
    assert_eq!(ready(poll::write_vectored(&mut peer, &slices)), WINDOW);
    assert!(decrypt(Mode::Rc4, &io.written()) == slices.concat()[..WINDOW]);
}

#[test]
fn w8_is_write_vectored_is_the_inner_answer_unless_the_stream_encrypts() {
    for mode in Mode::ALL {
        for vectored in [true, false] {
            let io = Scripted::new(Script {
                vectored,
                ..Script::default()
            });
            let peer = stream(mode, io);
            let expected = mode == Mode::Rc4 || vectored;
            assert_eq!(peer.is_write_vectored(), expected, "{mode:?}");
            let (_, writer) = peer.into_split_with(|io| (io.clone(), io));
            assert_eq!(writer.is_write_vectored(), expected, "{mode:?}");
        }
    }
}

#[test]
fn w8_the_write_half_forwards_vectored_writes() {
    for mode in Mode::ALL {
        let io = Scripted::writing([]);
        let (_, mut writer) = stream(mode, io.clone()).into_split_with(|io| (io.clone(), io));
        let slices = many_slices();
        assert_eq!(
            ready(poll::write_vectored(&mut writer, &slices)),
            slices.concat().len()
        );
        assert_eq!(io.calls().len(), 1);
        assert_eq!(decrypt(mode, &io.written()), slices.concat(), "{mode:?}");
    }
}

#[test]
fn w10_an_inner_error_leaves_the_keystream_where_it_was() {
    for mode in Mode::ALL {
        let kinds = crate::support::fail_at::EVERY_KIND;
        let io = Scripted::writing(
            kinds
                .into_iter()
                .flat_map(|kind| [Step::Fail(kind), Step::Move(1)])
                .collect::<Vec<_>>(),
        );
        let mut peer = stream(mode, io.clone());
        for (turn, kind) in kinds.into_iter().enumerate() {
            assert_eq!(failure(poll::write(&mut peer, &pattern(turn, 90))).kind(), kind);
            assert_eq!(ready(poll::write(&mut peer, &pattern(turn, 2))), 1);
        }
        let expected: Vec<u8> = (0..kinds.len()).map(|turn| pattern(turn, 1)[0]).collect();
        assert_eq!(decrypt(mode, &io.written()), expected, "{mode:?}");
    }
}

#[tokio::test]
async fn w2_over_a_transport_that_sends_on_flush_only_flushing_is_needed() {
    let (a, b) = tokio::io::duplex(64);
    let (mut a, mut b) = streams(Mode::Rc4, SendsOnFlush::new(a), b);
    let data = pattern(3, 500);
    let reader = tokio::spawn(async move {
        let mut received = vec![0; 500];
        b.read_exact(&mut received).await.unwrap();
        received
    });
    a.write_all(&data).await.unwrap();
    a.flush().await.unwrap();
    assert_eq!(reader.await.unwrap(), data);
}

/// The ciphers of the tests must be right by themselves.
#[test]
fn w3_the_test_cipher_gives_the_known_keystream() {
    let s = crate::support::exchange::s();
    let known = [0x55, 0x2f, 0x99, 0xb4, 0xf8, 0x83, 0x46, 0xfd];
    assert_eq!(Cipher::a(&s).apply(&[0; 8]), known);
    let known = [0x70, 0x32, 0xa2, 0xc5, 0xf5, 0x1e, 0x35, 0xb9];
    assert_eq!(Cipher::b(&s).apply(&[0; 8]), known);
}
