//! R1 to R7, and R9.

use std::io::ErrorKind;
use std::mem::MaybeUninit;

use tokio::io::{AsyncReadExt, ReadBuf};
use tokio_mse::{CryptoMethod, MseAcceptor, MseStream};

use crate::support::close_guard::CloseGuard;
use crate::support::exchange::{SKEY, XA, XB, randomness, skey};
use crate::support::fail_at::EVERY_KIND;
use crate::support::one_way::{ReadOnly, WriteOnly};
use crate::support::pair::{Mode, ciphers, established_with, finished, stream, unfinished};
use crate::support::poll::{self, failure, ready};
use crate::support::script::{Call, Scripted, Step};
use crate::support::serve::serve;

/// The bytes on the wire if the responder sends `plain`.
fn wire(mode: Mode, plain: &[u8]) -> Vec<u8> {
    mode.wire(&mut ciphers().1, plain)
}

#[test]
fn r1_only_newly_filled_bytes_are_decrypted_once() {
    for mode in Mode::ALL.iter().copied() {
        let plain = b"what the peer said, in several pieces";
        let io = Scripted::reading(wire(mode, plain), [Step::Move(4), Step::Move(1)]);
        let mut peer = stream(mode, io);
        let mut space = [0xEE; 60];
        let mut buf = ReadBuf::new(&mut space);
        buf.put_slice(b"already here: ");
        for read in [4, 5, 37] {
            ready(poll::read_into(&mut peer, &mut buf));
            assert_eq!(buf.filled(), [b"already here: ", &plain[..read]].concat());
        }
    }
}

#[test]
fn r1_an_uninitialised_buffer_is_filled_and_decrypted() {
    for mode in Mode::ALL.iter().copied() {
        let plain = b"into memory that nobody has written to";
        let mut peer = stream(mode, Scripted::reading(wire(mode, plain), []));
        let mut space = [MaybeUninit::uninit(); 64];
        let mut buf = ReadBuf::uninit(&mut space);
        ready(poll::read_into(&mut peer, &mut buf));
        assert_eq!(buf.filled(), plain, "{mode:?}");
    }
}

#[test]
fn r1_one_byte_buffers_read_everything_in_order() {
    for mode in Mode::ALL.iter().copied() {
        let plain: Vec<u8> = (0..700_u32).map(|at| (at * 7) as u8).collect();
        let mut peer = stream(mode, Scripted::reading(wire(mode, &plain), []));
        let read: Vec<u8> = (0..plain.len())
            .map(|_| ready(poll::read(&mut peer, 1))[0])
            .collect();
        assert_eq!(read, plain, "{mode:?}");
    }
}

#[test]
fn r2_a_read_without_capacity_is_ready_and_takes_nothing() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::reading(wire(mode, b"data"), [Step::Pending]);
        let mut peer = stream(mode, io.clone());
        assert_eq!(ready(poll::read(&mut peer, 0)), b"");
        let mut full = [7; 3];
        let mut buf = ReadBuf::new(&mut full);
        buf.set_filled(3);
        ready(poll::read_into(&mut peer, &mut buf));
        assert_eq!(buf.filled(), [7; 3]);
        assert_eq!(io.calls(), []);
        assert!(poll::read(&mut peer, 4).is_pending());
        assert_eq!(ready(poll::read(&mut peer, 0)), b"");
        assert_eq!(ready(poll::read(&mut peer, 9)), b"data", "{mode:?}");
    }
}

#[test]
fn r2_a_read_without_capacity_leaves_left_over_bytes() {
    let (_, responder) = established_with(CryptoMethod::Rc4, "left over", "");
    let io = Scripted::reading([], []);
    let mut peer = MseStream::from_established(io.clone(), responder);
    assert_eq!(ready(poll::read(&mut peer, 0)), b"");
    assert_eq!(ready(poll::read(&mut peer, 4)), b"left");
    assert_eq!(ready(poll::read(&mut peer, 0)), b"");
    assert_eq!(ready(poll::read(&mut peer, 40)), b" over");
    assert_eq!(io.calls(), []);
}

