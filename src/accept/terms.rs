//! What holds for every connection of an acceptor.

use std::time::Duration;

use super::admission::Admission;
use crate::disguise::Disguise;
use crate::drive::deadline::DEFAULT_TIMEOUT;
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
}
