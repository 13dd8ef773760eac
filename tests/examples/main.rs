//! The example programs, run as a user runs them: against each other, and against peers that misbehave.

#![allow(clippy::unwrap_used)]

mod arguments;
mod demo;
mod echo_client;
mod echo_server;
mod guides;
mod program;
