//! `mse-bridge --socks5` between an unmodified client and peers of every kind.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::echo::EchoServer;
use crate::program::{Bridge, PATIENCE, TORRENT, handshake, run};

/// Numbers of RFC 1928.
const CONNECT: u8 = 1;
const BIND: u8 = 2;
const UDP_ASSOCIATE: u8 = 3;
const CONNECTION_REFUSED: u8 = 5;
const COMMAND_NOT_SUPPORTED: u8 = 7;
const ADDRESS_TYPE_NOT_SUPPORTED: u8 = 8;

/// Asks for no authentication, then for this; the connection, or the reply that refuses it. The bytes are those of RFC
/// 1928, written out here: the bridge's own code has no part in them.
async fn ask(bridge: &Bridge, command: u8, address: &[u8], port: u16) -> Result<TcpStream, u8> {
    let mut tcp = TcpStream::connect(bridge.address).await.unwrap();
    // Of two methods, user name and password is one that the bridge does not have.
    tcp.write_all(&[5, 2, 2, 0]).await.unwrap();
    let mut method = [0; 2];
    tcp.read_exact(&mut method).await.unwrap();
    assert_eq!(method, [5, 0]);
    let request = [&[5, command, 0], address, &port.to_be_bytes()].concat();
    tcp.write_all(&request).await.unwrap();
    let mut reply = [0; 4];
    timeout(PATIENCE, tcp.read_exact(&mut reply))
        .await
        .unwrap()
        .unwrap();
    assert_eq!([reply[0], reply[2]], [5, 0]);
    let bound = match reply[3] {
        1 => 4,
        4 => 16,
        other => panic!("an address of type {other}"),
    };
    tcp.read_exact(&mut vec![0; bound + 2]).await.unwrap();
    if reply[1] == 0 { Ok(tcp) } else { Err(reply[1]) }
}

async fn connect(bridge: &Bridge, target: SocketAddr) -> Result<TcpStream, u8> {
    let address = match target.ip() {
        IpAddr::V4(ip) => [&[1], &ip.octets()[..]].concat(),
        IpAddr::V6(ip) => [&[4], &ip.octets()[..]].concat(),
    };
    ask(bridge, CONNECT, &address, target.port()).await
}

