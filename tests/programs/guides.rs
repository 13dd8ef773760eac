//! The adoption guide: every program of it runs, says what it does, and ends well.

use std::path::{Path, PathBuf};

use crate::program::run;

/// Each guide, and some of what it says.
const GUIDES: [(&str, &[&str]); 7] = [
    (
        "guide_client",
        &[
            "alice: connected to bob: rc4 as responder",
            "alice: dialling with MSE\n",
            "alice: dialling with plaintext\n",
            "alice: connected to bob: plaintext as initiator after 2 attempts",
            "alice: closed, 127.0.0.1 has enough connections",
        ],
    ),
    (
        "guide_dial",
        &[
            "the policy is prefer:rc4",
            ": MSE\n",
            ": plaintext\n",
            "plaintext as initiator after 2 attempts",
        ],
    ),
    (
        "guide_framed",
        &["extension handshake: d1:ei1e", "16397 bytes: rc4"],
    ),
    ("guide_halves", &["require:rc4: ", "forbid:rc4: "]),
    (
        "guide_hints",
        &[
            "Unknown\ndialling: plaintext\ndialling: MSE\n",
            "RequiresMse\ndialling: MSE\n",
        ],
    ),
    (
        "guide_lazy",
        &[
            "accepted: rc4",
            "accepted: plaintext",
            "refused: handshake refused at",
        ],
    ),
    (
        "guide_listen",
        &[
            "accepted: plaintext as responder",
            "accepted: rc4 as responder",
            "closed: 127.0.0.1 has enough connections",
        ],
    ),
];

/// What a guide may have, so that it is read from the first line to the last.
const LINES: usize = 85;

#[test]
fn every_guide_does_what_it_shows_and_says_so() {
    for (guide, says) in GUIDES {
        let ended = run(guide, "");
        ended.assert_success("");
        for said in says {
            assert!(
                ended.stdout.contains(said),
                "{guide} did not say {said:?}:\n{}",
                ended.stdout
            );
        }
    }
}

#[test]
fn every_guide_says_what_it_is_and_takes_no_arguments() {
    for (guide, _) in GUIDES {
        for (asked, answer) in [
            ("--help", format!("\nUsage: {guide} [--help] [-V]\n")),
            ("-V", version(guide)),
        ] {
            let ended = run(guide, asked);
            ended.assert_success("");
            assert!(
                ended.stdout.ends_with(&answer),
                "{guide} {asked}: {}",
                ended.stdout
            );
            assert!(ended.stdout.lines().count() <= 2);
        }
        run(guide, "--halp").assert_failure(2, "'--halp' (see --help)");
    }
}

fn version(guide: &str) -> String {
    format!("{guide} {}\n", env!("CARGO_PKG_VERSION"))
}

#[test]
fn every_guide_is_run_here_and_its_files_are_short() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut guides = Vec::new();
    for path in entries(&examples) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("guide_") {
            continue;
        }
        guides.push(name);
        let files = if path.is_dir() { entries(&path) } else { vec![path] };
        for file in files {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines < LINES, "{} has {lines} lines", file.display());
        }
    }
    guides.sort();
    assert_eq!(guides, GUIDES.map(|(guide, _)| guide));
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
