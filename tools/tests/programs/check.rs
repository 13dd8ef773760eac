//! `mse-probe check` over real sockets.

use std::net::{SocketAddr, TcpListener};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_mse::{MseStream, Policy};

use crate::echo::EchoServer;
use crate::program::{INFO_HASH, Listening, OTHER_TORRENT, TORRENT, handshake, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_listener_conforms() {
    let server = EchoServer::start("prefer:rc4,header-only").await;
    let torrent = format!("--connect {} --info-hash", server.address);
    let ended = run("mse-probe", &format!("check {torrent} {TORRENT} --dials 0"));
    ended.assert_success("verdict: conforms");
    ended.assert_success("ok        S4.3");
    ended.assert_success("skipped   S3.4");

    let ended = run(
        "mse-probe",
        &format!("check {torrent} magnet:?xt=urn:btih:{TORRENT} --dials 0 --json"),
    );
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["conforms"], true);
    assert_eq!(report["faults"], Value::Array(Vec::new()));
    assert!(report["tests"].as_array().unwrap().len() > 40);

    let ended = run(
        "mse-probe",
        &format!("check {torrent} {OTHER_TORRENT} --timeout 0.5"),
    );
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("verdict: does not conform"), "{ended:?}");
}

/// Dials until nobody listens any more.
async fn dial_for_ever(address: SocketAddr) {
    while let Ok(tcp) = TcpStream::connect(address).await {
        let shaken = MseStream::connect(tcp, INFO_HASH, handshake(), &Policy::full_rc4()).await;
        let Ok(mut peer) = shaken else { continue };
        let mut theirs = [0; 68];
        if peer.read_exact(&mut theirs).await.is_ok() {
            let _ = peer.write_all(&[0, 0, 0, 1, 2]).await;
            let _ = peer.read_to_end(&mut Vec::new()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_dialler_conforms() {
    let arguments = format!("check --listen 127.0.0.1:0 --info-hash {TORRENT}");
    let checking = Listening::start("mse-probe", &arguments);
    tokio::spawn(dial_for_ever(checking.address));
    let (status, stdout) = checking.end();
    assert_eq!(status, Some(0), "{stdout}");
    assert!(stdout.contains("verdict: conforms"), "{stdout}");
}

#[test]
fn a_peer_that_does_not_dial_is_not_waited_for_for_ever() {
    let ended = run(
        "mse-probe",
        &format!("check --listen 127.0.0.1:0 --info-hash {TORRENT} --wait 0.1"),
    );
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended.stdout.contains("the peer did not dial within 100ms"),
        "{ended:?}"
    );
}

#[test]
fn wrong_arguments_are_named() {
    let torrent = format!("--info-hash {TORRENT}");
    run("mse-probe", &format!("check {torrent}")).assert_failure(2, "--connect <ADDR>");
    run("mse-probe", "check --listen 127.0.0.1:0").assert_failure(2, "--info-hash <HASH>");
    let both = format!("check --listen 127.0.0.1:0 --connect 127.0.0.1:1 {torrent}");
    run("mse-probe", &both).assert_failure(2, "cannot be used with");
    run("mse-probe", "check --help").assert_success("Examples");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    run("mse-probe", &format!("check --connect {closed} {torrent}"))
        .assert_failure(3, "could not be reached");
}
