//! Where the fuzzer starts from: honest handshakes, recorded ones of another client, and the boundaries of every field.

use serde_json::Value;
use tokio_mse::handshake::MAX_IA_ACCEPTED;

use crate::detector::DetectorCase;
use crate::initiator::InitiatorCase;
use crate::machine::OurSide;
use crate::responder::{ResponderCase, Theirs};
use crate::stream::StreamCase;
use crate::tape::Case;
use crate::wire::{Damage, Key, Pad, Portions, length};

/// Transmission's exponent and torrent in the harness's lists.
const RECORDED_EXPONENT: u8 = 4;
const RECORDED_SKEY: u8 = 1;

fn recorded(name: &str) -> Vec<u8> {
    let recordings: Value =
        serde_json::from_str(include_str!("../../vectors/transmission_handshake.json")).unwrap();
    let recordings = recordings["vectors"].as_array().unwrap();
    let recording = recordings
        .iter()
        .find(|recording| recording["name"] == name)
        .unwrap();
    let bytes = |field: &str| hex(recording[field].as_str().unwrap());
    [bytes("peer_chunk_1"), bytes("peer_chunk_2")].concat()
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn damage(recorded: Vec<u8>) -> Damage {
    Damage {
        recorded,
        ..Damage::default()
    }
}

fn pad(len: u16, like: u8) -> Pad {
    Pad { len, like }
}

fn key(exponent: u8) -> Key {
    Key {
        exponent,
        raw: Vec::new(),
    }
}

fn portions() -> [Portions; 3] {
    [
        Portions::default(),
        Portions(vec![1, 0]),
        Portions(vec![95, 1, 512, 0, 19]),
    ]
}

pub fn initiators() -> Vec<Vec<u8>> {
    let honest = |select| InitiatorCase {
        key: key(1),
        select,
        payload: 100,
        ..InitiatorCase::default()
    };
    let mut cases = vec![InitiatorCase {
        ours: OurSide {
            exponent: RECORDED_EXPONENT,
            ..OurSide::default()
        },
        skey: RECORDED_SKEY,
        damage: damage(recorded("outgoing_encrypted_rc4")),
        ..InitiatorCase::default()
    }];
    for (methods, select) in [(0, 2), (1, 1), (2, 1), (3, 2), (0, 1), (2, 3), (2, 0)] {
        for portions in portions() {
            let mut case = honest(select);
            case.ours.methods = methods;
            case.ours.payload = 300;
            case.portions = portions;
            cases.push(case);
        }
    }
    for len in [0, 1, 511, 512, 513] {
        cases.push(InitiatorCase {
            pad_b: pad(len, 7),
            pad_d: len,
            ..honest(2)
        });
    }
    for exponent in [0, 2, 3, 0xF0, 0xFF] {
        cases.push(InitiatorCase {
            key: key(exponent),
            ..honest(2)
        });
    }
    for end in [1, 96, 97, 105, 111, 112] {
        let mut case = honest(2);
        case.damage.end = end;
        cases.push(case);
    }
    cases.into_iter().map(Case::write).collect()
}

fn theirs(provide: u32) -> Theirs {
    Theirs {
        key: key(1),
        provide,
        ia: 68,
        payload: 100,
        ..Theirs::default()
    }
}

pub fn responders() -> Vec<Vec<u8>> {
    let mut cases = vec![ResponderCase {
        ours: OurSide {
            exponent: RECORDED_EXPONENT,
            ..OurSide::default()
        },
        damage: damage(recorded("incoming_encrypted_rc4")),
        ..ResponderCase::default()
    }];
    let mut add = |theirs: Theirs| {
        for portions in portions() {
            cases.push(ResponderCase {
                theirs: theirs.clone(),
                portions,
                ..ResponderCase::default()
            });
        }
    };
    for provide in [0, 1, 2, 3, u32::MAX] {
        add(theirs(provide));
    }
    for len in [0, 1, 511, 512, 513] {
        add(Theirs {
            pad_a: pad(len, 19),
            pad_c: len,
            ..theirs(2)
        });
    }
    for len in [0, 1, MAX_IA_ACCEPTED, MAX_IA_ACCEPTED + 1] {
        let ia = (0..=u16::MAX)
            .find(|ia| length(*ia, MAX_IA_ACCEPTED) == len)
            .unwrap();
        add(Theirs { ia, ..theirs(2) });
    }
    for (skey, vc) in [(2, 0), (0, 1)] {
        add(Theirs {
            skey,
            vc,
            ..theirs(2)
        });
    }
    for exponent in [2, 3, 0xF0, 0xFF] {
        add(Theirs {
            key: key(exponent),
            ..theirs(2)
        });
    }
    cases.into_iter().map(Case::write).collect()
}

pub fn detectors() -> Vec<Vec<u8>> {
    let mut cases = Vec::new();
    for encryption in 0..4 {
        for (opening, provide) in [(0, 2), (0, 1), (1, 2)] {
            for way in 0..2 {
                for (reads, exponent) in portions().into_iter().zip([1, 3, 0xF0]) {
                    cases.push(DetectorCase {
                        encryption,
                        methods: 2,
                        way,
                        opening,
                        theirs: Theirs {
                            key: key(exponent),
                            ..theirs(provide)
                        },
                        writes: reads.clone(),
                        reads,
                        ..DetectorCase::default()
                    });
                }
            }
        }
    }
    let mut almost = cases[12].clone();
    almost.on_opening.flips = vec![(19, 0x20)];
    cases.push(almost);
    cases.into_iter().map(Case::write).collect()
}

pub fn streams() -> Vec<Vec<u8>> {
    let mut cases = Vec::new();
    for method in 0..2 {
        for split in 0..2 {
            for inner in [vec![], vec![(0, 0)], (0..8).map(|kind| (kind, 100)).collect()] {
                cases.push(StreamCase {
                    method,
                    split,
                    unread: 50,
                    incoming: 5000,
                    calls: (0..24)
                        .map(|call| (call, [0, 7, 1000, 20_000][usize::from(call % 4)]))
                        .collect(),
                    inner,
                });
            }
        }
    }
    cases.into_iter().map(Case::write).collect()
}
