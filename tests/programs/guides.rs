//! The guides: each runs, prints what it does, and ends by itself.

use std::path::{Path, PathBuf};

use crate::program::{run, spawn};

/// Each guide, and a part of its output.
const GUIDES: [(&str, &[&str]); 6] = [
    (
        "guide_blocking",
        &[
            "the listener's is require:rc4:\n   dialler: rc4 as initiator\n",
            "the listener's is forbid:\n   listener: handshake refused: ",
            "   dialler: plaintext as initiator\n",
        ],
    ),
    (
        "guide_client",
        &[
            "alice: connected to -XX0100-.........bob: rc4 as responder",
            "alice: dialling with MSE\n",
            "alice: dialling with plaintext\n",
            "plaintext as initiator after 2 attempts",
            "we require MSE\n",
            "is not served here\n",
            "alice: closed: 127.0.0.1 has too many connections",
            "alice: {\"address-limit\": 1, \"plaintext\": 1, \"plaintext-refused\": 1, \"rc4\": 2, \"unknown-skey\": 1}\n",
            "carol: {\"mse-refused\": 1, \"plaintext\": 2}\n",
        ],
    ),
    (
        "guide_framed",
        &[
            "rc4 as initiator",
            "extension handshake: d1:ei1e",
            "a piece of 16397 bytes",
        ],
    ),
    (
        "guide_halves",
        &[
            "   MSE over Tcp\n   plaintext over Tcp\n   plaintext as initiator after 2 attempts",
            "   MSE over Utp\n   rc4 as initiator",
            "73 bytes came back over Utp\n",
        ],
    ),
    (
        "guide_hints",
        &[
            "   Unknown: dialled [Plaintext, Mse], got rc4",
            "   PrefersMse: dialled [Mse], got rc4",
            "   RequiresMse: dialled [Mse], got rc4",
        ],
    ),
    (
        "guide_test",
        &[
            "ok: each mode works",
            "ok: a silent peer times out",
            "ok: a silent peer is dialled again",
        ],
    ),
];

/// A file of a guide is short enough to be read from the first line to the last.
const LINES: usize = 130;

#[test]
fn every_guide_does_what_it_shows_and_says_so() {
    for (guide, says) in GUIDES {
        let ended = run(guide, "");
        ended.assert_success("");
        for said in says {
            assert!(
                ended.stdout.contains(said),
                "no {said:?} from {guide}:\n{}",
                ended.stdout
            );
        }
    }
}

#[test]
fn no_guide_needs_a_reader() {
    for (guide, _) in GUIDES {
        let mut running = spawn(guide, "");
        running.close_stdout();
        running.end().assert_success("");
    }
}

#[test]
fn every_guide_is_run_here_and_its_files_are_short() {
    let mut guides = Vec::new();
    for path in entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("guide_") {
            continue;
        }
        guides.push(name);
        let files = if path.is_dir() { entries(&path) } else { vec![path] };
        for file in files {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= LINES, "{} has {lines} lines", file.display());
        }
    }
    guides.sort();
    assert_eq!(guides, GUIDES.map(|(guide, _)| guide));
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
