//! The rule of three bursts: how many bytes come until the other side speaks. It needs no training, no port and no look at
//! the bytes, and no way of cutting or joining packets changes what it sees.
//!
//! The initiator opens with a key and its padding (96 to 608 bytes), the responder answers with the same, and the
//! initiator goes on with 80 to 1636 bytes: step 3, and what the client sends with it. A burst ends when the other side
//! speaks, or with the flow. The initiator speaks first in MSE: a flow in which the responder does, as in SSH or mail, is
//! not MSE, and the bursts behind its banner do not count.
//!
//! Resumed TLS has these sizes, too. Its first bytes tell it apart, so that the rule is made of both: the sizes, and that
//! the initiator does not begin with `16 03`. That costs it one MSE connection in 65,536. Whatever else is short and takes
//! turns is found wrongly, such as HTTP with short answers on a connection that is kept.

use crate::flow::{
    Flow,
    Side::{self, Initiator, Responder},
};
use std::ops::RangeInclusive;

/// Who speaks, and how many bytes until the other side does.
const BURSTS: [(Side, RangeInclusive<usize>); 3] = [
    (Initiator, 96..=608),
    (Responder, 96..=608),
    (Initiator, 80..=1636),
];

/// How a TLS handshake record of any version begins.
const TLS: &[u8] = b"\x16\x03";

/// Whether the rule calls the flow MSE.
pub fn is_mse(flow: &Flow) -> bool {
    sizes_fit(flow) && !flow.stream(Initiator).starts_with(TLS)
}

/// Whether the first three bursts have the sizes of MSE, whatever their bytes are.
pub fn sizes_fit(flow: &Flow) -> bool {
    let mut bursts = bursts(flow);
    BURSTS.iter().all(|(side, sizes)| {
        bursts
            .next()
            .is_some_and(|(from, size)| from == *side && sizes.contains(&size))
    })
}

/// Who spoke, and how many bytes before the other side did.
fn bursts(flow: &Flow) -> impl Iterator<Item = (Side, usize)> {
    flow.writes()
        .chunk_by(|one, next| one.from == next.from)
        .filter_map(|run| {
            let size = run.iter().map(|write| write.bytes.len()).sum();
            run.first().map(|first| (first.from, size))
        })
}

#[cfg(test)]
mod tests {
    use super::{is_mse, sizes_fit};
    use crate::{
        flow::{Flow, MSS, Side, Side::Initiator, Side::Responder},
        openings,
        seeded::Seeded,
    };

    /// Random bytes of these sizes, in turn, from the initiator on.
    fn in_turn(sizes: &[usize]) -> Flow {
        let mut random = Seeded::new(31);
        let in_turn = [Initiator, Responder].into_iter().cycle();
        Flow::of(in_turn.zip(sizes.iter().map(|size| random.bytes(*size))))
    }

