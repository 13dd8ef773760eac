//! What a stream reports about its handshake.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_mse::handshake::Established;
use tokio_mse::{Encryption, Mode, MseAcceptor, MseConnector, MseStream, Policy, Role};

use crate::deliver::{handshake, skey};

fn bittorrent_handshake() -> Vec<u8> {
    handshake([b'1'; 20])
}

#[tokio::test]
async fn a_claimed_info_hash_is_the_skey_once_it_was_accepted_however_the_handshake_is_cut() {
    for cut in [0, 1, 20, 47, 48, 67, 68] {
        let (mut peer, ours) = tokio::io::duplex(4096);
        let handshake = bittorrent_handshake();
        let (first, rest) = handshake.split_at(cut);
        peer.write_all(first).await.unwrap();
        let acceptor = MseAcceptor::default();
        let (incoming, written) = tokio::join!(acceptor.accept(ours), peer.write_all(rest));
        written.unwrap();
        let incoming = incoming.unwrap();
        assert_eq!(incoming.info_hash(), Some([0x42; 20]), "cut at {cut}");
        assert_eq!(incoming.skey_hash(), skey().lookup_hash());
        assert!(!incoming.is_encrypted());
        let mut stream = incoming.accept(skey(), "").await.unwrap();
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
        assert_eq!(stream.negotiated().skey(), Some(&skey()), "cut at {cut}");
        let mut seen = [0; 68];
        stream.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, *handshake);
    }
}

#[tokio::test]
async fn the_info_hash_of_a_plaintext_attempt_is_not_verified_by_dialling() {
    let (ours, _peer) = tokio::io::duplex(4096);
    let policy = Policy::plaintext_only();
    let stream = MseStream::connect(ours, skey(), "", &policy).await.unwrap();
    assert_eq!(stream.negotiated().skey(), None);
    assert_eq!(
        stream.negotiated().to_string().split(" in ").next(),
        Some("plaintext as initiator")
    );
}

/// For callers who drive the detection by hand.
#[tokio::test]
async fn a_stream_without_mse_begins_with_what_was_received_and_has_no_verified_skey() {
    for role in [Role::Initiator, Role::Responder] {
        let handshake = bittorrent_handshake();
        let (seen, rest) = handshake.split_at(20);
        let established = Established::plaintext(role, None, seen.to_vec());
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
        let dialled = MseStream::connect(a, skey(), "", &policy);
        let accepted = MseStream::accept(b, |hash| hash.matches(&skey()).then(skey), &policy);
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
    // The first peer closes, the second does not.
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
async fn a_preset_shows_nothing_to_a_peer_that_closes() {
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