#[test]
fn r3_pending_or_error_leaves_the_buffer_and_the_cipher_unchanged() {
    for mode in Mode::ALL.iter().copied() {
        let script: Vec<Step> = EVERY_KIND
            .into_iter()
            .flat_map(|kind| [Step::Pending, Step::Fail(kind), Step::Move(1)])
            .collect();
        let plain: Vec<u8> = (100..100 + EVERY_KIND.len()).map(|at| at as u8).collect();
        let mut peer = stream(mode, Scripted::reading(wire(mode, &plain), script));
        let mut space = [0; 64];
        let mut buf = ReadBuf::new(&mut space);
        buf.put_slice(b"before");
        for (turn, kind) in EVERY_KIND.into_iter().enumerate() {
            let filled = [b"before", &plain[..turn]].concat();
            assert!(poll::read_into(&mut peer, &mut buf).is_pending());
            assert_eq!(buf.filled(), filled);
            assert_eq!(failure(poll::read_into(&mut peer, &mut buf)).kind(), kind);
            assert_eq!(buf.filled(), filled);
            ready(poll::read_into(&mut peer, &mut buf));
        }
        assert_eq!(buf.filled(), [b"before", &plain[..]].concat(), "{mode:?}");
    }
}

#[test]
fn r4_the_end_is_reported_every_time_and_wakes_nobody() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::reading(wire(mode, b"last"), []);
        let peer = stream(mode, io.clone());
        let mut task = tokio_test::task::spawn(peer);
        let mut read = || {
            task.enter(|cx, mut peer| {
                let mut space = [0; 8];
                let mut buf = ReadBuf::new(&mut space);
                let poll = tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut *peer), cx, &mut buf);
                ready(poll);
                buf.filled().to_vec()
            })
        };
        assert_eq!(read(), b"last");
        for _ in 0..5 {
            assert_eq!(read(), b"");
        }
        assert!(!task.is_woken());
        assert_eq!(io.calls().len(), 6, "{mode:?}");
    }
}

#[test]
fn r4_bytes_after_an_end_are_read_if_the_transport_yields_them() {
    let io = Scripted::reading(wire(Mode::Rc4, b"data"), [Step::Move(2), Step::Move(0)]);
    let mut peer = stream(Mode::Rc4, io);
    assert_eq!(ready(poll::read(&mut peer, 8)), b"da");
    assert_eq!(ready(poll::read(&mut peer, 8)), b"");
    assert_eq!(ready(poll::read(&mut peer, 8)), b"ta");
}

#[test]
fn r5_bytes_that_came_with_the_handshake_are_read_first_while_the_inner_is_pending() {
    for method in [CryptoMethod::Rc4, CryptoMethod::HeaderOnly] {
        let (initiator, responder) = established_with(method, "IA of the initiator", "answer");
        for (established, expected) in [
            (initiator, b"answer".as_slice()),
            (responder, b"IA of the initiator"),
        ] {
            let io = Scripted::reading([], vec![Step::Pending; 3]);
            let mut peer = MseStream::from_established(io.clone(), established);
            let first = ready(poll::read(&mut peer, 4));
            let rest = ready(poll::read(&mut peer, 400));
            assert_eq!([first, rest].concat(), expected, "{method:?}");
            assert_eq!(io.calls(), [], "the inner was asked too early");
            assert!(poll::read(&mut peer, 4).is_pending());
        }
    }
}

#[test]
fn r5_what_follows_left_over_bytes_is_decrypted_correctly() {
    let (mut initiator, mut responder) = established_with(CryptoMethod::Rc4, "", "first ");
    let mut sealed = b"and what follows".to_vec();
    responder.encrypt.as_mut().unwrap().apply(&mut sealed);
    assert_eq!(initiator.received, b"first ");
    // Half of it arrived with the handshake.
    initiator.decrypt.as_mut().unwrap().apply(&mut sealed[..8]);
    initiator.received.extend(&sealed[..8]);
    let mut peer = MseStream::from_established(Scripted::reading(&sealed[8..], []), initiator);
    let read = [ready(poll::read(&mut peer, 99)), ready(poll::read(&mut peer, 99))];
    assert_eq!(read.concat(), b"first and what follows");
}

