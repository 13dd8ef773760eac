//! A task that is busy with something else: it is not polled for some time, or others in it spend Tokio's cooperative
//! budget, so that timers and sockets are not ready although they could be.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::ChaCha20Rng;
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, sleep_until};

/// How the task is busy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    /// From when to when it is not polled.
    pub(crate) stalls: Vec<(Duration, Duration)>,
    /// How much of the budget is left to each poll; all of it if `None`. One unit is enough for a timer that has fired
    /// or for a read, not for both.
    pub(crate) left: Option<usize>,
    /// How often a poll finds no budget at all, of 8.
    pub(crate) exhausted: u8,
}

/// A future in such a task.
pub(crate) struct Busy<F> {
    future: F,
    schedule: Schedule,
    rng: ChaCha20Rng,
    start: Instant,
    resting: Option<Pin<Box<Sleep>>>,
    /// How much one poll of this task may do, once that was measured.
    budget: Option<usize>,
    woken: bool,
}

impl<F> Busy<Pin<Box<F>>> {
    pub(crate) fn new(future: F, schedule: Schedule, rng: ChaCha20Rng) -> Self {
        Self {
            future: Box::pin(future),
            schedule,
            rng,
            start: Instant::now(),
            resting: None,
            budget: None,
            woken: false,
        }
    }
}

impl<F: Future + Unpin> Future for Busy<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let Some(budget) = this.budget else {
            // What is left of the first poll tells nothing. Tokio wakes a task that has spent it all.
            let left = spend(cx, usize::MAX);
            if std::mem::replace(&mut this.woken, true) {
                this.budget = Some(left);
            }
            return Poll::Pending;
        };
        let now = this.start.elapsed();
        let stall = this.schedule.stalls.iter();
        if let Some((_, until)) = { stall }.find(|(from, until)| (*from..*until).contains(&now)) {
            let resting = Box::pin(sleep_until(this.start + *until));
            if this.resting.insert(resting).as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        if this.rng.random_range(0..8) < this.schedule.exhausted {
            spend(cx, usize::MAX);
        } else if let Some(left) = this.schedule.left {
            spend(cx, budget - left);
        }
        Pin::new(&mut this.future).poll(cx)
    }
}

/// Takes from a semaphore as often as Tokio lets this task do so. How often that was.
fn spend(cx: &mut Context<'_>, at_most: usize) -> usize {
    let permits = Semaphore::new(1);
    for spent in 0..at_most.min(10_000) {
        if pin!(permits.acquire()).poll(cx).is_pending() {
            return spent;
        }
    }
    assert!(at_most < 10_000, "this task has no budget");
    at_most
}
