//! What holds for every connection of an acceptor.

use std::time::Duration;

use tracing::debug_span;

use super::admission::Admission;
use super::receive::Receive;
use crate::disguise::Disguise;
use crate::drive::deadline::{DEFAULT_TIMEOUT, Deadline};
use crate::drive::session::Session;
use crate::handshake::Role;
use crate::policy::Policy;

#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) policy: Policy,
    pub(super) timeout: Option<Duration>,
    pub(super) admission: Option<Admission>,
    pub(super) hide_plaintext: bool,
    pub(super) disguise: Disguise,
}

impl Terms {
    pub(super) const fn new(policy: Policy) -> Self {
        Self {
            policy,
            timeout: Some(DEFAULT_TIMEOUT),
            admission: None,
            hide_plaintext: false,
            disguise: Disguise::none(),
        }
    }

    /// Begins with one connection.
    pub(super) fn receive<T>(self, io: T, until_info_hash: bool) -> Receive<T> {
        let span = debug_span!("mse_handshake", role = %Role::Responder);
        Receive::new(
            Session::new(io, Deadline::after(self.timeout), span),
            self.admission.map(Admission::admit),
            self.policy,
            self.disguise,
            self.hide_plaintext,
            until_info_hash,
        )
    }
}
