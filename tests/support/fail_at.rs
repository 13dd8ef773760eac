//! A transport that fails at a chosen call.

use std::io::{self, ErrorKind};

use super::watched::{Kind, Watched, Watcher};

/// The kinds of errors that transports report, and a few that they should not.
pub(crate) const EVERY_KIND: [ErrorKind; 20] = [
    ErrorKind::NotFound,
    ErrorKind::PermissionDenied,
    ErrorKind::ConnectionRefused,
    ErrorKind::ConnectionReset,
    ErrorKind::HostUnreachable,
    ErrorKind::NetworkUnreachable,
    ErrorKind::ConnectionAborted,
    ErrorKind::NotConnected,
    ErrorKind::NetworkDown,
    ErrorKind::BrokenPipe,
    ErrorKind::AlreadyExists,
    ErrorKind::WouldBlock,
    ErrorKind::InvalidInput,
    ErrorKind::InvalidData,
    ErrorKind::TimedOut,
    ErrorKind::WriteZero,
    ErrorKind::Interrupted,
    ErrorKind::UnexpectedEof,
    ErrorKind::OutOfMemory,
    ErrorKind::Other,
];

/// Fails at the call with this number, counted over all kinds of calls. Later reads fail as well, and every other later
/// call panics.
pub(crate) type FailAt<T> = Watched<T, Failing>;

#[derive(Debug)]
pub(crate) struct Failing {
    calls_left: usize,
    kind: ErrorKind,
    failed: bool,
}

impl<T> FailAt<T> {
    pub(crate) const fn call(io: T, number: usize, kind: ErrorKind) -> Self {
        let watcher = Failing {
            calls_left: number,
            kind,
            failed: false,
        };
        Self { io, watcher }
    }
}

impl Watcher for Failing {
    fn before(&mut self, call: Kind) -> io::Result<()> {
        assert!(!self.failed || call == Kind::Read, "used again after it failed");
        if self.calls_left == 0 {
            self.failed = true;
            return Err(self.kind.into());
        }
        self.calls_left -= 1;
        Ok(())
    }
}
