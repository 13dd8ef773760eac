//! A transport that must not be used after its shutdown.

use std::io;

use super::watched::{Kind, Watched, Watcher};

/// Panics when it is written to or flushed after its shutdown began.
pub(crate) type CloseGuard<T> = Watched<T, Closing>;

#[derive(Debug, Default)]
pub(crate) struct Closing {
    begun: bool,
}

impl Watcher for Closing {
    fn before(&mut self, call: Kind) -> io::Result<()> {
        match call {
            Kind::Read => {}
            Kind::Write => assert!(!self.begun, "written to after the shutdown began"),
            Kind::Flush => assert!(!self.begun, "flushed after the shutdown began"),
            Kind::Shutdown => self.begun = true,
        }
        Ok(())
    }
}
