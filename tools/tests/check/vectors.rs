//! The files of known answers in `tools/vectors`: the foreign implementation computes them again, and the machines of the
//! library send and accept every byte.
//!
//! `MSE_VECTORS=write cargo test -p mse-tools --test check vectors` writes the files.

use std::path::Path;

use mse_tools::check::arithmetic::{Group, Hand, Number, P, Zeros};
use num_bigint::BigUint;
use serde_json::{Value, json};
use tokio_mse::handshake::{
    Initiator, Machine, Padding, PrivateKey, Progress, Randomness, Responder, SkeyRequest,
};
use tokio_mse::{CryptoMethods, Encryption, Policy, Skey};

use mse_oracle::{Offer, Shared, public_key, secret, sha1, step_4};
use rc4::{KeyInit, Rc4, StreamCipher};

const XA: &str = "0102030405060708090a0b0c0d0e0f1011121314";
const XB: &str = "15161718191a1b1c1d1e1f202122232425262728";
const SKEY: &str = "98022746fdb7502d49b48759009e61ac97820756";

#[test]
fn the_files_are_what_the_foreign_implementation_computes() {
    check("keys.json", &keys());
    check("transcript_rc4.json", &Transcript::new(2).json());
    check("transcript_header_only.json", &Transcript::new(1).json());
    check("mistakes.json", &mistakes());
}

#[test]
fn the_first_exchange_is_the_one_that_interoperates_with_nine_clients() {
    let known: Value = serde_json::from_str(include_str!("../../../tests/vectors/both_sides.json")).unwrap();
    let ours = &keys()["exchanges"][0];
    for (name, other) in [
        ("ya", "public_key_a"),
        ("yb", "public_key_b"),
        ("s", "S"),
        ("keystream_a_32", "keystream_a"),
        ("keystream_b_32", "keystream_b"),
    ] {
        assert_eq!(ours[name], known[other], "{name}");
    }
}

#[test]
fn the_machines_of_the_library_send_and_accept_every_byte_of_both_transcripts() {
    for select in [2, 1] {
        Transcript::new(select).replay();
    }
}

