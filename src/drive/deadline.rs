//! How long a handshake may take, and how long the peer may take to answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// How long a handshake may take, unless told otherwise. libtorrent gives its peers as long.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The time-outs of one attempt. The clock starts when it is first asked.
pub(crate) struct Deadline {
    started: Option<Instant>,
    whole: Limit,
    answer: Limit,
    clock: Option<Pin<Box<Sleep>>>,
}

/// A time-out, and the moment at which it passes.
#[derive(Clone, Copy)]
struct Limit {
    after: Option<Duration>,
    at: Option<Instant>,
}

impl Limit {
    const NONE: Self = Self {
        after: None,
        at: None,
    };

    /// Counts from `start`, unless it counts already.
    fn start(&mut self, start: Instant) {
        if self.at.is_none() {
            // A limit that no clock can show is none.
            self.at = self.after.and_then(|after| start.checked_add(after));
        }
    }
}

impl Deadline {
    /// One time-out, from the first poll to the end.
    pub(crate) const fn after(allowed: Option<Duration>) -> Self {
        Self {
            started: None,
            whole: Limit {
                after: allowed,
                at: None,
            },
            answer: Limit::NONE,
            clock: None,
        }
    }

    /// From here on, the peer has this long to answer.
    pub(crate) const fn expect_answer(&mut self, within: Option<Duration>) {
        self.answer = Limit {
            after: within,
            at: None,
        };
    }

    /// The moment of the first poll.
    pub(crate) fn started(&mut self) -> Instant {
        *self.started.get_or_insert_with(Instant::now)
    }

    /// How long it may take in all, if that is limited.
    pub(crate) const fn allowed(&self) -> Option<Duration> {
        self.whole.after
    }

    /// Ready with the time that was allowed, once that has passed.
    ///
    /// # Panics
    ///
    /// If there is a time-out and the runtime has no timers; then at the first poll, whatever the peer does.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, answered: bool) -> Poll<Duration> {
        let started = self.started();
        self.whole.start(started);
        let mut next = self.whole;
        if !answered && self.answer.after.is_some() {
            self.answer.start(Instant::now());
            if next.at.is_none() || self.answer.at.is_some_and(|answer| next.at > Some(answer)) {
                next = self.answer;
            }
        }
        let Limit {
            after: Some(after),
            at: Some(at),
        } = next
        else {
            return Poll::Pending;
        };
        let clock = self
            .clock
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if clock.deadline() != at {
            clock.as_mut().reset(at);
        }
        ready!(clock.as_mut().poll(cx));
        Poll::Ready(after)
    }

    /// Ends at `at` from here on, whatever was agreed before.
    pub(crate) fn move_to(&mut self, at: Option<Instant>) {
        self.answer = Limit::NONE;
        self.whole = Limit {
            after: Some(Duration::ZERO),
            at,
        };
        if at.is_none() {
            self.whole.after = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn h7_the_whole_time_out_is_named_where_both_pass_at_once() {
        for (answer, named) in [(3, 3), (4, 10), (5, 10)] {
            let mut deadline = Deadline::after(Some(seconds(10)));
            let waits = std::future::poll_fn(|cx| Poll::Ready(deadline.poll(cx, false).is_pending()));
            assert!(waits.await);
            tokio::time::advance(seconds(6)).await;
            deadline.expect_answer(Some(seconds(answer)));
            let after = std::future::poll_fn(|cx| deadline.poll(cx, false)).await;
            assert_eq!(after, seconds(named), "{answer}");
        }
    }
}
