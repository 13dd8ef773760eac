//! Closing a connection late after its handshake failed, so that every failure looks alike.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::ops::RangeInclusive;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use rand::RngExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;

use crate::crypto::dh::PUBLIC_KEY_LEN;
use crate::drive::Exchange;
use crate::error::{Error, ErrorKind, HandshakeError, Step};
use crate::handshake::{Machine, Progress, Sealed};

/// Far below 1024, the usual limit of descriptors, so that failed handshakes cannot use them up.
const DEFAULT_AT_MOST: usize = 96;

/// For how long, and how many bytes, we read after our FIN. If bytes are unread, closing sends a reset instead.
const DRAIN_TIME: Duration = Duration::from_secs(2);
const DRAIN_BYTES: u64 = 256 * 1024;

/// Delays closing after a failed handshake, so that every failure looks alike. For
/// [`MseAcceptor::linger`](crate::MseAcceptor::linger).
///
/// Without lingering, a failed connection closes at once. This is simple, but it shows why the handshake failed. Nearly
/// every client closes at once if the info-hash is unknown, waits for its timeout if the peer is silent, and resets the
/// connection if bytes are unread. So a prober with a list of info-hashes learns which of them a host serves.
///
/// With lingering, the future that you await stays pending after a failure. It reads and discards what the peer sends, as if
/// the handshake were not complete yet. After a random time it closes the connection, and returns the error at most two
/// seconds later. (A `tracing` event reports the failure at once.) So what a peer without the info-hash sees depends on the
/// lengths and times of what it sent, and not on the content. If you drop the future or put a timeout around it, the
/// connection closes at that moment, and a prober can see that.
///
/// **Some connections still close at once**, because the peer would redial: plaintext if MSE is required, plaintext for an
/// info-hash that is not served, and MSE if it is forbidden. Honest clients wait for the close before they redial in the
/// other mode. [`MseAcceptor::hide_plaintext`](crate::MseAcceptor::hide_plaintext) changes the first case, at a price. If a
/// peer has not sent a whole public key within the timeout, the connection closes at the timeout.
///
/// **The price**: each lingering connection holds one descriptor, at most 2 KiB of memory (10 KiB while it closes), and its
/// slot in your accept loop. At most 96 connections linger beyond their timeout, counted over all clones. If one more does,
/// the oldest closes early.
///
/// Lingering cannot hide a torrent from a prober that knows its info-hash.
///
/// ```
/// use std::time::Duration;
/// use tokio_mse::{Linger, MseAcceptor, Policy};
///
/// let linger = Linger::new().until(Duration::from_secs(60)..=Duration::from_secs(90)).at_most(50);
/// let acceptor = MseAcceptor::new(Policy::full_rc4()).linger(linger);
/// # let _ = acceptor;
/// ```
#[derive(Clone, Debug)]
pub struct Linger {
    until: (Duration, Duration),
    at_most: usize,
    /// The connections that linger, the oldest first. Dropping a sender evicts its connection.
    slots: Arc<Mutex<VecDeque<oneshot::Sender<()>>>>,
}

impl Linger {
    /// Closes 20 to 40 seconds after the first poll of [`accept`](crate::MseAcceptor::accept). At most 96 connections linger
    /// beyond their timeout.
    pub fn new() -> Self {
        Self {
            until: (Duration::from_secs(20), Duration::from_secs(40)),
            at_most: DEFAULT_AT_MOST,
            slots: Arc::default(),
        }
    }

    /// Closes after a time within this range, drawn for each connection and counted from the first poll of
    /// [`accept`](crate::MseAcceptor::accept). The time is never shorter than the acceptor's
    /// [timeout](crate::MseAcceptor::timeout). An empty range means its start.
    #[must_use]
    pub const fn until(mut self, range: RangeInclusive<Duration>) -> Self {
        self.until = (*range.start(), *range.end());
        self
    }

    /// Lets at most this many connections linger beyond their timeout. If one more does, the oldest closes early.
    #[must_use]
    pub const fn at_most(mut self, connections: usize) -> Self {
        self.at_most = connections;
        self
    }

    fn draw(&self) -> Duration {
        let (from, to) = self.until;
        rand::rng().random_range(from..=to.max(from))
    }

    /// Reads and discards what the peer sends. Closes if the peer does, or after the drawn time.
    pub(crate) async fn close_late<T: AsyncRead + AsyncWrite + Unpin>(&self, exchange: &mut Exchange<T>) {
        exchange.throttled = true;
        let timeout = exchange.deadline.whole;
        // Until the timeout, a peer that only waits costs the same, so connections take no slot before it.
        if timeout.is_some() && exchange.deadline.passed().is_none() && !ignore(exchange, None).await {
            return;
        }
        if let Some(slot) = self.take_slot() {
            exchange.deadline.whole = Some(self.draw().max(timeout.unwrap_or_default()));
            if !ignore(exchange, Some(slot)).await {
                return;
            }
        }
        let _ = tokio::time::timeout(DRAIN_TIME, close(&mut exchange.io)).await;
    }

    /// A new slot, which is ready when the connection is evicted. It takes the place of the oldest, if no slot is free.
    fn take_slot(&self) -> Option<oneshot::Receiver<()>> {
        if self.at_most == 0 {
            return None;
        }
        let (keep, slot) = oneshot::channel();
        // No operation here leaves the queue half changed, so a panic of another thread does not matter.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // Connections that have ended.
        slots.retain(|sender| !sender.is_closed());
        slots.push_back(keep);
        let excess = slots.len().saturating_sub(self.at_most);
        let evicted: Vec<_> = slots.drain(..excess).collect();
        drop(slots);
        // This calls wakers, so the lock has been released.
        drop(evicted);
        Some(slot)
    }
}

