//! Recorded handshakes of real clients, as the observer sees them. One end of each is ours.

use serde_json::Value;

use crate::flow::{Flow, Side};
use crate::openings::hex;
use crate::rules::bursts;

struct Recording {
    name: String,
    flow: Flow,
}

fn load_all() -> Vec<Recording> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/recorded");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| Recording {
            flow: flow(&serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()),
            name: path.file_stem().unwrap().display().to_string(),
        })
        .collect()
}

fn flow(recording: &Value) -> Flow {
    let side_of = |from: &str| {
        let role = if from == "us" { "our_role" } else { "client_role" };
        match recording[role].as_str().unwrap() {
            "initiator" => Side::Initiator,
            _ => Side::Responder,
        }
    };
    let events = recording["events"].as_array().unwrap();
    Flow::of(events.iter().map(|event| {
        let text = |field: &str| event[field].as_str().unwrap();
        (side_of(text("from")), hex(text("bytes")))
    }))
}

#[test]
fn the_rule_of_three_bursts_finds_every_recorded_handshake_of_a_real_client() {
    let recordings = load_all();
    assert!(recordings.len() >= 30, "{}", recordings.len());
    for Recording { name, flow } in recordings {
        assert!(bursts::is_mse(&flow), "{name}: {:?}", sizes(&flow));
    }
}

fn sizes(flow: &Flow) -> Vec<(Side, usize)> {
    let writes = flow.writes().iter();
    writes.map(|write| (write.from, write.bytes.len())).collect()
}
