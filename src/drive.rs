//! Runs a handshake machine over a transport. One loop runs all machines, applies the timeouts, and finds out whether the
//! peer has answered, which decides whether to redial.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tracing::{Span, debug};

use crate::disguise::Pieces;
use crate::error::{Error, ErrorKind, Step};
use crate::handshake::{Established, Machine, Progress};
use crate::mode::Role;
use crate::stream::{Breach, Fault, MseStream, poll_read_checked};

/// How long a handshake may take by default. libtorrent gives its peers the same time.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The size of one read. It fits a whole message of any client, and the BitTorrent handshake after it.
const CHUNK: usize = 2048;

/// While the flush of our last message is pending, we stop reading at this many bytes of the peer's stream, its IA included.
/// With uTP, the flush may complete only if we read. But a peer must not make us read without end.
const MAX_RECEIVED: usize = 32 * 1024;

/// More bytes than any handshake needs. We read a lingering connection at full speed up to this limit, so that the speed
/// does not show that the peer was refused, and slowly after it.
const UNTHROTTLED: usize = 24 * 1024;

/// The pause after each slow read. This allows about 40 KiB a second, and flow control makes the sender wait.
const PAUSE: Duration = Duration::from_millis(50);

/// A handshake in progress: the transport, what is still to be sent, and the deadline.
pub(crate) struct Exchange<T> {
    pub(crate) io: T,
    role: Role,
    pub(crate) outbox: Outbox,
    /// How many bytes have been read from the peer.
    pub(crate) received: usize,
    pub(crate) deadline: Deadline,
    span: Span,
    /// Set when the connection lingers: after more bytes than a handshake needs, read slowly. Until then, read without a
    /// delay, because a prober would see it.
    pub(crate) throttled: bool,
    pause: Option<Pin<Box<Sleep>>>,
    read_fault: Option<Fault>,
    write_fault: Option<Fault>,
}

impl<T> Exchange<T> {
    pub(crate) fn new(io: T, role: Role, timeout: Option<Duration>, span: Span) -> Self {
        if timeout.is_some() {
            // Without timers, panic here and not later, when the peer is slow.
            drop(tokio::time::sleep(Duration::ZERO));
        }
        Self {
            io,
            role,
            outbox: Outbox::default(),
            received: 0,
            deadline: Deadline::after(timeout),
            span,
            throttled: false,
            pause: None,
            read_fault: None,
            write_fault: None,
        }
    }

    pub(crate) fn log_failure(&self, error: &Error) {
        let elapsed = self.deadline.started.elapsed();
        let _entered = self.span.enter();
        debug!(%error, label = error.label(), step = %error.step(), ?elapsed, "failed");
    }