impl Default for Linger {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the connection closes at once although the acceptor lingers: the peer would redial, it ended the connection
/// itself, or it has not sent a whole public key.
pub(crate) fn closes_at_once(error: &Error, received: usize) -> bool {
    match error.kind() {
        ErrorKind::Refused(refusal) => matches!(
            refusal,
            HandshakeError::PlaintextRefused | HandshakeError::MseRefused | HandshakeError::UnknownInfoHash
        ),
        ErrorKind::TimedOut(_) => received < PUBLIC_KEY_LEN,
        ErrorKind::WrongSkey => false,
        _ => true,
    }
}

/// Waits until the deadline, and then returns `true`. Returns `false` if the peer ends the connection before, or if the
/// slot is taken away.
async fn ignore<T: AsyncRead + AsyncWrite + Unpin>(
    exchange: &mut Exchange<T>,
    mut slot: Option<oneshot::Receiver<()>>,
) -> bool {
    let mut machine = Some(Ignore);
    let mut run = pin!(exchange.run(&mut machine));
    poll_fn(|cx| {
        if let Some(slot) = &mut slot
            && Pin::new(slot).poll(cx).is_ready()
        {
            return Poll::Ready(false);
        }
        let timed_out = |error: &Error| matches!(error.kind(), ErrorKind::TimedOut(_));
        run.as_mut().poll(cx).map(|Err(error)| timed_out(&error))
    })
    .await
}

/// Sends FIN, and then reads what still arrives.
async fn close<T: AsyncRead + AsyncWrite + Unpin>(io: &mut T) -> std::io::Result<u64> {
    io.shutdown().await?;
    tokio::io::copy(&mut io.take(DRAIN_BYTES), &mut tokio::io::sink()).await
}

/// Accepts any bytes and answers nothing, like a handshake that waits for the rest of the third message.
struct Ignore;

impl Sealed for Ignore {}

impl Machine for Ignore {
    type Done = Infallible;

    fn process(self, _: &[u8], _: &mut Vec<u8>) -> Result<Progress<Self, Infallible>, HandshakeError> {
        Ok(Progress::NeedInput(self))
    }

    fn step(&self) -> Step {
        Step::Sync
    }

    fn peer_answered(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_evicted(slot: &mut oneshot::Receiver<()>) -> bool {
        slot.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn l2_the_oldest_gives_its_slot_to_the_newest() {
        let linger = Linger::new().at_most(2);
        let mut taken: Vec<_> = (0..5).filter_map(|_| linger.clone().take_slot()).collect();
        let evicted: Vec<bool> = taken.iter_mut().map(is_evicted).collect();
        assert_eq!(evicted, [true, true, true, false, false]);
    }

    #[test]
    fn l2_a_slot_that_is_dropped_is_free_again() {
        let linger = Linger::new().at_most(2);
        let mut first = linger.take_slot().unwrap();
        drop(linger.take_slot());
        let mut third = linger.take_slot().unwrap();
        assert!(!is_evicted(&mut first) && !is_evicted(&mut third));
    }

    #[test]
    fn l2_a_connection_that_ends_evicts_no_other() {
        for ending in 0..4 {
            let linger = Linger::new().at_most(4);
            let mut taken: Vec<_> = (0..4).filter_map(|_| linger.take_slot()).collect();
            drop(taken.remove(ending));
            let evicted: Vec<bool> = taken.iter_mut().map(is_evicted).collect();
            assert_eq!(evicted, [false; 3], "number {ending} ended");
        }
    }

    #[test]
    fn l2_without_slots_no_connection_lingers() {
        assert!(Linger::new().at_most(0).take_slot().is_none());
    }

    /// A waker that takes a slot itself, which would deadlock under the lock.
    struct TakesASlot(Linger);

    impl std::task::Wake for TakesASlot {
        fn wake(self: Arc<Self>) {
            drop(self.0.take_slot());
        }
    }

    #[test]
    fn l7_a_waker_is_called_without_a_lock() {
        let linger = Linger::new().at_most(1);
        let mut first = linger.take_slot().unwrap();
        let waker = std::task::Waker::from(Arc::new(TakesASlot(linger.clone())));
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(Pin::new(&mut first).poll(&mut cx).is_pending());
        let second = linger.take_slot();
        assert!(is_evicted(&mut first));
        drop(second);
    }

    #[test]
    fn the_moment_is_drawn_within_the_range_and_an_empty_range_is_its_start() {
        let second = Duration::from_secs;
        let drawn: Vec<_> = (0..1000).map(|_| Linger::new().draw()).collect();
        assert!(
            drawn
                .iter()
                .all(|after| (second(20)..=second(40)).contains(after))
        );
        // Each half misses all of 1000 with a probability of 10^-301.
        assert!(drawn.iter().any(|after| *after < second(30)));
        assert!(drawn.iter().any(|after| *after > second(30)));
        assert_eq!(Linger::new().until(second(7)..=second(7)).draw(), second(7));
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = Linger::new().until(second(9)..=second(7));
        assert_eq!(reversed.draw(), second(9));
        let longest = Linger::new().until(Duration::MAX..=Duration::MAX);
        assert_eq!(longest.draw(), Duration::MAX);
    }
}
