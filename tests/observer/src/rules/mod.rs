//! One published rule a file, each written from its description.

pub mod bursts;
pub mod clear_text;
pub mod entropy;
pub mod firewall;
pub mod lookalike;
pub mod ndpi;
pub mod popcount;
pub mod printable;
pub mod tstat;
