//! A bounded number of connections, of which the oldest makes room for the newest.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// Shared by everything that counts together.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Mutex<Seats>>);

#[derive(Debug)]
struct Seats {
    limit: usize,
    next: u64,
    /// The oldest first. A connection whose sender is gone has to go.
    taken: VecDeque<(u64, oneshot::Sender<()>)>,
}

impl Room {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Seats {
            limit,
            next: 0,
            taken: VecDeque::new(),
        })))
    }

    /// Takes a seat: that of the oldest, if there is no other. None if there are no seats at all.
    pub(crate) fn enter(&self) -> Option<Seat> {
        let mut seats = self.lock();
        if seats.limit == 0 {
            return None;
        }
        while seats.taken.len() >= seats.limit {
            seats.taken.pop_front();
        }
        let number = seats.next;
        seats.next += 1;
        let (keep, kept) = oneshot::channel();
        seats.taken.push_back((number, keep));
        Some(Seat {
            room: self.clone(),
            number,
            kept,
        })
    }

    // A queue whose user panicked is still a queue: no operation here leaves it half changed.
    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's seat; free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    room: Room,
    number: u64,
    kept: oneshot::Receiver<()>,
}

impl Seat {
    /// Ready when this connection has to make room.
    pub(crate) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.kept).poll(cx).map(|_| ())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.room.lock();
        // In order of their numbers.
        if let Ok(at) = seats
            .taken
            .binary_search_by_key(&self.number, |(number, _)| *number)
        {
            seats.taken.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_lost(seat: &mut Seat) -> bool {
        let mut task = tokio_test::task::spawn(std::future::poll_fn(|cx| seat.poll_lost(cx)));
        task.poll().is_ready()
    }

    #[test]
    fn l2_the_oldest_makes_room_for_the_newest() {
        let room = Room::new(2);
        let mut seats: Vec<Seat> = (0..5).filter_map(|_| room.enter()).collect();
        let lost: Vec<bool> = seats.iter_mut().map(is_lost).collect();
        assert_eq!(lost, [true, true, true, false, false]);
    }

    #[test]
    fn a_seat_that_is_left_is_free_again() {
        let room = Room::new(2);
        let mut first = room.enter().unwrap();
        let second = room.enter().unwrap();
        drop(second);
        let mut third = room.enter().unwrap();
        assert!(!is_lost(&mut first) && !is_lost(&mut third));
    }

    #[test]
    fn whoever_leaves_takes_nobody_along() {
        for leaving in 0..4 {
            let room = Room::new(4);
            let mut seats: Vec<Seat> = (0..4).filter_map(|_| room.enter()).collect();
            drop(seats.remove(leaving));
            let lost: Vec<bool> = seats.iter_mut().map(is_lost).collect();
            assert_eq!(lost, [false; 3], "number {leaving} left");
        }
    }

    #[test]
    fn a_room_without_seats_takes_nobody() {
        assert!(Room::new(0).enter().is_none());
    }

    #[test]
    fn whoever_has_to_go_is_woken() {
        let room = Room::new(1);
        let mut first = room.enter().unwrap();
        let mut task = tokio_test::task::spawn(std::future::poll_fn(move |cx| first.poll_lost(cx)));
        assert!(task.poll().is_pending());
        let _second = room.enter();
        assert!(task.is_woken());
    }
}