    /// The stream, after [`finish`](Self::finish).
    pub(crate) fn into_stream(self, mut established: Established) -> MseStream<T> {
        let elapsed = self.deadline.started.elapsed();
        let _entered = self.span.enter();
        debug!(mode = %established.negotiated.mode(), ?elapsed, "established");
        established.negotiated.elapsed = Some(elapsed);
        MseStream::after_handshake(self.io, established, self.read_fault, self.write_fault)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Exchange<T> {
    /// Runs a machine until it is done. The machine stays with the caller, so that no future stores it twice.
    ///
    /// Reads everything that has arrived before a failure counts as silence of the peer: the socket may hold an answer after
    /// our own process has stalled (tokio-rs/tokio#5495), and after a failed write or a reset. This ends, because no machine
    /// accepts bytes for ever, and a lingering connection is read slowly.
    pub(crate) fn run<M: Machine>(
        &mut self,
        machine: &mut Option<M>,
    ) -> impl Future<Output = Result<M::Done, Error>> {
        poll_fn(move |cx| {
            let span = self.span.clone();
            let _entered = span.enter();
            let mut input = [0; CHUNK];
            let mut len = 0;
            while let Some(running) = machine.take() {
                let received = input.get(..len).unwrap_or_default();
                let running = match running.process(received, &mut self.outbox.bytes) {
                    Ok(Progress::NeedInput(running)) => running,
                    Ok(Progress::Done(done)) => return Poll::Ready(Ok(done)),
                    Err(refusal) => return Poll::Ready(Err(Error::refused(self.role, refusal))),
                };
                let (role, step, answered) = (self.role, running.step(), running.peer_answered());
                let error = |kind| Poll::Ready(Err(Error::new(role, step, answered, kind)));
                let mut failed = self.read_fault.is_some() || self.write_fault.is_some();
                if !failed && let Poll::Ready(Err(error)) = self.outbox.poll_send(&mut self.io, cx) {
                    self.write_fault = Some(Fault::Transport(error));
                    failed = true;
                }
                // Even if sending is pending: the peer may not read before we do.
                len = match self.poll_receive(cx, &mut input) {
                    Poll::Ready(Ok(len @ 1..)) => len,
                    Poll::Ready(Ok(_)) if !failed => return error(ErrorKind::Closed),
                    // Stop reading: the machine would get the wrong bytes.
                    Poll::Ready(Err(Fault::Breach(breach))) => {
                        return error(ErrorKind::Transport(breach.into()));
                    }
                    Poll::Ready(Err(fault)) if !failed => {
                        self.read_fault = Some(fault);
                        0
                    }
                    _ => {
                        if let Some(fault) = self.write_fault.take().or_else(|| self.read_fault.take()) {
                            return error(ErrorKind::Transport(fault.into()));
                        }
                        if let Poll::Ready(after) = self.deadline.poll(cx, answered) {
                            return error(ErrorKind::TimedOut(after));
                        }
                        *machine = Some(running);
                        return Poll::Pending;
                    }
                };
                *machine = Some(running);
            }
            Poll::Pending
        })
    }

    /// Waits until our last message is sent and flushed, and reads in the meantime.
    ///
    /// The last `may_stay_unsent` bytes of the message are not part of the handshake. If sending fails and only these are
    /// unsent, the peer has completed the handshake, so we must not lose what it has sent.
    pub(crate) fn finish(
        &mut self,
        established: &mut Established,
        may_stay_unsent: usize,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut ended = false;
        poll_fn(move |cx| {
            let span = self.span.clone();
            let _entered = span.enter();
            'send: loop {
                let sent = match self.write_fault.take() {
                    Some(fault) => Poll::Ready(Err(fault.into())),
                    None => self.outbox.poll_send(&mut self.io, cx),
                };
                if let Poll::Ready(Ok(())) = sent {
                    return Poll::Ready(Ok(()));
                }
                while !ended && self.read_fault.is_none() && established.received.len() < MAX_RECEIVED {
                    let mut input = [0; CHUNK];
                    match self.poll_receive(cx, &mut input) {
                        Poll::Pending => break,
                        // The next read of the stream returns the end again.
                        Poll::Ready(Ok(0)) => ended = true,
                        Poll::Ready(Ok(len)) => established.receive(input.get(..len).unwrap_or_default()),
                        Poll::Ready(Err(fault)) => self.read_fault = Some(fault),
                    }
                    if sent.is_pending() {
                        // The transport may send more now that we have read.
                        continue 'send;
                    }
                }
                let answered = established.peer_answered();
                let kind = match sent {
                    Poll::Ready(Err(error)) if answered && self.outbox.unsent() <= may_stay_unsent => {
                        debug!(%error, "the last message was not sent, the peer's bytes are kept");
                        self.write_fault = Some(Fault::Breach(Breach::LastMessage(error.kind())));
                        return Poll::Ready(Ok(()));
                    }
                    Poll::Ready(Err(error)) => ErrorKind::Transport(error),
                    _ => ErrorKind::TimedOut(ready!(self.deadline.poll(cx, answered))),
                };
                return Poll::Ready(Err(Error::new(self.role, Step::Payload, answered, kind)));
            }
        })
    }

    /// Reads once. Reads slowly if the connection lingers and the peer sends too much.
    ///
    /// Tokio's cooperative budget is switched off here: after 128 reads in one poll it would hide that an answer has
    /// arrived. A handshake has its own limits on reading.
    fn poll_receive(&mut self, cx: &mut Context<'_>, input: &mut [u8; CHUNK]) -> Poll<Result<usize, Fault>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let mut buf = ReadBuf::new(input);
        let read = poll_fn(|cx| poll_read_checked(Pin::new(&mut self.io), cx, &mut buf));
        let len = ready!(pin!(tokio::task::unconstrained(read)).poll(cx))?;
        self.received = self.received.saturating_add(len);
        if self.throttled && self.received > UNTHROTTLED {
            self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
        }
        Poll::Ready(Ok(len))
    }
}

/// The bytes still to send, and the pieces if the handshake is disguised.
#[derive(Default)]
pub(crate) struct Outbox {
    /// The buffer to which machines append the bytes to send.
    pub(crate) bytes: Vec<u8>,
    sent: usize,
    flush: bool,
    piece_ended: bool,
    /// Cuts everything that is sent later.
    pub(crate) pieces: Pieces,
}

impl Outbox {
    fn unsent(&self) -> usize {
        self.bytes.len().saturating_sub(self.sent)
    }

    fn poll_send<T: AsyncWrite + Unpin>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let done = self.unsent() == 0;
            if done {
                // An idle peer should not keep the buffer allocated.
                (self.bytes, self.sent, self.piece_ended) = (Vec::new(), 0, false);
                self.pieces.end_flight();
            }
            if self.flush && (done || self.piece_ended) {
                ready!(Pin::new(&mut *io).poll_flush(cx))?;
                (self.flush, self.piece_ended) = (false, false);
            }
            if done {
                return Poll::Ready(Ok(()));
            }
            let rest = self.bytes.get(self.sent..).unwrap_or_default();
            let rest = rest.get(..self.pieces.limit(rest.len())).unwrap_or(rest);
            match ready!(Pin::new(&mut *io).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written if written > rest.len() => return Poll::Ready(Err(Breach::WroteTooMuch.into())),
                written => {
                    self.sent += written;
                    self.flush = true;
                    self.piece_ended = self.pieces.wrote(written);
                }
            }
        }
    }
}

