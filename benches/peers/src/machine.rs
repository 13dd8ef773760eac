//! Where it ran, and what.

use std::fs;
use std::process::Command;

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
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap_or_default();
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
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpus
        .lines()
        .filter(|line| line.starts_with("model name"))
        .filter_map(|line| line.split(": ").nth(1))
        .collect();
    let model = models.first().unwrap_or(&"unknown processor");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{} x {model}, {} {}, load {}\n{}, {}\n{}\n",
        models.len(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        load.split(' ').next().unwrap_or("unknown"),
        first_line("rustc", &["--version"]),
        first_line("openssl", &["version"]),
        versions(),
    )
}
