//! Formulations that the library does not use.
//!
//! Each was the fastest on some processor at some time, or nearly.

pub mod aligned;
pub mod lagging;
pub mod set_up;
mod word;