/// The timeout of the whole handshake and that of the peer's answer, both counted from `started`.
///
/// A timeout ends in several timers that follow each other. Tokio polls the sockets before it fires a timer, but this one
/// poll may miss ours: a signal interrupts it when our process was stopped, or more sockets are ready than one poll reports.
/// `yield_now` does not help. While another thread holds Tokio's driver, the task runs again before the sockets are polled.
pub(crate) struct Deadline {
    pub(crate) started: Instant,
    pub(crate) whole: Option<Duration>,
    pub(crate) answer: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    /// How many timers follow this one.
    timers_left: u8,
}

impl Deadline {
    /// How many timers follow the first. Tokio reports 1,024 ready sockets at a time.
    const MORE_TIMERS: u8 = 7;

    /// The resolution of Tokio's timers. A shorter sleep may end before the sockets are polled.
    const APART: Duration = Duration::from_millis(1);

    pub(crate) fn after(whole: Option<Duration>) -> Self {
        Self {
            started: Instant::now(),
            whole,
            answer: None,
            timer: None,
            timers_left: Self::MORE_TIMERS,
        }
    }

    /// The timeout that expires next, and when. `None` if that time is too far away for an `Instant`.
    pub(crate) fn next_timeout(&self) -> Option<(Duration, Instant)> {
        let after = [self.whole, self.answer].into_iter().flatten().min()?;
        Some((after, self.started.checked_add(after)?))
    }

    /// The timeout that has passed, if one has.
    pub(crate) fn passed(&self) -> Option<Duration> {
        let (after, at) = self.next_timeout()?;
        (at <= Instant::now()).then_some(after)
    }

    /// Ready with the timeout that has passed.
    ///
    /// # Panics
    ///
    /// At the first poll, if there is a timeout and the runtime has no timers.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, answered: bool) -> Poll<Duration> {
        if answered {
            self.answer = None;
        }
        let Some((after, at)) = self.next_timeout() else {
            return Poll::Pending;
        };
        let on_time = |left| at.checked_sub(Self::APART * u32::from(left)).unwrap_or(at);
        let time_of = |left| on_time(left).max(Instant::now() + Self::APART);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(time_of(self.timers_left))));
        // The timeout has become longer: the peer has answered, or the connection lingers.
        if timer.deadline() < on_time(self.timers_left) {
            self.timers_left = Self::MORE_TIMERS;
            timer.as_mut().reset(time_of(self.timers_left));
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            let Some(left) = self.timers_left.checked_sub(1) else {
                return Poll::Ready(after);
            };
            self.timers_left = left;
            timer.as_mut().reset(time_of(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::dh::PUBLIC_KEY_LEN;
    use crate::handshake::{MAX_IA_ACCEPTED, MAX_PAD};

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn h14_the_answer_timeout_is_never_longer_than_the_handshakes() {
        for (answer, next) in [(3, 3), (10, 10), (12, 10)] {
            let mut deadline = Deadline::after(Some(seconds(10)));
            deadline.answer = Some(seconds(answer));
            let after = poll_fn(|cx| deadline.poll(cx, false)).await;
            assert_eq!(after, seconds(next), "{answer}");
            assert_eq!(deadline.started.elapsed(), seconds(next));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn h12_after_a_timer_the_runtime_polls_for_readiness_before_the_handshake_fails() {
        for late in [0, 990, 999, 1_000, 1_001, 2_000] {
            let mut deadline = Deadline::after(Some(seconds(1)));
            tokio::time::advance(Duration::from_millis(late)).await;
            let mut polled = Vec::new();
            poll_fn(|cx| {
                polled.push(Instant::now());
                deadline.poll(cx, true)
            })
            .await;
            // The clock of the test goes on only if the runtime has polled for readiness.
            polled.dedup();
            assert!(polled.len() > 8, "{late}: {polled:?}");
            let expected = Duration::from_millis(late.max(992) + 8);
            assert!(deadline.started.elapsed() <= expected, "{late}: {polled:?}");
            assert!(deadline.passed().is_some());
        }
    }

    #[test]
    fn l5_no_handshake_that_is_not_refused_is_read_slowly() {
        let longest = PUBLIC_KEY_LEN + MAX_PAD + 20 + 20 + 14 + MAX_PAD + 2 + usize::from(MAX_IA_ACCEPTED);
        assert!(longest + CHUNK <= UNTHROTTLED, "{longest}");
    }
}
