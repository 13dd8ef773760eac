//! The library's source of the sending direction, which is not public.
#![allow(dead_code)]

#[path = "../../../src/stream/broken.rs"]
pub mod broken;
#[path = "../../../src/stream/outbound.rs"]
pub mod outbound;
