//! W8: vectored writes.

use std::task::Poll;

use tokio::io::AsyncWrite;

use crate::support::pair::{Mode, stream};
use crate::support::poll::{self, ready};
use crate::support::script::{Call, Outcome, Script, Scripted, Step};
use crate::support::write_limit::WRITE_LIMIT;
use crate::writing::{decrypt, pattern};

/// More slices than an operating system accepts at once, with empty ones everywhere.
fn many_slices() -> Vec<Vec<u8>> {
    (0..200).map(|at| pattern(at, [0, 1, 0, 17, 3][at % 5])).collect()
}

#[test]
fn w8_a_vectored_write_equals_its_concatenation() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([Step::Pending, Step::Move(100), Step::Pending]);
        let mut peer = stream(mode, io.clone());
        let whole = many_slices().concat();
        let mut left = whole.clone();
        while !left.is_empty() {
            // The rest, cut into other slices at every attempt.
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
    let slices = vec![
        pattern(1, WRITE_LIMIT - 3),
        pattern(2, 10),
        vec![],
        pattern(3, WRITE_LIMIT),
    ];
    assert!(poll::write_vectored(&mut peer, &slices).is_pending());
    assert_eq!(ready(poll::write_vectored(&mut peer, &slices)), WRITE_LIMIT);
    assert!(decrypt(Mode::Rc4, &io.written()) == slices.concat()[..WRITE_LIMIT]);
}

#[test]
fn w8_is_write_vectored_is_the_inner_answer_unless_the_stream_encrypts() {
    for mode in Mode::ALL.iter().copied() {
        for vectored in [true, false] {
            let io = Scripted::new(Script {
                vectored,
                ..Script::default()
            });
            let peer = stream(mode, io);
            let expected = mode.encrypts() || vectored;
            assert_eq!(peer.is_write_vectored(), expected, "{mode:?}");
            let (_, writer) = peer.into_split_with(|io| (io.clone(), io));
            assert_eq!(writer.is_write_vectored(), expected, "{mode:?}");
        }
    }
}

#[test]
fn w8_the_write_half_forwards_vectored_writes() {
    for mode in Mode::ALL.iter().copied() {
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
