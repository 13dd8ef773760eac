//! A peer inside the transport: it gets what is written, and its answers are read. It follows the protocol, and can be
//! made to stop in the middle.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::handshake::{
    Established, Initiator, Machine as _, Negotiation, Padding, PrivateKey, Progress, Randomness, Responder,
};
use tokio_mse::{Policy, Skey};

/// How a peer stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Eof,
    Fail(ErrorKind),
    Silence,
}

/// When a peer stops, in bytes that it has sent or received, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) sends: usize,
    pub(crate) takes: usize,
    pub(crate) end: End,
}

impl Cut {
    pub(crate) const fn sending(sends: usize, end: End) -> Self {
        let takes = usize::MAX;
        Self { sends, takes, end }
    }

    pub(crate) const fn taking(takes: usize, end: End) -> Self {
        let sends = usize::MAX;
        Self { sends, takes, end }
    }

    pub(crate) const NEVER: Self = Self::sending(usize::MAX, End::Silence);
}

enum Machine {
    Initiator(Initiator),
    Responder(Responder),
    Negotiation(Negotiation),
    Established(Box<Established>),
    /// Reads everything and sends nothing.
    Mute,
}

struct State {
    machine: Machine,
    skey: Skey,
    payload: &'static str,
    cut: Cut,
    outgoing: VecDeque<u8>,
    sent: usize,
    taken: Vec<u8>,
    ended: bool,
    used_after_end: bool,
    reader: Option<Waker>,
}

/// The transport. Clones share everything.
#[derive(Clone)]
pub(crate) struct Peer(Arc<Mutex<State>>);

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer(..)")
    }
}

/// Padding of every kind, so that the transcript has all parts. It is short, so that there are not too many offsets.
pub(crate) fn short_padding() -> Padding {
    Padding::new([1, 2, 3], [4, 5], 6).expect("short enough")
}

pub(crate) fn fresh(padding: Padding) -> Randomness {
    Randomness::new(PrivateKey::generate(), padding)
}

impl Peer {
    fn new(machine: Machine, skey: Skey, payload: &'static str, outgoing: Vec<u8>, cut: Cut) -> Self {
        Self(Arc::new(Mutex::new(State {
            machine,
            skey,
            payload,
            cut,
            outgoing: outgoing.into(),
            sent: 0,
            taken: Vec::new(),
            ended: false,
            used_after_end: false,
            reader: None,
        })))
    }

    /// A peer that dials us and sends `payload` with its step 3.
    pub(crate) fn initiator(
        skey: Skey,
        policy: &Policy,
        payload: &'static str,
        randomness: Randomness,
        cut: Cut,
    ) -> Self {
        let mut outgoing = Vec::new();
        let machine = Initiator::new(skey.clone(), policy, payload, randomness, &mut outgoing);
        Self::new(Machine::Initiator(machine), skey, payload, outgoing, cut)
    }

    /// A peer that we dial and that sends `payload` with its step 4.
    pub(crate) fn responder(
        skey: Skey,
        policy: &Policy,
        payload: &'static str,
        randomness: Randomness,
        cut: Cut,
    ) -> Self {
        let machine = Machine::Responder(Responder::new(policy, randomness));
        Self::new(machine, skey, payload, Vec::new(), cut)
    }

    /// A peer that knows no protocol: it sends `bytes` and then ends.
    pub(crate) fn saying(bytes: impl Into<Vec<u8>>, end: End) -> Self {
        let bytes = bytes.into();
        let cut = Cut::sending(bytes.len(), end);
        Self::new(Machine::Mute, Skey::from([0; 20]), "", bytes, cut)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the state")
    }

    /// How many bytes of the peer were read.
    pub(crate) fn sent(&self) -> usize {
        self.state().sent
    }

    /// Every byte that was written to the peer.
    pub(crate) fn taken(&self) -> Vec<u8> {
        self.state().taken.clone()
    }

    /// Whether the transport was read after its end, or written to or flushed after its end or an error.
    pub(crate) fn used_after_end(&self) -> bool {
        self.state().used_after_end
    }

    /// How many handles there are, this one included.
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// The result of the handshake for the peer, if it is done.
    pub(crate) fn established(&self) -> Option<Established> {
        match std::mem::replace(&mut self.state().machine, Machine::Mute) {
            Machine::Established(established) => Some(*established),
            _ => None,
        }
    }
}

impl State {
    fn feed(&mut self, input: &[u8]) {
        let mut output = Vec::new();
        self.machine = match std::mem::replace(&mut self.machine, Machine::Mute) {
            Machine::Initiator(machine) => match machine.process(input, &mut output) {
                Ok(Progress::NeedInput(machine)) => Machine::Initiator(machine),
                Ok(Progress::Done(done)) => Machine::Established(Box::new(done)),
                Err(_) => Machine::Mute,
            },
            Machine::Responder(machine) => match machine.process(input, &mut output) {
                Ok(Progress::NeedInput(machine)) => Machine::Responder(machine),
                Ok(Progress::Done(request)) => {
                    let negotiation = request.resolve(self.skey.clone(), self.payload);
                    negotiate(negotiation, &[], &mut output)
                }
                Err(_) => Machine::Mute,
            },
            Machine::Negotiation(machine) => negotiate(machine, input, &mut output),
            established @ Machine::Established(_) => established,
            Machine::Mute => Machine::Mute,
        };
        self.outgoing.extend(output);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    fn end(&mut self) -> Poll<io::Result<()>> {
        match self.cut.end {
            End::Silence => Poll::Pending,
            End::Eof => {
                self.ended = true;
                Poll::Ready(Ok(()))
            }
            End::Fail(kind) => {
                self.ended = true;
                Poll::Ready(Err(kind.into()))
            }
        }
    }
}

fn negotiate(machine: Negotiation, input: &[u8], output: &mut Vec<u8>) -> Machine {
    match machine.process(input, output) {
        Ok(Progress::NeedInput(machine)) => Machine::Negotiation(machine),
        Ok(Progress::Done(done)) => Machine::Established(Box::new(done)),
        Err(_) => Machine::Mute,
    }
}

impl AsyncRead for Peer {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        // After an error, what is still there may be read.
        state.used_after_end |= state.ended && !matches!(state.cut.end, End::Fail(_));
        let left = state.cut.sends - state.sent;
        if left == 0 {
            return state.end();
        }
        let len = left.min(buf.remaining()).min(state.outgoing.len());
        if len == 0 {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let data: Vec<u8> = state.outgoing.drain(..len).collect();
        buf.put_slice(&data);
        state.sent += len;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        state.used_after_end |= state.ended;
        let left = state.cut.takes - state.taken.len();
        if left == 0 {
            return state.end().map_ok(|()| 0);
        }
        let len = left.min(buf.len());
        state.taken.extend(&buf[..len]);
        state.feed(&buf[..len]);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        state.used_after_end |= state.ended;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
