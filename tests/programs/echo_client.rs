//! `echo_client` against peers that do not echo: it names each fault, and it always ends.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use crate::program::{Ended, TORRENT, run};

/// A peer that does this on the one connection that it accepts.
fn peer(serve: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

fn dial(address: SocketAddr, arguments: &str) -> Ended {
    let arguments = format!("--connect {address} --info-hash {TORRENT} {arguments}");
    run("echo_client", &arguments)
}

fn everything(tcp: &mut TcpStream) -> Vec<u8> {
    let mut received = Vec::new();
    tcp.read_to_end(&mut received).unwrap();
    received
}

/// Reads until the client closes.
fn swallow(mut tcp: TcpStream) {
    let _ = std::io::copy(&mut tcp, &mut std::io::sink());
    let _ = tcp.read(&mut [0]);
}

#[test]
fn a_peer_that_never_answers_is_given_up() {
    for (encryption, message) in [
        (
            "require",
            "timed out after 300ms while waiting for the public key",
        ),
        (
            "forbid",
            "receiving the echo, after 0 of 1068 bytes: no progress for 300ms",
        ),
    ] {
        let address = peer(swallow_and_stay);
        dial(
            address,
            &format!("--bytes 1000 --timeout 0.3 --encryption {encryption}"),
        )
        .assert_failure(1, message);
    }
}

/// A peer that neither answers nor closes.
fn swallow_and_stay(tcp: TcpStream) {
    let kept = tcp.try_clone().unwrap();
    swallow(tcp);
    thread::sleep(crate::program::PATIENCE);
    drop(kept);
}

#[test]
fn a_peer_that_takes_nothing_is_given_up() {
    let address = peer(|tcp| {
        thread::sleep(crate::program::PATIENCE);
        drop(tcp);
    });
    let client = dial(address, "--bytes 100000000 --timeout 0.3 --encryption forbid");
    client.assert_failure(1, "no progress for 300ms");
}

#[test]
fn a_wrong_byte_is_found() {
    for wrong in [0, 67, 68, 70_000, 100_067] {
        let address = peer(move |mut tcp| {
            let mut echo = everything(&mut tcp);
            echo[wrong] ^= 1;
            let _ = tcp.write_all(&echo);
        });
        dial(address, "--bytes 100000 --encryption forbid")
            .assert_failure(1, &format!("byte {wrong} of 100068 is wrong"));
    }
}

#[test]
fn a_missing_byte_is_found() {
    let address = peer(|mut tcp| {
        let echo = everything(&mut tcp);
        tcp.write_all(&echo[1..]).unwrap();
    });
    dial(address, "--bytes 1000 --encryption forbid").assert_failure(1, "is wrong");
    let address = peer(|mut tcp| {
        let echo = everything(&mut tcp);
        tcp.write_all(&echo[..echo.len() - 1]).unwrap();
    });
    dial(address, "--bytes 1000 --encryption forbid")
        .assert_failure(1, "the peer closed the connection after 1067 of 1068 bytes");
}

#[test]
fn a_surplus_byte_is_found() {
    let address = peer(|mut tcp| {
        let echo = everything(&mut tcp);
        tcp.write_all(&echo).unwrap();
        tcp.write_all(b"!").unwrap();
    });
    dial(address, "--bytes 1000 --encryption forbid").assert_failure(1, "more came back than was sent");
}

#[test]
fn a_peer_that_closes_is_dialled_once_more_in_the_other_mode() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let mut first = [0];
        let (mut tcp, _) = listener.accept().unwrap();
        tcp.read_exact(&mut first).unwrap();
        drop(tcp);
        let (mut tcp, _) = listener.accept().unwrap();
        let echo = everything(&mut tcp);
        tcp.write_all(&echo).unwrap();
        tcp.shutdown(Shutdown::Both).unwrap();
        echo
    });
    dial(address, "--bytes 0").assert_success("negotiated: plaintext (redialled)");
    assert!(serving.join().unwrap().starts_with(b"\x13BitTorrent protocol"));
}

#[test]
fn a_silent_peer_is_dialled_again_after_the_answer_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (silent, _) = listener.accept().unwrap();
        let (mut tcp, _) = listener.accept().unwrap();
        let echo = everything(&mut tcp);
        tcp.write_all(&echo).unwrap();
        drop(silent);
    });
    dial(address, "--bytes 0 --answer-timeout 0.2 --timeout 60")
        .assert_success("negotiated: plaintext (redialled)");
    serving.join().unwrap();
}

#[test]
fn a_debug_build_says_that_its_figures_mean_little() {
    let address = peer(|mut tcp| {
        let echo = everything(&mut tcp);
        tcp.write_all(&echo).unwrap();
    });
    let client = dial(address, "--bytes 1000 --encryption forbid");
    client.assert_success("\n1068 bytes came back, ");
    assert_eq!(
        client.stdout.contains("build with --release"),
        cfg!(debug_assertions)
    );
}
