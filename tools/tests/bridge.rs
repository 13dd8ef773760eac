//! `bridge` between clients and servers of every kind.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_mse::{MseStream, Policy};

use crate::program::{INFO_HASH, OTHER_TORRENT, PATIENCE, Server, TORRENT, handshake};

/// A client on one side of a bridge, and the plaintext peer that it is led to on the other.
fn through(bridge: &Server, listener: &TcpListener, opening: &[u8]) -> (TcpStream, TcpStream) {
    let mut client = TcpStream::connect(bridge.address).unwrap();
    client.write_all(opening).unwrap();
    let peer = accept(listener);
    for tcp in [&client, &peer] {
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    }
    (client, peer)
}

/// Waits for the bridge, but not for ever.
fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok((peer, _)) = listener.accept() {
            peer.set_nonblocking(false).unwrap();
            return peer;
        }
        assert!(Instant::now() < until, "the bridge does not dial");
        sleep(Duration::from_millis(5));
    }
}

fn plaintext_bridge() -> (Server, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let bridge = Server::bridge_to(address, &format!("--outbound forbid --info-hash {TORRENT}"));
    (bridge, listener)
}

fn everything(tcp: &mut TcpStream) -> Vec<u8> {
    let mut received = Vec::new();
    tcp.read_to_end(&mut received).unwrap();
    received
}

fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn either_side_may_be_encrypted() {
    let torrent = format!("--info-hash {TORRENT}");
    let rows = [
        // client, bridge, server, what the bridge says
        (
            "--encryption forbid",
            "--outbound require",
            "--encryption require",
            "inbound: plaintext | outbound: rc4",
        ),
        (
            "--encryption require",
            "--inbound require --outbound forbid",
            "--encryption forbid",
            "inbound: rc4 | outbound: plaintext",
        ),
        (
            "--encryption require",
            "",
            "--encryption require",
            "inbound: rc4 | outbound: rc4",
        ),
        (
            "--methods plaintext",
            "",
            "",
            "inbound: header-only | outbound: rc4",
        ),
        (
            "--methods plaintext",
            "--methods plaintext",
            "",
            "inbound: header-only | outbound: header-only",
        ),
        (
            "--encryption forbid",
            "--methods plaintext",
            "",
            "inbound: plaintext | outbound: header-only",
        ),
        (
            "--encryption forbid",
            "--outbound forbid",
            "",
            "inbound: plaintext | outbound: plaintext",
        ),
        (
            "",
            "",
            "--encryption forbid",
            "inbound: rc4 | outbound: plaintext (redialled)",
        ),
        (
            "",
            "--outbound allow",
            "--encryption require",
            "inbound: rc4 | outbound: rc4 (redialled)",
        ),
    ];
    for (client, bridged, served, line) in rows {
        let server = Server::echo_server(served);
        let bridge = Server::bridge_to(server.address, &format!("{torrent} {bridged}"));
        bridge.echo(client).assert_success("100068 bytes came back");
        bridge.expect_line(line);
    }
}

#[test]
fn two_bridges_encrypt_between_two_plaintext_ends() {
    let server = Server::echo_server("--encryption forbid");
    let far = format!("--inbound require --outbound forbid --info-hash {TORRENT}");
    let far = Server::bridge_to(server.address, &far);
    let near = Server::bridge_to(far.address, "--inbound forbid --outbound require");
    near.echo("--encryption forbid")
        .assert_success("negotiated: plaintext\n");
    far.expect_line("inbound: rc4 | outbound: plaintext");
}

