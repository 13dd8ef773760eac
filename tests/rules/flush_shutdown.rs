//! F1 to F4: flush and shutdown.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};

use crate::support::close_guard::CloseGuard;
use crate::support::pair::{Mode, ciphers, stream, streams};
use crate::support::poll::{self, failure, ready};
use crate::support::script::{Call, Outcome, Script, Scripted, Step};
use crate::support::spawn::spawn_boxed;

#[test]
fn f1_flush_always_reaches_the_inner_flush() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::new(Script {
            flushes: vec![Step::Move(0), Step::Pending, Step::Fail(ErrorKind::Other)],
            writes: vec![Step::Pending],
            ..Script::default()
        });
        let mut peer = stream(mode, io.clone());
        let flushed = |outcome| [Call::Flush(outcome)];
        ready(poll::flush(&mut peer));
        assert_eq!(io.take_calls(), flushed(Outcome::Moved(0)));
        assert!(poll::write(&mut peer, b"data").is_pending());
        io.take_calls();
        assert!(poll::flush(&mut peer).is_pending());
        assert_eq!(io.take_calls(), flushed(Outcome::Pending));
        assert_eq!(failure(poll::flush(&mut peer)).kind(), ErrorKind::Other);
        assert_eq!(io.take_calls(), flushed(Outcome::Failed(ErrorKind::Other)));
        let (_, mut writer) = peer.into_split_with(|io| (io.clone(), io));
        ready(poll::flush(&mut writer));
        assert_eq!(io.take_calls(), flushed(Outcome::Moved(0)));
    }
}

#[test]
fn f2_shutdown_is_delegated_any_number_of_times_and_nothing_is_invented() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::new(Script {
            shutdowns: vec![
                Step::Pending,
                Step::Fail(ErrorKind::Interrupted),
                Step::Pending,
                Step::Move(0),
                Step::Move(0),
                Step::Fail(ErrorKind::NotConnected),
            ],
            writes: vec![Step::Move(2), Step::Pending],
            ..Script::default()
        });
        let mut peer = stream(mode, CloseGuard::new(io.clone()));
        assert_eq!(ready(poll::write(&mut peer, b"data")), 2);
        assert!(poll::write(&mut peer, b"ta").is_pending());
        io.take_calls();
        assert!(poll::shutdown(&mut peer).is_pending());
        assert_eq!(failure(poll::shutdown(&mut peer)).kind(), ErrorKind::Interrupted);
        assert!(poll::shutdown(&mut peer).is_pending());
        ready(poll::shutdown(&mut peer));
        ready(poll::shutdown(&mut peer));
        assert_eq!(failure(poll::shutdown(&mut peer)).kind(), ErrorKind::NotConnected);
        drop(peer);
        let calls = io.take_calls();
        assert_eq!(calls.len(), 6, "{mode:?}");
        assert!(calls.iter().all(|call| matches!(call, Call::Shutdown(_))));
    }
}

#[test]
fn f2_the_write_half_delegates_shutdown_too() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::new(Script {
            shutdowns: vec![Step::Pending],
            ..Script::default()
        });
        let (_, mut writer) = stream(mode, io.clone()).into_split_with(|io| (io.clone(), io));
        assert!(poll::shutdown(&mut writer).is_pending());
        ready(poll::shutdown(&mut writer));
        ready(poll::shutdown(&mut writer));
        drop(writer);
        assert_eq!(io.calls().len(), 3, "{mode:?}");
    }
}

#[test]
fn f3_all_accepted_ciphertext_precedes_the_inner_shutdown() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([Step::Move(1), Step::Pending, Step::Move(3)]);
        let mut peer = stream(mode, io.clone());
        let mut accepted = 0;
        for _ in 0..3 {
            if let std::task::Poll::Ready(n) = poll::write(&mut peer, &b"farewell"[accepted..]) {
                accepted += n.unwrap();
            }
        }
        ready(poll::shutdown(&mut peer));
        assert!(matches!(io.calls().last(), Some(Call::Shutdown(_))));
        let written = mode.wire(&mut ciphers().0, &io.written());
        assert_eq!(written, b"farewell"[..accepted], "{mode:?}");
        assert_eq!(accepted, 4);
    }
}

#[tokio::test]
async fn f3_the_last_bytes_arrive_before_the_end() {
    for mode in Mode::ALL.iter().copied() {
        for len in [0, 1, 63, 64, 65, 40_000] {
            let (a, b) = tokio::io::duplex(64);
            let (mut a, mut b) = streams(mode, a, b);
            let sender = spawn_boxed(async move {
                a.write_all(&vec![5; len]).await.unwrap();
                a.shutdown().await.unwrap();
                a
            });
            let mut received = Vec::new();
            b.read_to_end(&mut received).await.unwrap();
            assert_eq!(received, vec![5; len]);
            sender.await.unwrap();
        }
    }
}

#[tokio::test]
async fn f4_half_close_works_both_ways() {
    for mode in Mode::ALL.iter().copied() {
        for initiator_first in [true, false] {
            let (a, b) = tokio::io::duplex(16);
            let (a, b) = streams(mode, CloseGuard::new(a), CloseGuard::new(b));
            let (mut first, mut second) = if initiator_first { (a, b) } else { (b, a) };
            let one = async {
                first.write_all(&[1; 500]).await.unwrap();
                first.shutdown().await.unwrap();
                let mut received = Vec::new();
                first.read_to_end(&mut received).await.unwrap();
                assert_eq!(received, [2; 700]);
            };
            let other = async {
                let mut received = Vec::new();
                second.read_to_end(&mut received).await.unwrap();
                assert_eq!(received, [1; 500]);
                // The other direction is still open.
                second.write_all(&[2; 700]).await.unwrap();
                second.shutdown().await.unwrap();
            };
            tokio::join!(one, other);
        }
    }
}

/// client == encrypted == proxy == encrypted == server; the client closes first, the server answers and closes.
#[tokio::test]
async fn f4_copy_bidirectional_over_two_streams_ends() {
    for mode in Mode::ALL.iter().copied() {
        let (client, near) = tokio::io::duplex(100);
        let (far, server) = tokio::io::duplex(30);
        let (mut client, mut near) = streams(mode, client, near);
        let (mut far, mut server) = streams(mode, far, server);
        let proxy = async { copy_bidirectional(&mut near, &mut far).await.unwrap() };
        let dialler = async {
            client.write_all(&[3; 5000]).await.unwrap();
            client.shutdown().await.unwrap();
            let mut received = Vec::new();
            client.read_to_end(&mut received).await.unwrap();
            assert_eq!(received, [4; 3000]);
        };
        let listener = async {
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.unwrap();
            assert_eq!(received, [3; 5000]);
            server.write_all(&[4; 3000]).await.unwrap();
            server.shutdown().await.unwrap();
        };
        let (copied, (), ()) = tokio::join!(proxy, dialler, listener);
        assert_eq!(copied, (5000, 3000), "{mode:?}");
    }
}
