//! R5 and H5: a plaintext handshake only claims an info-hash. It is reported as the SKEY only if the caller serves it.

use rand::RngExt;
use rand::rngs::ChaCha20Rng;
use tokio::io::AsyncReadExt;
use tokio_mse::{HandshakeError, Mode, MseAcceptor, MseConnector, MseStream, Policy, Role, Skey};

use crate::support::cases::cases;
use crate::support::exchange::{SKEY, skey};
use crate::support::peer::{Cut, End, Peer, fresh, short_padding};
use crate::support::script::{Script, Scripted, Step};

fn handshake(info_hash: [u8; 20]) -> Vec<u8> {
    [
        b"\x13BitTorrent protocol".as_slice(),
        &[0; 8],
        &info_hash,
        &[b'-'; 20],
    ]
    .concat()
}

/// The segments of 68 bytes, some of them after a wait. What is left comes at once.
fn segments(rng: &mut ChaCha20Rng) -> Vec<Step> {
    let count = rng.random_range(0..80);
    let segment = |_| match rng.random_range(0..4) {
        0 => Step::Pending,
        1 => Step::Move(rng.random_range(1..=68)),
        _ => Step::Move(rng.random_range(1..=3)),
    };
    (0..count).map(segment).collect()
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn h5_r5_a_claimed_info_hash_is_the_skey_only_if_the_caller_serves_it() {
    cases(300, |rng| {
        let known = rng.random();
        let asked = if known { SKEY } else { [0xEE; 20] };
        let io = Scripted::new(Script {
            incoming: handshake(asked),
            reads: segments(rng),
            ..Script::default()
        });
        block_on(async {
            let incoming = MseAcceptor::default().accept(io.clone()).await.unwrap();
            assert!(!incoming.is_encrypted());
            assert_eq!(incoming.info_hash(), Some(asked));
            assert!(incoming.skey_hash().matches(&Skey::from(asked)));
            if !known {
                let error = incoming.refuse().await;
                assert_eq!(error.refusal(), Some(&HandshakeError::UnknownInfoHash));
                assert_eq!(io.written(), b"");
                return;
            }
            let mut peer = incoming.accept(skey(), "ours").await.unwrap();
            let mut read = Vec::new();
            peer.read_to_end(&mut read).await.unwrap();
            let negotiated = peer.negotiated();
            assert_eq!(
                (negotiated.role(), negotiated.mode()),
                (Role::Responder, Mode::Plaintext)
            );
            assert_eq!(negotiated.skey(), Some(&skey()));
            assert_eq!((read, io.written()), (handshake(asked), b"ours".to_vec()));
        });
    });
}

#[tokio::test(start_paused = true)]
async fn r5_a_dialled_plaintext_connection_has_no_verified_skey() {
    for policy in [
        Policy::plaintext_only(),
        Policy::plaintext_only().allow_fallback(),
    ] {
        let answer = Peer::saying(handshake(SKEY), End::Silence);
        let connect = MseConnector::new(policy).connect(answer, skey(), "hello");
        assert_eq!(connect.await.unwrap().negotiated().skey(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn r5_with_mse_both_ends_have_proved_to_know_the_skey() {
    for policy in [Policy::full_rc4(), Policy::header_only()] {
        let padding = || fresh(short_padding());
        let peer = Peer::responder(skey(), &policy, "", padding(), Cut::NEVER);
        let dialled = MseStream::connect(peer, skey(), "", &policy).await.unwrap();
        assert_eq!(dialled.negotiated().skey(), Some(&skey()));
        let peer = Peer::initiator(skey(), &policy, "", padding(), Cut::NEVER);
        let accepted = MseStream::accept(peer, |_| Some(skey()), &policy).await.unwrap();
        assert_eq!(accepted.negotiated().skey(), Some(&skey()));
    }
}
