//! What nDPI 5.0 says of a TCP flow, with its heuristic for fully encrypted flows off and on.
//!
//! The heuristic is the option `fully_encrypted_heuristic`. It came with 4.8 (pull request 2058 of ntop/nDPI), as a risk of
//! its own, "fully encrypted flow", and was on. Since 5.0 it is off unless somebody turns it on, and its risk is
//! "obfuscated traffic" (pull request 2779). Its condition: the first packet that carries payload meets none of the
//! first four exemptions of the firewall study. The bounds differ from the study's by a hair: a run of twenty is enough,
//! and a quotient in single precision that should be exactly 3.4 or 4.6 falls on the side that is flagged.
//!
//! Off does not mean silent. The option `dpi.compute_entropy` is on by default, and an unknown flow whose bytes have more
//! entropy than text carries the risk "suspicious entropy" (pull requests 2369 and 2383). The last packet up to the fourth
//! with payload decides. Where the heuristic has spoken, no entropy is computed.
//!
//! All this is for flows that nDPI does not recognise. BitTorrent it recognises by the signature at the start of a packet,
//! and not behind other bytes, where [`clear_text`](super::clear_text) finds it. What is left out:
//!
//! - The rest of its catalogue: where random bytes look like another protocol to it, this flags and nDPI does not.
//! - Bare acknowledgements, which a [`Flow`] does not have. One between the fourth and the fifth payload has no entropy, and
//!   takes that risk away.
//! - What needs more than one flow: its cache, by which one plaintext flow between two hosts turns their RC4 flows into
//!   BitTorrent, and the ports that are BitTorrent by number.
//!
//! nDPI 5.0.0 itself was given 200 flows of each profile, with the responder's handshake in step 4 and behind it, in both
//! settings: 8,000 findings. They were the same but for 2, where it took the flow for another protocol.

use super::{clear_text::BITTORRENT, entropy, popcount, printable};
use crate::flow::Flow;

/// Bits a byte from which on nDPI does not take a payload for text.
const MORE_THAN_TEXT: f64 = 4.941;
/// Packets with payload whose entropy is looked at.
const PACKETS: usize = 4;

/// How `fully_encrypted_heuristic` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Heuristic {
    /// The default since 5.0.
    Off,
    /// The default of 4.8 to 4.14, and a choice since.
    On,
}

/// What nDPI says of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// It is BitTorrent: a packet begins with the signature. It may carry a risk as well.
    BitTorrent,
    /// It is unknown, with the risk "obfuscated traffic"; before 5.0 "fully encrypted flow".
    ObfuscatedTraffic,
    /// It is unknown, with the risk "suspicious entropy".
    SuspiciousEntropy,
}

/// What nDPI says of the flow, if anything.
pub fn finding(flow: &Flow, heuristic: Heuristic) -> Option<Finding> {
    if flow.packets().any(|(_, payload)| payload.starts_with(BITTORRENT)) {
        Some(Finding::BitTorrent)
    } else if heuristic == Heuristic::On && fully_encrypted(flow) {
        Some(Finding::ObfuscatedTraffic)
    } else if suspicious_entropy(flow) {
        Some(Finding::SuspiciousEntropy)
    } else {
        None
    }
}

