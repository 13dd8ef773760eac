//! The ways to configure connector and acceptor that the published figures are about.

use tokio_mse::{Disguise, Exemption, MseAcceptor, MseConnector, Policy};

/// A named configuration of both ends.
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) connector: MseConnector,
    pub(crate) acceptor: MseAcceptor,
    /// Whether every connection is let through by the firewall rules, by construction.
    pub(crate) always_exempt: bool,
    /// Whether no connection is found by Tstat, by construction.
    pub(crate) never_tstat: bool,
    /// Whether the stream behind the handshake is encrypted.
    pub(crate) encrypted: bool,
}

impl Profile {
    fn disguised(name: &'static str, disguise: Disguise) -> Self {
        Self {
            name,
            connector: MseConnector::default().disguise(disguise.clone()),
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

pub(crate) fn all() -> Vec<Profile> {
    let none = Disguise::none();
    let vary = none.clone().vary();
    let mut header_only = Profile::disguised("header-only", none.clone());
    header_only.connector = MseConnector::new(Policy::header_only());
    header_only.encrypted = false;
    let mut one_sided = Profile::disguised("full, initiator alone", Disguise::full())
        .exempt()
        .in_pieces();
    one_sided.acceptor = MseAcceptor::default();
    let of = |exemption| none.clone().exempt(exemption);
    vec![
        Profile::disguised("default", none.clone()),
        header_only,
        Profile::disguised("pieces", none.clone().pieces(20..=47)).in_pieces(),
        Profile::disguised("PrintableStart", of(Exemption::PrintableStart)).exempt(),
        Profile::disguised("MostlyPrintable", of(Exemption::MostlyPrintable)).exempt(),
        Profile::disguised("SkewedBits", of(Exemption::SkewedBits)).exempt(),
        Profile::disguised("PrintableRun", of(Exemption::PrintableRun)).exempt(),
        Profile::disguised("vary", vary).exempt(),
        Profile::disguised("full", Disguise::full()).exempt().in_pieces(),
        one_sided,
    ]
}