    /// The same flow in packets of `low..=high` bytes.
    fn cut(flow: &Flow, random: &mut Seeded, low: usize, high: usize) -> Flow {
        let mut pieces = Flow::default();
        for write in flow.writes() {
            let mut rest = &write.bytes[..];
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(random.within(low, high).min(rest.len()));
                pieces.record(write.from, piece);
                rest = behind;
            }
        }
        pieces
    }

    #[test]
    fn every_ordinary_mse_handshake_is_found() {
        assert!((0..2000).all(|seed| is_mse(&openings::ordinary_mse(seed))));
    }

    #[test]
    fn all_six_bounds_are_inclusive() {
        let middle = [300, 300, 300, 50];
        assert!(sizes_fit(&in_turn(&middle)));
        for (burst, low, high) in [(0, 96, 608), (1, 96, 608), (2, 80, 1636)] {
            let fits = |size: usize| {
                let mut sizes = middle;
                sizes[burst] = size;
                sizes_fit(&in_turn(&sizes))
            };
            assert!(fits(low) && fits(high), "burst {burst}");
            assert!(!fits(low - 1) && !fits(high + 1), "burst {burst}");
        }
    }

    #[test]
    fn a_burst_of_several_packets_counts_as_one() {
        let mut random = Seeded::new(32);
        for seed in 0..500 {
            let whole = openings::ordinary_mse(seed);
            for (low, high) in [(1, 1), (20, 47), (1, 200)] {
                let pieces = cut(&whole, &mut random, low, high);
                assert!(pieces.writes().len() > whole.writes().len());
                assert!(is_mse(&pieces) && is_mse(&pieces.without_nodelay()));
            }
        }
        // Two packets that fit, and that are too long together.
        let two = [
            (Initiator, 400),
            (Initiator, 400),
            (Responder, 300),
            (Initiator, 300),
        ];
        assert!(!sizes_fit(&Flow::of(
            two.map(|(side, size)| (side, vec![7; size]))
        )));
        // A burst that is longer than a packet can be.
        assert!(sizes_fit(&in_turn(&[300, 300, MSS + 100])));
    }

    #[test]
    fn fewer_than_three_bursts_are_not_enough_and_what_follows_does_not_matter() {
        for count in 0..3 {
            assert!(!sizes_fit(&in_turn(&[300; 3][..count])));
        }
        assert!(sizes_fit(&in_turn(&[300; 3])));
        assert!(sizes_fit(&in_turn(&[300, 300, 300, 100_000, 1])));
    }

    #[test]
    fn a_flow_in_which_the_responder_speaks_first_is_not_mse() {
        let mse = openings::ordinary_mse(1);
        let banner = (Responder, b"220 mail.example.org ESMTP\r\n".to_vec());
        let behind_banner = std::iter::once(banner).chain(mse.writes().iter().map(|write| {
            let bytes = write.bytes.clone();
            (write.from, bytes)
        }));
        assert!(!sizes_fit(&Flow::of(behind_banner)));
        let swapped = |side| match side {
            Initiator => Responder,
            Responder => Initiator,
        };
        let writes = mse
            .writes()
            .iter()
            .map(|write| (swapped(write.from), &write.bytes));
        assert!(!sizes_fit(&Flow::of(writes)));
    }

    #[test]
    fn a_full_tls_handshake_a_page_and_plaintext_bittorrent_are_not_found() {
        let sized = |sizes: [(Side, usize); 3]| Flow::of(sizes.map(|(side, size)| (side, vec![0x8d; size])));
        let tls = Flow::of([
            (Initiator, openings::tls_client_hello()),
            (Responder, [b"\x16\x03\x03".to_vec(), vec![0x8d; 2900]].concat()),
            (Initiator, [b"\x16\x03\x03".to_vec(), vec![0x8d; 77]].concat()),
        ]);
        let http = Flow::of([
            (
                Initiator,
                [openings::http_get(), b"X-Padding: 12345\r\n\r\n".to_vec()].concat(),
            ),
            (Responder, b"HTTP/1.1 200 OK\r\n".repeat(50)),
            (
                Initiator,
                [openings::http_get(), b"X-Padding: 12345\r\n\r\n".to_vec()].concat(),
            ),
        ]);
        let bitfield = [b"\0\0\0\x65\x05".to_vec(), vec![0xff; 100]].concat();
        let bittorrent = Flow::of([
            (Initiator, openings::bittorrent_handshake(1)),
            (
                Responder,
                [openings::bittorrent_handshake(2), bitfield.clone()].concat(),
            ),
            (Initiator, bitfield),
        ]);
        // By sizes alone: a browser's hello, a server's flight with certificates, the client's Finished with a request.
        let browser = sized([(Initiator, 517), (Responder, 4100), (Initiator, 600)]);
        for flow in [tls, http, bittorrent, browser, Flow::default()] {
            assert!(!sizes_fit(&flow));
        }
    }

    #[test]
    fn resumed_tls_has_the_sizes_and_its_first_bytes_tell_it_apart() {
        // A hello with a ticket, the server's short flight without certificates, Finished and a request.
        let resumed = |front: &[u8]| {
            Flow::of([
                (Initiator, [front.to_vec(), vec![0x8d; 560]].concat()),
                (Responder, [b"\x16\x03\x03".to_vec(), vec![0x8d; 250]].concat()),
                (Initiator, [b"\x14\x03\x03".to_vec(), vec![0x8d; 220]].concat()),
            ])
        };
        let (tls, other) = (resumed(b"\x16\x03\x01"), resumed(b"\x8d\x03\x01"));
        assert!(sizes_fit(&tls) && !is_mse(&tls));
        assert!(sizes_fit(&other) && is_mse(&other));
        // Wherever the packets were cut.
        assert!(!is_mse(&cut(&tls, &mut Seeded::new(33), 1, 1)));
    }

    #[test]
    fn short_requests_with_short_answers_on_one_connection_are_found_wrongly() {
        let request = [openings::http_get(), b"X-Padding: 12345\r\n\r\n".to_vec()].concat();
        assert!(is_mse(&Flow::of([
            (Initiator, request.clone()),
            (Responder, b"HTTP/1.1 204 No Content\r\n".repeat(5)),
            (Initiator, request)
        ])));
    }
}
