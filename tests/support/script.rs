//! A transport that follows a script and records every call.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the next call of one kind does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `Pending`, and wakes the task at once.
    Pending,
    /// Moves up to this many bytes. `0` is the end of the stream, or a write that accepts nothing.
    Move(usize),
    /// Fails.
    Fail(ErrorKind),
    /// Reports this many bytes more than it was given.
    Overlong(usize),
}

/// What a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pending,
    Moved(usize),
    Failed(ErrorKind),
}

/// A call with its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Read { capacity: usize, outcome: Outcome },
    Write { offered: Vec<u8>, outcome: Outcome },
    WriteVectored { offered: Vec<Vec<u8>>, outcome: Outcome },
    Flush(Outcome),
    Shutdown(Outcome),
}

impl Call {
    pub(crate) const fn is_read(&self) -> bool {
        matches!(self, Self::Read { .. })
    }

    pub(crate) const fn is_write(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::WriteVectored { .. })
    }
}

/// What the calls of each kind do, one after the other. After the end of its script, a call moves everything that it
/// can, and a read without bytes is the end of the stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    pub(crate) reads: Vec<Step>,
    pub(crate) writes: Vec<Step>,
    pub(crate) flushes: Vec<Step>,
    pub(crate) shutdowns: Vec<Step>,
    /// What there is to read.
    pub(crate) incoming: Vec<u8>,
    /// What `is_write_vectored` answers.
    pub(crate) vectored: bool,
}

struct State {
    reads: VecDeque<Step>,
    writes: VecDeque<Step>,
    flushes: VecDeque<Step>,
    shutdowns: VecDeque<Step>,
    incoming: VecDeque<u8>,
    vectored: bool,
    calls: Vec<Call>,
    written: Vec<u8>,
}

/// The transport. Clones share everything: one can be kept to see what happened, and two can be the halves of a split.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<Mutex<State>>);

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted(..)")
    }
}

impl Scripted {
    pub(crate) fn new(script: Script) -> Self {
        Self(Arc::new(Mutex::new(State {
            reads: script.reads.into(),
            writes: script.writes.into(),
            flushes: script.flushes.into(),
            shutdowns: script.shutdowns.into(),
            incoming: script.incoming.into(),
            vectored: script.vectored,
            calls: Vec::new(),
            written: Vec::new(),
        })))
    }

    pub(crate) fn writing(writes: impl Into<Vec<Step>>) -> Self {
        Self::new(Script {
            writes: writes.into(),
            ..Script::default()
        })
    }

    pub(crate) fn reading(incoming: impl Into<Vec<u8>>, reads: impl Into<Vec<Step>>) -> Self {
        Self::new(Script {
            incoming: incoming.into(),
            reads: reads.into(),
            ..Script::default()
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the state")
    }

    /// Every call so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The calls since this was last asked.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state().calls)
    }

    /// Every byte that was accepted.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.state().written.clone()
    }

    /// How many handles there are, this one included.
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

/// What a step makes of a call that could move `possible` bytes.
fn play(step: Option<Step>, possible: usize) -> Outcome {
    match step {
        None => Outcome::Moved(possible),
        Some(Step::Pending) => Outcome::Pending,
        Some(Step::Move(len)) => Outcome::Moved(len.min(possible)),
        Some(Step::Fail(kind)) => Outcome::Failed(kind),
        Some(Step::Overlong(more)) => Outcome::Moved(possible + more),
    }
}

fn answer(cx: &Context<'_>, outcome: Outcome) -> Poll<io::Result<usize>> {
    match outcome {
        Outcome::Pending => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Outcome::Moved(len) => Poll::Ready(Ok(len)),
        Outcome::Failed(kind) => Poll::Ready(Err(kind.into())),
    }
}

impl AsyncRead for Scripted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        let capacity = buf.remaining();
        let step = state.reads.pop_front();
        let outcome = play(step, capacity.min(state.incoming.len()));
        if let Outcome::Moved(len) = outcome {
            let data: Vec<u8> = state.incoming.drain(..len).collect();
            buf.put_slice(&data);
        }
        state.calls.push(Call::Read { capacity, outcome });
        answer(cx, outcome).map_ok(drop)
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        let outcome = play(state.writes.pop_front(), buf.len());
        if let Outcome::Moved(len) = outcome {
            state.written.extend(&buf[..len.min(buf.len())]);
        }
        state.calls.push(Call::Write {
            offered: buf.to_vec(),
            outcome,
        });
        answer(cx, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        let offered: Vec<Vec<u8>> = bufs.iter().map(|buf| buf.to_vec()).collect();
        let gathered = offered.concat();
        let outcome = play(state.writes.pop_front(), gathered.len());
        if let Outcome::Moved(len) = outcome {
            state.written.extend(&gathered[..len.min(gathered.len())]);
        }
        state.calls.push(Call::WriteVectored { offered, outcome });
        answer(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.state().vectored
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        let outcome = play(state.flushes.pop_front(), 0);
        state.calls.push(Call::Flush(outcome));
        answer(cx, outcome).map_ok(drop)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        let outcome = play(state.shutdowns.pop_front(), 0);
        state.calls.push(Call::Shutdown(outcome));
        answer(cx, outcome).map_ok(drop)
    }
}
