//! Byte-exact transcripts from other implementations, through the machines.

use tokio_mse::handshake::{
    Established, Initiator, Machine, Padding, PrivateKey, Randomness, Responder, SkeyRequest,
};
use tokio_mse::{HandshakeError, Mode, Policy, Skey, SkeyIndex};

use crate::deliver::{done, feed_all, key, need_input, refused, skey};
use crate::support::foreign;
use crate::vectors::Vector;

fn initiator(skey: &Skey, randomness: Randomness) -> (Initiator, Vec<u8>) {
    let mut wire = Vec::new();
    let initiator = Initiator::new(skey.clone(), &Policy::full_rc4(), "", randomness, &mut wire);
    (initiator, wire)
}

fn responder(randomness: Randomness) -> Responder {
    Responder::new(&Policy::default(), randomness)
}

#[test]
fn both_sides_of_one_exchange_are_byte_exact() {
    let vector = Vector::load("both_sides");
    let skey = vector.skey("skey");
    let (a, step_1) = initiator(&skey, key(vector.array("exponent_a")));
    assert_eq!(step_1, vector.bytes("public_key_a"));

    let b = responder(key(vector.array("exponent_b")));
    let mut step_2 = Vec::new();
    let b = need_input(b.process(&step_1, &mut step_2));
    assert_eq!(step_2, vector.bytes("public_key_b"));

    let mut step_3 = Vec::new();
    let a = need_input(a.process(&step_2, &mut step_3));
    assert_eq!(step_3, vector.bytes("step_3"));

    let mut step_4 = Vec::new();
    let request = done(feed_all(b, [&step_3], &mut step_4));
    assert_eq!(request.hash(), skey.lookup_hash());
    let mut b = done(feed_all(request.resolve(skey, ""), [b""], &mut step_4));
    assert_eq!(step_4, vector.bytes("step_4"));

    let mut a = done(feed_all(a, [&step_4], &mut Vec::new()));
    assert_eq!(a.negotiated.mode(), Mode::Rc4);
    assert_eq!(b.negotiated.mode(), Mode::Rc4);
    // 16 bytes of the initiator's keystream and 14 of the responder's went into the handshake.
    let from_a = keystream(&mut a, 16);
    assert_eq!(from_a, vector.bytes("keystream_a")[16..]);
    let from_b = keystream(&mut b, 18);
    assert_eq!(from_b, vector.bytes("keystream_b")[14..]);
}

fn keystream(end: &mut Established, len: usize) -> Vec<u8> {
    let mut zeros = vec![0; len];
    end.encrypt.as_mut().unwrap().apply(&mut zeros);
    zeros
}

#[test]
fn a_secret_with_a_leading_zero_keeps_all_its_bytes() {
    let vector = Vector::load("both_sides");
    let peer = foreign::public_key(&vector.at("leading_zero").bytes("exponent_b"));
    let (a, _) = initiator(&skey(), key(vector.array("exponent_a")));
    let mut step_3 = Vec::new();
    need_input(a.process(&peer, &mut step_3));
    assert_eq!(step_3[..20], vector.at("leading_zero").bytes("hash_req1"));
    assert_ne!(step_3[..20], vector.at("leading_zero").bytes("wrong_hash_req1"));
}

#[test]
fn leading_zeros_of_keys_and_secrets_are_kept_on_both_sides() {
    for vector in Vector::load("computed_leading_zero").each("vectors") {
        let skey = vector.skey("skey");
        let (a, step_1) = initiator(&skey, key(vector.array("private_key_a")));
        assert_eq!(step_1, vector.bytes("public_key_a"));
        let mut step_3 = Vec::new();
        let a = need_input(a.process(&vector.bytes("public_key_b"), &mut step_3));
        assert_eq!(step_3[..20], vector.bytes("hash_req1"));
        assert_eq!(step_3[20..40], vector.bytes("req2_xor_req3"));
        assert_eq!(step_3[40..48], vector.bytes("encrypted_vc_A_to_B"));

        let mut wire = Vec::new();
        let b = responder(key(vector.array("private_key_b")));
        let request = done(feed_all(b, [&[step_1, step_3].concat()], &mut wire));
        assert_eq!(wire, vector.bytes("public_key_b"));
        assert_eq!(request.hash().as_bytes(), &vector.array("hash_req2_skey"));
        let mut step_4 = Vec::new();
        done(feed_all(request.resolve(skey, ""), [b""], &mut step_4));
        assert_eq!(step_4[..8], vector.bytes("encrypted_vc_B_to_A"));
        done(feed_all(a, [&step_4], &mut Vec::new()));
    }
}

#[test]
fn public_keys_and_secret_of_another_implementation_are_met() {
    let vector = Vector::load("rqbit-pr633-dh768");
    let sides = [
        ("secret_a", "public_a", "public_b"),
        ("secret_b", "public_b", "public_a"),
    ];
    for (exponent, public, peer) in sides {
        let (a, step_1) = initiator(&skey(), key(vector.array(exponent)));
        assert_eq!(step_1, vector.bytes(public));
        let mut step_3 = Vec::new();
        need_input(a.process(&vector.bytes(peer), &mut step_3));
        assert_eq!(step_3[..20], foreign::sha1(&[b"req1", &vector.bytes("shared")]));
    }
}

