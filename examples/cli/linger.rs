//! How failed connections are left, as users say it.

use clap::ValueEnum;
use tokio_mse::{Linger, MseAcceptor};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Switch {
    /// Read on for a random while, whatever was wrong; what would dial again is closed at once
    On,
    /// Closed at once
    Off,
    /// As on, and what would dial again waits, too: hides that its plaintext was understood
    Strict,
}

impl Switch {
    pub(crate) fn linger(self) -> Option<Linger> {
        match self {
            Self::On | Self::Strict => Some(Linger::new()),
            Self::Off => None,
        }
    }

    pub(crate) const fn prepare(self, acceptor: MseAcceptor) -> MseAcceptor {
        acceptor.hide_plaintext(matches!(self, Self::Strict))
    }
}
