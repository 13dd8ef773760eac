//! Every program on a pseudo-terminal, where it writes colours. In a pipe it does not, so the other tests cannot see what
//! goes wrong there.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::program::{Ended, PATIENCE, Running, Server, TORRENT, program};

const PYTHON: &str = "import pty, sys; pty.spawn(['sh', '-c', sys.argv[1]])";

/// Runs a shell command on a pseudo-terminal. `None` if this machine has no tool for it.
fn on_a_terminal(command: &str) -> Option<Running> {
    let is_there = |tool: &str, argument: &str, output: &str| {
        let found = Command::new(tool).arg(argument).stdin(Stdio::null()).output();
        found.is_ok_and(|found| String::from_utf8_lossy(&found.stdout).contains(output))
    };
    if cfg!(unix) && is_there("script", "--version", "util-linux") {
        let command = ["-qec", command, "/dev/null"];
        Some(Running::start(Command::new("script").args(command)))
    } else if cfg!(unix) && is_there("python3", "--version", "Python 3") {
        let command = ["-c", PYTHON, command];
        Some(Running::start(Command::new("python3").args(command)))
    } else {
        // Not `eprintln!`, which the test runner hides if the test passes.
        let reason = "there is neither `script` (util-linux) nor `python3` to make a pseudo-terminal";
        let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
        None
    }
}

/// Runs an example on a pseudo-terminal to its end. The shell prints the status, because not every version of these tools
/// passes it on. `environment` is of the form `NAME=value`.
fn run(environment: &str, example: &str, arguments: &str) -> Option<Ended> {
    let program = program(example);
    let command = format!(
        "{environment} '{}' {arguments}; echo status=$?",
        program.display()
    );
    let ended = on_a_terminal(&command)?.end();
    let output = &ended.stdout;
    assert!(output.contains("status=0"), "{example} {arguments}:\n{output}");
    assert!(!output.contains("panicked"), "{example} {arguments}:\n{output}");
    assert!(
        !output.contains("crate feature"),
        "{example} {arguments}:\n{output}"
    );
    Some(ended)
}

#[test]
fn every_program_runs_on_a_terminal() {
    let server = Server::echo_server("");
    let client = format!("--connect {} --info-hash {TORRENT} --timeout 60", server.address);
    for (example, arguments) in [
        ("demo", ""),
        ("demo", "--help"),
        ("echo_client", client.as_str()),
        ("echo_client", "--help"),
        ("echo_server", "--help"),
        ("guide_blocking", ""),
        ("guide_client", ""),
        ("guide_framed", ""),
        ("guide_halves", ""),
        ("guide_hints", ""),
        ("guide_test", ""),
    ] {
        for environment in ["", "RUST_LOG=debug"] {
            run(environment, example, arguments);
        }
    }
}

#[test]
fn echo_server_runs_on_a_terminal() {
    let arguments = format!("--listen 127.0.0.1:0 --info-hash {TORRENT}");
    let program = program("echo_server");
    let start = format!("RUST_LOG=debug '{}' {arguments} & server=$!", program.display());
    let command = format!("{start}; sleep 1; kill $server && echo status=0; wait");
    if let Some(running) = on_a_terminal(&command) {
        let output = running.end().stdout;
        assert!(output.contains("listening on 127.0.0.1:"), "{output}");
        assert!(output.contains("status=0"), "{output}");
        assert!(
            !output.contains("panicked") && !output.contains("crate feature"),
            "{output}"
        );
    }
}

/// Not every escape sequence is a colour: a progress line is cleared with one.
fn has_colours(output: &str) -> bool {
    let is_parameter = |c: char| c.is_ascii_digit() || c == ';';
    let mut sequences = output.split("\x1b[").skip(1);
    sequences.any(|sequence| sequence.trim_start_matches(is_parameter).starts_with('m'))
}

#[test]
fn colours_are_for_terminals_and_can_be_switched_off() {
    let server = Server::echo_server("");
    let client = format!(
        "--connect {} --info-hash {TORRENT} --bytes 0 --timeout {}",
        server.address,
        PATIENCE.as_secs()
    );
    for (example, arguments, log) in [
        ("demo", "", "RUST_LOG=off"),
        ("echo_client", client.as_str(), "RUST_LOG=tokio_mse=debug"),
    ] {
        let Some(coloured) = run(log, example, arguments) else {
            return;
        };
        assert!(has_colours(&coloured.stdout), "{}", coloured.stdout);
        let plain = run(&format!("NO_COLOR=1 {log}"), example, arguments).unwrap();
        assert!(!has_colours(&plain.stdout), "{}", plain.stdout);
    }
    let demo = run("", "demo", "");
    assert!(demo.is_some_and(|demo| demo.stdout.contains("\x1b[1;32mverdict: ")));
    crate::program::run("demo", "").assert_success("\nverdict: ");
}
