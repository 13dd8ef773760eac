//! Dialling: one attempt on a given transport, or as many as the policy allows on transports that a dialler makes.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{Span, debug, debug_span};

use crate::disguise::{Disguise, Pieces};
use crate::drive::Complete;
use crate::error::{Error, HandshakeError, Step};
use crate::handshake::{Established, Initiator, Machine, Progress, Randomness, Role};
use crate::link::{Deadline, Wire};
use crate::policy::hint::PeerHint;
use crate::policy::{Attempt, Policy};
use crate::skey::Skey;
use crate::stream::MseStream;

/// How long a handshake may take, unless told otherwise. libtorrent gives its peers as long.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Shakes hands as the initiator. Cheap to clone, shared by all connections.
///
/// ```no_run
/// use std::time::Duration;
/// use tokio::net::TcpStream;
/// use tokio_mse::{MseConnector, Policy};
///
/// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>) -> Result<(), tokio_mse::Error> {
/// let connector = MseConnector::new(Policy::full_rc4()).timeout(Duration::from_secs(5));
/// let peer = connector
///     .connect_with(info_hash, handshake, |_| TcpStream::connect("192.0.2.1:6881"))
///     .await?;
/// # let _ = peer; Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct MseConnector {
    policy: Policy,
    timeout: Option<Duration>,
    disguise: Disguise,
}

impl Default for MseConnector {
    /// [`Policy::full_rc4`]: MSE preferred, RC4 offered alone.
    fn default() -> Self {
        Self::new(Policy::full_rc4())
    }
}

