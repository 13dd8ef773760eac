//! First payloads of well-known protocols: what the rules must and must not take for an encrypted flow.

use super::{
    flow::{
        Flow,
        Side::{Initiator, Responder},
    },
    seeded::Seeded,
};

/// A TLS 1.2 ClientHello for `example.org`, as OpenSSL 3 writes it.
pub fn tls_client_hello() -> Vec<u8> {
    hex(concat!(
        "16030100b1010000ad0303d91a616502baee483004e0e8afa96db0a1416a02e039dbef3d7dee2ab9b3896400001ec02cc030c02bc02fcca9",
        "cca8c024c028c023c027009f009e006b006700ff0100006600000010000e00000b6578616d706c652e6f7267000b000403000102000a000c",
        "000a001d0017001e00190018002300000016000000170000000d002a0028040305030603080708080809080a080b08040805080604010501",
        "0601030303010302040205020602",
    ))
}

/// A browser's request.
pub fn http_get() -> Vec<u8> {
    b"GET /index.html HTTP/1.1\r\nHost: example.org\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n".to_vec()
}

/// The 68 bytes that open plaintext BitTorrent, with a random info-hash.
pub fn bittorrent_handshake(seed: u64) -> Vec<u8> {
    let mut random = Seeded::new(seed);
    let mut handshake = b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05".to_vec();
    handshake.extend(random.bytes(20));
    handshake.extend(b"-TR4140-");
    handshake.extend((0..12).map(|_| b'a' + random.below(26) as u8));
    handshake
}

/// The shape of an ordinary client's RC4 handshake: key and pad each way, 124 bytes of step 3, step 4.
pub fn ordinary_mse(seed: u64) -> Flow {
    let mut random = Seeded::new(seed);
    let (pad_a, pad_b) = (random.within(0, 512), random.within(0, 512));
    Flow::of([
        (Initiator, random.bytes(96 + pad_a)),
        (Responder, random.bytes(96 + pad_b)),
        (Initiator, random.bytes(124)),
        (Responder, random.bytes(233)),
        (Initiator, random.bytes(17)),
    ])
}

/// Bytes from pairs of hexadecimal digits.
pub fn hex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal"))
        .collect()
}
