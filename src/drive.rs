//! Runs a handshake machine over a transport: one loop for all machines, with the timeouts and the facts that decide
//! whether the peer may be dialled again.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tracing::{Span, debug};

use crate::disguise::Pieces;
use crate::error::{Error, Step};
use crate::handshake::{Established, Machine, Progress};
use crate::mode::Role;
use crate::stream::MseStream;
use crate::stream::fault::{Breach, Fault};
use crate::stream::inbound::poll_read_checked;

/// How long a handshake may take by default. libtorrent gives its peers as long.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// How much is read at once. A whole message of any client fits, with the peer's BitTorrent handshake after it.
const CHUNK: usize = 2048;

/// How many bytes of the peer's stream are read while our last message is not flushed yet. A transport whose flush waits
/// for the peer's acknowledgement (uTP) may need us to read, but a peer must not make us read without end.
const MAX_SURPLUS: usize = 16 * 1024;

/// More bytes than any handshake needs. A connection that lingers is read as fast as any other up to here, so that its
/// speed does not show that it was refused, and slowly from here on.
const UNTHROTTLED: usize = 24 * 1024;

/// The pause after each read from there on: about 40 KiB a second, and flow control makes the sender wait.
const PAUSE: Duration = Duration::from_millis(50);

/// A handshake in progress: the transport, what is still to be sent, and the deadline.
pub(crate) struct Exchange<T> {
    io: T,
    role: Role,
    outbox: Outbox,
    received: usize,
    pub(crate) deadline: Deadline,
    span: Span,
    lingers: bool,
    pause: Option<Pin<Box<Sleep>>>,
    read_fault: Option<Fault>,
    write_fault: Option<Fault>,
}

impl<T> Exchange<T> {
    pub(crate) fn new(io: T, role: Role, timeout: Option<Duration>, span: Span) -> Self {
        Self {
            io,
            role,
            outbox: Outbox::default(),
            received: 0,
            deadline: Deadline::after(timeout),
            span,
            lingers: false,
            pause: None,
            read_fault: None,
            write_fault: None,
        }
    }

    /// Cuts everything that is sent from here on.
    pub(crate) fn set_pieces(&mut self, pieces: Pieces) {
        self.outbox.pieces = pieces;
    }

