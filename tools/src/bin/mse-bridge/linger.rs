//! The option `--linger`.

use clap::ValueEnum;
use tokio_mse::{Linger, MseAcceptor};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Close after a random time, so that a prober cannot see why it failed; at once if the peer would redial
    On,
    /// Close at once
    Off,
    /// Like on, and treat plaintext as a key; needs --inbound require
    Strict,
}

impl Switch {
    pub(crate) fn prepare(self, acceptor: MseAcceptor) -> MseAcceptor {
        match self {
            Self::On => acceptor.linger(Linger::new()),
            Self::Off => acceptor,
            Self::Strict => acceptor.linger(Linger::new()).hide_plaintext(true),
        }
    }
}
