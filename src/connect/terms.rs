//! What holds for every attempt of a connector.

use std::time::Duration;

use crate::disguise::Disguise;
use crate::drive::deadline::DEFAULT_TIMEOUT;
use crate::policy::Policy;

/// How long a peer may take to answer, unless told otherwise. KTorrent gives up after as long, and every client that was
/// looked at answers as soon as it has the key: what is waited for is a round trip and a busy processor.
const DEFAULT_ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) policy: Policy,
    pub(super) timeout: Option<Duration>,
    pub(super) answer_timeout: Option<Duration>,
    pub(super) disguise: Disguise,
}

impl Terms {
    pub(super) const fn new(policy: Policy) -> Self {
        Self {
            policy,
            timeout: Some(DEFAULT_TIMEOUT),
            answer_timeout: Some(DEFAULT_ANSWER_TIMEOUT),
            disguise: Disguise::none(),
        }
    }
}
