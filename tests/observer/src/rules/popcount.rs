//! Set bits a byte: ciphertext has four, text and headers have fewer.

/// Set bits of the whole payload.
pub fn set_bits(payload: &[u8]) -> u64 {
    payload.iter().map(|byte| u64::from(byte.count_ones())).sum()
}

/// Set bits a byte, zero for no bytes.
pub fn per_byte(payload: &[u8]) -> f64 {
    if payload.is_empty() {
        0.0
    } else {
        set_bits(payload) as f64 / payload.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::per_byte;
    use crate::{openings, seeded::Seeded};

    #[test]
    fn constant_payloads_have_the_set_bits_of_their_byte() {
        for (byte, expected) in [(0x00, 0.0), (0xff, 8.0), (0x0f, 4.0), (b'a', 3.0)] {
            assert_eq!(per_byte(&[byte; 100]), expected);
        }
        assert_eq!(per_byte(b""), 0.0);
    }

    #[test]
    fn random_bytes_have_four_and_a_client_hello_fewer() {
        let random = per_byte(&Seeded::new(1).bytes(10_000));
        assert!((random - 4.0).abs() < 0.1, "{random}");
        let hello = per_byte(&openings::tls_client_hello());
        assert!(hello < 3.4, "{hello}");
    }
}