#[test]
fn public_keys_outside_2_to_p_minus_2_are_refused_by_both_sides() {
    let of_libtorrent = Vector::load("libtorrent_dh_public_key_range");
    let mut keys: Vec<_> = of_libtorrent
        .each("vectors")
        .iter()
        .map(|key| (key.bytes("public_key"), key.flag("accept")))
        .collect();
    let of_rqbit = Vector::load("rqbit-pr633-dh768");
    keys.extend(
        of_rqbit
            .each("must_reject_public_keys")
            .iter()
            .map(|key| (key.bytes("hex"), false)),
    );
    keys.extend(
        of_rqbit
            .each("must_accept_public_keys")
            .iter()
            .map(|key| (key.bytes("hex"), true)),
    );
    for (public_key, accept) in keys {
        let (a, _) = initiator(&skey(), key([7; 20]));
        let mut sent = Vec::new();
        let as_initiator = a.process(&public_key, &mut sent).err();
        let as_responder = responder(key([7; 20]))
            .process(&public_key, &mut Vec::new())
            .err();
        let expected = (!accept).then_some(HandshakeError::DegenerateKey);
        assert_eq!(
            (as_initiator, as_responder),
            (expected.clone(), expected),
            "{public_key:02x?}"
        );
        // An initiator that continued would show its SKEY and its keys.
        assert_eq!(sent.is_empty(), !accept);
    }
}

#[test]
fn a_prober_with_a_degenerate_key_gets_the_same_answer_as_any_other() {
    let mut answer = Vec::new();
    let refused = responder(key([7; 20])).process(&[0; 96], &mut answer);
    assert!(refused.is_err());
    assert_eq!(answer, foreign::public_key(&[7; 20]));
}

struct Recorded(Vector);

impl Recorded {
    fn load(name: &str) -> Self {
        let all = Vector::load("transmission_handshake").each("vectors");
        Self(
            all.into_iter()
                .find(|vector| vector.text("name") == name)
                .unwrap(),
        )
    }

    fn responder(&self) -> Responder {
        responder(key(self.0.array("our_private_key")))
    }

    fn request(&self, portions: &[&[u8]]) -> (SkeyRequest, Vec<u8>) {
        let mut output = Vec::new();
        let request = done(feed_all(self.responder(), portions, &mut output));
        (request, output)
    }

    /// The number of bytes that the first machine needs; the next byte is the second's.
    fn skey_end(&self) -> usize {
        96 + usize::from(self.0.at("expected").number("pad_a_len")) + 40
    }
}

#[test]
fn recorded_transmission_initiator_is_served_at_every_split() {
    let recorded = Recorded::load("incoming_encrypted_rc4");
    let expected = recorded.0.at("expected");
    let skey = recorded.0.skey("info_hash_skey");
    let wire = [recorded.0.bytes("peer_chunk_1"), recorded.0.bytes("peer_chunk_2")].concat();
    let (first, second) = wire.split_at(recorded.skey_end());
    for split in 0..=wire.len() {
        let (a, b) = first.split_at(split.min(first.len()));
        let portions = if b.is_empty() { vec![a] } else { vec![a, b] };
        let (request, step_2) = recorded.request(&portions);
        assert_eq!(step_2, recorded.0.bytes("our_public_key_Yb"));
        assert_eq!(request.hash().as_bytes(), &expected.array("hash_req2_skey"));
        assert_eq!(request.hash(), skey.lookup_hash());

        let (a, b) = second.split_at(split.saturating_sub(first.len()).min(second.len()));
        let portions = if b.is_empty() { vec![a] } else { vec![a, b] };
        let mut step_4 = Vec::new();
        let end = done(feed_all(request.resolve(skey.clone(), ""), portions, &mut step_4));
        assert_eq!(
            step_4,
            expected.bytes("step4_ciphertext_if_rc4_selected_and_no_pad_d")
        );
        assert_eq!(end.received, expected.bytes("initial_payload"));
    }
}

#[test]
fn recorded_transmission_initiator_in_one_piece_hands_over_everything_after_the_skey() {
    let recorded = Recorded::load("incoming_encrypted_rc4");
    let wire = [recorded.0.bytes("peer_chunk_1"), recorded.0.bytes("peer_chunk_2")].concat();
    let (request, _) = recorded.request(&[&wire]);
    let negotiation = request.resolve(recorded.0.skey("info_hash_skey"), "");
    let end = done(feed_all(negotiation, [b""], &mut Vec::new()));
    assert_eq!(end.received, recorded.0.at("expected").bytes("initial_payload"));
}