#[test]
fn r5_left_over_bytes_survive_taking_apart_and_splitting() {
    let whole = || {
        let (_, responder) = established_with(CryptoMethod::Rc4, "left over", "");
        let mut peer = MseStream::from_established(Scripted::reading([], []), responder);
        assert_eq!(ready(poll::read(&mut peer, 4)), b"left");
        peer
    };
    assert_eq!(&whole().into_parts().unread[..], b" over");

    let (mut reader, _writer) = whole().into_split_with(|io| (io.clone(), io));
    assert_eq!(ready(poll::read(&mut reader, 2)), b" o");
    let (_io, unread, decrypt) = reader.into_parts();
    assert_eq!(&unread[..], b"ver");
    assert!(decrypt.unwrap().is_some());
}

#[test]
fn r9_unread_bytes_are_seen_without_reading() {
    for method in [CryptoMethod::Rc4, CryptoMethod::HeaderOnly] {
        let whole = || {
            let (_, responder) = established_with(method, "left over", "");
            MseStream::from_established(Scripted::reading([], []), responder)
        };
        let mut peer = whole();
        assert_eq!(peer.unread(), b"left over");
        assert_eq!(peer.unread(), b"left over");
        assert_eq!(ready(poll::read(&mut peer, 0)), b"");
        assert_eq!(ready(poll::read(&mut peer, 4)), b"left");
        assert_eq!(peer.unread(), b" over");
        let mut peer = MseStream::from_parts(peer.into_parts());
        assert_eq!(peer.unread(), b" over");
        assert_eq!(ready(poll::read(&mut peer, 40)), b" over");
        assert_eq!(peer.unread(), b"");
        // None of this has called the transport.
        assert_eq!(peer.get_ref().calls(), []);
        // Later reads do, and leave nothing unread.
        assert_eq!(ready(poll::read(&mut peer, 4)), b"");
        assert_eq!(peer.unread(), b"");

        let (mut reader, writer) = whole().into_split_with(|io| (io.clone(), io));
        assert_eq!(ready(poll::read(&mut reader, 5)), b"left ");
        assert_eq!(reader.unread(), b"over");
        let peer = reader.reunite(writer, |io, _| Ok(io)).unwrap();
        assert_eq!(peer.unread(), b"over");
    }
    assert_eq!(MseStream::plaintext((), tokio_mse::Role::Initiator).unread(), b"");
}

#[tokio::test]
async fn r5_a_sniffed_plaintext_handshake_is_replayed_once_for_every_segmentation() {
    let handshake = [
        b"\x13BitTorrent protocol".as_slice(),
        &[0; 8],
        &SKEY,
        b"-XX0000-abcdefghijkl!",
    ]
    .concat();
    let acceptor = MseAcceptor::default();
    for segment in 1..=handshake.len() {
        let io = Scripted::reading(&*handshake, vec![Step::Move(segment); 200]);
        let mut peer = serve(&acceptor, io.clone(), skey(), "").await.unwrap();
        assert_eq!(peer.negotiated().mode(), tokio_mse::Mode::Plaintext);
        let mut read = Vec::new();
        peer.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, handshake);
        assert_eq!(io.written(), b"");

        let io = Scripted::reading(&*handshake, vec![Step::Move(segment); 200]);
        let mut peer = serve(&acceptor, io.clone(), skey(), "ours").await.unwrap();
        let mut read = Vec::new();
        peer.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, handshake);
        assert_eq!(io.written(), b"ours");
    }
}