/// Whether the flow meets the condition of the heuristic.
fn fully_encrypted(flow: &Flow) -> bool {
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

/// Whether the last payload whose entropy is computed has more than text has.
fn suspicious_entropy(flow: &Flow) -> bool {
    flow.packets()
        .take(PACKETS)
        .last()
        .is_some_and(|(_, payload)| entropy::of_bytes(payload) >= MORE_THAN_TEXT)
}

#[cfg(test)]
mod tests {
    use super::{Finding, Heuristic, finding, fully_encrypted, suspicious_entropy};
    use crate::{
        flow::{Flow, Side::Initiator, Side::Responder},
        openings,
        rules::clear_text,
        seeded::Seeded,
    };

    fn flags(payload: &[u8]) -> bool {
        fully_encrypted(&Flow::of([(Initiator, payload)]))
    }

    /// So many different values, evenly spread, none of them printable: log2 of it bits a byte.
    fn spread(values: u8) -> Vec<u8> {
        (0x80..0x80 + values).collect::<Vec<u8>>().repeat(4)
    }

    #[test]
    fn an_ordinary_mse_handshake_is_obfuscated_with_the_heuristic_on_and_suspicious_with_it_off() {
        let findings =
            |heuristic| (0..1000).map(move |seed| finding(&openings::ordinary_mse(seed), heuristic));
        let obfuscated = findings(Heuristic::On)
            .filter(|found| *found == Some(Finding::ObfuscatedTraffic))
            .count();
        assert!(obfuscated > 980, "{obfuscated} of 1000");
        assert!(findings(Heuristic::On).all(|found| found.is_some()));
        assert!(findings(Heuristic::Off).all(|found| found == Some(Finding::SuspiciousEntropy)));
    }

    #[test]
    fn bittorrent_in_the_clear_is_called_so_in_both_settings() {
        let mse = openings::ordinary_mse(1);
        let header_only = mse
            .writes()
            .iter()
            .map(|write| (write.from, write.bytes.clone()))
            .chain([(Responder, openings::bittorrent_handshake(1))]);
        for flow in [
            Flow::of([(Initiator, openings::bittorrent_handshake(1))]),
            Flow::of(header_only),
        ] {
            for heuristic in [Heuristic::Off, Heuristic::On] {
                assert_eq!(finding(&flow, heuristic), Some(Finding::BitTorrent));
            }
        }
    }

    /// Given to nDPI 5.0.0, too, as header-only flows whose responder sends its handshake along with step 4.
    #[test]
    fn bittorrent_behind_other_bytes_of_a_packet_is_not_seen() {
        let step_4 = [Seeded::new(5).bytes(150), openings::bittorrent_handshake(1)].concat();
        let flow = Flow::of([(Initiator, Seeded::new(6).bytes(150)), (Responder, step_4)]);
        assert!(clear_text::shows_bittorrent(&flow));
        assert_eq!(finding(&flow, Heuristic::Off), Some(Finding::SuspiciousEntropy));
        assert_eq!(finding(&flow, Heuristic::On), Some(Finding::ObfuscatedTraffic));
    }

    #[test]
    fn known_protocols_zeros_and_silence_are_not_fully_encrypted() {
        for payload in [
            openings::tls_client_hello(),
            openings::http_get(),
            openings::bittorrent_handshake(1),
            vec![0; 96],
        ] {
            assert!(!flags(&payload));
        }
        for heuristic in [Heuristic::Off, Heuristic::On] {
            assert_eq!(finding(&Flow::of([(Initiator, [0; 96])]), heuristic), None);
            assert_eq!(finding(&Flow::default(), heuristic), None);
        }
    }

    #[test]
    fn the_first_packet_counts_for_the_heuristic_whoever_sent_it() {
        let random = Seeded::new(3).bytes(200);
        assert!(flags(&random));
        assert!(!fully_encrypted(&Flow::of([
            (Responder, b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()),
            (Initiator, random)
        ])));
    }

    /// Each pair was given to nDPI 5.0.0, which flags the first and not the second.
    #[test]
    fn the_bounds_of_the_heuristic_are_those_of_the_tool() {
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

    /// Given to nDPI 5.0.0, too: 31 values have 4.954 bits, 30 have 4.907.
    #[test]
    fn the_entropy_of_the_last_of_the_first_four_payloads_counts() {
        let suspicious = |values: &[u8]| {
            let writes = values.iter().map(|values| (Initiator, spread(*values)));
            suspicious_entropy(&Flow::of(writes))
        };
        assert!(suspicious(&[31]) && !suspicious(&[30]));
        assert!(suspicious(&[8, 8, 100]) && !suspicious(&[100, 100, 8]));
        assert!(suspicious(&[8, 8, 8, 100, 8]) && !suspicious(&[100, 100, 100, 8, 100]));
    }

    #[test]
    fn a_payload_that_is_exempt_from_the_heuristic_is_judged_by_its_entropy() {
        let mut random = Seeded::new(4);
        let printable: Vec<u8> = (0..200).map(|_| b' ' + random.below(95) as u8).collect();
        let flow = Flow::of([(Initiator, printable)]);
        assert!(!fully_encrypted(&flow));
        for heuristic in [Heuristic::Off, Heuristic::On] {
            assert_eq!(finding(&flow, heuristic), Some(Finding::SuspiciousEntropy));
        }
    }
}
