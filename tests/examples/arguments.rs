//! Wrong arguments and addresses that do not work: one line, status 1 or 2, never a panic.

use std::net::TcpListener;

use crate::program::{Server, TORRENT, run, spawn};

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
            "possible values",
        ),
        (format!("{address} {torrent} --disguise hat"), "printable-start"),
        (format!("{address} {torrent} --timeout soon"), "expected seconds"),
        (format!("{address} {torrent} --timeout NaN"), "expected seconds"),
        (format!("{address} {torrent} --timeout inf"), "expected seconds"),
        (format!("{address} {torrent} --timeout 0"), "expected seconds"),
        (format!("{address} {torrent} --timeout -1"), "expected seconds"),
        (format!("{address} {torrent} --timeout 1e300"), "expected seconds"),
        (format!("{address} {torrent} --surplus"), "--surplus"),
        (format!("--listen 127.0.0.1 {torrent}"), "HOST:PORT"),
        (format!("--listen 127.0.0.1:65536 {torrent}"), "65536 is no port"),
        (format!("--listen [::1]:99999 {torrent}"), "99999 is no port"),
        (format!("--listen name:-1 {torrent}"), "HOST:PORT"),
        (format!("--listen ::1:1 {torrent}"), "HOST:PORT"),
        (format!("--listen :1 {torrent}"), "HOST:PORT"),
    ];
    for (arguments, message) in rows {
        run("echo_server", &arguments).assert_failure(2, message);
    }
    let dialled = "--connect 127.0.0.1:1 --disguise hat";
    run("echo_client", &format!("{dialled} {torrent}")).assert_failure(2, "printable-start");
    for bytes in ["-1", "many", "18446744073709551615"] {
        let arguments = format!("--connect 127.0.0.1:1 {torrent} --bytes {bytes}");
        run("echo_client", &arguments).assert_failure(2, "--bytes");
    }
}

#[test]
fn help_is_given() {
    run("demo", "--help").assert_success("Usage: demo");
    run("echo_server", "--help").assert_success("--info-hash <HEX>");
    run("echo_client", "--help").assert_success("--bytes <N>");
}

#[test]
fn every_program_tells_its_version() {
    let programs = ["demo", "echo_client", "echo_server"];
    for program in programs {
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
        run("echo_client", &arguments).assert_failure(1, &format!("cannot dial: {closed}: "));
    }
}

#[test]
fn an_address_may_be_a_name() {
    let server = Server::start_at("localhost:0", "echo_server", &format!("--info-hash {TORRENT}"));
    let port = server.address.port();
    let arguments = format!("--connect localhost:{port} --info-hash {TORRENT} --timeout 60");
    run("echo_client", &arguments).assert_success("rc4");
}

#[test]
fn nobody_has_to_read_stdout() {
    let server = Server::echo_server("");
    let address = server.address;
    let arguments = format!("--connect {address} --info-hash {TORRENT} --timeout 60");
    for (example, arguments) in [("echo_client", arguments.as_str()), ("demo", ""), ("demo", "-h")] {
        let mut running = spawn(example, arguments);
        running.close_stdout();
        running.end().assert_success("");
    }
}
