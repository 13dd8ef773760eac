//! What can go wrong, and where.

mod connect;
mod connection;
mod handshake;
mod step;
#[cfg(test)]
mod tests;

pub use connect::ConnectError;
pub use connection::Error;
pub use handshake::HandshakeError;
pub use step::Step;
