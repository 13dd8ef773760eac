//! R5 and H5, for what is told of a plaintext opening: an info-hash that was merely claimed is never told as verified,
//! whatever the segments in which it came.

use proptest::prelude::*;
use tokio::io::AsyncReadExt;
use tokio_mse::{
    Error, HandshakeError, Incoming, Mode, MseAcceptor, MseConnector, MseStream, Negotiated, Policy, Role,
    Skey,
};

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

/// The segments of 68 bytes, each perhaps after a wait; what is left comes at once.
fn segments() -> impl Strategy<Value = Vec<Step>> {
    let segment = prop_oneof![2 => 1..=3usize, 1 => 1..=68usize].prop_map(Step::Move);
    prop::collection::vec(prop_oneof![3 => segment, 1 => Just(Step::Pending)], 0..80)
}

fn incoming(info_hash: [u8; 20], reads: Vec<Step>) -> Scripted {
    Scripted::new(Script {
        incoming: handshake(info_hash),
        reads,
        ..Script::default()
    })
}

async fn rest(mut peer: MseStream<Scripted>) -> (Negotiated, Vec<u8>) {
    let mut read = Vec::new();
    peer.read_to_end(&mut read).await.unwrap();
    (peer.negotiated().clone(), read)
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

proptest! {
    #[test]
    fn h5_r5_an_info_hash_is_told_only_where_our_own_resolver_knew_it(reads in segments(), known in any::<bool>()) {
        block_on(async {
            let asked = if known { SKEY } else { [0xEE; 20] };
            let acceptor = MseAcceptor::default();

            // Nothing is looked up, and so nothing is verified.
            let accepted = acceptor.accept(incoming(asked, reads.clone()), skey()).await.unwrap();
            let (negotiated, read) = rest(accepted).await;
            assert_eq!((negotiated.role(), negotiated.mode()), (Role::Responder, Mode::Plaintext));
            assert_eq!(negotiated.skey(), None);
            assert_eq!(read, handshake(asked));

            let Incoming::Plaintext(accepted) = acceptor.accept_lazy(incoming(asked, reads.clone())).await.unwrap()
            else {
                panic!("it is plaintext");
            };
            let (negotiated, read) = rest(accepted).await;
            assert_eq!(negotiated.skey(), None);
            assert_eq!(read, handshake(asked));

            // Who has a payload to send has to know for what.
            let io = incoming(asked, reads.clone());
            let accept = acceptor.accept(io.clone(), skey()).initial_payload(|asked: &Skey| {
                assert_eq!(*asked, skey());
                "ours".into()
            });
            match accept.await {
                Ok(accepted) => {
                    assert!(known);
                    let (negotiated, read) = rest(accepted).await;
                    assert_eq!(negotiated.skey(), Some(&skey()));
                    assert_eq!((read, io.written()), (handshake(asked), b"ours".to_vec()));
                }
                Err(error) => {
                    assert!(!known && matches!(error, Error::Refused(HandshakeError::UnknownInfoHash)), "{error}");
                    assert_eq!(io.written(), b"");
                }
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn r5_what_a_plaintext_connection_was_dialled_for_is_not_told_as_verified() {
    for policy in [
        Policy::plaintext_only(),
        Policy::plaintext_only().allow_fallback(),
    ] {
        let answer = Peer::saying(handshake(SKEY), End::Silence);
        let connector = MseConnector::new(policy);
        let connect = connector.connect(answer, skey()).initial_payload("hello");
        assert_eq!(connect.await.unwrap().negotiated().skey(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn r5_with_mse_both_ends_have_proved_to_know_what_is_told() {
    for policy in [Policy::full_rc4(), Policy::header_only()] {
        let padding = || fresh(short_padding());
        let peer = Peer::responder(skey(), &policy, "", padding(), Cut::NEVER);
        let dialled = MseStream::connect(peer, skey(), &policy).await.unwrap();
        assert_eq!(dialled.negotiated().skey(), Some(&skey()));
        let peer = Peer::initiator(skey(), &policy, "", padding(), Cut::NEVER);
        let accepted = MseStream::accept(peer, skey(), &policy).await.unwrap();
        assert_eq!(accepted.negotiated().skey(), Some(&skey()));
    }
}