#[track_caller]
fn check(name: &str, computed: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    if std::env::var_os("MSE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(computed).unwrap() + "\n";
        std::fs::write(&path, text).unwrap();
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(&file, computed, "{name}");
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}

/// The same in every language: RC4 with this key.
fn seeded(key: &str, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut cipher = Rc4::new_from_slice(key.as_bytes()).unwrap();
    cipher.apply_keystream(&mut bytes);
    bytes
}

fn keystream(key: &[u8]) -> Vec<u8> {
    let mut cipher = Rc4::new_from_slice(key).unwrap();
    cipher.apply_keystream(&mut [0; 1024]);
    let mut keystream = vec![0; 32];
    cipher.apply_keystream(&mut keystream);
    keystream
}

fn keys() -> Value {
    let secret_zero = "15161718191a1b1c1d1e1f202122232425262870";
    let random = |key: &str| hex::encode(seeded(key, 20));
    let exchanges = [
        ("an ordinary exchange", XA.to_owned(), XB.to_owned()),
        (
            "S begins with a zero byte, which has to be hashed",
            XA.to_owned(),
            secret_zero.to_owned(),
        ),
        (
            "Ya begins with a zero byte, which has to be sent",
            "0102030405060708090a0b0c0d0e0f101112031b".to_owned(),
            XB.to_owned(),
        ),
        (
            "Ya begins with 0x13, as plaintext does",
            "0102030405060708090a0b0c0d0e0f1011120190".to_owned(),
            XB.to_owned(),
        ),
        (
            "another ordinary exchange",
            random("exponent a"),
            random("exponent b"),
        ),
    ];
    let exchanges: Vec<_> = exchanges
        .iter()
        .map(|(what, xa, xb)| exchange(what, &bytes(xa), &bytes(xb)))
        .collect();
    json!({
        "meaning": "Everything is in hexadecimal digits, numbers are big-endian. P and G are those of MSE. req1 is HASH('req1', S), \
                    masked_skey is HASH('req2', SKEY) xor HASH('req3', S), key_a is HASH('keyA', S, SKEY). keystream_a_32 is the \
                    first 32 bytes of RC4 with key_a after 1024 bytes were discarded: A encrypts with it.",
        "p": P.to_lowercase(),
        "g": "02",
        "skey": SKEY,
        "exchanges": exchanges,
    })
}

fn exchange(what: &str, xa: &[u8], xb: &[u8]) -> Value {
    let (ya, yb) = (public_key(xa), public_key(xb));
    let s = secret(xa, &yb);
    assert_eq!(s, secret(xb, &ya));
    let shared = Shared::from_secret(s, &bytes(SKEY));
    let key = |label: &[u8]| sha1(&[label, &s, &bytes(SKEY)]);
    let (key_a, key_b) = (key(b"keyA"), key(b"keyB"));
    json!({
        "what": what,
        "xa": hex::encode(xa),
        "xb": hex::encode(xb),
        "ya": hex::encode(ya),
        "yb": hex::encode(yb),
        "s": hex::encode(s),
        "req1": hex::encode(shared.req1()),
        "masked_skey": hex::encode(shared.masked_skey()),
        "key_a": hex::encode(key_a),
        "key_b": hex::encode(key_b),
        "keystream_a_32": hex::encode(keystream(&key_a)),
        "keystream_b_32": hex::encode(keystream(&key_b)),
    })
}

/// What known mistakes lead to, for the first exchange. A value from here names the mistake.
fn mistakes() -> Value {
    let (xa, xb) = (number(XA), number(XB));
    let in_group = |what: &str, group: &Group| {
        let (ya, yb) = (group.public_key(&xa), group.public_key(&xb));
        let s = group.secret(&xa, &yb);
        json!({ "what": what, "ya": hex::encode(ya), "yb": hex::encode(yb), "s": hex::encode(s) })
    };
    let group = Group::of_mse();
    let s = group.secret(&xa, &group.public_key(&xb));
    let with_hand = |what: &str, hand: &Hand, s: &Number| {
        let skey = bytes(SKEY).try_into().unwrap();
        let mut keys = hand.keys(s, &skey);
        json!({
            "what": what,
            "req1": hex::encode(keys.req1),
            "masked_skey": hex::encode(keys.masked),
            "keystream_a_32": hex::encode(keys.a.keystream(32)),
            "keystream_b_32": hex::encode(keys.b.keystream(32)),
        })
    };
    let secret_zero = group.secret(
        &xa,
        &group.public_key(&number("15161718191a1b1c1d1e1f202122232425262870")),
    );
    let stripping = Hand {
        zeros: Zeros::Stripped,
        ..Hand::default()
    };
    let keeping = Hand {
        discards: false,
        ..Hand::default()
    };
    let exchanging = Hand {
        exchanged: true,
        ..Hand::default()
    };
    json!({
        "meaning": "What known mistakes lead to with the keys of the first exchange in keys.json. All of these values are wrong.",
        "arithmetic": [
            in_group("the prime of RFC 2409 (Oakley group 1)", &Group::of_rfc_2409()),
            in_group("the first 96 bytes of Oakley group 2", &Group::of_oakley_2()),
            in_group("multiplied instead of exponentiated", &Group::of_mse().multiplying()),
        ],
        "derivation": [
            with_hand("leading zeros of S stripped, with the second exchange in keys.json", &stripping, &secret_zero),
            with_hand("RC4 without discarding 1024 bytes", &keeping, &s),
            with_hand("keyA and keyB exchanged", &exchanging, &s),
        ],
    })
}

fn number(digits: &str) -> BigUint {
    BigUint::from_bytes_be(&bytes(digits))
}

/// A whole connection. A offers both methods, and B selects one.
struct Transcript {
    select: u32,
    pad_a: (Vec<u8>, Vec<u8>),
    pad_b: (Vec<u8>, Vec<u8>),
    pad_c: Vec<u8>,
    pad_d: Vec<u8>,
    ia: Vec<u8>,
    payload_b: Vec<u8>,
    payload_a: Vec<u8>,
    /// What is sent, in this order: by A, B, A, B, A.
    wire: [Vec<u8>; 5],
}

impl Transcript {
    fn new(select: u32) -> Self {
        let handshake =
            |peer_id: &[u8; 20]| [&b"\x13BitTorrent protocol"[..], &[0; 8], &bytes(SKEY), peer_id].concat();
        let (ya, yb) = (public_key(&bytes(XA)), public_key(&bytes(XB)));
        let mut shared = Shared::new(&bytes(XA), &yb, &bytes(SKEY));
        let pad = |name: &str, first: usize, second: usize| {
            let (mut all, second) = (seeded(name, first + second), second);
            let after = all.split_off(all.len() - second);
            (all, after)
        };
        let (pad_a, pad_b) = (pad("PadA", 200, 51), pad("PadB", 13, 100));
        let (pad_c, pad_d) = (vec![0; 40], vec![0; 7]);
        let (ia, payload_b) = (
            handshake(b"-AA0000-aaaaaaaaaaaa"),
            handshake(b"-BB0000-bbbbbbbbbbbb"),
        );
        let payload_a = vec![0, 0, 0, 1, 2];
        let offer = Offer {
            provide: 3,
            pad_c: &pad_c,
            ia: &ia,
            ..Offer::default()
        };
        let step_3 = offer.step_3(&mut shared);
        let len = u16::try_from(pad_d.len()).unwrap();
        let step_4 = step_4(&mut shared, [0; 8], select, &pad_d, len);
        let (b, a) = match select {
            2 => (shared.b.apply(&payload_b), shared.a.apply(&payload_a)),
            _ => (payload_b.clone(), payload_a.clone()),
        };
        Self {
            wire: [
                [&ya[..], &pad_a.0].concat(),
                [&yb[..], &pad_b.0].concat(),
                [&pad_a.1[..], &step_3].concat(),
                [&pad_b.1[..], &step_4, &b].concat(),
                a,
            ],
            select,
            pad_a,
            pad_b,
            pad_c,
            pad_d,
            ia,
            payload_b,
            payload_a,
        }
    }

    fn json(&self) -> Value {
        let message = |from: &str, what: &str, wire: &[u8]| json!({ "from": from, "what": what, "wire": hex::encode(wire) });
        let [first, second, third, fourth, fifth] = &self.wire;
        json!({
            "meaning": "A whole connection. A takes xa and B takes xb as its private exponent; feed each end the messages of the \
                        other one, in any pieces, and it has to send exactly these bytes, if it takes these pads and payloads. \
                        PadA and PadB have two parts: the first follows the key, the second precedes the third or fourth message.",
            "xa": XA,
            "xb": XB,
            "skey": SKEY,
            "crypto_provide": 3,
            "crypto_select": self.select,
            "pad_a": [hex::encode(&self.pad_a.0), hex::encode(&self.pad_a.1)],
            "pad_b": [hex::encode(&self.pad_b.0), hex::encode(&self.pad_b.1)],
            "pad_c": hex::encode(&self.pad_c),
            "pad_d": hex::encode(&self.pad_d),
            "ia": hex::encode(&self.ia),
            "payload_of_b": hex::encode(&self.payload_b),
            "payload_of_a": hex::encode(&self.payload_a),
            "messages": [
                message("A", "Ya, the first part of PadA", first),
                message("B", "Yb, the first part of PadB", second),
                message("A", "the second part of PadA, HASH('req1', S), the masked SKEY, ENCRYPT(VC, crypto_provide, len(PadC), \
                              PadC, len(IA), IA)", third),
                message("B", "the second part of PadB, ENCRYPT(VC, crypto_select, len(PadD), PadD), ENCRYPT2(payload of B)", fourth),
                message("A", "ENCRYPT2(payload of A)", fifth),
            ],
        })
    }

    /// Both machines, each against the recorded bytes of the other end.
    fn replay(&self) {
        let [first, second, third, fourth, fifth] = &self.wire;
        let randomness = |exponent: &str, pad: &(Vec<u8>, Vec<u8>), inner: &[u8]| {
            let key = PrivateKey::from_bytes(bytes(exponent).try_into().unwrap());
            let inner = u16::try_from(inner.len()).unwrap();
            Randomness::new(key, Padding::new(pad.0.clone(), pad.1.clone(), inner).unwrap())
        };
        let skey = Skey::from(<[u8; 20]>::try_from(bytes(SKEY)).unwrap());
        let method = if self.select == 2 { "rc4" } else { "header-only" };
        let both: CryptoMethods = "rc4,header-only".parse().unwrap();

        let mut sent = Vec::new();
        let policy = Policy::new(Encryption::Require, both);
        let a = randomness(XA, &self.pad_a, &self.pad_c);
        let a = Initiator::new(skey.clone(), &policy, self.ia.clone(), a, &mut sent);
        assert_eq!(&sent, first);
        sent.clear();
        let Progress::NeedInput(a) = a.process(second, &mut sent).unwrap() else {
            panic!("done too early");
        };
        assert_eq!(&sent, third);
        let Progress::Done(mut a) = a.process(fourth, &mut sent).unwrap() else {
            panic!("not done");
        };
        assert_eq!(a.received, self.payload_b);
        let mut payload = self.payload_a.clone();
        if let Some(encrypt) = &mut a.encrypt {
            encrypt.apply(&mut payload);
        }
        assert_eq!(&payload, fifth);

        let policy = Policy::new(Encryption::Require, method.parse().unwrap());
        let mut sent = Vec::new();
        let b = Responder::new(&policy, randomness(XB, &self.pad_b, &self.pad_d));
        let Progress::NeedInput(b) = b.process(first, &mut sent).unwrap() else {
            panic!("done too early");
        };
        assert_eq!(&sent, second);
        sent.clear();
        let Progress::Done(request) = b.process(third, &mut sent).unwrap() else {
            panic!("not done");
        };
        let request: SkeyRequest = request;
        let b = request.resolve(skey, self.payload_b.clone());
        let Progress::Done(b) = b.process(&[], &mut sent).unwrap() else {
            panic!("not done");
        };
        assert_eq!(&sent, fourth);
        assert_eq!(b.received, self.ia);
    }
}
