//! What becomes of a connection whose handshake failed: it ends dull, and late.

use std::future::{Future, poll_fn};
use std::io;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use rand::RngExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{Instrument, debug};

use crate::crypto::dh::PUBLIC_KEY_LEN;
use crate::disguise::Disguise;
use crate::error::{Error, HandshakeError};
use crate::link::Wire;

const DEFAULT_UNTIL: RangeInclusive<Duration> = Duration::from_secs(20)..=Duration::from_secs(40);
const DEFAULT_AT_MOST: usize = 1024;

/// How long to wait after each read: whoever floods gets no more than about 40 KiB a second taken in, and his own
/// flow control for an answer.
const PAUSE: Duration = Duration::from_millis(50);

/// How much is taken in, and for how long, between our FIN and the end: bytes left unread would turn it into a reset.
const DRAIN_TIME: Duration = Duration::from_secs(2);
const DRAIN_BYTES: usize = 256 * 1024;

/// The connections that linger by the default, in the whole process: [`MseStream::accept`](crate::MseStream::accept)
/// makes an acceptor for each call, and the bound has to hold over all of them.
static LINGERING: AtomicUsize = AtomicUsize::new(0);

/// How an [`MseAcceptor`](crate::MseAcceptor) leaves a connection whose handshake failed.
///
/// A prober learns from *when* and *how* a connection ends: nearly every client closes at once on an unknown SKEY,
/// waits for its time-out on silence, and resets where bytes were left unread, so that some 34 probes sort clients into
/// 4 to 8 classes, and a list of info-hashes finds out what a host serves. Here every failed handshake ends alike:
/// whatever was wrong, the connection is read on, what comes is thrown away, and one deadline, drawn when the
/// connection came in, ends it with a FIN. It ends earlier only if the peer ends it.
///
/// The error is returned to the caller at once. The connection lives on in a task of its own, spawned on the runtime
/// that the acceptor is polled on: a handle that the caller would have to keep polling is lost with the first `?`, and
/// the connection would close at just the moment that tells what was wrong. Off a runtime there is no task, and the
/// connection closes at once. A runtime that shuts down ends what lingers.
///
/// A lingering connection costs the transport, a task of 1.5 KiB at most and what is left unsent of step 2 (416 bytes at
/// most); the task reads 2 KiB every 50 ms at most, and leaves what floods it to the flow control of the transport. Over
/// the limit a failed connection closes at once.
///
/// ```
/// use std::time::Duration;
/// use tokio_mse::{Linger, MseAcceptor};
///
/// let patient = Linger::new().until(Duration::from_secs(60)..=Duration::from_secs(90)).at_most(200);
/// let acceptor = MseAcceptor::default().linger(patient);
/// let abrupt = MseAcceptor::default().linger(None);
/// # let _ = (acceptor, abrupt);
/// ```
#[derive(Clone, Debug)]
pub struct Linger {
    until: (Duration, Duration),
    at_most: usize,
    lingering: Count,
}

impl Linger {
    /// 20 to 40 seconds after the connection came in, for at most 1024 connections in the whole process.
    pub const fn new() -> Self {
        Self {
            until: (*DEFAULT_UNTIL.start(), *DEFAULT_UNTIL.end()),
            at_most: DEFAULT_AT_MOST,
            lingering: Count::Process,
        }
    }

    /// Ends connections at a moment within this range, counted from when they came in; each moment is as likely as any
    /// other. No handshake takes longer than its moment, whatever the
    /// [`timeout`](crate::MseAcceptor::timeout) says: a silent peer must not outlast the others. Only without any time-out
    /// it does.
    ///
    /// A range that is empty stands for its start.
    #[must_use]
    pub fn until(mut self, range: RangeInclusive<Duration>) -> Self {
        self.until = range.into_inner();
        self
    }

    /// Lets at most this many connections linger at a time: those of all acceptors that are clones of the one this is
    /// given to, and of all that get a clone of this.
    #[must_use]
    pub fn at_most(mut self, connections: usize) -> Self {
        self.at_most = connections;
        self.lingering = Count::Own(Arc::default());
        self
    }

