//! `mse-probe` against peers that accept everything, something, nothing, or never answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use serde_json::Value;

use crate::echo::EchoServer;
use crate::program::{Ended, TORRENT, handshake, run};

fn probe(target: SocketAddr, arguments: &str) -> Ended {
    run(
        "mse-probe",
        &format!("--connect {target} --info-hash {TORRENT} {arguments}"),
    )
}

fn attempts(target: SocketAddr, arguments: &str) -> (Ended, Vec<Value>) {
    let ended = probe(target, &format!("--json {arguments}"));
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["target"], target.to_string());
    let attempts = report["attempts"].as_array().unwrap().clone();
    let modes: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt["mode"].as_str().unwrap())
        .collect();
    assert_eq!(modes, ["plaintext", "header-only", "rc4"]);
    (ended, attempts)
}

/// The last line, without its first word.
fn recommended(ended: &Ended) -> &str {
    let last = ended.stdout.lines().last().unwrap();
    last.strip_prefix("recommended: ").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recommended_is_the_most_that_the_peer_takes() {
    let rows = [
        ("require", "--encryption require --methods rc4"),
        (
            "require:header-only",
            "--encryption require --methods header-only",
        ),
        ("prefer:header-only", "--encryption prefer --methods header-only"),
        ("forbid", "--encryption forbid"),
    ];
    for (server, expected) in rows {
        let server = EchoServer::start(server).await;
        assert_eq!(recommended(&probe(server.address, "")), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_told_hex_ids_rounded_times_and_what_is_recommended() {
    let server = EchoServer::start("require").await;
    let report: Value = serde_json::from_str(&probe(server.address, "--json").stdout).unwrap();
    assert_eq!(report["recommended"]["encryption"], "require");
    assert_eq!(report["recommended"]["methods"], "rc4");
    let attempt = &report["attempts"][2];
    let peer_id = hex::decode(attempt["peer_id"].as_str().unwrap()).unwrap();
    assert!(peer_id.starts_with(b"-MS0100-"));
    let time = attempt["milliseconds"].to_string();
    let decimals = time.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert!(decimals <= 1, "{time}");
}

/// A peer that does this with every connection.
fn peer(behave: impl Fn(std::net::TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for tcp in listener.incoming() {
            behave(tcp.unwrap());
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mode_of_a_peer_that_takes_all_is_accepted() {
    // It echoes the handshake: the peer id is probe's own.
    let server = EchoServer::start("prefer").await;
    let ended = probe(server.address, "");
    ended.assert_success("rc4");
    assert_eq!(
        ended.stdout.matches("accepted by -MS0100-").count(),
        3,
        "{ended:?}"
    );

    assert_eq!(recommended(&ended), "--encryption prefer --methods rc4");

    let (_, attempts) = attempts(server.address, "");
    for attempt in &attempts {
        assert_eq!(attempt["accepted"], true);
        assert_eq!(attempt["error"], Value::Null);
    }
    assert_eq!(attempts[0]["round_trips"], 1);
    assert_eq!(attempts[0]["pad_b"], Value::Null);
    for mse in &attempts[1..] {
        assert_eq!(mse["round_trips"], 2);
        assert!(mse["segments"].as_u64().unwrap() >= 2);
        // Never empty.
        assert!((1..=512).contains(&mse["pad_b"].as_u64().unwrap()));
        assert!(mse["pad_d"].as_u64().unwrap() <= 512);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_peer_does_not_take_is_named_with_its_step() {
    let server = EchoServer::start("require").await;
    let (ended, attempts) = attempts(server.address, "");
    assert_eq!(ended.status, Some(0));
    let accepted: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt["accepted"].as_bool())
        .collect();
    assert_eq!(accepted, [Some(false), Some(false), Some(true)]);
    assert_eq!(attempts[0]["step"], "Payload");
    assert_eq!(attempts[0]["peer_answered"], false);
    // It has answered with its key, and hangs up on the offer.
    assert_eq!(attempts[1]["step"], "Sync");
    assert_eq!(attempts[1]["peer_answered"], true);
    assert_eq!(attempts[1]["pad_b"], Value::Null);
}

#[test]
fn a_peer_without_mse_is_told_from_one_that_accepts_nothing() {
    let plaintext = peer(|mut tcp| {
        let mut received = [0; 68];
        if tcp.read_exact(&mut received).is_ok() && received.starts_with(b"\x13BitTorrent protocol") {
            tcp.write_all(&handshake()).unwrap();
        }
    });
    let (ended, attempts) = attempts(plaintext, "");
    assert_eq!(ended.status, Some(0));
    assert_eq!(attempts[0]["peer_id"], hex::encode("-XX0000-0123456789ab"));
    assert_eq!(attempts[2]["step"], "PublicKey");
    assert_eq!(attempts[2]["peer_answered"], false);

    let noise = peer(|mut tcp| {
        let _ = tcp.write_all(&[0x5A; 700]);
        let _ = tcp.read_to_end(&mut Vec::new());
    });
    let (ended, attempts) = self::attempts(noise, "");
    assert_eq!(ended.status, Some(1));
    assert_eq!(attempts[0]["step"], "Detect");
    assert_eq!(attempts[2]["step"], "Sync");

    let ended = probe(peer(drop), "");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.contains("accepts nothing"), "{ended:?}");
    assert_eq!(ended.stdout.matches("failed:").count(), 3, "{ended:?}");
    assert!(ended.stdout.lines().all(|line| line.len() <= 80), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_other_torrents_and_closed_ports_end_in_time() {
    let held = std::sync::Mutex::new(Vec::new());
    let silent = peer(move |tcp| held.lock().unwrap().push(tcp));
    let ended = probe(silent, "--timeout 0.2");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert_eq!(ended.stdout.matches("timed out after 200ms").count(), 3);

    let other = EchoServer::serving([0xFF; 20], "require").await;
    let ended = probe(other.address, "");
    assert_eq!(ended.status, Some(1), "{ended:?}");

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = probe(closed, "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("could not be reached: connection refused"),
        "{ended:?}"
    );
}

#[test]
fn wrong_arguments_are_named() {
    run("mse-probe", "").assert_failure(2, "--connect <ADDR>");
    run("mse-probe", &format!("--connect 127.0.0.1 --info-hash {TORRENT}")).assert_failure(2, "HOST:PORT");
    run("mse-probe", "--connect 127.0.0.1:1 --info-hash 00").assert_failure(2, "40 hex digits");
    run("mse-probe", "--help").assert_success("--json");
}