    /// Where machines append what has to be sent.
    pub(crate) fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox.bytes
    }

    pub(crate) const fn io(&self) -> &T {
        &self.io
    }

    pub(crate) const fn io_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// How many bytes of the peer have been read.
    pub(crate) const fn received(&self) -> usize {
        self.received
    }

    /// From here on, the peer is read slowly if it sends more than a handshake needs.
    pub(crate) const fn throttle(&mut self) {
        self.lingers = true;
    }

    pub(crate) fn log_failure(&self, error: &Error) {
        let elapsed = self.deadline.elapsed();
        self.span
            .in_scope(|| debug!(%error, label = error.label(), step = %error.step(), ?elapsed, "failed"));
    }

    /// The stream, after [`finish`](Self::finish).
    pub(crate) fn into_stream(self, mut established: Established) -> MseStream<T> {
        let elapsed = self.deadline.elapsed();
        established.negotiated.set_elapsed(elapsed);
        self.span
            .in_scope(|| debug!(mode = %established.negotiated.mode(), ?elapsed, "established"));
        MseStream::after_handshake(self.io, established, self.read_fault, self.write_fault)
    }

    fn closed(&self, machine: &impl Machine) -> Error {
        Error::closed(self.role, machine.step(), machine.peer_answered())
    }

    fn broken(&self, machine: &impl Machine, error: io::Error) -> Error {
        Error::transport(self.role, machine.step(), machine.peer_answered(), error)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Exchange<T> {
    /// Runs a machine until it is done.
    ///
    /// Not an `async fn`, because that would store the machine twice.
    pub(crate) fn run<M: Machine>(&mut self, machine: M) -> impl Future<Output = Result<M::Done, Error>> {
        let mut running = Some(machine);
        poll_fn(move |cx| {
            let Some(machine) = running.take() else {
                return Poll::Pending;
            };
            match self.poll_machine(cx, machine)? {
                Progress::NeedInput(machine) => {
                    running = Some(machine);
                    Poll::Pending
                }
                Progress::Done(done) => Poll::Ready(Ok(done)),
            }
        })
    }

    /// Goes as far as the transport allows: [`Progress::NeedInput`] means that a waker is registered.
    fn poll_machine<M: Machine>(
        &mut self,
        cx: &mut Context<'_>,
        mut machine: M,
    ) -> Result<Progress<M, M::Done>, Error> {
        let span = self.span.clone();
        let _entered = span.enter();
        let mut input = [0; CHUNK];
        let mut received: &[u8] = &[];
        loop {
            machine = match self.process(machine, received)? {
                Progress::NeedInput(machine) => machine,
                done @ Progress::Done(_) => return Ok(done),
            };
            if let Poll::Ready(after) = self.deadline.poll(cx, machine.peer_answered()) {
                let step = machine.step();
                let progress = self.process_the_rest(cx, machine)?;
                let answered = match &progress {
                    Progress::NeedInput(machine) => machine.peer_answered(),
                    Progress::Done(_) => true,
                };
                if self.deadline.has_passed(answered) {
                    return Err(Error::timed_out(self.role, step, answered, after));
                }
                machine = match progress {
                    Progress::NeedInput(machine) => machine,
                    done @ Progress::Done(_) => return Ok(done),
                };
            }
            // Reading goes on even if sending is pending: the peer may have to be read before it reads.
            if let Poll::Ready(Err(error)) = self.poll_send(cx) {
                return match self.process_the_rest(cx, machine)? {
                    Progress::NeedInput(machine) => Err(self.broken(&machine, error)),
                    done @ Progress::Done(_) => {
                        self.write_fault = Some(Fault::Transport(error));
                        Ok(done)
                    }
                };
            }
            received = match self.poll_receive(cx, &mut input) {
                Poll::Ready(Ok(0)) => return Err(self.closed(&machine)),
                Poll::Ready(Ok(len)) => input.get(..len).unwrap_or_default(),
                Poll::Ready(Err(Fault::Breach(breach))) => return Err(self.broken(&machine, breach.into())),
                Poll::Ready(Err(Fault::Transport(error))) => {
                    return match self.process_the_rest(cx, machine)? {
                        Progress::NeedInput(machine) => Err(self.broken(&machine, error)),
                        done @ Progress::Done(_) => {
                            self.read_fault = Some(Fault::Transport(error));
                            Ok(done)
                        }
                    };
                }
                Poll::Pending => return Ok(Progress::NeedInput(machine)),
            };
        }
    }

    fn process<M: Machine>(&mut self, machine: M, input: &[u8]) -> Result<Progress<M, M::Done>, Error> {
        machine
            .process(input, &mut self.outbox.bytes)
            .map_err(|refusal| Error::refused(self.role, refusal))
    }

    /// Reads everything that has arrived, without waiting, before a failure counts as the peer's silence: after a stall
    /// of our own process an answer lies in the socket (tokio-rs/tokio#5495), and after a failed write or a reset, too.
    ///
    /// Tokio's cooperative budget must not end this: a task that has read 128 times in one poll would find nothing.
    fn process_the_rest<M: Machine>(
        &mut self,
        cx: &mut Context<'_>,
        mut machine: M,
    ) -> Result<Progress<M, M::Done>, Error> {
        let mut input = [0; CHUNK];
        let start = self.received;
        while self.received - start < UNTHROTTLED {
            let read = pin!(tokio::task::unconstrained(poll_fn(|cx| {
                self.poll_read(cx, &mut input)
            })));
            let Poll::Ready(Ok(len @ 1..)) = read.poll(cx) else {
                break;
            };
            machine = match self.process(machine, input.get(..len).unwrap_or_default())? {
                Progress::NeedInput(machine) => machine,
                done @ Progress::Done(_) => return Ok(done),
            };
        }
        Ok(Progress::NeedInput(machine))
    }

    /// Waits until our last message is sent and flushed, and reads meanwhile.
    ///
    /// `may_stay_unsent` is how many bytes at its end are not part of the handshake: if sending fails with no more than
    /// these unsent, the handshake is over for the peer, and what it has sent must not be lost. `None` if the peer has not
    /// said anything yet.
    pub(crate) async fn finish(
        &mut self,
        established: &mut Established,
        may_stay_unsent: Option<usize>,
    ) -> Result<(), Error> {
        let mut surplus = 0;
        poll_fn(|cx| self.poll_finish(cx, established, may_stay_unsent, &mut surplus)).await
    }

    fn poll_finish(
        &mut self,
        cx: &mut Context<'_>,
        established: &mut Established,
        may_stay_unsent: Option<usize>,
        surplus: &mut usize,
    ) -> Poll<Result<(), Error>> {
        let span = self.span.clone();
        let _entered = span.enter();
        let answered = may_stay_unsent.is_some();
        let mut input = [0; CHUNK];
        loop {
            match self.poll_send(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => {
                    self.read_surplus(cx, established, surplus);
                    let is_over = match may_stay_unsent {
                        Some(allowed) => self.outbox.unsent() <= allowed,
                        // The answer may be there, although nobody awaits it.
                        None => established.begins_in_plaintext(),
                    };
                    if !is_over {
                        let error = Error::transport(self.role, Step::Payload, answered, error);
                        return Poll::Ready(Err(error));
                    }
                    debug!(%error, "the last message was not sent, the peer's bytes are kept");
                    self.write_fault = Some(Fault::Breach(Breach::LastMessage(error.kind())));
                    return Poll::Ready(Ok(()));
                }
                Poll::Pending => {}
            }
            if let Poll::Ready(after) = self.deadline.poll(cx, answered) {
                let error = Error::timed_out(self.role, Step::Payload, answered, after);
                return Poll::Ready(Err(error));
            }
            if self.read_fault.is_some() || *surplus >= MAX_SURPLUS {
                return Poll::Pending;
            }
            match ready!(self.poll_receive(cx, &mut input)) {
                // The reader of the stream will find the end again.
                Ok(0) => *surplus = MAX_SURPLUS,
                Ok(len) => {
                    *surplus += len;
                    established.receive(input.get(..len).unwrap_or_default());
                }
                Err(fault) => self.read_fault = Some(fault),
            }
        }
    }

    /// Reads what has arrived, without waiting.
    fn read_surplus(&mut self, cx: &mut Context<'_>, established: &mut Established, surplus: &mut usize) {
        let mut input = [0; CHUNK];
        while self.read_fault.is_none() && *surplus < MAX_SURPLUS {
            let read = pin!(tokio::task::unconstrained(poll_fn(|cx| {
                self.poll_read(cx, &mut input)
            })));
            match read.poll(cx) {
                Poll::Ready(Ok(len @ 1..)) => {
                    *surplus += len;
                    established.receive(input.get(..len).unwrap_or_default());
                }
                Poll::Ready(Err(fault)) => self.read_fault = Some(fault),
                Poll::Ready(Ok(_)) | Poll::Pending => return,
            }
        }
    }

    /// Sends and flushes what is in the outbox.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(fault) = self.write_fault.take() {
            return Poll::Ready(Err(fault.into()));
        }
        self.outbox.poll_send(&mut self.io, cx)
    }

    /// Reads once, and slowly if the connection lingers and sends too much.
    pub(crate) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        input: &mut [u8; CHUNK],
    ) -> Poll<Result<usize, Fault>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let len = ready!(self.poll_read(cx, input))?;
        if self.lingers && self.received > UNTHROTTLED {
            self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
        }
        Poll::Ready(Ok(len))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut [u8; CHUNK]) -> Poll<Result<usize, Fault>> {
        let mut buf = ReadBuf::new(input);
        let len = ready!(poll_read_checked(Pin::new(&mut self.io), cx, &mut buf))?;
        self.received = self.received.saturating_add(len);
        Poll::Ready(Ok(len))
    }

    /// Discards what the peer sends, until it closes or `most` bytes have been read.
    pub(crate) async fn discard(&mut self, most: usize) {
        let before = self.received;
        while self.received - before < most {
            // The buffer exists during a poll only, so that it is no part of the future.
            match poll_fn(|cx| self.poll_read(cx, &mut [0; CHUNK])).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    }
}

