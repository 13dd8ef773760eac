//! The demonstration.

use crate::program::run;

#[test]
fn every_mode_does_what_it_promises() {
    let demo = run("demo", "");
    demo.assert_success("");
    let blocks: Vec<Vec<&str>> = demo
        .stdout
        .split("\n\n")
        .map(|block| block.lines().collect())
        .collect();
    let [table, first, after_handshake, verdict] = &blocks[..] else {
        panic!("{}", demo.stdout);
    };

    let expected = [
        ("plaintext", "plaintext", "yes, from the first byte"),
        ("header-only", "header-only", "only after the MSE handshake"),
        ("RC4", "rc4", "never"),
        ("fallback", "plaintext (redialled)", "yes, from the first byte"),
    ];
    assert_eq!(table.len(), 1 + expected.len(), "{}", demo.stdout);
    for (row, (mode, negotiated, visible)) in table[1..].iter().zip(expected) {
        assert!(row.starts_with(mode), "{row}");
        assert!(row.contains(&format!(" {negotiated} ")), "{row}");
        assert!(row.ends_with(visible), "{row}");
        assert!(row.contains(" 16 MB "), "{row}");
    }

    // What can be read on the wire, for plaintext, header-only, RC4 and the fallback.
    assert_readable(first, [true, false, false, true]);
    assert_readable(after_handshake, [true, true, false, true]);
    assert_eq!(verdict[0], "verdict: all 4 modes do what they promise");
}

/// Requires of each mode whether its bytes begin with a readable BitTorrent handshake.
fn assert_readable(hexdump: &[&str], expected: [bool; 4]) {
    let modes: Vec<_> = hexdump[1..].chunks(2).collect();
    assert_eq!(modes.len(), expected.len(), "{hexdump:?}");
    for (mode, readable) in modes.into_iter().zip(expected) {
        let line = mode[0];
        assert_eq!(line.contains("|.BitTorrent prot|"), readable, "{line}");
        assert_eq!(line.contains(" 13 42 69 74 54 6f 72 72 "), readable, "{line}");
    }
}
