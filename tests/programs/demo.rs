//! The demonstration.

use crate::program::run;

#[test]
fn every_mode_holds() {
    let demo = run("demo", "");
    demo.assert_success("");
    let mut lines = demo.stdout.lines().skip(1);
    let rows: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
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
    // What the tap saw: to be read in plaintext, not in RC4.
    let shown: Vec<_> = lines.skip(1).take_while(|line| !line.is_empty()).collect();
    let [plaintext, _, header_only, _, rc4, _, fallback, _] = shown[..] else {
        panic!("{}", demo.stdout);
    };
    for (line, readable) in [
        (plaintext, true),
        (header_only, false),
        (rc4, false),
        (fallback, true),
    ] {
        assert_eq!(line.contains("|.BitTorrent prot|"), readable, "{line}");
        assert_eq!(line.contains(" 13 42 69 74 54 6f 72 72 "), readable, "{line}");
    }
    let last = demo.stdout.lines().last().unwrap();
    assert!(last.starts_with("verdict: all 4 modes"), "{last}");
}