impl MseConnector {
    /// Dials as `policy` says, with ten seconds for each attempt.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            timeout: Some(DEFAULT_TIMEOUT),
            disguise: Disguise::none(),
        }
    }

    /// The time that one attempt may take, from its start to the first byte of the stream; `None` for no limit.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// A connector for one peer of whom this is known: with [`Policy::with_hint`].
    ///
    /// ```no_run
    /// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>, pex_flags: u8) -> Result<(), tokio_mse::Error> {
    /// # use tokio::net::TcpStream;
    /// # use tokio_mse::{MseConnector, PeerHint, Policy};
    /// # let connector = MseConnector::default();
    /// let peer = connector
    ///     .for_peer(PeerHint::from_pex_flags(pex_flags))
    ///     .connect_with(info_hash, handshake, |_| TcpStream::connect("192.0.2.1:6881"))
    ///     .await?;
    /// # let _ = peer; Ok(()) }
    /// ```
    #[must_use]
    pub fn for_peer(&self, hint: PeerHint) -> Self {
        Self {
            policy: self.policy.with_hint(hint),
            ..self.clone()
        }
    }

    /// Disguises MSE handshakes from published detection rules. Plaintext attempts are never disguised.
    #[must_use]
    pub const fn disguise(mut self, disguise: Disguise) -> Self {
        self.disguise = disguise;
        self
    }

    /// The policy that it dials by.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Makes one attempt on a given transport: MSE under [`Prefer`](crate::Encryption::Prefer) and
    /// [`Require`](crate::Encryption::Require), plaintext under [`Forbid`](crate::Encryption::Forbid) and
    /// [`Allow`](crate::Encryption::Allow).
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::is_fallback_candidate`] tells whether a redial in the other mode makes sense.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect<T>(&self, skey: impl Into<Skey>, io: T) -> Connect<T>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let attempt = self.policy.first_attempt();
        Connect::new(Setup {
            io,
            skey: skey.into(),
            policy: self.policy,
            disguise: self.disguise,
            drawn: None,
            attempt,
            initial_payload: Bytes::new(),
            await_answer: false,
            deadline: Deadline::after(self.timeout),
            span: initiator_span(attempt),
        })
    }

    /// Dials with `dial`, shakes hands, and redials if the policy says so and the first attempt was left unanswered.
    ///
    /// `initial_payload` is sent exactly once on the connection that is returned. A plaintext first attempt that might
    /// be followed by a redial waits for the peer's first byte, so the payload should be something that a peer answers:
    /// the whole BitTorrent handshake. Each attempt, its dialling included, has the whole time-out.
    ///
    /// # Errors
    ///
    /// That of the last attempt. [`Error::Dial`] if `dial` failed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub async fn connect_with<T, D, F>(
        &self,
        skey: impl Into<Skey>,
        initial_payload: impl Into<Bytes>,
        mut dial: D,
    ) -> Result<MseStream<T>, Error>
    where
        T: AsyncRead + AsyncWrite + Unpin,
        D: FnMut(Attempt) -> F,
        F: Future<Output = io::Result<T>>,
    {
        let (skey, initial_payload) = (skey.into(), initial_payload.into());
        let second = self.policy.second_attempt();
        let first = self.policy.first_attempt();
        let await_answer = first == Attempt::Plaintext && second.is_some() && !initial_payload.is_empty();
        let unanswered = match self
            .attempt(
                first,
                skey.clone(),
                initial_payload.clone(),
                await_answer,
                &mut dial,
            )
            .await
        {
            Err(error) if error.is_fallback_candidate() => error,
            outcome => return outcome,
        };
        let Some(second) = second else {
            return Err(unanswered);
        };
        debug!(%unanswered, %second, "redialling");
        let mut stream = self
            .attempt(second, skey, initial_payload, false, &mut dial)
            .await?;
        stream.negotiated_mut().fell_back = true;
        Ok(stream)
    }

    async fn attempt<T, F>(
        &self,
        attempt: Attempt,
        skey: Skey,
        initial_payload: Bytes,
        await_answer: bool,
        dial: &mut impl FnMut(Attempt) -> F,
    ) -> Result<MseStream<T>, Error>
    where
        T: AsyncRead + AsyncWrite + Unpin,
        F: Future<Output = io::Result<T>>,
    {
        let mut deadline = Deadline::after(self.timeout);
        let span = initiator_span(attempt);
        let mut drawn = None;
        let io = {
            let mut dialling = pin!(dial(attempt));
            poll_fn(|cx| match dialling.as_mut().poll(cx) {
                Poll::Ready(dialled) => Poll::Ready(dialled.map_err(Error::Dial)),
                Poll::Pending => {
                    // The transport is a round trip away, and a public key is made meanwhile.
                    if attempt == Attempt::Mse && drawn.is_none() {
                        drawn = Some(self.disguise.draw(&mut rand::rng()));
                    }
                    deadline.poll(cx).map(|after| {
                        Err(Error::TimedOut {
                            step: Step::Dial,
                            answered: false,
                            after,
                        })
                    })
                }
            })
            .await?
        };
        Connect::new(Setup {
            io,
            skey,
            policy: self.policy,
            disguise: self.disguise,
            drawn,
            attempt,
            initial_payload,
            await_answer,
            deadline,
            span,
        })
        .await
    }
}

fn initiator_span(attempt: Attempt) -> Span {
    debug_span!("mse_handshake", role = %Role::Initiator, %attempt)
}

/// The future of [`MseConnector::connect`] and [`MseStream::connect`].
#[must_use = "futures do nothing unless awaited"]
pub struct Connect<T>(State<T>);

enum State<T> {
    Setup(Setup<T>),
    Mse(Complete<T, Initiator>),
    Plaintext(Complete<T, Unanswered>),
    Over,
}

struct Setup<T> {
    io: T,
    skey: Skey,
    policy: Policy,
    disguise: Disguise,
    /// What was drawn while dialling.
    drawn: Option<(Randomness, Pieces)>,
    attempt: Attempt,
    initial_payload: Bytes,
    await_answer: bool,
    deadline: Deadline,
    span: Span,
}

impl<T> Connect<T> {
    const fn new(setup: Setup<T>) -> Self {
        Self(State::Setup(setup))
    }

    /// Sends `payload` as the first bytes of the stream: with MSE inside step 3, where what does not fit its cap of 68
    /// bytes follows once step 4 came; without, as it is.
    ///
    /// # Panics
    ///
    /// If the future was polled already.
    pub fn initial_payload(mut self, payload: impl Into<Bytes>) -> Self {
        match &mut self.0 {
            State::Setup(setup) => setup.initial_payload = payload.into(),
            _ => panic!("the handshake has begun"),
        }
        self
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Setup<T> {
    fn begin(self) -> State<T> {
        let mut wire = Wire::new(self.io, self.deadline, self.span);
        match self.attempt {
            Attempt::Mse => {
                let drawn = self.drawn;
                let (randomness, pieces) = drawn.unwrap_or_else(|| self.disguise.draw(&mut rand::rng()));
                wire.set_pieces(pieces);
                let initiator = Initiator::new(
                    self.skey,
                    &self.policy,
                    self.initial_payload,
                    randomness,
                    wire.outbox(),
                );
                State::Mse(Complete::new(wire, initiator))
            }
            Attempt::Plaintext => {
                wire.outbox().extend_from_slice(&self.initial_payload);
                let established = Established::plaintext(Role::Initiator, Some(self.skey), Vec::new());
                State::Plaintext(if self.await_answer {
                    Complete::new(wire, Unanswered(established))
                } else {
                    Complete::established(wire, established)
                })
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for Connect<T> {
    type Output = Result<MseStream<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let state = &mut self.get_mut().0;
        if matches!(state, State::Setup(_))
            && let State::Setup(setup) = std::mem::replace(state, State::Over)
        {
            *state = setup.begin();
        }
        match state {
            State::Mse(handshake) => handshake.poll(cx),
            State::Plaintext(handshake) => handshake.poll(cx),
            State::Setup(_) | State::Over => panic!("polled after completion"),
        }
    }
}

/// A plaintext attempt whose peer has not answered yet. Its first byte is the answer.
struct Unanswered(Established);

impl Machine for Unanswered {
    type Done = Established;

    fn process(
        mut self,
        input: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        if input.is_empty() {
            return Ok(Progress::NeedInput(self));
        }
        self.0.receive(input);
        Ok(Progress::Done(self.0))
    }

    fn step(&self) -> Step {
        Step::Payload
    }

    fn peer_answered(&self) -> bool {
        false
    }
}

impl<T> MseStream<T>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    /// Shakes hands as the initiator, with the defaults of an [`MseConnector`].
    ///
    /// This makes one attempt on the given transport: MSE under [`Prefer`](crate::Encryption::Prefer) and
    /// [`Require`](crate::Encryption::Require), plaintext under [`Forbid`](crate::Encryption::Forbid) and
    /// [`Allow`](crate::Encryption::Allow). For the redial, see [`MseConnector::connect_with`].
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error); [`is_fallback_candidate`](crate::Error::is_fallback_candidate) tells whether a
    /// redial in the other mode makes sense.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect(io: T, skey: impl Into<Skey>, policy: &Policy) -> Connect<T> {
        MseConnector::new(*policy).connect(skey, io)
    }
}
