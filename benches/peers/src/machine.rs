//! Where it ran, and what.

use std::fs;
use std::process::Command;

use mse_measure::processor::{self, Processor};

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    );
    text.lines().next().unwrap_or("unknown").to_owned()
}

/// The versions that cargo settled on for the packages that are compared.
fn versions() -> String {
    let lock =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap_or_default();
    let compared = [
        "rc4",
        "crypto-bigint",
        "openssl-sys",
        "rug",
        "num-bigint",
        "rustls",
        "ring",
        "aws-lc-rs",
        "tokio-rustls",
        "mtorrent-base",
        "tokio",
    ];
    let versions: Vec<String> = compared
        .iter()
        .filter_map(|name| {
            let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
            let (version, _) = rest.split_once('"')?;
            Some(format!("{name} {version}"))
        })
        .collect();
    versions.join(", ")
}

pub fn describe() -> String {
    format!(
        "{} x {}\n{} {}, load {}\n{}, {}\n{}\n",
        std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        Processor::this(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        processor::load(),
        first_line("rustc", &["--version"]),
        first_line("openssl", &["version"]),
        versions(),
    )
}