/// IA, payload immediately after it, and payload immediately after PadD, in the same segment and in a segment of its own.
#[test]
fn r5_payload_in_the_segment_of_the_handshake_is_decrypted_in_the_right_mode() {
    use tokio_mse::handshake::{Initiator, Machine, Padding, Responder};
    use tokio_mse::{CryptoMethods, Policy};

    for method in [CryptoMethod::Rc4, CryptoMethod::HeaderOnly] {
        let policy = Policy::full_rc4().with_methods(CryptoMethods::only(method));
        let long: Vec<u8> = (0..300_u32).map(|at| at as u8).collect();
        let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
        let padding = || Padding::new([1; 9], [2; 8], 7).unwrap();
        let a = Initiator::new(
            skey(),
            &policy,
            long.clone(),
            randomness(XA, padding()),
            &mut to_b,
        );
        let b = Responder::new(&policy, randomness(XB, padding()));
        let b = unfinished(b.process(&std::mem::take(&mut to_b), &mut to_a));
        let a = unfinished(a.process(&std::mem::take(&mut to_a), &mut to_b));
        let b = finished(b.process(&std::mem::take(&mut to_b), &mut to_a));
        let b = finished(b.resolve(skey(), "answer").process(&[], &mut to_a));
        assert_eq!(b.received, long[..68]);
        let mut b = MseStream::from_established(Scripted::reading([], []), b);
        assert_eq!(ready(poll::write(&mut b, b" and more")), 9);
        to_a.extend(b.get_ref().written());
        let a = finished(a.process(&to_a, &mut to_b));
        assert_eq!(a.received, b"answer and more", "{method:?}");
        let mut b = MseStream::from_established(Scripted::reading(to_b, []), {
            let parts = b.into_parts();
            let mut established = a;
            established.decrypt = parts.decrypt.unwrap();
            established.received = parts.unread.to_vec();
            established
        });
        let read = [ready(poll::read(&mut b, 999)), ready(poll::read(&mut b, 999))].concat();
        assert_eq!(read, long, "{method:?}");
    }
}

#[test]
fn r6_reading_and_writing_never_touch_the_other_direction() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::reading(
            wire(mode, b"data"),
            [Step::Pending, Step::Move(1), Step::Fail(ErrorKind::Other)],
        );
        let mut peer = stream(mode, ReadOnly::new(io));
        for _ in 0..8 {
            let _ = poll::read(&mut peer, 3);
        }
        let io = Scripted::writing([Step::Pending, Step::Move(1), Step::Fail(ErrorKind::Other)]);
        let mut peer = stream(mode, WriteOnly::new(CloseGuard::new(io)));
        for _ in 0..8 {
            let _ = poll::write(&mut peer, b"some data");
            let _ = poll::write_vectored(&mut peer, &[b"some".to_vec(), b"data".to_vec()]);
            let _ = poll::flush(&mut peer);
        }
        for _ in 0..3 {
            ready(poll::shutdown(&mut peer));
        }
    }
}

#[test]
fn r7_one_call_makes_at_most_one_inner_call() {
    let steps = [
        Step::Pending,
        Step::Move(1),
        Step::Move(0),
        Step::Fail(ErrorKind::Interrupted),
        Step::Fail(ErrorKind::WouldBlock),
        Step::Move(9999),
    ];
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::reading(wire(mode, &[1; 99]), steps);
        let mut peer = stream(mode, io.clone());
        for _ in steps {
            let _ = poll::read(&mut peer, 64);
            let calls = io.take_calls();
            assert!(matches!(&calls[..], [call] if call.is_read()), "{calls:?}");
        }
        let io = Scripted::writing(steps);
        let mut peer = stream(mode, io.clone());
        for _ in steps {
            let _ = poll::write(&mut peer, &vec![1; 40_000]);
            let calls = io.take_calls();
            assert!(matches!(&calls[..], [call] if call.is_write()));
            let _ = poll::flush(&mut peer);
            assert!(matches!(&io.take_calls()[..], [Call::Flush(_)]));
            let _ = poll::write_vectored(&mut peer, &[vec![2; 3], vec![3; 4]]);
            let calls = io.take_calls();
            assert!(matches!(&calls[..], [call] if call.is_write()));
        }
    }
}
