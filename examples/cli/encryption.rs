//! How much encryption is wanted, on the command line.

use clap::ValueEnum;
use tokio_mse::Encryption;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Wanted {
    /// Never speak MSE
    Forbid,
    /// Speak MSE only where plaintext does not work
    Allow,
    /// Speak MSE first, plaintext where it does not work
    Prefer,
    /// Never speak plaintext
    Require,
}

impl From<Wanted> for Encryption {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Forbid => Self::Forbid,
            Wanted::Allow => Self::Allow,
            Wanted::Prefer => Self::Prefer,
            Wanted::Require => Self::Require,
        }
    }
}
