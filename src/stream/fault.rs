//! Why one direction of a stream can no longer be used.

use std::fmt;
use std::io;

/// Why one direction is unusable for good: the transport broke its contract, or our last message was not sent. After that,
/// one of the two ends does not know the keystream position. The [`io::Error`] of reads or writes contains this. The other
/// direction keeps working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    ReadTooMuch,
    TookBack,
    FilledWithoutReady,
    ReadPanicked,
    WroteTooMuch,
    WritePanicked,
    /// The transport failed with this kind of error while the last message of the handshake was sent.
    LastMessage(io::ErrorKind),
    /// A caller put a broken direction into [`Parts`](crate::Parts).
    Broken(io::ErrorKind),
}

/// Why a read failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The direction is broken for good.
    Breach(Breach),
    /// An error of the transport. The next call may succeed.
    Transport(io::Error),
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadTooMuch => "the transport reported more bytes read than fit into the buffer",
            Self::TookBack => "the transport removed bytes that were in the reader's buffer before",
            Self::FilledWithoutReady => {
                "the transport put bytes into the buffer and then reported that the read is pending or failed"
            }
            Self::ReadPanicked => "the transport panicked in a read, so the number of bytes read is unknown",
            Self::WroteTooMuch => "the transport reported more bytes written than it was given",
            Self::WritePanicked => {
                "the transport panicked in a write, so the number of bytes written is unknown"
            }
            Self::LastMessage(_) => "the last message of the handshake was not sent",
            Self::Broken(_) => "this direction of the stream was broken before",
        })
    }
}

impl std::error::Error for Breach {}

impl From<Breach> for io::Error {
    fn from(breach: Breach) -> Self {
        let kind = match breach {
            Breach::LastMessage(kind) | Breach::Broken(kind) => kind,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, breach)
    }
}

impl Breach {
    /// The breach that this error was made from.
    pub(super) fn from_error(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        inner.copied().unwrap_or(Self::Broken(error.kind()))
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Breach(breach) => breach.into(),
            Fault::Transport(error) => error,
        }
    }
}
