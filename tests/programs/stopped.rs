//! H12 for a program: a process that is stopped for longer than the answer timeout does not take the peer's answer for
//! silence.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tokio_mse::handshake::{Established, Machine, Progress, Randomness, Responder};
use tokio_mse::{Policy, Skey};

use crate::program::{INFO_HASH, PATIENCE, TORRENT, spawn};

/// Longer than the answer timeout of one second.
const STOP: Duration = Duration::from_secs(2);

#[test]
fn h12_a_client_that_was_stopped_while_the_key_came_is_not_downgraded() {
    while !stop_and_continue() {}
}

/// Whether the client was stopped in time. If it had given up before, nothing was shown.
fn stop_and_continue() -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = spawn(
        "echo_client",
        &format!(
            "--connect {address} --info-hash {TORRENT} --bytes 1000 --encryption prefer --answer-timeout 1"
        ),
    );
    let (mut tcp, _) = listener.accept().unwrap();
    let mut key = Vec::new();
    let mut responder = Responder::new(&Policy::full_rc4(), Randomness::generate());
    while key.is_empty() {
        match read(&mut tcp) {
            Ok(bytes) => responder = unfinished(responder.process(&bytes, &mut key)),
            // It has given up already.
            Err(_) => return false,
        }
    }
    signal("-STOP", client.id());
    wait_until_stopped(client.id());
    listener.set_nonblocking(true).unwrap();
    if !matches!(listener.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock) {
        return false;
    }
    tcp.set_nonblocking(true).unwrap();
    // An end or a reset: it gave up just before.
    if !matches!(tcp.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock) {
        return false;
    }
    tcp.set_nonblocking(false).unwrap();
    // It is stopped, and has only this connection.
    let delivered = tcp.write_all(&key);
    sleep(STOP);
    signal("-CONT", client.id());
    delivered.expect("the client has not closed the connection");
    let echoed = echo(tcp, responder);
    // Nobody answers another dial.
    drop(listener);
    client.end().assert_success("negotiated: rc4");
    echoed.unwrap();
    true
}

/// Finishes the handshake and echoes everything.
fn echo(mut tcp: TcpStream, responder: Responder) -> io::Result<()> {
    let mut flight = Vec::new();
    let request = finish(&mut tcp, responder, &mut flight)?;
    let negotiation = request.resolve(Skey::from(INFO_HASH), "");
    let established = match negotiation.process(&[], &mut flight).unwrap() {
        Progress::Done(established) => established,
        Progress::NeedInput(negotiation) => finish(&mut tcp, negotiation, &mut flight)?,
    };
    tcp.write_all(&flight)?;
    let Established {
        encrypt,
        decrypt,
        received,
        ..
    } = established;
    let mut rest = Vec::new();
    tcp.read_to_end(&mut rest)?;
    decrypt.expect("it is RC4").apply(&mut rest);
    let mut all = [received, rest].concat();
    encrypt.expect("it is RC4").apply(&mut all);
    tcp.write_all(&all)
}

fn finish<M: Machine>(tcp: &mut TcpStream, mut machine: M, output: &mut Vec<u8>) -> io::Result<M::Done> {
    loop {
        match machine.process(&read(tcp)?, output).unwrap() {
            Progress::Done(done) => return Ok(done),
            Progress::NeedInput(next) => machine = next,
        }
    }
}

fn unfinished<M, D, E: std::fmt::Debug>(progress: Result<Progress<M, D>, E>) -> M {
    match progress.unwrap() {
        Progress::NeedInput(machine) => machine,
        Progress::Done(_) => panic!("done too early"),
    }
}

fn read(tcp: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 2048];
    let len = tcp.read(&mut buffer)?;
    if len == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    buffer.truncate(len);
    Ok(buffer)
}

fn signal(signal: &str, process: u32) {
    let told = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(told.expect("kill is there").success());
}

fn wait_until_stopped(process: u32) {
    let until = Instant::now() + PATIENCE;
    loop {
        let state = Command::new("ps")
            .args(["-o", "state=", "-p", &process.to_string()])
            .output();
        if state.expect("ps is there").stdout.trim_ascii().starts_with(b"T") {
            return;
        }
        assert!(Instant::now() < until, "the client does not stop");
        sleep(Duration::from_millis(5));
    }
}
