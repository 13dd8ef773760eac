//! The BitTorrent handshake, as far as it matters here.

use rand::RngExt;

pub(crate) const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// The length of a whole BitTorrent handshake.
pub(crate) const LEN: usize = 68;

/// The handshake of a peer without extensions.
pub(crate) fn handshake(info_hash: &[u8; 20]) -> [u8; LEN] {
    let peer_id = rand::rng().random::<[u8; 12]>();
    let mut handshake = [0; LEN];
    let parts: [&[u8]; 5] = [PROTOCOL, &[0; 8], info_hash, b"-MS0100-", &peer_id];
    for (to, from) in handshake.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    handshake
}
