//! Transports that allow one direction only.

use std::io;

use super::watched::{Kind, Watched, Watcher};

/// Panics when it is written to, flushed or shut down.
pub(crate) type ReadOnly<T> = Watched<T, Reading>;

/// Panics when it is read from.
pub(crate) type WriteOnly<T> = Watched<T, Writing>;

#[derive(Debug, Default)]
pub(crate) struct Reading;

impl Watcher for Reading {
    fn before(&mut self, call: Kind) -> io::Result<()> {
        assert_eq!(call, Kind::Read, "called by a reader");
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Writing;

impl Watcher for Writing {
    fn before(&mut self, call: Kind) -> io::Result<()> {
        assert_ne!(call, Kind::Read, "called by a writer");
        Ok(())
    }
}
