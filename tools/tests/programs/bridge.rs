//! `mse-bridge` between clients and servers of every kind.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_mse::{MseStream, Policy};

use crate::echo::{EchoServer, talk};
use crate::program::{Bridge, INFO_HASH, OTHER_TORRENT, PATIENCE, TORRENT, handshake};

/// A client on one side of a bridge, and the plaintext peer that it is led to on the other.
fn through(bridge: &Bridge, listener: &TcpListener, opening: &[u8]) -> (TcpStream, TcpStream) {
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

fn plaintext_bridge() -> (Bridge, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let bridge = Bridge::to(address, &format!("--outbound forbid --info-hash {TORRENT}"));
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

/// The bodies of tests block, so that the peers need a thread of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_side_may_be_encrypted() {
    let torrent = format!("--info-hash {TORRENT}");
    let rows = [
        // client, bridge, server, what the bridge says
        (
            "forbid",
            "--outbound require",
            "require",
            "inbound: plaintext | outbound: rc4",
        ),
        (
            "require",
            "--inbound require --outbound forbid",
            "forbid",
            "inbound: rc4 | outbound: plaintext",
        ),
        ("require", "", "require", "inbound: rc4 | outbound: rc4"),
        (
            "prefer:header-only",
            "",
            "prefer",
            "inbound: header-only | outbound: rc4",
        ),
        (
            "prefer:header-only",
            "--methods plaintext",
            "prefer",
            "inbound: header-only | outbound: header-only",
        ),
        (
            "forbid",
            "--methods header-only",
            "prefer",
            "inbound: plaintext | outbound: header-only",
        ),
        (
            "forbid",
            "--outbound forbid",
            "prefer",
            "inbound: plaintext | outbound: plaintext",
        ),
        (
            "prefer",
            "",
            "forbid",
            "inbound: rc4 | outbound: plaintext (redialled)",
        ),
        (
            "prefer",
            "--outbound allow",
            "require",
            "inbound: rc4 | outbound: rc4 (redialled)",
        ),
        (
            "prefer",
            "--disguise full",
            "prefer",
            "inbound: rc4 | outbound: rc4",
        ),
        (
            "prefer",
            "--disguise off --answer-timeout 3",
            "prefer",
            "inbound: rc4 | outbound: rc4",
        ),
    ];
    for (client, bridged, served, line) in rows {
        let server = EchoServer::start(served).await;
        let bridge = Bridge::to(server.address, &format!("{torrent} {bridged}"));
        talk(bridge.address, client, INFO_HASH).await.unwrap();
        bridge.expect_line(line);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_bridges_encrypt_between_two_plaintext_ends() {
    let server = EchoServer::start("forbid").await;
    let far = format!("--inbound require --outbound forbid --info-hash {TORRENT}");
    let far = Bridge::to(server.address, &far);
    let near = Bridge::to(far.address, "--inbound forbid --outbound require");
    let mode = talk(near.address, "forbid", INFO_HASH).await.unwrap();
    assert_eq!(mode, "plaintext");
    far.expect_line("inbound: rc4 | outbound: plaintext");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_reported_with_their_cause_and_do_not_end_it() {
    let server = EchoServer::start("require").await;
    let bridge = Bridge::to(
        server.address,
        &format!("--outbound require --timeout 60 --linger off --info-hash {TORRENT} {OTHER_TORRENT}"),
    );
    talk(bridge.address, "require", [0; 20]).await.unwrap_err();
    bridge.expect_line("inbound failed: handshake refused: ");

    // Known to the bridge, but not to the server: the bridge's client is accepted, and then closed.
    talk(bridge.address, "require", [0xFF; 20]).await.unwrap_err();
    bridge.expect_line("inbound: rc4 | outbound failed: ");

    let mut garbage = TcpStream::connect(bridge.address).unwrap();
    garbage.write_all(&[0x42; 8000]).unwrap();
    bridge.expect_line("512 bytes");

    let mut half = TcpStream::connect(bridge.address).unwrap();
    half.write_all(&handshake()[..47]).unwrap();
    drop(half);
    bridge.expect_line("inbound failed: the peer closed the connection");

    let mode = talk(bridge.address, "require", INFO_HASH).await.unwrap();
    assert_eq!(mode, "rc4");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_info_hash_mse_is_closed_at_once_and_plaintext_served() {
    let server = EchoServer::start("forbid").await;
    let bridge = Bridge::to(server.address, "--outbound forbid --timeout 60");
    bridge.expect_line("warning: without --info-hash, no torrent can be served with MSE");
    // Its own answer timeout is shorter than the bridge's; it redials because the bridge has closed.
    let mode = talk(bridge.address, "prefer", INFO_HASH).await.unwrap();
    assert_eq!(mode, "plaintext");
    bridge.expect_line("we forbid MSE");
    talk(bridge.address, "require", INFO_HASH).await.unwrap_err();
}

#[test]
fn it_says_what_is_served_and_what_the_client_needs() {
    let bridge = Bridge::to(closed_port(), &format!("--info-hash {TORRENT} {OTHER_TORRENT}"));
    let torrents = format!("{}, {OTHER_TORRENT}", TORRENT.to_lowercase());
    bridge.expect_line(&format!(
        "MSE is served for {torrents}; plaintext is served for every torrent"
    ));
    bridge.expect_line("allow_multiple_connections_per_ip");
    bridge.expect_line("uTP");
}

#[test]
fn a_refused_target_is_reported() {
    let bridge = Bridge::to(closed_port(), "");
    let mut client = TcpStream::connect(bridge.address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(&handshake()).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    bridge.expect_line("inbound: plaintext | outbound failed: cannot reach the peer: ");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_may_wait_for_step_4_before_its_handshake() {
    let server = EchoServer::start("require").await;
    let bridge = Bridge::to(server.address, &format!("--info-hash {TORRENT}"));
    let tcp = tokio::net::TcpStream::connect(bridge.address).await.unwrap();
    let policy = Policy::full_rc4();
    let mut client = MseStream::connect(tcp, INFO_HASH, "", &policy).await.unwrap();
    let sent = [handshake(), b"and more".to_vec()].concat();
    client.write_all(&sent).await.unwrap();
    client.shutdown().await.unwrap();
    let mut received = Vec::new();
    client.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, sent);
    bridge.expect_line("inbound: rc4 | outbound: rc4");
}

#[test]
fn a_connection_whose_one_end_is_gone_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let bridge = Bridge::to(address, "--outbound forbid --half-open 0.1");
    let (client, mut peer) = through(&bridge, &listener, &handshake());
    drop(client);
    assert_eq!(everything(&mut peer), handshake());
    // The peer keeps its side open, and says nothing. The bridge closes: sooner or later, writing fails.
    let until = Instant::now() + PATIENCE;
    while peer.write_all(b"?").is_ok() {
        assert!(Instant::now() < until, "the connection is still held");
        // Longer than the limit: bytes extend it.
        sleep(Duration::from_millis(300));
    }
}

#[cfg(unix)]
#[test]
fn totals_are_printed_at_the_end_by_mode_and_error() {
    let (mut bridge, listener) = plaintext_bridge();
    let (mut client, mut peer) = through(&bridge, &listener, &handshake());
    let mut opening = [0; 68];
    peer.read_exact(&mut opening).unwrap();
    peer.write_all(&vec![0x55; 240_000]).unwrap();
    client.read_exact(&mut vec![0; 240_000]).unwrap();
    client.write_all(&vec![0x66; 100_000]).unwrap();
    peer.read_exact(&mut vec![0; 100_000]).unwrap();
    // A connection without a handshake.
    let nobody = TcpStream::connect(bridge.address).unwrap();
    nobody.shutdown(Shutdown::Both).unwrap();
    bridge.expect_line("inbound failed");

    // Both connections are still there.
    assert_eq!(bridge.signal("-TERM"), Some(0));
    bridge.expect_line("totals: 2 connections, 1 failed; 0.1 MB sent to peers, 0.2 MB received from peers");
    bridge.expect_line("  inbound plaintext, outbound plaintext: 1 connection, 0.1 MB sent, 0.2 MB received");
    bridge.expect_line("  failed inbound, closed: 1");
}

/// The first line is the first moment that a test can know of.
#[cfg(unix)]
#[test]
fn a_signal_at_any_moment_prints_the_totals() {
    for signal in ["-INT", "-TERM"].repeat(10) {
        let mut bridge = Bridge::to(closed_port(), "");
        assert_eq!(bridge.signal(signal), Some(0), "{signal}");
        bridge.expect_line("totals: 0 connections, 0 failed");
    }
}
