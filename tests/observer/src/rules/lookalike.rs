//! First bytes that look like TLS or HTTP to a rule that does not parse either.

/// The first three bytes match `[\x16-\x17]\x03[\x00-\x09]`.
pub fn looks_like_tls(payload: &[u8]) -> bool {
    matches!(payload, [0x16 | 0x17, 0x03, 0x00..=0x09, ..])
}

/// A method of the four that were found exempt, in either case, and a space.
pub fn looks_like_http(payload: &[u8]) -> bool {
    [&b"GET "[..], b"PUT ", b"POST ", b"HEAD "].iter().any(|method| {
        payload
            .get(..method.len())
            .is_some_and(|front| front.eq_ignore_ascii_case(method))
    })
}

#[cfg(test)]
mod tests {
    use super::{looks_like_http, looks_like_tls};
    use crate::{openings, seeded::Seeded};

    #[test]
    fn tls_is_a_record_header_of_handshake_or_data() {
        assert!(looks_like_tls(&openings::tls_client_hello()));
        assert!(looks_like_tls(b"\x17\x03\x03"));
        for other in [
            &b"\x15\x03\x01"[..],
            b"\x18\x03\x03",
            b"\x16\x02\x01",
            b"\x16\x03\x0a",
            b"\x16\x03",
            b"",
        ] {
            assert!(!looks_like_tls(other), "{other:02x?}");
        }
    }

    #[test]
    fn http_is_a_method_and_a_space() {
        assert!(looks_like_http(&openings::http_get()));
        assert!(looks_like_http(b"get /"));
        assert!(looks_like_http(b"POST /a HTTP/1.1\r\n"));
        for other in [
            &b"GETS "[..],
            b"GET",
            b"GOT / HTTP/1.1",
            b"OPTIONS *",
            b" GET /",
            b"",
        ] {
            assert!(!looks_like_http(other), "{other:02x?}");
        }
    }

    #[test]
    fn neither_bittorrent_nor_random_bytes_look_like_either() {
        let mut random = Seeded::new(2);
        let handshake = openings::bittorrent_handshake(1);
        assert!(!looks_like_http(&handshake) && !looks_like_tls(&handshake));
        for _ in 0..1000 {
            let bytes = random.bytes(100);
            assert!(!looks_like_http(&bytes) && !looks_like_tls(&bytes));
        }
    }
}