#[test]
fn failures_are_told_with_their_step_and_do_not_end_it() {
    let server = Server::echo_server("--encryption require --linger off");
    let bridge = Server::bridge_to(
        server.address,
        &format!("--outbound require --timeout 60 --linger off --info-hash {TORRENT} {OTHER_TORRENT}"),
    );
    let unknown = "00".repeat(20);
    let client = bridge.echo(&format!("--info-hash {unknown}"));
    assert_eq!(client.status, Some(1), "{client:?}");
    bridge.expect_line("inbound failed: handshake refused at HASH('req2', SKEY): the info-hash (SKEY) that the peer asks for is not served");

    // Known to the bridge, but not to the server.
    let client = bridge.echo(&format!("--info-hash {OTHER_TORRENT}"));
    assert_eq!(client.status, Some(1), "{client:?}");
    bridge.expect_line("inbound: rc4 | outbound failed: ");

    let mut garbage = TcpStream::connect(bridge.address).unwrap();
    garbage.write_all(&[0x42; 8000]).unwrap();
    bridge.expect_line("the padding does not end within 512 bytes");

    let mut half = TcpStream::connect(bridge.address).unwrap();
    half.write_all(&handshake()[..47]).unwrap();
    drop(half);
    bridge.expect_line("reading the BitTorrent handshake, after 47 bytes: the client closed");

    bridge.echo("").assert_success("rc4");
}

#[test]
fn a_refused_target_is_reported() {
    let bridge = Server::bridge_to(closed_port(), "");
    let mut client = TcpStream::connect(bridge.address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(&handshake()).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    bridge.expect_line("inbound: plaintext | outbound failed: cannot dial: ");
}

#[test]
fn half_close_passes_through_from_the_client() {
    let (bridge, listener) = plaintext_bridge();
    let (mut client, mut peer) = through(&bridge, &listener, &handshake());
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(everything(&mut peer), [&handshake()[..], b"question"].concat());
    peer.write_all(b"answer").unwrap();
    drop(peer);
    assert_eq!(everything(&mut client), b"answer");
}

#[test]
fn half_close_passes_through_from_the_peer() {
    let (bridge, listener) = plaintext_bridge();
    let (mut client, mut peer) = through(&bridge, &listener, &handshake());
    peer.write_all(b"greeting").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(everything(&mut client), b"greeting");
    client.write_all(b"reply").unwrap();
    drop(client);
    assert_eq!(everything(&mut peer), [&handshake()[..], b"reply"].concat());
}

#[test]
fn a_handshake_without_a_peer_id_is_led_on() {
    let (bridge, listener) = plaintext_bridge();
    let (mut client, mut peer) = through(&bridge, &listener, &handshake()[..48]);
    let mut received = [0; 48];
    peer.read_exact(&mut received).unwrap();
    assert_eq!(received, handshake()[..48]);
    client.write_all(&handshake()[48..]).unwrap();
    drop(client);
    assert_eq!(everything(&mut peer), handshake()[48..]);
}

#[tokio::test]
async fn a_client_may_wait_for_step_4_before_its_handshake() {
    let server = Server::echo_server("--encryption require");
    let bridge = Server::bridge_to(server.address, &format!("--info-hash {TORRENT}"));
    let tcp = tokio::net::TcpStream::connect(bridge.address).await.unwrap();
    let policy = Policy::full_rc4();
    let mut client = MseStream::connect(tcp, INFO_HASH, &policy).await.unwrap();
    let sent = [handshake(), b"and more".to_vec()].concat();
    client.write_all(&sent).await.unwrap();
    client.shutdown().await.unwrap();
    let mut received = Vec::new();
    client.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, sent);
    bridge.expect_line("inbound: rc4 | outbound: rc4");
}

#[cfg(unix)]
#[test]
fn totals_are_told_at_the_end() {
    let (mut bridge, listener) = plaintext_bridge();
    let (mut client, mut peer) = through(&bridge, &listener, &handshake());
    let mut opening = [0; 68];
    peer.read_exact(&mut opening).unwrap();
    peer.write_all(&[0x55; 1000]).unwrap();
    client.read_exact(&mut [0; 1000]).unwrap();
    client.write_all(&[0x66; 300]).unwrap();
    peer.read_exact(&mut [0; 300]).unwrap();
    // Nobody's handshake.
    let nobody = TcpStream::connect(bridge.address).unwrap();
    nobody.shutdown(Shutdown::Both).unwrap();
    bridge.expect_line("inbound failed");

    // Both connections are still there.
    assert_eq!(bridge.terminate(), Some(0));
    bridge.expect_line("totals: 2 connections, 1 failed; 300 bytes there, 1000 bytes back");
}