/// What is still to be sent, in pieces if the handshake is disguised.
#[derive(Default)]
struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
    unflushed: bool,
    piece_ended: bool,
    pieces: Pieces,
}

impl Outbox {
    fn unsent(&self) -> usize {
        self.bytes.len().saturating_sub(self.sent)
    }

    fn poll_send<T: AsyncWrite + Unpin>(&mut self, io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            if self.piece_ended {
                ready!(Self::poll_flush(&mut self.unflushed, io, cx))?;
                self.piece_ended = false;
            }
            let rest = rest.get(..self.pieces.limit(rest.len())).unwrap_or(rest);
            let written = ready!(Pin::new(&mut *io).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if written > rest.len() {
                return Poll::Ready(Err(Breach::WroteTooMuch.into()));
            }
            self.sent += written;
            self.unflushed = true;
            self.piece_ended = self.pieces.wrote(written);
        }
        // An idle peer should not keep the buffer allocated.
        self.bytes = Vec::new();
        self.sent = 0;
        self.piece_ended = false;
        self.pieces.end_flight();
        Self::poll_flush(&mut self.unflushed, io, cx)
    }

    fn poll_flush<T: AsyncWrite + Unpin>(
        unflushed: &mut bool,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if *unflushed {
            ready!(Pin::new(io).poll_flush(cx))?;
            *unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// The timeout of the whole handshake, and that of the peer's answer.
pub(crate) struct Deadline {
    started: Instant,
    whole: Option<Limit>,
    answer: Option<Limit>,
    timer: Option<Pin<Box<Sleep>>>,
    turns: u8,
}

/// A timeout, and the moment at which it passes.
#[derive(Clone, Copy)]
struct Limit {
    after: Duration,
    at: Instant,
}

impl Limit {
    /// A timeout that no clock can show is none.
    fn new(after: Option<Duration>) -> Option<Self> {
        let after = after?;
        Some(Self {
            after,
            at: Instant::now().checked_add(after)?,
        })
    }
}

impl Deadline {
    /// How often the runtime polls for readiness after a timer has fired and before the handshake fails. Tokio learns of
    /// 1,024 ready sockets at a time, so with more of them a timer can fire before the readiness of ours is known.
    const TURNS: u8 = 8;

    fn after(timeout: Option<Duration>) -> Self {
        Self {
            started: Instant::now(),
            whole: Limit::new(timeout),
            answer: None,
            timer: None,
            turns: 0,
        }
    }

    /// From now on, the peer has this long to answer.
    pub(crate) fn expect_answer(&mut self, within: Option<Duration>) {
        self.answer = Limit::new(within);
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) const fn started(&self) -> Instant {
        self.started
    }

    /// The moment at which the whole handshake times out, if it has a timeout.
    pub(crate) fn at(&self) -> Option<Instant> {
        self.whole.map(|whole| whole.at)
    }

    /// The timeout of the whole handshake, if it has passed.
    pub(crate) fn passed(&self) -> Option<Duration> {
        self.whole
            .filter(|whole| whole.at <= Instant::now())
            .map(|whole| whole.after)
    }

    /// Ends at `at` from now on, and no longer waits for an answer.
    pub(crate) fn move_to(&mut self, at: Option<Instant>) {
        self.answer = None;
        self.whole = at.map(|at| Limit {
            after: at.duration_since(self.started),
            at,
        });
    }

    fn next(&self, answered: bool) -> Option<Limit> {
        let answer = self.answer.filter(|_| !answered);
        match (self.whole, answer) {
            (Some(whole), Some(answer)) if answer.at < whole.at => Some(answer),
            (None, answer) => answer,
            (whole, _) => whole,
        }
    }

    fn has_passed(&self, answered: bool) -> bool {
        self.next(answered).is_some_and(|next| next.at <= Instant::now())
    }

    /// Ready with the timeout that has passed.
    ///
    /// # Panics
    ///
    /// At the first poll, if there is a timeout and the runtime has no timers.
    fn poll(&mut self, cx: &mut Context<'_>, answered: bool) -> Poll<Duration> {
        let Some(Limit { after, at }) = self.next(answered) else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
            self.turns = 0;
        }
        ready!(timer.as_mut().poll(cx));
        if self.turns < Self::TURNS {
            self.turns += 1;
            // It wakes the task after the runtime has polled for readiness.
            return pin!(tokio::task::yield_now()).poll(cx).map(|()| after);
        }
        Poll::Ready(after)
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
    async fn h7_the_whole_timeout_is_named_if_both_pass_at_once() {
        for (answer, named) in [(3, 3), (4, 10), (5, 10)] {
            let mut deadline = Deadline::after(Some(seconds(10)));
            tokio::time::advance(seconds(6)).await;
            deadline.expect_answer(Some(seconds(answer)));
            let after = poll_fn(|cx| deadline.poll(cx, false)).await;
            assert_eq!(after, seconds(named), "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn h12_after_a_timer_the_runtime_polls_for_readiness_before_the_handshake_fails() {
        let mut deadline = Deadline::after(Some(seconds(1)));
        tokio::time::advance(seconds(2)).await;
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            deadline.poll(cx, true)
        })
        .await;
        assert_eq!(polls, 1 + u32::from(Deadline::TURNS));
    }

    #[test]
    fn l5_no_handshake_that_is_not_refused_is_read_slowly() {
        let longest = PUBLIC_KEY_LEN + MAX_PAD + 20 + 20 + 14 + MAX_PAD + 2 + usize::from(MAX_IA_ACCEPTED);
        assert!(longest + CHUNK <= UNTHROTTLED, "{longest}");
    }
}
