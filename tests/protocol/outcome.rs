//! What a stream says of how it came about.

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_mse::handshake::Established;
use tokio_mse::{Encryption, Mode, MseAcceptor, MseConnector, MseStream, Policy, Role, Skey, resolver_fn};

use crate::deliver::skey;

/// A BitTorrent handshake for the SKEY of these tests.
fn bittorrent_handshake() -> Vec<u8> {
    [
        &b"\x13BitTorrent protocol"[..],
        &[0; 8],
        skey().as_bytes(),
        &[b'1'; 20],
    ]
    .concat()
}

#[tokio::test]
async fn a_claimed_info_hash_is_no_skey_however_the_handshake_is_cut() {
    for cut in [20, 27, 47, 48, 67, 68] {
        let (mut peer, ours) = tokio::io::duplex(4096);
        let handshake = bittorrent_handshake();
        let (first, rest) = handshake.split_at(cut);
        peer.write_all(first).await.unwrap();
        // Takes everything, and knows nothing that it was not asked for.
        let anything = resolver_fn(|_| Some(Skey::from([9; 20])));
        let acceptor = MseAcceptor::default();
        let mut stream = acceptor.accept(ours, anything).await.unwrap();
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
        assert_eq!(stream.negotiated().skey(), None, "cut at {cut}");
        peer.write_all(rest).await.unwrap();
        let mut seen = [0; 68];
        stream.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, *handshake);
    }
}

#[tokio::test]
async fn an_info_hash_that_the_resolver_knew_is_the_skey_however_the_handshake_is_cut() {
    for cut in [20, 47, 48, 68] {
        let (mut peer, ours) = tokio::io::duplex(4096);
        let handshake = bittorrent_handshake();
        let (first, rest) = handshake.split_at(cut);
        peer.write_all(first).await.unwrap();
        let served = skey();
        let acceptor = MseAcceptor::default();
        let accept = acceptor
            .accept(ours, &served)
            .initial_payload(|_| Bytes::from_static(b"ours"));
        let (stream, written) = tokio::join!(accept, peer.write_all(rest));
        written.unwrap();
        assert_eq!(stream.unwrap().negotiated().skey(), Some(&skey()), "cut at {cut}");
    }
}

#[tokio::test]
async fn the_info_hash_of_a_plaintext_attempt_is_not_verified_by_dialling() {
    let (ours, _peer) = tokio::io::duplex(4096);
    let stream = MseStream::connect(ours, skey(), &Policy::plaintext_only())
        .await
        .unwrap();
    assert_eq!(stream.negotiated().skey(), None);
    assert_eq!(
        stream.negotiated().to_string().split(" in ").next(),
        Some("plaintext as initiator")
    );
}

/// As it is read where a plaintext handshake was detected by hand.
#[tokio::test]
async fn a_stream_without_mse_begins_with_what_was_received_and_has_no_verified_skey() {
    for role in [Role::Initiator, Role::Responder] {
        let handshake = bittorrent_handshake();
        let (seen, rest) = handshake.split_at(20);
        let established = Established::without_mse(role, seen.to_vec());
        assert!(established.encrypt.is_none() && established.decrypt.is_none());
        let (mut peer, ours) = tokio::io::duplex(4096);
        peer.write_all(rest).await.unwrap();
        let mut stream = MseStream::from_established(ours, established);
        assert_eq!(stream.negotiated().role(), role);
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
        assert_eq!(stream.negotiated().skey(), None);
        let mut read = [0; 68];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, *handshake);
        stream.write_all(b"ours").await.unwrap();
        let mut answer = [0; 4];
        peer.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ours");
    }
}

#[tokio::test]
async fn mse_verifies_the_skey_at_both_ends() {
    for (policy, mode) in [
        (Policy::full_rc4(), Mode::Rc4),
        (Policy::header_only(), Mode::HeaderOnly),
    ] {
        let (a, b) = tokio::io::duplex(4096);
        let served = skey();
        let dialled = MseStream::connect(a, skey(), &policy);
        let accepted = MseStream::accept(b, &served, &policy);
        let (dialled, accepted) = tokio::join!(dialled, accepted);
        let (dialled, accepted) = (dialled.unwrap(), accepted.unwrap());
        for (negotiated, role) in [
            (dialled.negotiated(), Role::Initiator),
            (accepted.negotiated(), Role::Responder),
        ] {
            assert_eq!((negotiated.role(), negotiated.mode()), (role, mode));
            assert_eq!(negotiated.skey(), Some(&skey()));
            assert_eq!(negotiated.attempts(), 1);
        }
    }
}

#[tokio::test]
async fn a_stream_says_that_it_took_a_redial() {
    // The first peer hangs up. The second answers.
    let mut peers = Vec::new();
    let connector = MseConnector::new(Policy::full_rc4().allow_fallback());
    assert_eq!(connector.policy().encryption(), Encryption::Prefer);
    let stream = connector
        .connect_with(skey(), bittorrent_handshake(), |_| {
            let (ours, theirs) = tokio::io::duplex(4096);
            let first = peers.is_empty();
            peers.push((!first).then_some(theirs));
            std::future::ready(std::io::Result::Ok(ours))
        })
        .await
        .unwrap();
    assert_eq!(peers.len(), 2);
    assert_eq!(stream.negotiated().attempts(), 2);
    assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
    assert!(stream.negotiated().to_string().contains("2 attempts"));
}

#[tokio::test]
async fn a_preset_shows_nothing_to_a_peer_that_hangs_up() {
    for preset in [Policy::full_rc4(), Policy::header_only()] {
        let mut dialled = 0;
        let outcome = MseConnector::new(preset)
            .connect_with(skey(), bittorrent_handshake(), |_| {
                dialled += 1;
                std::future::ready(std::io::Result::Ok(tokio::io::duplex(4096).0))
            })
            .await;
        assert!(outcome.is_err());
        assert_eq!(dialled, 1);
    }
}
