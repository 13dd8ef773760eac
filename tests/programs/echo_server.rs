//! `echo_server` with `echo_client` in every mode, and with peers that misbehave.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

use crate::program::{Ended, OTHER_TORRENT, PATIENCE, Server, TORRENT, handshake};

fn dial(server: &Server) -> TcpStream {
    let tcp = TcpStream::connect(server.address).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    tcp.set_write_timeout(Some(PATIENCE)).unwrap();
    tcp
}

fn read(tcp: &mut TcpStream, len: usize) -> Vec<u8> {
    let mut received = vec![0; len];
    tcp.read_exact(&mut received).unwrap();
    received
}

#[test]
fn each_pair_of_policies_agrees_on_its_mode() {
    let rows = [
        ("", "", "rc4"),
        ("", "--methods plaintext", "header-only"),
        ("", "--methods plaintext,rc4", "rc4"),
        (
            "--methods plaintext,rc4",
            "--methods rc4,plaintext",
            "header-only",
        ),
        ("", "--encryption forbid", "plaintext"),
        ("", "--encryption allow", "plaintext"),
        ("--encryption require", "--encryption require", "rc4"),
        ("--encryption require", "--encryption allow", "rc4 (redialled)"),
        ("--encryption forbid", "--encryption forbid", "plaintext"),
        (
            "--encryption forbid",
            "--encryption prefer",
            "plaintext (redialled)",
        ),
    ];
    for (served, dialled, mode) in rows {
        let server = Server::echo_server(served);
        server
            .echo(dialled)
            .assert_success(&format!("negotiated: {mode}\n"));
        server.expect_line(&format!(" {}", mode.trim_end_matches(" (redialled)")));
    }
}

#[test]
fn policies_without_a_common_mode_end_at_a_named_step() {
    let rows = [
        (
            "--encryption require",
            "--encryption forbid",
            "the peer closed the connection after 0 of",
            "the peer speaks plaintext BitTorrent, we require MSE",
        ),
        (
            "--encryption forbid",
            "--encryption require",
            "before the public key: it may not speak MSE",
            "the peer does not speak plaintext BitTorrent, we forbid MSE",
        ),
        (
            "--encryption require --methods rc4",
            "--encryption require --methods plaintext",
            "before the end of the padding",
            "the peer offers header-only, we accept rc4",
        ),
    ];
    for (served, dialled, told, logged) in rows {
        let server = Server::echo_server(&format!("{served} --linger off"));
        let client = server.echo(dialled);
        assert_eq!(client.status, Some(1), "{client:?}");
        // A connection that is closed with unread bytes may also end in a reset.
        if !client.stderr.contains("reset") && !client.stderr.contains("roken pipe") {
            client.assert_failure(1, told);
        }
        server.expect_line(logged);
    }
}

#[test]
fn each_disguise_works() {
    let server = Server::echo_server("--disguise full");
    server
        .echo("--disguise full --encryption require")
        .assert_success("negotiated: rc4\n");
    for look in ["none", "off", "exempt", "full"] {
        let client = server.echo(&format!("--disguise {look} --encryption require"));
        client.assert_success("negotiated: rc4\n");
    }
}

#[test]
fn any_length_comes_back() {
    let server = Server::echo_server("");
    for bytes in [0, 1, 65_535, 65_536, 65_537, 3_000_000] {
        let came_back = format!("\n{} bytes came back, ", bytes + 68);
        for mode in ["forbid", "require"] {
            let client = server.echo_bytes(&format!("--encryption {mode}"), bytes);
            client.assert_success(&came_back);
        }
    }
}

#[test]
fn a_wrong_info_hash_is_refused_and_the_client_says_at_which_step() {
    let server = Server::echo_server("--linger off");
    let client = server.echo(&format!("--info-hash {OTHER_TORRENT}"));
    // A connection that is closed with unread bytes may also end in a reset, with the same likely cause.
    client.assert_failure(1, "before the end of the padding: it may not serve the info-hash");
    server.expect_line("the MSE peer wants an info-hash (SKEY) that is not served here");
    let client = server.echo(&format!("--info-hash {OTHER_TORRENT} --encryption forbid"));
    client.assert_failure(1, " after ");
    server.echo("").assert_success("rc4");
}

