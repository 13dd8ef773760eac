//! The adoption guide: every program of it runs, and ends well.

use crate::program::run;

#[test]
fn every_guide_does_what_it_shows() {
    let guides = [
        "guide_dial",
        "guide_listen",
        "guide_halves",
        "guide_framed",
        "guide_hints",
    ];
    for guide in guides {
        run(guide, "").assert_success("");
    }
}

#[test]
fn every_guide_is_run_here_and_fits_on_a_screen() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut guides = 0;
    for entry in examples.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().unwrap().to_string_lossy().starts_with("guide_") {
            guides += 1;
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines < 60, "{} has {lines} lines", path.display());
        }
    }
    assert_eq!(guides, 5);
}