    /// Draws the moment at which a connection that comes in now will end, if its handshake fails.
    pub(crate) fn draw(&self) -> Fate {
        let (from, to) = self.until;
        let after = if from < to {
            rand::rng().random_range(from..=to)
        } else {
            from
        };
        Fate {
            linger: self.clone(),
            after,
            ends: Instant::now() + after,
        }
    }

    fn take_place(&self) -> Option<Place> {
        let counter = self.lingering.counter();
        counter
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
                (now < self.at_most).then(|| now + 1)
            })
            .ok()?;
        Some(Place(self.lingering.clone()))
    }
}

impl Default for Linger {
    fn default() -> Self {
        Self::new()
    }
}

/// What counts the connections that linger.
#[derive(Clone, Debug)]
enum Count {
    Process,
    Own(Arc<AtomicUsize>),
}

impl Count {
    fn counter(&self) -> &AtomicUsize {
        match self {
            Self::Process => &LINGERING,
            Self::Own(counter) => counter,
        }
    }
}

/// One of the places for connections that linger; free again when dropped.
struct Place(Count);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.counter().fetch_sub(1, Ordering::Relaxed);
    }
}

/// When a connection ends if its handshake fails.
pub(crate) struct Fate {
    linger: Linger,
    after: Duration,
    ends: Instant,
}

/// How a wire is left whose handshake failed. The pointer was made where the transport was known to be fit for a task,
/// so that the futures need not say so again.
pub(crate) struct Farewell<T> {
    fate: Fate,
    disguise: Disguise,
    spawn: fn(Wire<T>, &Fate, Option<Decoy>),
}

impl<T> Farewell<T> {
    pub(crate) fn new(linger: &Linger, disguise: Disguise) -> Self
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self {
            fate: linger.draw(),
            disguise,
            spawn,
        }
    }

    /// The time between the start of the connection and its end.
    pub(crate) const fn after(&self) -> Duration {
        self.fate.after
    }

    /// Leaves `wire`: its handshake failed with `error`, or its caller gave it up.
    pub(crate) fn bid(self, wire: Wire<T>, error: Option<&Error>) {
        let decoy = match error {
            // The peer has ended it itself; or MSE is forbidden, so that there is nothing to hide, and an honest peer
            // waits for the end to redial.
            Some(
                Error::Closed { .. } | Error::Transport { .. } | Error::Refused(HandshakeError::MseRefused),
            ) => return,
            Some(Error::Refused(HandshakeError::PlaintextRefused)) => Some(Decoy::draw(self.disguise)),
            _ => None,
        };
        (self.spawn)(wire, &self.fate, decoy);
    }
}

/// What a plaintext handshake gets where MSE is required. Any other 96 bytes are taken for a public key and answered
/// with one: silence after just these would tell that they were understood.
struct Decoy(Vec<u8>);

impl Decoy {
    fn draw(disguise: Disguise) -> Self {
        let (randomness, _) = disguise.draw(&mut rand::rng());
        Self(randomness.into_first_flight())
    }
}

fn spawn<T>(wire: Wire<T>, fate: &Fate, decoy: Option<Decoy>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(place) = fate.linger.take_place() else {
        debug!("too many connections linger, closing");
        return;
    };
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    let span = wire.span().clone();
    runtime.spawn(linger(wire, fate.ends, decoy, place).instrument(span));
}

async fn linger<T: AsyncRead + AsyncWrite + Unpin>(
    mut wire: Wire<T>,
    ends: Instant,
    decoy: Option<Decoy>,
    _place: Place,
) {
    if let Ok(Err(error)) = timeout_at(ends, discard(&mut wire, decoy)).await {
        debug!(%error, "transport failed while lingering");
    } else {
        // Its outcome changes nothing.
        let _ = timeout(DRAIN_TIME, end(&mut wire)).await;
    }
}

