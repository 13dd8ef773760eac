//! What an observer of the wire can tell: published detection rules and the statistics of many handshakes.

#[path = "observer/mod.rs"]
mod observer;
