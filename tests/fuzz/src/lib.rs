//! What the fuzz targets and the property tests run: a peer that shakes hands as the case says, the library on the
//! other side, and a reference that says what must come of it.

#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod detector;
pub mod exchange;
pub mod initiator;
pub mod inner;
pub mod keys;
pub mod machine;
pub mod reference;
pub mod responder;
pub mod scripted;
pub mod stream;
pub mod tape;
pub mod wire;

#[path = "../../handshake/foreign.rs"]
pub mod foreign;
#[path = "../../heap/counting.rs"]
pub mod heap;
#[path = "../../support/reach.rs"]
pub mod reach;
