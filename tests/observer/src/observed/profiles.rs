//! The ways to configure connector and acceptor that the published figures are about.

use tokio_mse::{Disguise, MseAcceptor, MseConnector, Policy};

/// A named configuration of both ends.
pub struct Profile {
    pub name: &'static str,
    pub connector: MseConnector,
    pub acceptor: MseAcceptor,
    /// Whether every connection is let through by the firewall rules, by construction.
    pub always_exempt: bool,
    /// Whether no connection is found by Tstat, by construction.
    pub never_tstat: bool,
    /// Whether the stream behind the handshake is encrypted.
    pub encrypted: bool,
}

impl Profile {
    fn disguised(name: &'static str, disguise: Disguise) -> Self {
        Self {
            name,
            connector: MseConnector::default().disguise(disguise),
            acceptor: MseAcceptor::default().disguise(disguise),
            always_exempt: false,
            never_tstat: false,
            encrypted: true,
        }
    }

    fn exempt(mut self) -> Self {
        self.always_exempt = true;
        self
    }

    fn in_pieces(mut self) -> Self {
        self.never_tstat = true;
        self
    }
}

pub fn all() -> Vec<Profile> {
    let mut header_only = Profile::disguised("header-only", Disguise::none());
    header_only.connector = MseConnector::new(Policy::header_only());
    header_only.encrypted = false;
    let mut one_sided = Profile::disguised("full, initiator alone", Disguise::full())
        .exempt()
        .in_pieces();
    one_sided.acceptor = MseAcceptor::default();
    vec![
        Profile::disguised("default", Disguise::none()),
        header_only,
        Profile::disguised("exempt", Disguise::exempt()).exempt(),
        Profile::disguised("full", Disguise::full()).exempt().in_pieces(),
        one_sided,
    ]
}
