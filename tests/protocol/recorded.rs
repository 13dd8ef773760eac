//! Complete handshakes of real clients, recorded by `tests/interop/record.py`, byte for byte through the machines.

use std::fs;

use tokio_mse::handshake::{
    Established, Initiator, Machine, Padding, PrivateKey, Progress, Randomness, Responder,
};
use tokio_mse::{CryptoMethods, Mode, Policy};

use crate::vectors::Vector;

struct Recording {
    name: String,
    vector: Vector,
}

impl Recording {
    fn load_all() -> Vec<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/recorded");
        let mut all: Vec<Self> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = format!("recorded/{}", path.file_stem().unwrap().to_str().unwrap());
                let vector = Vector::load(&name);
                Self { name, vector }
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(!all.is_empty(), "no recordings");
        all
    }

    fn policy(&self) -> Policy {
        let methods = self.vector.texts("our_methods").join(",");
        Policy::full_rc4().with_methods(methods.parse::<CryptoMethods>().unwrap())
    }

    fn randomness(&self) -> Randomness {
        let padding = Padding::new(
            self.vector.bytes("our_pad_with_key"),
            self.vector.bytes("our_pad_before_sync"),
            self.vector.number("our_negotiated_pad_len"),
        );
        let private_key = PrivateKey::from_bytes(self.vector.array("our_private_key"));
        Randomness::new(private_key, padding.unwrap())
    }

    /// The writes of one side, as the wire showed them.
    fn writes_of(&self, side: &str) -> Vec<Vec<u8>> {
        let events = self.vector.each("events").into_iter();
        events
            .filter(|event| event.text("from") == side)
            .map(|event| event.bytes("bytes"))
            .collect()
    }

    /// What we send, and the result, if the client's bytes arrive in these pieces.
    fn replay(&self, portions: &[Vec<u8>]) -> (Vec<u8>, Established) {
        let mut portions = portions.iter().map(Vec::as_slice);
        let payload = self.vector.bytes("our_initial_payload");
        let skey = self.vector.skey("info_hash");
        let mut wire = Vec::new();
        let mut end = if self.vector.text("our_role") == "initiator" {
            let initiator = Initiator::new(skey, &self.policy(), payload, self.randomness(), &mut wire);
            self.finish(initiator, &mut portions, &mut wire)
        } else {
            let responder = Responder::new(&self.policy(), self.randomness());
            let request = self.finish(responder, &mut portions, &mut wire);
            assert_eq!(request.hash(), skey.lookup_hash(), "{}", self.name);
            let negotiation = request.resolve(skey, payload);
            let mut portions = std::iter::once(&[][..]).chain(portions.by_ref());
            self.finish(negotiation, &mut portions, &mut wire)
        };
        for portion in portions {
            let mut clear = portion.to_vec();
            if let Some(decrypt) = &mut end.decrypt {
                decrypt.apply(&mut clear);
            }
            end.received.extend(clear);
        }
        (wire, end)
    }

    fn finish<'a, M: Machine>(
        &self,
        mut machine: M,
        portions: &mut impl Iterator<Item = &'a [u8]>,
        wire: &mut Vec<u8>,
    ) -> M::Done {
        for portion in portions {
            match machine.process(portion, wire) {
                Ok(Progress::NeedInput(more)) => machine = more,
                Ok(Progress::Done(done)) => return done,
                Err(error) => panic!("{}: {error}", self.name),
            }
        }
        panic!("{}: wants more bytes than were recorded", self.name)
    }

    fn holds(&self, portions: &[Vec<u8>]) {
        let (wire, end) = self.replay(portions);
        assert_eq!(wire, self.writes_of("us").concat(), "{}", self.name);
        let selected = match self.vector.number("crypto_select") {
            1 => Mode::HeaderOnly,
            2 => Mode::Rc4,
            other => panic!("{}: {other}", self.name),
        };
        assert_eq!(end.negotiated.mode(), selected, "{}", self.name);
        assert_eq!(end.received, self.vector.bytes("peer_payload"), "{}", self.name);
    }
}

#[test]
fn recorded_handshakes_replay_byte_for_byte() {
    for recording in Recording::load_all() {
        recording.holds(&recording.writes_of("peer"));
    }
}

#[test]
fn recorded_handshakes_replay_in_any_portions() {
    for recording in Recording::load_all() {
        let wire = recording.writes_of("peer").concat();
        for size in [1, 7, 100, 4096] {
            let portions: Vec<_> = wire.chunks(size).map(<[u8]>::to_vec).collect();
            recording.holds(&portions);
        }
    }
}

#[test]
fn every_client_is_recorded_in_both_roles() {
    let all = Recording::load_all();
    let clients = [
        "libtorrent",
        "Transmission",
        "aria2",
        "rTorrent",
        "qBittorrent",
        "Deluge",
        "WebTorrent",
    ];
    for client in clients {
        for role in ["initiator", "responder"] {
            let recorded = |each: &&Recording| {
                each.vector.text("client") == client && each.vector.text("client_role") == role
            };
            assert!(all.iter().any(|each| recorded(&each)), "{client} as {role}");
        }
    }
}
