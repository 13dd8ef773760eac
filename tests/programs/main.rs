//! The example programs, run as a user runs them: against each other, against peers that misbehave, and on a terminal.

#![allow(clippy::unwrap_used)]

mod arguments;
mod demo;
mod echo_client;
mod echo_server;
mod guides;
mod program;
#[cfg(unix)]
mod stopped;
mod terminal;
