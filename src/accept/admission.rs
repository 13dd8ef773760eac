//! How many connections are held at once: those that have sent a public key, and those that have not.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

use crate::drive::room::{Room, Seat};

/// However few handshakes are allowed, so many peers may be a round trip away from their first byte.
const LEAST_SILENT: usize = 64;

/// Shared by all clones of an acceptor.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    places: Arc<Semaphore>,
    silent: Room,
}

impl Admission {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))),
            silent: Room::new(limit.max(LEAST_SILENT)),
        }
    }

    /// For a connection that has sent nothing worth a place yet.
    pub(super) fn admit(self) -> Admitted {
        Admitted {
            seat: self.silent.enter(),
            places: PollSemaphore::new(self.places),
        }
    }
}

/// A connection on its way to a place.
#[derive(Debug)]
pub(super) struct Admitted {
    seat: Option<Seat>,
    places: PollSemaphore,
}

impl Admitted {
    /// Ready when a connection that has not sent its key has to make room for newer ones.
    pub(super) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.seat
            .as_mut()
            .map_or(Poll::Pending, |seat| seat.poll_lost(cx))
    }

    /// A place, for a connection that has sent its key. None only if there are none any more, which cannot be.
    pub(super) fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<Option<OwnedSemaphorePermit>> {
        self.seat = None;
        Poll::Ready(ready!(self.places.poll_acquire(cx)))
    }
}
