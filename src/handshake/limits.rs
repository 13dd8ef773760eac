//! The constants of the specification, and the bounds that this crate adds to them.

use crate::error::{HandshakeError, Step};

/// VC, the verification constant.
pub(super) const VC: [u8; 8] = [0; 8];

/// The most bytes that PadA, PadB, PadC or PadD may have.
pub const MAX_PAD: usize = 512;

/// The most bytes of initial payload that travel inside step 3: the BitTorrent handshake. libtorrent, rTorrent and aria2
/// refuse more, KTorrent stalls on it; what does not fit follows once step 4 came.
pub const MAX_IA_SENT: usize = 68;

/// The most bytes of initial payload that are accepted from an initiator.
pub const MAX_IA_ACCEPTED: u16 = 16 * 1024;

/// PadC's or PadD's length, if it is one.
pub(super) fn pad_len(step: Step, len: u16) -> Result<usize, HandshakeError> {
    match usize::from(len) {
        len if len <= MAX_PAD => Ok(len),
        _ => Err(HandshakeError::PadTooLong { step, len }),
    }
}
