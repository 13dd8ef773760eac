//! One published rule a file, each written from its description.

pub(crate) mod bursts;
pub(crate) mod clear_text;
pub(crate) mod entropy;
pub(crate) mod firewall;
pub(crate) mod lookalike;
pub(crate) mod ndpi;
pub(crate) mod popcount;
pub(crate) mod printable;
pub(crate) mod tstat;
