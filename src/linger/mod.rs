//! What becomes of a connection whose handshake failed, if the caller asks for it: it ends late, and its end tells
//! nothing.

mod deaf;
mod lingering;

use std::ops::RangeInclusive;
use std::task::Context;
use std::time::Duration;

use rand::RngExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tracing::{Instrument, debug};

pub use lingering::Lingering;

use crate::drive::failed::Failed;
use crate::drive::room::Room;
use crate::error::Error;

const DEFAULT_UNTIL: RangeInclusive<Duration> = Duration::from_secs(20)..=Duration::from_secs(40);

/// Far below 1024, the usual limit of descriptors: a stranger who fails often must not be able to use them up.
const DEFAULT_AT_MOST: usize = 96;

/// How a connection ends whose handshake failed: late, and in the same way whatever was wrong.
///
/// Without it a failed connection closes at once. That is simple and harms nobody, but it tells what was wrong. Nearly
/// every client closes at once on an unknown SKEY, waits for its time-out on silence, and resets where bytes were left
/// unread. So some 34 probes sort clients into 4 to 8 classes, and a prober with a list of info-hashes finds out what a
/// host serves.
///
/// With it, the connection goes on as if the handshake still waited for the peer: what comes is read and thrown away,
/// nothing is answered, and at a moment that is drawn for each connection it ends with a FIN. It ends earlier only if
/// the peer ends it, or if newer ones need its seat. What a peer without the info-hash sees is then a function of the
/// lengths and the times of what it sent, and not of its content.
///
/// **Three kinds of peers are let go at once all the same**: a peer whose plaintext handshake is refused, because MSE is
/// required or the info-hash is not served; a peer that speaks MSE where it is forbidden; and a peer that did not send
/// the 96 bytes of a public key within the [time-out](crate::MseAcceptor::timeout). Honest peers dial in plaintext
/// first, and wait for the close before they dial again with MSE. To hide from a prober that its plaintext was
/// understood, set [`MseAcceptor::hide_plaintext`](crate::MseAcceptor::hide_plaintext), which names the price.
///
/// Each connection that lingers holds **one descriptor**, and a few hundred bytes. At most 96 linger unless told
/// otherwise, counted over everything that is given the same `Linger` or a clone of it. If one more comes, the oldest
/// closes.
///
/// ```
/// use std::time::Duration;
/// use tokio_mse::Linger;
///
/// let linger = Linger::new().until(Duration::from_secs(60)..=Duration::from_secs(90)).at_most(50);
/// # let _ = linger;
/// ```
///
/// Two ways to use it. [`Accept::linger`](crate::Accept::linger) returns the error at once and spawns a task for the
/// connection. [`Failed::linger`](crate::Failed::linger) makes a future of it, for callers who keep count of their
/// tasks:
///
/// ```no_run
/// # async fn example(tcp: tokio::net::TcpStream, torrents: tokio_mse::SkeyIndex) {
/// # let (acceptor, linger) = (tokio_mse::MseAcceptor::default(), tokio_mse::Linger::new());
/// # let mut tasks = tokio::task::JoinSet::new();
/// match acceptor.accept(tcp, &torrents).into_fallible().await {
///     Ok(peer) => drop(peer),
///     Err(failed) => {
///         let (error, lingering) = failed.linger(&linger);
///         eprintln!("{error}");
///         tasks.spawn(lingering); // aborting the task closes the connection
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Linger {
    until: (Duration, Duration),
    room: Room,
}

impl Linger {
    /// 20 to 40 seconds after the connection came in, for at most 96 connections.
    pub fn new() -> Self {
        Self {
            until: DEFAULT_UNTIL.into_inner(),
            room: Room::new(DEFAULT_AT_MOST),
        }
    }

    /// Ends connections at a moment within this range, counted from when they came in, and each moment is as likely as
    /// any other; but never before the acceptor's [time-out](crate::MseAcceptor::timeout), at which a handshake that
    /// was not refused ends. A range that is empty stands for its start.
    #[must_use]
    pub const fn until(mut self, range: RangeInclusive<Duration>) -> Self {
        self.until = (*range.start(), *range.end());
        self
    }

    /// Lets at most this many connections linger at a time, each of which holds a descriptor; the oldest makes room for
    /// the newest. Those that linger already keep to the bound that they came under.
    #[must_use]
    pub fn at_most(mut self, connections: usize) -> Self {
        self.room = Room::new(connections);
        self
    }

    fn draw(&self) -> Duration {
        let (from, to) = self.until;
        if from <= to {
            rand::rng().random_range(from..=to)
        } else {
            from
        }
    }
}

impl Default for Linger {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Failed<T> {
    /// Why it failed, and the rest of the connection as a future: see [`Linger`].
    ///
    /// It ends at once where there is nothing to hide.
    pub fn linger(mut self, linger: &Linger) -> (Error, Lingering<T>) {
        let lingering = if self.lets_go() { None } else { linger.room.enter() };
        let Some(seat) = lingering else {
            return (self.error, Lingering::over());
        };
        let deadline = &mut self.session.deadline;
        let after = linger.draw().max(deadline.allowed().unwrap_or_default());
        let ends = deadline.started().checked_add(after);
        (self.error, Lingering::new(self.session, ends, seat))
    }
}

/// What is done with a connection whose handshake failed. The pointer was made where the transport was known to be fit
/// for a task, so that the futures need not say so again.
pub(crate) struct Leave<T> {
    linger: Linger,
    spawn: fn(Lingering<T>, tracing::Span),
}

impl<T> Leave<T> {
    pub(crate) fn new(linger: &Linger) -> Self
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self {
            linger: linger.clone(),
            spawn,
        }
    }

    /// Leaves a connection as its caller said, or closes it. The error is the caller's.
    pub(crate) fn part(leave: Option<&Self>, mut failed: Failed<T>, cx: &mut Context<'_>) -> Error
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(leave) = leave else {
            return failed.into_error();
        };
        if !failed.lets_go() {
            // An answer shall not be later for having to be spawned first. What comes of it is for the task to see.
            let _ = failed.session.link.poll_send(cx);
        }
        leave.leave(failed)
    }

    /// Leaves the connection to a task; off a runtime, it closes at once.
    pub(crate) fn leave(&self, failed: Failed<T>) -> Error {
        let span = failed.session.span.clone();
        let (error, lingering) = failed.linger(&self.linger);
        if !lingering.is_over() {
            (self.spawn)(lingering, span);
        }
        error
    }
}

fn spawn<T>(lingering: Lingering<T>, span: tracing::Span)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Ok(runtime) = Handle::try_current() else {
        return span.in_scope(|| debug!("no runtime to linger on, closing"));
    };
    runtime.spawn(lingering.instrument(span));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_is_drawn_within_the_range_and_an_empty_range_is_its_start() {
        let second = Duration::from_secs;
        let drawn: Vec<_> = (0..1000).map(|_| Linger::new().draw()).collect();
        assert!(
            drawn
                .iter()
                .all(|after| (second(20)..=second(40)).contains(after))
        );
        // Each half misses all of 1000 once in 10^301.
        assert!(drawn.iter().any(|after| *after < second(30)));
        assert!(drawn.iter().any(|after| *after > second(30)));
        assert_eq!(Linger::new().until(second(7)..=second(7)).draw(), second(7));
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = Linger::new().until(second(9)..=second(7));
        assert_eq!(reversed.draw(), second(9));
        assert_eq!(
            Linger::new().until(Duration::MAX..=Duration::MAX).draw(),
            Duration::MAX
        );
    }
}
