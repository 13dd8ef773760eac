//! How many connections are held at once: those that have not sent a public key, those that have and wait for a place,
//! and those that have one.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

use crate::drive::room::{Room, Seat};

/// At least so many connections are held without a place, silent ones and waiting ones each, however few handshakes are
/// allowed. An honest peer is silent, too, for the round trip until its first bytes are here.
const LEAST_HELD: usize = 64;

/// Shared by all clones of an acceptor.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    places: Arc<Semaphore>,
    silent: Room,
    waiting: Room,
}

impl Admission {
    pub(super) fn new(limit: usize) -> Self {
        let held = limit.max(LEAST_HELD);
        Self {
            places: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))),
            silent: Room::new(held),
            waiting: Room::new(held),
        }
    }

    /// Lets in a connection that has not sent its key yet.
    pub(super) fn admit(self) -> Admitted {
        Admitted {
            seat: self.silent.enter(),
            waiting: Some(self.waiting),
            places: PollSemaphore::new(self.places),
        }
    }
}

/// A connection on its way to a place.
#[derive(Debug)]
pub(super) struct Admitted {
    seat: Option<Seat>,
    /// Where it waits for a place, until it does.
    waiting: Option<Room>,
    places: PollSemaphore,
}

impl Admitted {
    /// Ready when this connection has to make room for newer ones.
    pub(super) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.seat
            .as_mut()
            .map_or(Poll::Pending, |seat| seat.poll_lost(cx))
    }

    /// A place, for a connection that has sent its key. `None` only if the semaphore was closed, which nobody does.
    pub(super) fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<Option<OwnedSemaphorePermit>> {
        if let Poll::Ready(place) = self.places.poll_acquire(cx) {
            return Poll::Ready(place);
        }
        if let Some(waiting) = self.waiting.take() {
            self.seat = waiting.enter();
        }
        Poll::Pending
    }
}