#[test]
fn every_listed_torrent_is_served() {
    for list in [
        format!("--info-hash {OTHER_TORRENT}"),
        format!("--encryption allow --info-hash {OTHER_TORRENT} {OTHER_TORRENT}"),
    ] {
        let server = Server::echo_server(&list);
        for torrent in [TORRENT, OTHER_TORRENT] {
            server
                .echo(&format!("--info-hash {torrent}"))
                .assert_success("rc4");
        }
    }
}

#[test]
fn a_plaintext_handshake_is_echoed_as_it_comes() {
    let server = Server::echo_server("");
    let mut tcp = dial(&server);
    let (with_info_hash, peer_id) = (&handshake()[..48], &handshake()[48..]);
    for byte in with_info_hash {
        tcp.write_all(&[*byte]).unwrap();
    }
    assert_eq!(read(&mut tcp, 48), with_info_hash);
    tcp.write_all(peer_id).unwrap();
    assert_eq!(read(&mut tcp, 20), peer_id);
}

#[test]
fn everything_is_echoed_after_a_half_close() {
    let server = Server::echo_server("");
    let mut tcp = dial(&server);
    let sent = [handshake(), vec![0xA5; 200_000]].concat();
    tcp.write_all(&sent).unwrap();
    tcp.shutdown(Shutdown::Write).unwrap();
    let mut received = Vec::new();
    tcp.read_to_end(&mut received).unwrap();
    assert!(received == sent);
}

const OPENINGS: [&[u8]; 6] = [
    b"",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x13BitTorrent protocol",
    &[0; 96],
    &[0xFF; 4096],
    &[0x55; 16_000],
];

#[test]
fn bad_peers_do_not_end_it() {
    let server = Server::echo_server("--timeout 0.5 --linger off");
    let mut kept = Vec::new();
    for opening in OPENINGS {
        for is_kept in [false, true] {
            let mut tcp = dial(&server);
            // It may be refused before everything is sent.
            let _ = tcp.write_all(opening);
            if is_kept {
                kept.push(tcp);
            }
        }
    }
    server.expect_line("the peer closed the connection before the first bytes");
    server.expect_line("timed out after 500ms while waiting for");
    server.expect_line("the public key is not in [2, P-2]");
    server.expect_line("the peer's padding does not end within 512 bytes");
    server.echo("").assert_success("rc4");
}

#[test]
fn a_thousand_bad_peers_do_not_end_it() {
    let server = Server::echo_server("--timeout 5");
    let mut kept = Vec::new();
    for (number, opening) in OPENINGS.iter().cycle().take(1000).enumerate() {
        let mut tcp = dial(&server);
        let _ = tcp.write_all(opening);
        if number % 4 == 0 {
            kept.push(tcp);
        }
    }
    server.echo("").assert_success("rc4");
}

#[test]
fn an_address_has_at_most_so_many_connections() {
    let server = Server::echo_server("--per-address 2 --timeout 100");
    let mut kept = vec![dial(&server), dial(&server)];
    let mut refused = dial(&server);
    // Closed at once, or reset.
    assert!(matches!(refused.read(&mut [0]), Ok(0) | Err(_)));
    server.expect_line(" closed: its address has too many connections");
    // A closed connection no longer counts, once the server has seen the close.
    kept.clear();
    server.expect_line("the peer closed the connection before the first bytes");
    let until = Instant::now() + PATIENCE;
    while server.echo("").status != Some(0) {
        assert!(Instant::now() < until, "the limit still holds");
    }
}

#[test]
#[cfg(unix)]
fn it_goes_on_when_descriptors_run_out() {
    let server = Server::echo_server_with_descriptors(32);
    let kept: Vec<_> = (0..60).map(|_| dial(&server)).collect();
    server.expect_line("cannot accept: ");
    drop(kept);
    server.echo("").assert_success("rc4");
}

#[test]
fn a_silent_peer_is_closed_in_time() {
    let server = Server::echo_server("--timeout 0.2");
    let mut tcp = dial(&server);
    assert_eq!(tcp.read(&mut [0]).unwrap(), 0);
    server.expect_line("timed out after 200ms while waiting for the first bytes");
}

#[test]
fn fifty_clients_are_served_at_once() {
    let server = Server::echo_server("--timeout 100");
    let clients: Vec<Ended> = thread::scope(|scope| {
        let modes = ["--encryption forbid", "--methods plaintext", ""];
        let clients = modes.iter().cycle().take(50);
        let clients: Vec<_> = clients.map(|mode| scope.spawn(|| server.echo(mode))).collect();
        clients.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for client in clients {
        client.assert_success("100068 bytes came back");
    }
}
