//! nDPI's risk "fully encrypted flow" (since 4.8; "obfuscated traffic" in 5.0): the first packet of a TCP flow that
//! carries payload meets none of the first four exemptions of the firewall study, and no protocol was recognised.
//!
//! Recognition is nDPI's whole catalogue of protocols and is left to the tool itself, so that this flags at least as
//! often as nDPI does. Its bounds differ from the study's by a hair: a run of twenty is enough, and a quotient in single
//! precision that should be exactly 3.4 or 4.6 falls on the side that is flagged.

use super::{popcount, printable};
use crate::observer::flow::Flow;

/// Whether the flow carries the risk.
pub(crate) fn fully_encrypted(flow: &Flow) -> bool {
    flow.packets()
        .next()
        .is_some_and(|(_, payload)| !is_exempt(payload))
}

fn is_exempt(payload: &[u8]) -> bool {
    let length = payload.len() as u64;
    let set_bits = popcount::set_bits(payload);
    10 * set_bits < 34 * length
        || 10 * set_bits > 46 * length
        || printable::leading(payload) >= payload.len().min(6)
        || 2 * printable::count(payload) > payload.len()
        || printable::longest_run(payload) >= 20
}

#[cfg(test)]
mod tests {
    use super::fully_encrypted;
    use crate::observer::{
        flow::{Flow, Side::Initiator, Side::Responder},
        openings,
        seeded::Seeded,
    };

    fn flags(payload: &[u8]) -> bool {
        fully_encrypted(&Flow::of([(Initiator, payload)]))
    }

    #[test]
    fn an_ordinary_mse_handshake_is_flagged_nearly_always() {
        let flagged = (0..1000)
            .filter(|seed| fully_encrypted(&openings::ordinary_mse(*seed)))
            .count();
        assert!(flagged > 980, "{flagged} of 1000");
    }

    #[test]
    fn known_protocols_zeros_and_silence_are_not_flagged() {
        for payload in [
            openings::tls_client_hello(),
            openings::http_get(),
            openings::bittorrent_handshake(1),
            vec![0; 96],
        ] {
            assert!(!flags(&payload));
        }
        assert!(!fully_encrypted(&Flow::default()));
    }

    #[test]
    fn the_first_packet_counts_whoever_sent_it() {
        let random = Seeded::new(3).bytes(200);
        assert!(flags(&random));
        assert!(!fully_encrypted(&Flow::of([
            (Responder, b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()),
            (Initiator, random)
        ])));
    }

    /// Each pair was given to nDPI 5.0.0, which flags the first and not the second.
    #[test]
    fn the_bounds_are_those_of_the_tool() {
        let dull = |count: usize| vec![0x8d; count];
        let run = |length: usize| [dull(100), vec![b'U'; length], dull(100)].concat();
        assert!(flags(&run(19)) && !flags(&run(20)));
        let front = |length: usize| [vec![b'U'; length], dull(100)].concat();
        assert!(flags(&front(5)) && !flags(&front(6)));
        let half = |pairs: usize, more: &[u8]| [[0x8d, b'U'].repeat(pairs), more.to_vec()].concat();
        assert!(flags(&half(50, b"")) && !flags(&half(50, b"U")));
        let set_bits = |four: usize, other: u8| [vec![0x87; four], vec![other; 100 - four]].concat();
        assert!(flags(&set_bits(40, 0x83)) && !flags(&set_bits(39, 0x83)));
        assert!(flags(&set_bits(40, 0x8f)) && !flags(&set_bits(39, 0x8f)));
    }
}
