//! Wrong arguments: one line, status 2, never a panic.

use std::net::TcpListener;

use crate::program::{TORRENT, run};

#[test]
fn required_arguments_are_asked_for() {
    run("mse-bridge", "").assert_failure(2, "--connect <ADDR>");
    let both = "--listen 127.0.0.1:0 --connect 127.0.0.1:1";
    run("mse-bridge", &format!("{both} --inbound require")).assert_failure(2, "--info-hash");
    run("mse-bridge", &format!("{both} --linger strict")).assert_failure(2, "needs --inbound require");
}

#[test]
fn unreadable_values_are_named() {
    let both = "--listen 127.0.0.1:0 --connect 127.0.0.1:1";
    for (option, message) in [
        ("--disguise hat", "exempt"),
        ("--methods rc5", "rc5"),
        ("--outbound often", "possible values"),
        ("--timeout 0", "expected seconds"),
        ("--answer-timeout soon", "expected seconds"),
        ("--info-hash 00", "found 2"),
        ("--surplus", "--surplus"),
    ] {
        run("mse-bridge", &format!("{both} {option}")).assert_failure(2, message);
    }
}

#[test]
fn help_has_an_example_and_names_the_log() {
    for program in ["mse-bridge", "mse-probe"] {
        let help = run(program, "--help");
        help.assert_success("Example");
        help.assert_success("RUST_LOG");
        let version = format!("{program} {}", env!("CARGO_PKG_VERSION"));
        run(program, "-V").assert_success(&version);
    }
    let usage = "Usage: mse-bridge --listen <ADDR> --connect <ADDR> [--info-hash <HEX>]... [OPTIONS]\n       \
                 mse-bridge --socks5 <ADDR> [OPTIONS]";
    run("mse-bridge", "--help").assert_success(usage);
}

#[test]
fn an_address_in_use_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap();
    let arguments = format!("--listen {taken} --connect {taken} --info-hash {TORRENT}");
    run("mse-bridge", &arguments).assert_failure(1, &format!("cannot listen on {taken}: "));
}