#[test]
fn recorded_transmission_initiator_with_the_wrong_skey_fails_at_vc() {
    let recorded = Recorded::load("incoming_encrypted_rc4");
    let wire = [recorded.0.bytes("peer_chunk_1"), recorded.0.bytes("peer_chunk_2")].concat();
    let (request, _) = recorded.request(&[&wire]);
    assert_ne!(request.hash(), skey().lookup_hash());
    let outcome = feed_all(request.resolve(skey(), ""), [b""], &mut Vec::new());
    assert_eq!(refused(outcome), HandshakeError::BadVc);
}

#[test]
fn recorded_qbittorrent_responder_is_understood_glued_and_at_every_split() {
    let recorded = Recorded::load("outgoing_encrypted_rc4").0;
    let expected = recorded.at("expected");
    let skey = recorded.skey("info_hash_skey");
    let wire = [recorded.bytes("peer_chunk_1"), recorded.bytes("peer_chunk_2")].concat();
    let handshake_end = wire.len() - expected.bytes("peer_handshake").len();
    for split in 0..=handshake_end {
        let (a, step_1) = initiator(&skey, key(recorded.array("our_private_key")));
        assert_eq!(step_1, recorded.bytes("our_public_key_Ya"));
        let mut step_3 = Vec::new();
        let (first, second) = wire.split_at(split);
        let portions = if first.is_empty() {
            vec![second]
        } else {
            vec![first, second]
        };
        // The BitTorrent handshake may be cut, too, but never before the initiator has seen the end of PadD.
        let end = if split == handshake_end {
            let mut end = done(feed_all(a, [first], &mut step_3));
            assert!(end.received.is_empty());
            let mut rest = second.to_vec();
            end.decrypt.as_mut().unwrap().apply(&mut rest);
            end.received = rest;
            end
        } else {
            done(feed_all(a, portions, &mut step_3))
        };
        assert_eq!(step_3[..20], expected.bytes("hash_req1"));
        assert_eq!(step_3[20..40], expected.bytes("req2_xor_req3"));
        assert_eq!(step_3[40..48], expected.bytes("encrypted_vc_A_to_B"));
        assert_eq!(end.received, expected.bytes("peer_handshake"));
    }
}

#[test]
fn recorded_demagnetize_handshake_is_byte_exact() {
    let vector = Vector::load("demagnetize-rs");
    let skey = vector.skey("skey");
    let padding = Padding::new([], [], vector.number("pad_c_len")).unwrap();
    let key = PrivateKey::from_bytes(vector.array("private_key_a"));
    let (a, step_1) = initiator(&skey, Randomness::new(key, padding));
    assert_eq!(step_1, vector.bytes("public_key_a"));

    let pad_b = vec![0; usize::from(vector.number("pad_b_len"))];
    let mut step_3 = Vec::new();
    let a = need_input(a.process(&[vector.bytes("public_key_b"), pad_b].concat(), &mut step_3));
    assert_eq!(step_3, vector.bytes("packet3"));

    let [to_b, to_a] = vector.each("after_handshake").try_into().ok().unwrap();
    let wire = [vector.bytes("packet4"), to_a.bytes("wire")].concat();
    let mut end = done(feed_all(a, [wire], &mut Vec::new()));
    assert_eq!(end.received, to_a.bytes("decrypted"));
    let mut sent = to_b.bytes("plain");
    end.encrypt.as_mut().unwrap().apply(&mut sent);
    assert_eq!(sent, to_b.bytes("wire"));
}

#[test]
fn an_skey_is_found_among_others() {
    let vector = Vector::load("anacrolix-sync").at("responder_end_to_end");
    // Its SKEYs have other lengths; an info-hash has 20 bytes.
    let skey_of = |name: &str| Skey::from(foreign::sha1(&[name.as_bytes()]));
    let wanted = skey_of(&vector.text("initiator_skey_ascii"));
    let served: SkeyIndex<String> = vector
        .texts("responder_skeys_ascii")
        .into_iter()
        .map(|name| (skey_of(&name), name))
        .collect();
    for ia in vector.texts("initial_payloads_ascii") {
        let mut to_b = Vec::new();
        let policy = Policy::full_rc4();
        let a = Initiator::new(wanted.clone(), &policy, ia.clone(), key([1; 20]), &mut to_b);
        let mut to_a = Vec::new();
        let b = need_input(responder(key([2; 20])).process(&to_b, &mut to_a));
        let mut step_3 = Vec::new();
        let a = need_input(a.process(&to_a, &mut step_3));
        let request = done(feed_all(b, [step_3], &mut Vec::new()));
        let (found, name) = served.get(request.hash()).unwrap();
        assert_eq!(found, wanted);
        assert_eq!(name, vector.text("initiator_skey_ascii"));
        let mut step_4 = Vec::new();
        let negotiation = request.resolve(found, vector.text("b_to_a_ascii"));
        let b = done(feed_all(negotiation, [b""], &mut step_4));
        let a = done(feed_all(a, [step_4], &mut Vec::new()));
        assert_eq!(b.received, ia.as_bytes());
        assert_eq!(a.received, vector.text("b_to_a_ascii").as_bytes());
    }
}
