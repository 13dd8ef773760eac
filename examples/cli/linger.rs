//! Whether failed connections linger, as users say it.

use clap::ValueEnum;
use tokio_mse::Linger;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl From<Switch> for Option<Linger> {
    fn from(switch: Switch) -> Self {
        match switch {
            Switch::On => Some(Linger::default()),
            Switch::Off => None,
        }
    }
}
