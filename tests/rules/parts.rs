//! S2: a stream that is taken apart and assembled again is the same stream.

use std::task::Poll;

use rand::RngExt;
use rand::rngs::ChaCha20Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio_mse::{CryptoMethod, MseStream, Role};

use crate::support::cases::cases;
use crate::support::pair::{Mode, ciphers, established_with, facts, stream, streams};
use crate::support::poll::{self, ready};
use crate::support::script::{Script, Scripted, Step};

fn moves(rng: &mut ChaCha20Rng) -> Vec<Step> {
    let count = rng.random_range(0..20);
    let step = |_| match rng.random_range(0..4) {
        0 => Step::Pending,
        _ => Step::Move(rng.random_range(0..50)),
    };
    (0..count).map(step).collect()
}

/// Between any two calls, also after a pending write that has generated keystream.
#[test]
fn s2_a_stream_that_is_taken_apart_anywhere_continues() {
    cases(300, |rng| {
        let (reads, writes) = (moves(rng), moves(rng));
        let count = rng.random_range(1..30);
        let calls: Vec<(bool, usize, bool)> = (0..count)
            .map(|_| (rng.random(), rng.random_range(0..90), rng.random()))
            .collect();
        for mode in Mode::ALL.iter().copied() {
            let plain: Vec<u8> = (0..3000_u32).map(|at| (at * 3) as u8).collect();
            let (mut to_peer, mut from_peer) = ciphers();
            let incoming = mode.wire(&mut from_peer, &plain);
            let (reads, writes) = (reads.clone(), writes.clone());
            let io = Scripted::new(Script {
                reads,
                writes,
                incoming,
                ..Script::default()
            });
            let mut peer = stream(mode, io.clone());
            let (mut received, mut accepted) = (Vec::new(), Vec::new());
            for (turn, (writes, len, apart)) in calls.iter().enumerate() {
                if *writes {
                    let data = vec![turn as u8; *len];
                    if let Poll::Ready(written) = poll::write(&mut peer, &data) {
                        accepted.extend(&data[..written.unwrap()]);
                    }
                } else if let Poll::Ready(read) = poll::read(&mut peer, *len) {
                    received.extend(read.unwrap());
                }
                if *apart {
                    peer = MseStream::from_parts(peer.into_parts());
                }
            }
            assert_eq!(received, plain[..received.len()]);
            assert_eq!(io.written(), mode.wire(&mut to_peer, &accepted));
        }
    });
}

#[test]
fn s2_parts_keep_the_unread_bytes_and_the_result_of_the_handshake() {
    let (_, responder) = established_with(CryptoMethod::Rc4, "left over", "");
    let mut peer = MseStream::from_established(Scripted::reading([], []), responder);
    assert_eq!(ready(poll::read(&mut peer, 4)), b"left");
    let negotiated = facts(peer.negotiated());
    let mut peer = MseStream::from_parts(peer.into_parts());
    assert_eq!(facts(peer.negotiated()), negotiated);
    assert_eq!(ready(poll::read(&mut peer, 40)), b" over");
    assert_eq!(peer.get_ref().calls(), []);
}

#[tokio::test]
async fn s2_the_transport_can_be_replaced() {
    for mode in Mode::ALL.iter().copied() {
        let (a, b) = tokio::io::duplex(64);
        let (mut a, mut b) = streams(mode, a, b);
        a.write_all(b"bare, ").await.unwrap();
        let mut wrapped = a.map_io(BufWriter::new);
        wrapped.write_all(b"buffered, ").await.unwrap();
        wrapped.flush().await.unwrap();
        let mut a = wrapped.map_io(BufWriter::into_inner);
        a.write_all(b"and bare again").await.unwrap();
        drop(a);
        let mut received = String::new();
        b.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "bare, buffered, and bare again", "{mode:?}");
    }
}

#[test]
fn s2_a_plaintext_stream_has_the_role_that_it_was_given() {
    for role in [Role::Initiator, Role::Responder] {
        let peer = MseStream::plaintext((), role);
        assert_eq!(peer.negotiated().role(), role);
        let peer = MseStream::from_parts(peer.into_parts());
        assert_eq!(peer.negotiated().role(), role);
    }
}
