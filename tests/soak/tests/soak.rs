//! The soak, a fraction of it. Times are reported there, and not judged.

use crate::program::{Ended, run};

#[track_caller]
fn assert_all_held(soak: &Ended, checks: usize) {
    // Nothing on stderr: it is no terminal, and shows no progress.
    soak.assert_success("panics");
    let ending_in = |what| soak.stdout.lines().filter(|line| line.ends_with(what)).count();
    assert_eq!(ending_in("FAILED"), 0, "{}", soak.stdout);
    assert!(ending_in("held") >= checks, "{}", soak.stdout);
}

#[test]
fn a_crowd_silent_peers_and_broken_handshakes_leave_nothing_behind() {
    let only = "--only crowd --only silent --only broken";
    let soak = run(
        "soak",
        &format!("--short --connections 5000 --attacks 40000 {only}"),
    );
    assert_all_held(&soak, 13);
}

#[test]
fn one_stranger_does_not_lock_others_out_of_256_descriptors() {
    let soak = run("soak", "--short --only descriptors");
    assert_all_held(&soak, 7);
}

#[test]
fn silent_and_trickling_connections_do_not_lock_others_out_of_16_places() {
    let soak = run("soak", "--short --only places");
    assert_all_held(&soak, 7);
}

#[test]
fn at_most_96_failed_connections_linger_and_they_are_the_newest() {
    let soak = run("soak", "--short --only eviction");
    assert_all_held(&soak, 8);
}

#[test]
fn a_prober_is_answered_and_let_go_over_sockets_whatever_it_sends() {
    let soak = run("soak", "--short --only no-tell");
    assert_all_held(&soak, 21);
}
