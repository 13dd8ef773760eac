//! Code that `mse-bridge` and `mse-probe` share: arguments, exit status, and text that is safe to print.

pub mod check;
pub mod cli;
pub mod exit;
pub mod handshake;
pub mod log;
pub mod text;
