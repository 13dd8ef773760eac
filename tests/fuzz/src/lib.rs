//! What the fuzz targets and the seeded tests run: a peer that shakes hands as the case says, the library on the other
//! side, and a reference that says what must come of it.

#![allow(missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod detector;
pub mod initiator;
pub mod inner;
pub mod keys;
pub mod machine;
pub mod reach;
pub mod reference;
pub mod responder;
pub mod scripted;
pub mod seeds;
pub mod stream;
pub mod tape;
pub mod wire;
