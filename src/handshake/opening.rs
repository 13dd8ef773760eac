//! Telling a plaintext BitTorrent handshake from a public key.

pub(crate) use crate::policy::attempt::Opening;

/// How a plaintext BitTorrent handshake begins.
pub(super) const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// Decides at the first byte that differs, and for plaintext only on all 20: one public key in 256 begins with `0x13`,
/// too (YueMiyuki/Risuko#30).
pub(crate) fn classify(seen: &[u8]) -> Option<Opening> {
    if PROTOCOL.iter().zip(seen).any(|(known, byte)| known != byte) {
        Some(Opening::Mse)
    } else if seen.len() >= PROTOCOL.len() {
        Some(Opening::Plaintext)
    } else {
        None
    }
}
