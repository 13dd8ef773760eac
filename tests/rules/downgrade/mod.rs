//! When a connection may be dialled again in the other mode, and when never. The number in a test's name is that of the
//! rule: H for the handshake driver, R for reading.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod busy;
mod dial;
mod far_end;
mod wire;

mod answers;
mod broken_transports;
mod by_hand;
mod last_flight;
mod limits;
mod own_failures;
mod random_programs;
mod refused_modes;
mod self_connection;
mod stalls;
mod unread;
