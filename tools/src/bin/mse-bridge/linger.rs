//! What happens to a connection whose handshake failed.

use clap::ValueEnum;
use tokio_mse::{Linger, MseAcceptor};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Read on for a random time, whatever was wrong. A peer that would redial is still closed at once
    On,
    /// Close at once
    Off,
    /// As on, and hide that plaintext was understood. Needs --inbound require
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
