//! What stands in the clear: the signature that every engine knows, and any secret that must not show.

use crate::flow::{Flow, Side};

/// The first 20 bytes of plaintext BitTorrent.
pub const BITTORRENT: &[u8] = b"\x13BitTorrent protocol";

/// Whether `needle` stands anywhere in what either side sent, wherever the writes were cut.
pub fn shows(flow: &Flow, needle: &[u8]) -> bool {
    !needle.is_empty()
        && [Side::Initiator, Side::Responder].iter().any(|side| {
            flow.stream(*side)
                .windows(needle.len())
                .any(|window| window == needle)
        })
}

/// Whether a signature engine finds plaintext BitTorrent.
pub fn shows_bittorrent(flow: &Flow) -> bool {
    shows(flow, BITTORRENT)
}

#[cfg(test)]
mod tests {
    use super::{shows, shows_bittorrent};
    use crate::{
        flow::{Flow, Side::Initiator, Side::Responder},
        openings,
    };

    #[test]
    fn the_plaintext_handshake_is_found_also_across_writes_and_behind_other_bytes() {
        let handshake = openings::bittorrent_handshake(1);
        assert!(shows_bittorrent(&Flow::of([(Initiator, &handshake)])));
        let (front, back) = handshake.split_at(9);
        let cut = Flow::of([
            (Initiator, b"header".to_vec()),
            (Responder, front.to_vec()),
            (Responder, back.to_vec()),
        ]);
        assert!(shows_bittorrent(&cut));
        assert!(shows(&cut, &handshake[28..48]));
    }

    #[test]
    fn halves_from_two_sides_random_bytes_and_nothing_are_not_a_handshake() {
        let handshake = openings::bittorrent_handshake(1);
        let (front, back) = handshake.split_at(9);
        assert!(!shows_bittorrent(&Flow::of([
            (Initiator, front),
            (Responder, back)
        ])));
        assert!(!shows_bittorrent(&openings::ordinary_mse(1)));
        assert!(!shows(&openings::ordinary_mse(1), b""));
        assert!(!shows_bittorrent(&Flow::default()));
    }
}
