use tinyjson::JsonValue;

use super::*;

const LOGGED: &str = include_str!("../../../tests/vectors/libtorrent_log_req1.json");
const COMPUTED: &str = include_str!("../../../tests/vectors/both_sides.json");

fn field<const LEN: usize>(vector: &JsonValue, name: &str) -> [u8; LEN] {
    let text = vector[name].get::<String>().unwrap();
    hex::decode(text).unwrap().try_into().unwrap()
}

fn secret(vector: &JsonValue) -> SharedSecret {
    SharedSecret::new(field(vector, "S"))
}

#[test]
fn req1_is_what_libtorrent_logged_on_live_connections() {
    let file: JsonValue = LOGGED.parse().unwrap();
    let vectors = file["vectors"].get::<Vec<_>>().unwrap();
    assert!(vectors.len() >= 2);
    for vector in vectors {
        assert_eq!(req1(&secret(vector)), field(vector, "hash_req1"));
    }
}

#[test]
fn keystreams_of_both_directions_are_those_of_an_interoperating_implementation() {
    let vector: JsonValue = COMPUTED.parse().unwrap();
    let (mut a, mut b) = keystreams(&secret(&vector), &field::<20>(&vector, "skey"));
    for (keystream, known) in [(&mut a, "keystream_a"), (&mut b, "keystream_b")] {
        let mut zeros = [0; 32];
        keystream.apply(&mut zeros);
        assert_eq!(zeros, field::<32>(&vector, known), "{known}");
    }
}

#[test]
fn step_3_begins_with_req1_and_the_masked_req2() {
    let vector: JsonValue = COMPUTED.parse().unwrap();
    let secret = secret(&vector);
    let step_3 = field::<56>(&vector, "step_3");
    let req2 = req2(&field::<20>(&vector, "skey"));
    assert_eq!(step_3[..20], req1(&secret));
    assert_eq!(step_3[20..40], mask_req2(&secret, req2));
    assert_eq!(mask_req2(&secret, mask_req2(&secret, req2)), req2);
}

#[cfg(feature = "unstable-aes")]
#[test]
fn aes_keystreams_of_both_directions_are_those_of_openssl() {
    let vector: JsonValue = COMPUTED.parse().unwrap();
    let known: JsonValue = include_str!("../../../tests/vectors/aes128ctr.json")
        .parse()
        .unwrap();
    let (mut a, mut b) = aes_keystreams(&secret(&vector), &field::<20>(&vector, "skey"));
    for (keystream, (direction, known)) in [&mut a, &mut b].into_iter().zip(
        ["A to B", "B to A"]
            .into_iter()
            .zip(known["vectors"].get::<Vec<_>>().unwrap()),
    ) {
        assert_eq!(known["direction"].get::<String>().unwrap(), direction);
        let mut zeros = [0; 64];
        keystream.apply(&mut zeros);
        assert_eq!(zeros, field::<64>(known, "keystream"), "{direction}");
    }
}
