//! What `mse-bridge` and `mse-probe` share: arguments, how a program begins and ends, and text that is safe to print.

pub mod check;
pub mod cli;
pub mod exit;
pub mod handshake;
pub mod log;
pub mod text;
