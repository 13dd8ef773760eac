//! Why one direction of a stream can no longer be used: its transport broke its word, and nobody knows where in the
//! keystream it is.

use std::fmt;
use std::io;

/// One direction of a stream is out of step with the peer for good, because the transport broke its word.
///
/// It stands in the place of a keystream in [`Parts`](crate::Parts), where no keystream would mean that the stream is
/// clear, and it is what an [`io::Error`] of a broken stream holds ([`io::Error::get_ref`]). The other direction is not
/// affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenStream(Breach);

/// What the transport did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    ReadTooMuch,
    TookBack,
    ReadPanicked,
    WroteTooMuch,
    WritePanicked,
}

impl Breach {
    pub(super) fn error(self) -> io::Error {
        BrokenStream::from(self).into()
    }
}

impl BrokenStream {
    pub(super) const fn breach(&self) -> Breach {
        self.0
    }
}

impl fmt::Display for BrokenStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Breach::ReadTooMuch => "the transport reported more bytes read than it had room for",
            Breach::TookBack => "the transport took back bytes that were in the reader's buffer before",
            Breach::ReadPanicked => "the transport panicked in a read, so it is unknown how much was read",
            Breach::WroteTooMuch => "the transport reported more bytes written than it was given",
            Breach::WritePanicked => {
                "the transport panicked in a write, so it is unknown how much was written"
            }
        })
    }
}

impl std::error::Error for BrokenStream {}

impl From<Breach> for BrokenStream {
    fn from(breach: Breach) -> Self {
        Self(breach)
    }
}

impl From<BrokenStream> for io::Error {
    fn from(broken: BrokenStream) -> Self {
        Self::other(broken)
    }
}
