//! The calls that were made on a transport, in order, one letter each: `r`, `w`, `f`, `s`.

use std::io;
use std::sync::{Arc, Mutex};

use super::watched::{Kind, Watched, Watcher};

pub(crate) type CallLog<T> = Watched<T, Calls>;

/// What was called, as letters that can be compared. Clones share everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<String>>);

impl Calls {
    /// Everything but the reads.
    pub(crate) fn without_reads(&self) -> String {
        self.0.lock().expect("not poisoned").replace('r', "")
    }
}

impl<T> CallLog<T> {
    pub(crate) fn calls(&self) -> Calls {
        self.watcher.clone()
    }
}

impl Watcher for Calls {
    fn before(&mut self, call: Kind) -> io::Result<()> {
        let letter = match call {
            Kind::Read => 'r',
            Kind::Write => 'w',
            Kind::Flush => 'f',
            Kind::Shutdown => 's',
        };
        self.0.lock().expect("not poisoned").push(letter);
        Ok(())
    }
}
