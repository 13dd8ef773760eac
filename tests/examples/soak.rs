//! The soak, a fraction of it.

use crate::program::run;

#[test]
fn a_crowd_silent_peers_and_broken_handshakes_leave_nothing_behind() {
    let soak = run("soak", "--short --connections 5000 --attacks 40000");
    soak.assert_success("panics");
    let ending_in = |what| soak.stdout.lines().filter(|line| line.ends_with(what)).count();
    assert_eq!(ending_in("FAILED"), 0, "{}", soak.stdout);
    assert!(ending_in("held") > 12, "{}", soak.stdout);
}
