//! Printable bytes: how many, how many at the front, how many in a row.

/// Whether a byte is printable ASCII in the sense of the firewall study: `0x20..=0x7e`.
pub fn is_printable(byte: u8) -> bool {
    (0x20..=0x7e).contains(&byte)
}

/// How many printable bytes stand at the front.
pub fn leading(payload: &[u8]) -> usize {
    payload.iter().take_while(|byte| is_printable(**byte)).count()
}

/// How many bytes are printable.
pub fn count(payload: &[u8]) -> usize {
    payload.iter().filter(|byte| is_printable(**byte)).count()
}

/// The longest run of printable bytes.
pub fn longest_run(payload: &[u8]) -> usize {
    payload
        .split(|byte| !is_printable(*byte))
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{count, is_printable, leading, longest_run};
    use crate::openings;

    #[test]
    fn printable_is_space_to_tilde() {
        let printable: Vec<u8> = (0..=255).filter(|byte| is_printable(*byte)).collect();
        assert_eq!(
            (printable.first(), printable.last(), printable.len()),
            (Some(&0x20), Some(&0x7e), 95)
        );
    }

    #[test]
    fn runs_are_measured_at_the_front_the_middle_and_the_end() {
        assert_eq!(
            (leading(b"abc\0de"), count(b"abc\0de"), longest_run(b"abc\0de")),
            (3, 5, 3)
        );
        assert_eq!((leading(b"\0abcd\n"), longest_run(b"\0abcd\n")), (0, 4));
        assert_eq!(longest_run(b"\xffab\xffabcde"), 5);
        assert_eq!((leading(b""), count(b""), longest_run(b"")), (0, 0, 0));
    }

    #[test]
    fn the_bittorrent_handshake_has_a_run_of_nineteen_behind_its_first_byte() {
        let handshake = openings::bittorrent_handshake(1);
        assert_eq!(leading(&handshake), 0);
        assert_eq!(longest_run(&handshake[..28]), 19);
    }
}
