//! When a connection is dialled again in the other mode, and when not.
//!
//! A redial needs a new connection, so it needs a dialler:
//! [`MseConnector::connect_with`](crate::MseConnector::connect_with). On a given transport,
//! [`connect`](crate::MseConnector::connect) makes one attempt, and
//! [`Policy::redial`](crate::Policy::redial) tells whether a redial would make sense.
//!
//! | policy | first | redial |
//! |---|---|---|
//! | `Forbid` | plaintext | never |
//! | `Allow` | plaintext | MSE, if the peer hung up or stayed silent before its first byte |
//! | `Prefer` | MSE | plaintext, if the peer hung up or stayed silent before all 96 bytes of its key had come |
//! | `Require` | MSE | never |
//!
//! A peer that has answered with its key speaks MSE. Whatever fails after that, an unknown info-hash for one, fails in
//! plaintext, too; the redial would only show the info-hash to everybody on the path and double the number of
//! connections (transmission#6935, #6942). A dialler that fails or hangs is not asked again: an unreachable host does not
//! become reachable in another mode.
//!
//! Under `Allow` a plaintext attempt counts as answered once the peer's first byte came, which is kept and is the first
//! byte read. Without an initial payload there is nothing to answer, and the stream is handed over as soon as it is
//! connected.
//!
//! The initial payload is sent exactly once on the connection that is returned: inside step 3 on MSE, as it is in
//! plaintext. Each attempt begins with new keys and has the whole time-out. Whether it came to a redial is in
//! [`Negotiated::attempts`](crate::Negotiated::attempts).
//!
//! **A fallback undoes what MSE is for**: it shows the info-hash in the clear, and classifiers remember the pair of hosts
//! and recognise the next, encrypted connection by it. Where that matters, use
//! [`Encryption::Require`](crate::Encryption::Require) or [`Policy::forbid_fallback`](crate::Policy::forbid_fallback).
