//! One attempt in one mode, and its result.

use std::io;
use std::time::{Duration, Instant};

use mse_tools::cli::Address;
use mse_tools::handshake::{LEN, PROTOCOL, handshake};
use mse_tools::text::chain;
use tokio_mse::handshake::{Established, Initiator, Machine, Progress, Randomness};
use tokio_mse::{ConnectError, Error, HandshakeError, Policy, Role, Skey, Step};

use crate::line::Line;

/// The bytes of a peer's answer that are not padding: the public key, VC, crypto_select, and the length of PadD.
const KEY: usize = 96;
const VC: usize = 8;
const SELECTION: usize = 6;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Plaintext,
    HeaderOnly,
    Rc4,
}

pub(crate) const MODES: [Mode; 3] = [Mode::Plaintext, Mode::HeaderOnly, Mode::Rc4];

impl Mode {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::HeaderOnly => "header-only",
            Self::Rc4 => "rc4",
        }
    }
}

pub(crate) struct Probe {
    pub(crate) target: Address,
    pub(crate) info_hash: [u8; 20],
    pub(crate) timeout: Duration,
}

/// The result of one attempt.
pub(crate) struct Finding {
    pub(crate) mode: Mode,
    pub(crate) outcome: Result<Accepted, ConnectError<io::Error>>,
    /// The pads that were seen before the attempt ended, whether or not it was accepted.
    pub(crate) pads: Pads,
    pub(crate) segments: usize,
    pub(crate) round_trips: usize,
    pub(crate) elapsed: Duration,
}

/// The peer accepts the mode: it answered in plaintext, or completed the MSE handshake.
pub(crate) struct Accepted {
    /// Its BitTorrent handshake, if it is one for this torrent.
    pub(crate) peer_id: Option<[u8; 20]>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Pads {
    pub(crate) pad_b: Option<usize>,
    pub(crate) pad_d: Option<usize>,
}

impl Probe {
    pub(crate) async fn attempt(&self, mode: Mode) -> Finding {
        let start = Instant::now();
        let mut finding = Finding {
            mode,
            outcome: Ok(Accepted { peer_id: None }),
            pads: Pads::default(),
            segments: 0,
            round_trips: 0,
            elapsed: Duration::ZERO,
        };
        match Line::dial(&self.target, self.timeout).await {
            Err(error) => finding.outcome = Err(error),
            Ok(mut line) => {
                let outcome = match mode {
                    Mode::Plaintext => self.plaintext(&mut line).await,
                    Mode::HeaderOnly => {
                        self.mse(&mut line, Policy::header_only(), &mut finding.pads)
                            .await
                    }
                    Mode::Rc4 => self.mse(&mut line, Policy::full_rc4(), &mut finding.pads).await,
                };
                finding.outcome = outcome.map_err(ConnectError::Handshake);
                (finding.segments, finding.round_trips) = (line.segments, line.round_trips);
            }
        }
        finding.elapsed = start.elapsed();
        finding
    }

    async fn plaintext(&self, line: &mut Line) -> Result<Accepted, Error> {
        let mut flight = handshake(&self.info_hash).to_vec();
        line.send(&mut flight, Step::Payload, false).await?;
        let mut answer = line.receive(Step::Payload, false).await?;
        while answer.len() < LEN {
            let known = answer.len().min(PROTOCOL.len());
            if answer[..known] != PROTOCOL[..known] {
                // Some peers send random bytes if they refuse.
                return Err(refused(HandshakeError::NotPlaintext));
            }
            let answered = answer.len() >= PROTOCOL.len();
            match line.receive(Step::Payload, answered).await {
                Ok(segment) => answer.extend(segment),
                Err(_) if answered => break,
                Err(error) => return Err(error),
            }
        }
        if !answer.starts_with(PROTOCOL) {
            return Err(refused(HandshakeError::NotPlaintext));
        }
        let peer_id = self.peer_id(&answer);
        Ok(Accepted { peer_id })
    }

    async fn mse(&self, line: &mut Line, policy: Policy, pads: &mut Pads) -> Result<Accepted, Error> {
        let mut established = self.shake_hands(line, &policy, pads).await?;
        // The handshake is done, so the peer accepts MSE even if it sends nothing more.
        while established.received.len() < LEN {
            let Ok(mut segment) = line.receive(Step::Payload, true).await else {
                break;
            };
            if let Some(decrypt) = &mut established.decrypt {
                decrypt.apply(&mut segment);
            }
            established.received.extend(segment);
        }
        let peer_id = self.peer_id(&established.received);
        Ok(Accepted { peer_id })
    }

    /// Feeds the machine byte by byte: a pad ends when its step changes.
    async fn shake_hands(
        &self,
        line: &mut Line,
        policy: &Policy,
        pads: &mut Pads,
    ) -> Result<Established, Error> {
        let (skey, randomness) = (Skey::from(self.info_hash), Randomness::generate());
        let payload = handshake(&self.info_hash).to_vec();
        let mut flight = Vec::new();
        let mut initiator = Initiator::new(skey, policy, payload, randomness, &mut flight);
        let (mut received, mut up_to_vc) = (0, 0);
        loop {
            let answered = received >= KEY;
            line.send(&mut flight, initiator.step(), answered).await?;
            let mut segment = line.receive(initiator.step(), answered).await?;
            for at in 0..segment.len() {
                let before = initiator.step();
                received += 1;
                match initiator
                    .process(&segment[at..=at], &mut flight)
                    .map_err(refused)?
                {
                    Progress::NeedInput(more) => initiator = more,
                    Progress::Done(mut established) => {
                        pads.pad_d = Some(received - up_to_vc - SELECTION);
                        let stream = &mut segment[at + 1..];
                        if let Some(decrypt) = &mut established.decrypt {
                            decrypt.apply(stream);
                        }
                        established.received.extend_from_slice(stream);
                        return Ok(established);
                    }
                }
                if before == Step::Sync && initiator.step() != Step::Sync {
                    up_to_vc = received;
                    pads.pad_b = Some(received - KEY - VC);
                }
            }
        }
    }

    fn peer_id(&self, answer: &[u8]) -> Option<[u8; 20]> {
        let (head, peer_id) = answer.get(..LEN)?.split_last_chunk()?;
        (head.starts_with(PROTOCOL) && head.ends_with(&self.info_hash)).then_some(*peer_id)
    }
}

fn refused(refusal: HandshakeError) -> Error {
    Error::refused(Role::Initiator, refusal)
}

/// An error in one line.
pub(crate) fn describe(error: &ConnectError<io::Error>) -> String {
    match error {
        ConnectError::Dial(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
            "connection refused".to_owned()
        }
        error => chain(error),
    }
}
