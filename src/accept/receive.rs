//! The first part of both ways to accept: a place, the sniff and the handshake up to the SKEY.

use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::PollSemaphore;

use crate::disguise::Disguise;
use crate::drive::Drive;
use crate::error::Error;
use crate::handshake::{Opened, Reception, Responder, SkeyRequest};
use crate::link::Wire;
use crate::policy::Policy;

/// What came in.
pub(crate) enum Received {
    /// A plaintext BitTorrent handshake that begins with these bytes, as far as it was read.
    Plaintext(Vec<u8>),
    /// An initiator that asks for a SKEY.
    Mse(SkeyRequest),
}

pub(crate) struct Receive<T> {
    policy: Policy,
    disguise: Disguise,
    until_info_hash: bool,
    stage: Stage<T>,
}

enum Stage<T> {
    Admission {
        wire: Wire<T>,
        places: Option<PollSemaphore>,
    },
    Opening(Drive<T, Reception>),
    Mse(Drive<T, Responder>),
    Over,
}

impl<T> Receive<T> {
    pub(crate) const fn new(
        wire: Wire<T>,
        places: Option<PollSemaphore>,
        policy: Policy,
        disguise: Disguise,
    ) -> Self {
        Self {
            policy,
            disguise,
            until_info_hash: false,
            stage: Stage::Admission { wire, places },
        }
    }

    /// Reads on in a plaintext handshake until its info-hash is known.
    pub(crate) const fn until_info_hash(mut self) -> Self {
        self.until_info_hash = true;
        self
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Receive<T> {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Wire<T>, Received), Error>> {
        loop {
            match &mut self.stage {
                Stage::Admission { wire, places } => {
                    let admitted = match places {
                        Some(places) => ready!(wire.poll_place(cx, places)),
                        None => Ok(()),
                    };
                    if let Stage::Admission { wire, .. } = std::mem::replace(&mut self.stage, Stage::Over) {
                        if let Err(error) = admitted {
                            return Poll::Ready(Err(wire.fail(error)));
                        }
                        let reception = Reception::new(self.policy.clone(), self.until_info_hash);
                        self.stage = Stage::Opening(Drive::new(wire, reception));
                    }
                }
                Stage::Opening(drive) => {
                    let (mut wire, opened) = ready!(drive.poll(cx))?;
                    let seen = match opened {
                        Opened::Plaintext(seen) => {
                            return Poll::Ready(Ok((wire, Received::Plaintext(seen))));
                        }
                        Opened::Mse(seen) => seen,
                    };
                    // Not before: who is silent, or speaks plaintext, is not worth a key.
                    let (randomness, pieces) = self.disguise.draw(&mut rand::rng());
                    wire.set_pieces(pieces);
                    let responder = Responder::new(&self.policy, randomness).having_read(&seen);
                    self.stage = Stage::Mse(Drive::new(wire, responder));
                }
                Stage::Mse(drive) => {
                    let (wire, request) = ready!(drive.poll(cx))?;
                    return Poll::Ready(Ok((wire, Received::Mse(request))));
                }
                Stage::Over => panic!("polled after completion"),
            }
        }
    }
}