/// Sends what is still to be sent, and throws away what comes, until the peer ends it.
async fn discard<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<T>,
    mut decoy: Option<Decoy>,
) -> io::Result<()> {
    loop {
        if wire.received() >= PUBLIC_KEY_LEN
            && let Some(Decoy(answer)) = decoy.take()
        {
            wire.outbox().extend_from_slice(&answer);
        }
        if read_some(wire).await? == 0 {
            return Ok(());
        }
        let mut pause = std::pin::pin!(sleep(PAUSE));
        poll_fn(|cx| {
            if let Poll::Ready(Err(error)) = wire.poll_send(cx) {
                return Poll::Ready(Err(error));
            }
            pause.as_mut().poll(cx).map(Ok)
        })
        .await?;
    }
}

/// FIN, and then the rest of what the peer has sent.
async fn end<T: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<T>) -> io::Result<()> {
    wire.drop_unsent();
    poll_fn(|cx| Pin::new(wire.io_mut()).poll_shutdown(cx)).await?;
    let before = wire.received();
    while wire.received() - before < DRAIN_BYTES && read_some(wire).await? > 0 {}
    Ok(())
}

/// Reads once, and sends meanwhile. The buffer lives for the time of a poll only.
async fn read_some<T: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<T>) -> io::Result<usize> {
    poll_fn(|cx| {
        if let Poll::Ready(Err(error)) = wire.poll_send(cx) {
            return Poll::Ready(Err(error));
        }
        wire.poll_discard(cx)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Deadline;
    use tokio::net::TcpStream;
    use tracing::Span;

    fn size_of_future<F: Future>(_: impl FnOnce(Wire<TcpStream>, Place) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_lingering_connection_costs_what_the_documentation_says() {
        let size = size_of_future(|wire, place| linger(wire, Instant::now(), None, place));
        assert!(size + size_of::<tokio::time::Sleep>() <= 1536, "{size}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_moment_is_drawn_within_the_range_and_an_empty_range_is_its_start() {
        let second = Duration::from_secs;
        for _ in 0..1000 {
            let after = Linger::new().draw().after;
            assert!((second(20)..=second(40)).contains(&after));
        }
        assert_eq!(Linger::new().until(second(7)..=second(7)).draw().after, second(7));
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = Linger::new().until(second(9)..=second(7));
        assert_eq!(reversed.draw().after, second(9));
    }

    #[tokio::test]
    async fn behind_our_fin_no_more_than_256_kib_are_taken_in() {
        let endless = tokio::io::join(tokio::io::repeat(7), tokio::io::sink());
        let mut wire = Wire::new(endless, Deadline::after(None), Span::none());
        // What came before the end does not count.
        let before = read_some(&mut wire).await.unwrap();
        end(&mut wire).await.unwrap();
        assert_eq!(wire.received(), before + 256 * 1024);
    }

    #[tokio::test]
    async fn nothing_is_sent_behind_our_fin() {
        let io = tokio::io::join(tokio::io::empty(), Vec::new());
        let mut wire = Wire::new(io, Deadline::after(None), Span::none());
        wire.outbox().extend_from_slice(b"what the peer did not take");
        end(&mut wire).await.unwrap();
        assert_eq!(wire.io_mut().writer(), b"");
    }

    #[test]
    fn off_a_runtime_a_failed_connection_is_closed_at_once() {
        let (ours, theirs) = tokio::io::duplex(16);
        let wire = Wire::new(ours, Deadline::after(None), Span::none());
        let farewell = Farewell::new(&Linger::new(), Disguise::none());
        wire.with_farewell(Some(farewell)).leave();
        let mut theirs = tokio_test::task::spawn(theirs);
        let mut block = [0; 1];
        let mut buf = tokio::io::ReadBuf::new(&mut block);
        let read = theirs.enter(|cx, io| io.poll_read(cx, &mut buf));
        assert!(matches!(read, Poll::Ready(Ok(()))) && buf.filled().is_empty());
    }
}
