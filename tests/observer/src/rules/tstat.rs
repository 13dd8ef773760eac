//! Tstat's rule for MSE: both directions open with one or two messages of 96 to 608 bytes, and the first payloads look
//! random nibble by nibble.
//!
//! A message is what one side pushed in one go, a write here. The entropies are taken over the nibbles of the first 60
//! bytes of each of the first four payload packets together: taken from 60 nibbles alone, random bytes would miss the
//! bound at every tenth packet or so, and the rule is known to find every flow.

use crate::flow::{Flow, Side};

/// The lengths that a key and its pad can have.
const KEY_AND_PAD: std::ops::RangeInclusive<usize> = 96..=608;
/// Bits of entropy, of four, that the nibbles must exceed.
const RANDOM: f64 = 3.7;
/// Packets that are sampled, and bytes of each.
const SAMPLE: (usize, usize) = (4, 60);

/// Whether Tstat calls the flow MSE.
pub fn is_mse(flow: &Flow) -> bool {
    let (high, low) = nibble_entropy(flow);
    opens_with_a_key(flow, Side::Initiator)
        && opens_with_a_key(flow, Side::Responder)
        && high > RANDOM
        && low > RANDOM
}

fn opens_with_a_key(flow: &Flow, side: Side) -> bool {
    let mut sizes = flow.sizes(side);
    let first = sizes.next().unwrap_or(0);
    let second = sizes.next().unwrap_or(0);
    KEY_AND_PAD.contains(&first) || KEY_AND_PAD.contains(&(first + second))
}

/// Shannon entropy of the high and of the low nibbles of the sample, in bits.
fn nibble_entropy(flow: &Flow) -> (f64, f64) {
    let (mut high, mut low) = ([0_u32; 16], [0_u32; 16]);
    let (packets, bytes) = SAMPLE;
    for byte in flow
        .packets()
        .take(packets)
        .flat_map(|(_, payload)| payload.iter().take(bytes))
    {
        high[usize::from(byte >> 4)] += 1;
        low[usize::from(byte & 15)] += 1;
    }
    (entropy(&high), entropy(&low))
}

fn entropy(counts: &[u32; 16]) -> f64 {
    let total = f64::from(counts.iter().sum::<u32>());
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{is_mse, nibble_entropy};
    use crate::{
        flow::{Flow, Side, Side::Initiator, Side::Responder},
        openings,
        seeded::Seeded,
    };

    fn cut(random: &mut Seeded, from: Side, total: usize, low: usize, high: usize) -> Vec<(Side, Vec<u8>)> {
        let mut pieces = Vec::new();
        let mut left = total;
        while left > 0 {
            let size = random.within(low, high).min(left);
            pieces.push((from, random.bytes(size)));
            left -= size;
        }
        pieces
    }

    #[test]
    fn every_ordinary_mse_handshake_is_found() {
        let found = (0..2000)
            .filter(|seed| is_mse(&openings::ordinary_mse(*seed)))
            .count();
        assert_eq!(found, 2000);
    }

    #[test]
    fn a_key_in_two_messages_is_found_and_the_bounds_are_inclusive() {
        let mut random = Seeded::new(5);
        let mut found = |sizes: [usize; 3]| {
            let [one, two, answer] = sizes;
            is_mse(&Flow::of([
                (Initiator, random.bytes(one)),
                (Initiator, random.bytes(two)),
                (Responder, random.bytes(answer)),
                (Initiator, random.bytes(300)),
            ]))
        };
        assert!(found([48, 48, 96]) && found([96, 900, 608]) && found([608, 1, 608]));
        assert!(
            !found([47, 48, 96]) && !found([609, 1, 96]) && !found([300, 40, 609]) && !found([300, 40, 95])
        );
    }

    #[test]
    fn pieces_of_20_to_47_bytes_are_not_found_where_the_socket_does_not_join_them() {
        let mut random = Seeded::new(6);
        let mut joined = 0;
        for _ in 0..1000 {
            let (ya, yb) = (random.within(96, 550), random.within(96, 550));
            let mut writes = cut(&mut random, Initiator, ya, 20, 47);
            writes.extend(cut(&mut random, Responder, yb, 20, 47));
            let flow = Flow::of(writes);
            assert!(!is_mse(&flow));
            joined += u32::from(is_mse(&flow.without_nodelay()));
        }
        assert!(
            joined > 900,
            "Nagle's algorithm undoes the pieces: {joined} of 1000"
        );
    }

    #[test]
    fn known_protocols_are_not_found() {
        let tls = Flow::of([
            (Initiator, openings::tls_client_hello()),
            (
                Responder,
                [b"\x16\x03\x03".to_vec(), Seeded::new(7).bytes(3000)].concat(),
            ),
        ]);
        let http = Flow::of([
            (Initiator, openings::http_get()),
            (Responder, b"HTTP/1.1 204 No Content\r\n".repeat(5)),
        ]);
        let zeros = Flow::of([(Initiator, vec![0; 200]), (Responder, vec![0; 200])]);
        for flow in [tls, http, zeros, Flow::default()] {
            assert!(!is_mse(&flow), "{:?}", nibble_entropy(&flow));
        }
    }

    #[test]
    fn random_high_nibbles_with_constant_low_ones_fail_and_the_reverse() {
        for mask in [0xf0, 0x0f] {
            let bytes: Vec<u8> = Seeded::new(20)
                .bytes(300)
                .iter()
                .map(|byte| byte & mask)
                .collect();
            assert!(!is_mse(&Flow::of([
                (Initiator, &bytes),
                (Responder, &bytes),
                (Initiator, &bytes)
            ])));
        }
    }

    #[test]
    fn plaintext_bittorrent_with_sizes_that_fit_fails_on_entropy() {
        let bitfield = [b"\0\0\0\x65\x05".to_vec(), vec![0xff; 100]].concat();
        let flow = Flow::of([
            (Initiator, openings::bittorrent_handshake(1)),
            (
                Responder,
                [openings::bittorrent_handshake(2), bitfield.clone()].concat(),
            ),
            (Initiator, bitfield),
        ]);
        assert!(!is_mse(&flow), "{:?}", nibble_entropy(&flow));
    }

    #[test]
    fn the_entropy_is_four_bits_for_evenly_spread_nibbles_and_none_for_a_constant() {
        let even: Vec<u8> = (0..60).map(|index| (index % 16) * 17).collect();
        let (high, low) = nibble_entropy(&Flow::of([(Initiator, &even)]));
        assert!((high - low).abs() < 1e-12 && high > 3.9);
        assert_eq!(nibble_entropy(&Flow::of([(Initiator, [9; 60])])), (0.0, 0.0));
        assert_eq!(
            nibble_entropy(&Flow::of([(Initiator, [even, vec![0; 500]].concat())])).0,
            high,
            "bytes after 60"
        );
    }
}
