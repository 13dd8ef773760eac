//! The five exemptions of the 2023 firewall study (Wu et al., USENIX Security 2023, algorithm 1): the first payload that
//! a client sends is let through when any of them holds, and blocked as fully encrypted when none does.

use super::{lookalike, popcount, printable};
use crate::flow::Flow;

/// Why a payload is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exemption {
    /// Ex1: on average at most 3.4, or at least 4.6, set bits a byte.
    SetBits,
    /// Ex2: the first six bytes are printable.
    PrintableFront,
    /// Ex3: more than half of the bytes are printable.
    PrintableHalf,
    /// Ex4: more than twenty printable bytes stand in a row.
    PrintableRun,
    /// Ex5: it begins like TLS or like HTTP.
    KnownProtocol,
}

impl Exemption {
    /// All five, in the order of the study.
    pub const ALL: [Self; 5] = [
        Self::SetBits,
        Self::PrintableFront,
        Self::PrintableHalf,
        Self::PrintableRun,
        Self::KnownProtocol,
    ];

    /// Whether this exemption, on its own, lets the payload through.
    ///
    /// Compared in whole numbers: at the bounds a floating quotient would decide by its rounding.
    pub fn holds(self, payload: &[u8]) -> bool {
        let length = payload.len() as u64;
        let set_bits = popcount::set_bits(payload);
        match self {
            Self::SetBits => 10 * set_bits <= 34 * length || 10 * set_bits >= 46 * length,
            Self::PrintableFront => printable::leading(payload) >= 6,
            Self::PrintableHalf => 2 * printable::count(payload) > payload.len(),
            Self::PrintableRun => printable::longest_run(payload) > 20,
            Self::KnownProtocol => lookalike::looks_like_tls(payload) || lookalike::looks_like_http(payload),
        }
    }
}

/// Every exemption that holds for a payload.
pub fn exemptions(payload: &[u8]) -> Vec<Exemption> {
    Exemption::ALL
        .into_iter()
        .filter(|exemption| exemption.holds(payload))
        .collect()
}

/// Whether the firewall lets the flow through; one without a client payload gives it nothing to block.
pub fn exempts(flow: &Flow) -> bool {
    flow.first_client_payload()
        .is_none_or(|payload| Exemption::ALL.iter().any(|exemption| exemption.holds(payload)))
}

#[cfg(test)]
mod tests {
    use super::Exemption::{KnownProtocol, PrintableFront, PrintableHalf, PrintableRun, SetBits};
    use super::{exemptions, exempts};
    use crate::{
        flow::{Flow, Side::Initiator, Side::Responder},
        openings,
        seeded::Seeded,
    };

    /// Bytes of four set bits each, none of them printable: no exemption holds for any number of them.
    fn dull(count: usize) -> Vec<u8> {
        vec![0x8d; count]
    }

    #[test]
    fn ex1_set_bits_at_most_3_4_or_at_least_4_6_a_byte() {
        assert_eq!(exemptions(&[0; 100]), [SetBits]);
        assert_eq!(exemptions(&[0xff; 100]), [SetBits]);
        // 0x87 has four set bits, 0x83 three, 0x8f five: 40 + 60 of them give 3.4 and 4.6 exactly.
        let of = |four: usize, other: u8, count: usize| [vec![0x87; four], vec![other; count]].concat();
        assert_eq!(exemptions(&of(40, 0x83, 60)), [SetBits]);
        assert_eq!(exemptions(&of(41, 0x83, 59)), []);
        assert_eq!(exemptions(&of(40, 0x8f, 60)), [SetBits]);
        assert_eq!(exemptions(&of(41, 0x8f, 59)), []);
    }

    #[test]
    fn ex2_six_printable_bytes_in_front_and_not_five() {
        assert_eq!(
            exemptions(&[b"[GKMNU".to_vec(), dull(100)].concat()),
            [PrintableFront]
        );
        assert_eq!(exemptions(&[b"[GKMN".to_vec(), dull(100)].concat()), []);
        assert_eq!(
            exemptions(&[vec![0x8d], b"[GKMNU".to_vec(), dull(100)].concat()),
            []
        );
    }

    #[test]
    fn ex3_more_than_half_printable_and_not_half() {
        let alternating = |pairs: usize| [0x8d, b'U'].repeat(pairs);
        assert_eq!(exemptions(&alternating(50)), []);
        assert_eq!(
            exemptions(&[alternating(50), b"U".to_vec()].concat()),
            [PrintableHalf]
        );
    }

    #[test]
    fn ex4_a_run_of_twenty_one_printable_bytes_and_not_twenty() {
        let run = |length: usize| [dull(100), vec![b'U'; length], dull(100)].concat();
        assert_eq!(exemptions(&run(20)), []);
        assert_eq!(exemptions(&run(21)), [PrintableRun]);
    }

    #[test]
    fn ex5_tls_and_http_openings() {
        assert_eq!(
            exemptions(&[b"\x16\x03\x01".to_vec(), dull(100)].concat()),
            [KnownProtocol]
        );
        assert_eq!(
            exemptions(&[b"GET \x8d".to_vec(), dull(100)].concat()),
            [KnownProtocol]
        );
        assert!(exemptions(&openings::tls_client_hello()).contains(&KnownProtocol));
        assert!(exemptions(&openings::http_get()).contains(&KnownProtocol));
    }

    #[test]
    fn plaintext_bittorrent_is_let_through() {
        for seed in 0..100 {
            assert!(exempts(&Flow::of([(
                Initiator,
                openings::bittorrent_handshake(seed)
            )])));
        }
    }

    #[test]
    fn an_ordinary_mse_handshake_is_blocked_nearly_always() {
        let exempt = (0..1000)
            .filter(|seed| exempts(&openings::ordinary_mse(*seed)))
            .count();
        assert!(exempt < 20, "{exempt} of 1000");
        assert!(exemptions(&Seeded::new(1).bytes(300)).is_empty());
    }

    #[test]
    fn only_the_clients_first_packet_is_looked_at() {
        let flow = Flow::of([
            (Responder, b"220 ready for whatever comes\r\n".to_vec()),
            (Initiator, dull(96)),
            (Initiator, b"GET / HTTP/1.1\r\n".to_vec()),
        ]);
        assert!(!exempts(&flow));
        assert!(exempts(&Flow::default()));
    }
}
