//! What an observer of the wire can tell: published detection rules and the statistics of many handshakes, and what they
//! say of ours.

#[path = "observer/mod.rs"]
mod observer;

#[path = "observed/mod.rs"]
mod observed;
