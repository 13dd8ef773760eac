//! `bridge --socks5` between an unmodified client and peers of every kind.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use fast_socks5::client::{Config, Socks5Stream};
use fast_socks5::{ReplyError, Socks5Command, SocksError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::program::{OTHER_TORRENT, PATIENCE, Server, TORRENT, handshake, run};

type Client = Socks5Stream<TcpStream>;

async fn connect(bridge: &Server, target: SocketAddr) -> Result<Client, SocksError> {
    let (host, port) = (target.ip().to_string(), target.port());
    Socks5Stream::connect(bridge.address, host, port, Config::default()).await
}

/// Sends a handshake and a piece, and hears both again.
async fn echo(client: &mut Client) {
    let sent = [handshake(), vec![0xE7; 100_000]].concat();
    let (mut reader, mut writer) = tokio::io::split(client);
    let mut received = vec![0; sent.len()];
    let exchange = async {
        tokio::try_join!(writer.write_all(&sent), reader.read_exact(&mut received)).unwrap();
    };
    timeout(PATIENCE, exchange).await.unwrap();
    assert!(received == sent);
}

#[tokio::test]
async fn an_unmodified_client_becomes_encrypted() {
    let rows = [
        (
            "require",
            "--encryption require --methods rc4 --linger off",
            "outbound: rc4",
        ),
        (
            "prefer",
            "--encryption require --methods rc4 --linger off",
            "outbound: rc4",
        ),
        (
            "allow",
            "--encryption require --methods rc4 --linger off",
            "outbound: rc4 (redialled)",
        ),
        (
            "prefer",
            "--encryption forbid --linger off",
            "outbound: plaintext (redialled)",
        ),
        (
            "forbid",
            "--encryption forbid --linger off",
            "outbound: plaintext",
        ),
        ("require --methods plaintext", "", "outbound: header-only"),
    ];
    for (outbound, server, said) in rows {
        let server = Server::echo_server(server);
        let bridge = Server::socks5(&format!("--outbound {outbound}"));
        echo(&mut connect(&bridge, server.address).await.unwrap()).await;
        bridge.expect_line(&format!("socks5 to {} | {said}", server.address));
    }
}

#[tokio::test]
async fn a_name_is_resolved_by_the_bridge() {
    let server = Server::echo_server("--encryption require");
    let bridge = Server::socks5("");
    let port = server.address.port();
    let client = Socks5Stream::connect(bridge.address, "localhost".to_owned(), port, Config::default());
    echo(&mut client.await.unwrap()).await;
    bridge.expect_line(&format!("socks5 to localhost:{port} | outbound: rc4"));
}

#[tokio::test]
async fn what_is_not_bittorrent_passes_through_as_it_is() {
    let tracker = TcpListener::bind("127.0.0.1:0").unwrap();
    tracker.set_nonblocking(true).unwrap();
    let target = tracker.local_addr().unwrap();
    let tracker = tokio::net::TcpListener::from_std(tracker).unwrap();
    let bridge = Server::socks5("--outbound require");
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

#[tokio::test]
async fn a_client_hears_what_went_wrong_and_the_next_is_served() {
    let bridge = Server::socks5("--outbound require --timeout 5");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = connect(&bridge, closed).await.err().unwrap();
    assert!(matches!(
        refused,
        SocksError::ReplyError(ReplyError::ConnectionRefused)
    ));
    bridge.expect_line("socks5 failed: ");

    // UDP ASSOCIATE and BIND are not for this.
    let bind = Socks5Stream::connect_raw(
        Socks5Command::TCPBind,
        bridge.address,
        "127.0.0.1".to_owned(),
        1,
        None,
        Config::default(),
    );
    let refused = bind.await.err().unwrap();
    assert!(matches!(
        refused,
        SocksError::ReplyError(ReplyError::CommandNotSupported)
    ));

    // Not for this torrent, and not in plaintext: the client is closed, nothing was shown.
    let server = Server::start(
        "echo_server",
        &format!("--info-hash {OTHER_TORRENT} --encryption require --linger off"),
    );
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

    let server = Server::echo_server("--encryption require");
    echo(&mut connect(&bridge, server.address).await.unwrap()).await;
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
        run("bridge", &format!("{socks5} {other}")).assert_failure(2, "cannot be used with");
    }
    run("bridge", "--socks5 nowhere").assert_failure(2, "HOST:PORT");
}
