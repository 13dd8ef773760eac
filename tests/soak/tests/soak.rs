//! A fraction of the soak. Times are reported, and not judged.

#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn run(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mse-soak"))
        .args(arguments.split_whitespace())
        .output()
        .unwrap()
}

#[track_caller]
fn assert_all_held(arguments: &str, checks: usize) {
    let soak = run(arguments);
    let report = String::from_utf8(soak.stdout).unwrap();
    let errors = String::from_utf8(soak.stderr).unwrap();
    assert!(soak.status.success(), "{report}{errors}");
    // stderr is not a terminal, so no progress is shown.
    assert_eq!(errors, "");
    let ending_in = |what| report.lines().filter(|line| line.ends_with(what)).count();
    assert_eq!(ending_in("FAILED"), 0, "{report}");
    assert!(ending_in("held") >= checks, "{report}");
}

#[test]
fn a_crowd_silent_peers_and_broken_handshakes_leave_nothing_behind() {
    let only = "--only crowd --only silent --only broken";
    assert_all_held(&format!("--short --connections 5000 --attacks 40000 {only}"), 12);
}

#[test]
fn one_stranger_does_not_lock_others_out_of_256_descriptors() {
    assert_all_held("--short --only descriptors", 5);
}

#[test]
fn at_most_96_failed_connections_linger_and_they_are_the_newest() {
    assert_all_held("--short --only eviction", 6);
}

#[test]
fn a_prober_is_answered_and_closed_over_sockets_whatever_it_sends() {
    assert_all_held("--short --only no-tell", 18);
}

#[test]
fn without_arguments_it_prints_its_usage() {
    let soak = run("");
    assert_eq!(soak.status.code(), Some(2));
    assert!(
        String::from_utf8(soak.stderr)
            .unwrap()
            .contains("Usage: mse-soak")
    );
}
