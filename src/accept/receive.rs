//! The first part of both ways to accept: detection, a place, and the handshake up to the SKEY.

use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};
use tracing::debug_span;

use super::admission::{Admission, Admitted};
use super::terms::Terms;
use crate::disguise::Disguise;
use crate::drive::deadline::Deadline;
use crate::drive::failed::Failed;
use crate::drive::session::Session;
use crate::drive::{Drive, Driven};
use crate::error::{Error, HandshakeError, Step};
use crate::handshake::{Detected, Detection, Machine, Opening, Responder, Role, SkeyRequest, classify};
use crate::policy::Policy;

/// What came in.
pub(super) enum Received {
    /// A plaintext BitTorrent handshake that begins with these bytes, as far as it was read.
    Plaintext(Vec<u8>),
    /// An initiator that asks for a SKEY.
    Mse(SkeyRequest),
}

pub(super) struct Receive<T> {
    policy: Policy,
    disguise: Disguise,
    hide_plaintext: bool,
    /// Why the peer is refused already, which it must not notice.
    refusal: Option<HandshakeError>,
    admitted: Option<Admitted>,
    stage: Stage<T>,
}

enum Stage<T> {
    Detecting(Drive<T, Detection>),
    AwaitPlace { session: Session<T>, seen: Vec<u8> },
    Responding(Drive<T, Responder>),
    Over,
}

impl<T> Receive<T> {
    /// Begins with one connection. A plaintext handshake is read up to its info-hash if `until_info_hash` says so.
    pub(super) fn begin(terms: Terms, io: T, until_info_hash: bool) -> Self {
        let Terms {
            policy,
            timeout,
            admission,
            hide_plaintext,
            disguise,
        } = terms;
        let span = debug_span!("mse_handshake", role = %Role::Responder);
        let session = Session::new(io, Deadline::after(timeout), span);
        let mut detection = Detection::new(&policy).hide_plaintext(hide_plaintext);
        if until_info_hash {
            detection = detection.until_info_hash();
        }
        Self {
            policy,
            disguise,
            hide_plaintext,
            refusal: None,
            admitted: admission.map(Admission::admit),
            stage: Stage::Detecting(Drive::new(session, detection)),
        }
    }

    /// Refuses a plaintext handshake that was read as far as `seen`. Fails at once, or, if the peer must not notice
    /// that it was understood, goes on as if it were the beginning of a public key.
    pub(super) fn refuse(
        &mut self,
        session: Session<T>,
        seen: Vec<u8>,
        refusal: HandshakeError,
    ) -> Result<(), Failed<T>> {
        if !self.hide_plaintext {
            return Err(Failed::new(session, refusal.into()));
        }
        self.refusal = Some(refusal);
        let detection = Detection::as_mse(&self.policy, seen);
        self.stage = Stage::Detecting(Drive::new(session, detection));
        Ok(())
    }

    /// Begins to respond to `seen`, which has the 96 bytes of a key. The key pair is drawn now and not before, so that a
    /// peer that has not sent its own key costs none.
    ///
    /// Whoever is refused already gets the answer that any 96 bytes get, and none where those get none: behind the deadline.
    fn respond(
        &mut self,
        cx: &mut Context<'_>,
        mut session: Session<T>,
        seen: Vec<u8>,
    ) -> Result<Stage<T>, Failed<T>> {
        let (randomness, pieces) = self
            .disguise
            .draw(crate::handshake::Role::Responder, &mut rand::rng());
        session.link.set_pieces(pieces);
        if self.hide_plaintext && classify(&seen) == Some(Opening::Plaintext) {
            self.refusal.get_or_insert(HandshakeError::PlaintextRefused);
        }
        let responder = Responder::new(&self.policy, randomness);
        let Some(refusal) = self.refusal.take() else {
            return Ok(Stage::Responding(Drive::new(
                session,
                responder.having_read(seen),
            )));
        };
        if let Poll::Ready(after) = session.deadline.poll(cx, false) {
            return Err(Failed::new(
                session,
                Error::timed_out(Step::PublicKey, false, after),
            ));
        }
        let _ = responder.process(&seen, session.link.outbox());
        Err(Failed::new(session, refusal.into()).hidden())
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Receive<T> {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Driven<T, Received> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Detecting(drive) => match drive.poll(cx) {
                    Poll::Ready(detected) => {
                        let (session, detected) = detected?;
                        match detected {
                            Detected::Plaintext(seen) => {
                                return Poll::Ready(Ok((session, Received::Plaintext(seen))));
                            }
                            Detected::Mse(seen) => Stage::AwaitPlace { session, seen },
                        }
                    }
                    Poll::Pending => {
                        let lost = self.admitted.as_mut().map(|admitted| admitted.poll_lost(cx));
                        if lost.is_none_or(|lost| lost.is_pending()) {
                            return Poll::Pending;
                        }
                        let Stage::Detecting(drive) = std::mem::replace(&mut self.stage, Stage::Over) else {
                            unreachable!("matched above")
                        };
                        let session = drive.into_session().expect("it is pending");
                        let crowded = Error::Crowded {
                            step: Step::PublicKey,
                        };
                        return Poll::Ready(Err(Failed::new(session, crowded)));
                    }
                },
                Stage::AwaitPlace { session, .. } => {
                    let place = match &mut self.admitted {
                        None => Ok(None),
                        Some(admitted) => match admitted.poll_place(cx) {
                            Poll::Ready(place) => Ok(place),
                            Poll::Pending if admitted.poll_lost(cx).is_ready() => Err(Error::Crowded {
                                step: Step::Admission,
                            }),
                            Poll::Pending => {
                                let after = ready!(session.deadline.poll(cx, true));
                                Err(Error::timed_out(Step::Admission, true, after))
                            }
                        },
                    };
                    let Stage::AwaitPlace { mut session, seen } =
                        std::mem::replace(&mut self.stage, Stage::Over)
                    else {
                        unreachable!("matched above")
                    };
                    session.place = match place {
                        Ok(place) => place,
                        Err(error) => return Poll::Ready(Err(Failed::new(session, error))),
                    };
                    self.admitted = None;
                    self.respond(cx, session, seen)?
                }
                Stage::Responding(drive) => {
                    let (session, request) = ready!(drive.poll(cx))?;
                    return Poll::Ready(Ok((session, Received::Mse(request))));
                }
                Stage::Over => panic!("polled after completion"),
            };
        }
    }
}
