//! What is kept of a peer's bytes, and the memory that it takes.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{Inbox, STEP};

/// The memory for so many bytes.
fn room(len: usize) -> usize {
    len.next_multiple_of(STEP)
}

proptest! {
    #[test]
    fn h8_an_inbox_is_a_queue_and_has_room_for_little_more_than_it_ever_held(
        turns in prop::collection::vec((0..1500_usize, 0..1500_usize), 0..30),
    ) {
        let (mut inbox, mut model) = (Inbox::default(), VecDeque::new());
        let (mut counter, mut most) = (0_u8, 0);
        for (pushed, taken) in turns {
            let input: Vec<u8> = (0..pushed)
                .map(|_| {
                    counter = counter.wrapping_mul(5).wrapping_add(1);
                    counter
                })
                .collect();
            inbox.push(&input);
            model.extend(input);
            prop_assert!(inbox.unread().iter().eq(&model));
            most = most.max(model.len());
            prop_assert!(inbox.bytes.capacity() <= room(most), "{} for {most}", inbox.bytes.capacity());

            let expected = (taken <= model.len()).then(|| model.drain(..taken).collect::<Vec<_>>());
            prop_assert_eq!(inbox.take(taken).map(|taken| taken.to_vec()), expected);
            prop_assert!(inbox.unread().iter().eq(&model));
        }
        prop_assert!(inbox.take_all().into_iter().eq(model));
        prop_assert!(inbox.unread().is_empty());
    }
}

#[test]
fn bytes_for_which_there_is_room_are_put_there_and_the_others_stay_where_they_are() {
    for (kept, taken) in [(60, 0), (60, 10), (0, 0)] {
        let mut bytes = Vec::with_capacity(100);
        bytes.resize(kept, 1);
        let mut inbox = Inbox::from(bytes);
        let (room, memory) = (inbox.bytes.capacity(), inbox.bytes.as_ptr());
        inbox.take(taken);
        inbox.push(&vec![2; room - kept]);
        assert_eq!((inbox.bytes.capacity(), inbox.bytes.as_ptr()), (room, memory));
        assert_eq!(inbox.unread().len(), room - taken);
    }
}
