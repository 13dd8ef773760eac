//! Guides: what holds for every stream, and why.

pub mod cancel_safety;
pub mod capacity;
pub mod fallback;
pub mod flush;
pub mod observer;
