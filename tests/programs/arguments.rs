//! Wrong arguments and unusable addresses: one line on stderr, status 1 or 2, and never a panic.

use std::net::TcpListener;

use crate::program::{OTHER_TORRENT, Server, TORRENT, run, spawn};

#[test]
fn required_arguments_are_asked_for() {
    run("echo_server", "").assert_failure(2, "--listen <ADDR>");
    run("echo_client", "").assert_failure(2, "--connect <ADDR>");
    run("echo_server", "--listen 127.0.0.1:0").assert_failure(2, "--info-hash <HEX>");
    run("demo", "surplus").assert_failure(2, "surplus");
}

#[test]
fn unreadable_values_are_named() {
    let address = "--listen 127.0.0.1:0";
    let torrent = format!("--info-hash {TORRENT}");
    let rows = [
        (format!("{address} --info-hash xyz"), "40 hex digits"),
        (format!("{address} --info-hash {TORRENT}0"), "found 41"),
        (format!("{address} --info-hash {}", &TORRENT[1..]), "found 39"),
        (
            format!("{address} --info-hash é{}", &TORRENT[2..]),
            "40 hex digits",
        ),
        (format!("{address} {torrent} --methods rc5"), "found `rc5`"),
        (format!("{address} {torrent} --methods ,"), "found `,`"),
        (
            format!("{address} {torrent} --encryption often"),
            "'often' for '--encryption <LEVEL>': expected `forbid`",
        ),
        (format!("{address} {torrent} --disguise hat"), "exempt"),
        (format!("{address} {torrent} --timeout soon"), "expected seconds"),
        (format!("{address} {torrent} --timeout NaN"), "expected seconds"),
        (format!("{address} {torrent} --timeout inf"), "expected seconds"),
        (format!("{address} {torrent} --timeout 0"), "expected seconds"),
        (format!("{address} {torrent} --timeout -1"), "expected seconds"),
        (format!("{address} {torrent} --timeout 1e300"), "expected seconds"),
        (format!("{address} {torrent} --linger maybe"), "strict"),
        (format!("{address} {torrent} --per-address 0"), "--per-address"),
        (format!("{address} {torrent} --per-address all"), "--per-address"),
        (format!("{address} {torrent} --surplus"), "--surplus"),
        (format!("{address} {torrent} -s"), "unexpected argument '-s'"),
        (
            format!("{address} {torrent} -- --linger on"),
            "unexpected argument '--linger'",
        ),
        (
            format!("{address} {torrent} --timeout"),
            "a value is required for '--timeout <SECS>'",
        ),
        (
            format!("{address} {torrent} --timeout 1 --timeout=1"),
            "'--timeout <SECS>' cannot be used multiple times",
        ),
        (format!("--listen 127.0.0.1 {torrent}"), "HOST:PORT"),
        (
            format!("--listen 127.0.0.1:65536 {torrent}"),
            "65536 is not a port",
        ),
        (format!("--listen [::1]:99999 {torrent}"), "99999 is not a port"),
        (format!("--listen name:-1 {torrent}"), "HOST:PORT"),
        (format!("--listen ::1:1 {torrent}"), "HOST:PORT"),
        (format!("--listen :1 {torrent}"), "HOST:PORT"),
    ];
    for (arguments, message) in rows {
        run("echo_server", &arguments).assert_failure(2, message);
    }
    let dialled = "--connect 127.0.0.1:1 --disguise hat";
    run("echo_client", &format!("{dialled} {torrent}")).assert_failure(2, "exempt");
    let impatient = format!("--connect 127.0.0.1:1 {torrent} --answer-timeout 0");
    run("echo_client", &impatient).assert_failure(2, "expected seconds");
    for bytes in ["-1", "many", "18446744073709551615"] {
        let arguments = format!("--connect 127.0.0.1:1 {torrent} --bytes {bytes}");
        run("echo_client", &arguments).assert_failure(2, "--bytes");
    }
}

#[test]
fn a_value_follows_a_space_or_an_equals_sign() {
    let server = Server::echo_server(&format!(
        "{OTHER_TORRENT} --info-hash={OTHER_TORRENT} --methods=plaintext --disguise off"
    ));
    for arguments in [
        "--methods=header-only --disguise=none",
        "--methods plaintext --encryption=require",
    ] {
        server.echo(arguments).assert_success("header-only");
    }
    let other = format!("--info-hash={OTHER_TORRENT} --methods header-only");
    server.echo(&other).assert_success("header-only");
}

#[test]
fn strict_lingering_needs_require() {
    let arguments = format!("--listen 127.0.0.1:0 --info-hash {TORRENT} --linger strict");
    for encryption in [
        "",
        "--encryption forbid",
        "--encryption allow",
        "--encryption prefer",
    ] {
        run("echo_server", &format!("{arguments} {encryption}"))
            .assert_failure(2, "--linger strict needs --encryption require");
    }
    let server = Server::echo_server("--linger strict --encryption require");
    server.echo("--encryption require").assert_success("rc4");
}

#[test]
fn help_has_an_example_and_mentions_the_log() {
    for (program, usage) in [
        ("demo", "Usage: demo"),
        ("echo_server", "--per-address <N>"),
        ("echo_client", "--answer-timeout <SECS>"),
    ] {
        let help = run(program, "--help");
        help.assert_success(usage);
        help.assert_success(&format!("cargo run --release --example {program}"));
        help.assert_success("RUST_LOG=tokio_mse=debug");
        run(program, "-h").assert_success(usage);
    }
}

#[test]
fn every_program_prints_its_version() {
    for program in ["demo", "echo_client", "echo_server"] {
        let version = format!("{program} {}", env!("CARGO_PKG_VERSION"));
        run(program, "-V").assert_success(&version);
    }
}

#[test]
fn an_address_in_use_is_reported() {
    let server = Server::echo_server("");
    let taken = server.address;
    run("echo_server", &format!("--listen {taken} --info-hash {TORRENT}"))
        .assert_failure(1, &format!("cannot listen on {taken}: "));
    server.echo("").assert_success("rc4");
}

#[test]
fn a_refused_connection_is_reported() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for encryption in ["forbid", "allow", "prefer", "require"] {
        let arguments = format!("--connect {closed} --info-hash {TORRENT} --encryption {encryption}");
        run("echo_client", &arguments).assert_failure(1, &format!("cannot reach the peer: {closed}: "));
    }
}

#[test]
fn an_address_may_be_a_name() {
    let server = Server::echo_server_at("localhost:0", "");
    let port = server.address.port();
    let arguments = format!("--connect localhost:{port} --info-hash {TORRENT} --timeout 60");
    run("echo_client", &arguments).assert_success("rc4");
}

#[test]
fn a_closed_stdout_is_no_error() {
    let server = Server::echo_server("");
    let address = server.address;
    let arguments = format!("--connect {address} --info-hash {TORRENT} --timeout 60");
    for (example, arguments) in [
        ("echo_client", arguments.as_str()),
        ("demo", ""),
        ("demo", "-h"),
        ("demo", "-V"),
    ] {
        let mut running = spawn(example, arguments);
        running.close_stdout();
        running.end().assert_success("");
    }
}
