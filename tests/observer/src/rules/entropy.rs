//! Shannon entropy of the bytes of a payload.

/// Bits a byte, from 0 for a constant or nothing to 8 for evenly spread bytes; n bytes have at most log2(n).
pub fn of_bytes(payload: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in payload {
        counts[usize::from(*byte)] += 1;
    }
    let length = payload.len() as f64;
    counts
        .into_iter()
        .filter(|count| *count > 0)
        .map(|count| f64::from(count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::of_bytes;

    #[test]
    fn entropy_of_known_distributions() {
        assert_eq!((of_bytes(b""), of_bytes(&[7; 100])), (0.0, 0.0));
        let even: Vec<u8> = (0..=255).collect();
        assert_eq!((of_bytes(&even), of_bytes(&even.repeat(3))), (8.0, 8.0));
        assert_eq!(of_bytes(&[1, 1, 2, 3]), 1.5);
    }

    #[test]
    fn a_short_payload_cannot_have_more_than_its_length_allows() {
        for length in 1..=64 {
            let distinct: Vec<u8> = (0..length).collect();
            assert!((of_bytes(&distinct) - f64::from(length).log2()).abs() < 1e-12);
        }
    }
}