/// The address of a name.
fn named(name: &str) -> Vec<u8> {
    [&[3, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat()
}

/// Sends a handshake and a piece, and hears both again.
async fn echo(client: &mut TcpStream) {
    let sent = [handshake(), vec![0xE7; 100_000]].concat();
    let (mut reader, mut writer) = tokio::io::split(client);
    let mut received = vec![0; sent.len()];
    let exchange = async {
        tokio::try_join!(writer.write_all(&sent), reader.read_exact(&mut received)).unwrap();
    };
    timeout(PATIENCE, exchange).await.unwrap();
    assert!(received == sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unmodified_client_becomes_encrypted() {
    let rows = [
        ("require", "require", "outbound: rc4"),
        ("prefer", "require", "outbound: rc4"),
        ("allow", "require", "outbound: rc4 (redialled)"),
        ("prefer", "forbid", "outbound: plaintext (redialled)"),
        ("forbid", "forbid", "outbound: plaintext"),
        ("require --methods plaintext", "prefer", "outbound: header-only"),
    ];
    for (outbound, server, said) in rows {
        let server = EchoServer::start(server).await;
        let bridge = Bridge::socks5(&format!("--outbound {outbound}"));
        echo(&mut connect(&bridge, server.address).await.unwrap()).await;
        bridge.expect_line(&format!("socks5 to {} | {said}", server.address));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_resolved_by_the_bridge() {
    let server = EchoServer::start("require").await;
    let bridge = Bridge::socks5("");
    let port = server.address.port();
    let client = ask(&bridge, CONNECT, &named("localhost"), port).await;
    echo(&mut client.unwrap()).await;
    bridge.expect_line(&format!("socks5 to localhost:{port} | outbound: rc4"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_bittorrent_passes_through_as_it_is() {
    let tracker = TcpListener::bind("127.0.0.1:0").unwrap();
    tracker.set_nonblocking(true).unwrap();
    let target = tracker.local_addr().unwrap();
    let tracker = tokio::net::TcpListener::from_std(tracker).unwrap();
    let bridge = Bridge::socks5("--outbound require");
    // A first byte that is one of the protocol's, too.
    for request in ["GET /announce HTTP/1.1\r\n\r\n", "\x13Bit", "?"] {
        let mut client = connect(&bridge, target).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let (mut tcp, _) = tracker.accept().await.unwrap();
        let mut received = String::new();
        let read = timeout(PATIENCE, tcp.read_to_string(&mut received)).await;
        read.unwrap().unwrap();
        assert_eq!(received, request);
        tcp.write_all(b"answer").await.unwrap();
        drop(tcp);
        let mut answer = String::new();
        let read = timeout(PATIENCE, client.read_to_string(&mut answer)).await;
        read.unwrap().unwrap();
        assert_eq!(answer, "answer");
    }
    bridge.expect_line("not BitTorrent, passed on");
}

/// A mail server, for example.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_first_passes() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::socks5("--outbound require");
    let mut client = connect(&bridge, server.local_addr().unwrap()).await.unwrap();
    let (mut tcp, _) = server.accept().await.unwrap();
    tcp.write_all(b"220 mail.example\r\n").await.unwrap();
    let mut greeting = [0; 18];
    let read = timeout(PATIENCE, client.read_exact(&mut greeting)).await;
    read.unwrap().unwrap();
    assert_eq!(&greeting, b"220 mail.example\r\n");
    client.write_all(b"HELO\r\n").await.unwrap();
    let mut helo = [0; 6];
    let read = timeout(PATIENCE, tcp.read_exact(&mut helo)).await;
    read.unwrap().unwrap();
    assert_eq!(&helo, b"HELO\r\n");
    bridge.expect_line("not BitTorrent, passed on");
}

/// A peer cannot make the bridge show an info-hash by sending a byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_speaks_first_gets_no_plaintext_if_mse_is_required() {
    let peer = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::socks5("--outbound require");
    let mut client = connect(&bridge, peer.local_addr().unwrap()).await.unwrap();
    let (mut tcp, _) = peer.accept().await.unwrap();
    tcp.write_all(b"?").await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'?');
    client.write_all(&handshake()).await.unwrap();
    let mut received = Vec::new();
    let ended = timeout(PATIENCE, tcp.read_to_end(&mut received)).await;
    let _ = ended.unwrap();
    assert_eq!(received, b"");
    bridge.expect_line("the target sent bytes before the BitTorrent handshake");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_is_served_as_an_address_and_as_a_name() {
    let Ok(server) = tokio::net::TcpListener::bind("[::1]:0").await else {
        eprintln!("skipped: no IPv6 here");
        return;
    };
    let address = server.local_addr().unwrap();
    let bridge = Bridge::socks5("");
    let octets = [&[4], &std::net::Ipv6Addr::LOCALHOST.octets()[..]].concat();
    for host in [octets, named("::1"), named("[::1]")] {
        let client = ask(&bridge, CONNECT, &host, address.port()).await;
        assert!(client.is_ok(), "{host:?}");
        server.accept().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_hears_what_went_wrong_and_the_next_is_served() {
    let bridge = Bridge::socks5("--outbound require --timeout 5");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = connect(&bridge, closed).await.err();
    assert_eq!(refused, Some(CONNECTION_REFUSED));
    bridge.expect_line("socks5 failed: ");

    for command in [BIND, UDP_ASSOCIATE, 0, 9] {
        let refused = ask(&bridge, command, &[1, 127, 0, 0, 1], 1).await.err();
        assert_eq!(refused, Some(COMMAND_NOT_SUPPORTED));
    }
    bridge.expect_line("only CONNECT is served");
    let refused = ask(&bridge, CONNECT, &[2], 1).await.err();
    assert_eq!(refused, Some(ADDRESS_TYPE_NOT_SUPPORTED));
    for no_name in ["", "two words", "a:b"] {
        let refused = ask(&bridge, CONNECT, &named(no_name), 1).await.err();
        assert!(refused.is_some(), "{no_name:?}");
    }

    // A client that has nothing to offer but a user name and password.
    let mut tcp = TcpStream::connect(bridge.address).await.unwrap();
    tcp.write_all(&[5, 1, 2]).await.unwrap();
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, tcp.read_to_end(&mut answer)).await.unwrap();
    ended.unwrap();
    assert_eq!(answer, [5, 0xFF]);

    // Not for this torrent, and not in plaintext: the client is closed, nothing was shown.
    let server = EchoServer::serving([0xFF; 20], "require").await;
    let mut client = connect(&bridge, server.address).await.unwrap();
    client.write_all(&handshake()).await.unwrap();
    let ended = timeout(PATIENCE, client.read_u8()).await.unwrap();
    assert!(ended.is_err());
    bridge.expect_line("outbound failed: ");

    // Something else than SOCKS5, and nothing at all.
    let mut tcp = TcpStream::connect(bridge.address).await.unwrap();
    tcp.write_all(&handshake()).await.unwrap();
    let silent = TcpStream::connect(bridge.address).await.unwrap();
    assert!(timeout(PATIENCE, tcp.read_u8()).await.unwrap().is_err());
    tokio::time::sleep(Duration::from_millis(10)).await;
    drop(silent);

    let server = EchoServer::start("require").await;
    echo(&mut connect(&bridge, server.address).await.unwrap()).await;
}

/// A name is printed escaped: it comes from the network, and a log is read on a terminal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_cannot_write_to_the_terminal() {
    let bridge = Bridge::socks5("--timeout 5");
    let refused = ask(&bridge, CONNECT, &named("a\x1b\x07\n.invalid"), 1)
        .await
        .err();
    assert!(refused.is_some());
    bridge.expect_line(r"a\u{1b}\u{7}\n.invalid:1");
}

#[test]
fn socks5_takes_the_place_of_listen_and_connect() {
    let socks5 = "--socks5 127.0.0.1:0";
    for other in [
        "--listen 127.0.0.1:0",
        "--connect 127.0.0.1:1",
        "--inbound allow",
        &format!("--info-hash {TORRENT}"),
    ] {
        run("mse-bridge", &format!("{socks5} {other}")).assert_failure(2, "cannot be used with");
    }
    run("mse-bridge", "--socks5 nowhere").assert_failure(2, "HOST:PORT");
}
