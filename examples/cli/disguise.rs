//! How a handshake is disguised, on the command line.

use clap::ValueEnum;
use tokio_mse::{Disguise, Exemption};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Look {
    /// No disguise
    None,
    /// In small pieces
    Pieces,
    /// The first six bytes printable
    PrintableStart,
    /// Most of the first segment printable
    MostlyPrintable,
    /// More or fewer bits set in the first segment than chance sets
    SkewedBits,
    /// A run of printable bytes in PadA
    PrintableRun,
    /// One of these four properties, drawn for each connection
    Vary,
    /// In small pieces, and with a property that is drawn for each connection
    Full,
}

/// Draws weights where there are any to draw: make one of it for each program.
impl From<Look> for Disguise {
    fn from(look: Look) -> Self {
        let none = Self::none();
        match look {
            Look::None => none,
            Look::Pieces => none.pieces(20..=47),
            Look::PrintableStart => none.exempt(Exemption::PrintableStart),
            Look::MostlyPrintable => none.exempt(Exemption::MostlyPrintable),
            Look::SkewedBits => none.exempt(Exemption::SkewedBits),
            Look::PrintableRun => none.exempt(Exemption::PrintableRun),
            Look::Vary => none.vary(),
            Look::Full => Self::full(),
        }
    }
}
