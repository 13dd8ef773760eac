//! The programs, run as a user runs them: against peers that behave, and against peers that do not.

#![allow(clippy::unwrap_used)]

mod arguments;
mod bridge;
mod check;
mod echo;
mod probe;
mod program;
mod socks5;
