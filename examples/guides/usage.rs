//! `--help` and `-V` of the guides, which take no arguments.

use std::process::exit;

/// Whether the program was only asked what it is, which is answered here. Ends it if it was asked something else.
pub(crate) fn answered(about: &str) -> bool {
    let name = env!("CARGO_BIN_NAME");
    let Some(asked) = std::env::args().nth(1) else {
        return false;
    };
    match asked.as_str() {
        "-h" | "--help" => println!("{about}\nUsage: {name} [--help] [-V]"),
        "-V" | "--version" => println!("{name} {}", env!("CARGO_PKG_VERSION")),
        _ => {
            eprintln!("error: unexpected argument '{asked}' (see --help)");
            exit(2);
        }
    }
    true
}
