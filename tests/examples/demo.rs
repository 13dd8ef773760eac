//! The demonstration.

use crate::program::run;

#[test]
fn every_mode_holds() {
    let demo = run("demo", "");
    demo.assert_success("");
    let rows: Vec<_> = demo.stdout.lines().skip(1).collect();
    let expected = [
        ("plaintext", "plaintext", "yes, from the first byte"),
        ("header-only", "header-only", "only after the MSE handshake"),
        ("RC4", "rc4", "never"),
        ("fallback", "plaintext (redialled)", "yes, from the first byte"),
    ];
    assert_eq!(rows.len(), expected.len(), "{}", demo.stdout);
    for (row, (mode, negotiated, visible)) in rows.into_iter().zip(expected) {
        assert!(row.starts_with(mode), "{row}");
        assert!(row.contains(&format!(" {negotiated} ")), "{row}");
        assert!(row.ends_with(visible), "{row}");
        // Two handshakes and 8 MiB each way.
        assert!(row.contains(" 16777488 "), "{row}");
    }
}
