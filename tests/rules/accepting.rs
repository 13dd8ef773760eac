//! `Incoming`: what is known before the caller's decision, and what each decision does.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncWriteExt, duplex};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_mse::{
    CryptoMethod, CryptoMethods, DialMode, Encryption, Error, ErrorKind, HandshakeError, Incoming, Mode,
    MseAcceptor, MseConnector, Policy, Role, Skey, Step,
};

use crate::support::exchange::{SKEY, skey};
use crate::support::peer::{Cut, End, Peer, fresh, short_padding};
use crate::support::spawn::spawn_boxed;

const TEN_SECONDS: Duration = Duration::from_secs(10);

fn plaintext() -> Vec<u8> {
    [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat()
}

/// A peer that offers these methods, or speaks plaintext.
fn peer(offer: Option<CryptoMethods>) -> Peer {
    match offer {
        Some(methods) => {
            let policy = Policy::full_rc4().with_methods(methods);
            Peer::initiator(skey(), &policy, "", fresh(short_padding()), Cut::NEVER)
        }
        None => Peer::saying(plaintext(), End::Silence),
    }
}

fn rc4() -> Peer {
    peer(Some(CryptoMethods::only(CryptoMethod::Rc4)))
}

/// The connection of a peer that the acceptor's policy accepts so far.
fn incoming(policy: &Policy, peer: &Peer) -> Result<Incoming<Peer>, Error> {
    let acceptor = MseAcceptor::new(policy.clone()).no_timeout();
    acceptor.accept(peer.clone()).now_or_never().expect("a hang")
}

fn accept(incoming: Incoming<Peer>) -> Result<Mode, Error> {
    let accepted = incoming.accept(skey(), "ours").now_or_never().expect("a hang");
    accepted.map(|stream| stream.negotiated().mode())
}

#[test]
fn an_incoming_connection_names_what_it_asks_for_before_the_decision() {
    let asked = skey().lookup_hash();
    let encrypted = incoming(&Policy::default(), &rc4()).unwrap();
    assert!(encrypted.is_encrypted());
    assert_eq!((encrypted.skey_hash(), encrypted.info_hash()), (asked, None));
    assert_eq!(encrypted.get_ref().handles(), 1);

    let peer = peer(None);
    let clear = incoming(&Policy::default(), &peer).unwrap();
    assert!(!clear.is_encrypted());
    assert_eq!((clear.skey_hash(), clear.info_hash()), (asked, Some(SKEY)));
    assert_eq!(peer.taken(), b"", "nothing is sent before the decision");
}

#[test]
fn another_skey_than_the_requested_one_is_refused() {
    for peer in [rc4(), peer(None)] {
        let incoming = incoming(&Policy::default(), &peer).unwrap();
        let sent = peer.taken();
        let accepted = incoming.accept([1; 20], "ours").now_or_never().expect("a hang");
        let error = accepted.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WrongSkey), "{error:?}");
        assert_eq!((error.label(), error.role()), ("wrong-skey", Role::Responder));
        assert_eq!(peer.taken(), sent, "the peer is sent nothing more");
        assert_eq!(peer.handles(), 1);
    }
}

#[test]
fn a_refusal_names_the_kind_of_peer_and_sends_nothing() {
    for (peer, refusal, label) in [
        (rc4(), HandshakeError::UnknownSkey, "unknown-skey"),
        (peer(None), HandshakeError::UnknownInfoHash, "unknown-info-hash"),
    ] {
        let incoming = incoming(&Policy::default(), &peer).unwrap();
        let sent = peer.taken();
        let error = incoming.refuse().now_or_never().expect("a hang");
        assert_eq!((error.refusal(), error.label()), (Some(&refusal), label));
        assert_eq!(peer.taken(), sent);
        assert_eq!(peer.handles(), 1);
    }
}

const RC4: CryptoMethods = CryptoMethods::only(CryptoMethod::Rc4);
const HEADER_ONLY: CryptoMethods = CryptoMethods::only(CryptoMethod::HeaderOnly);

/// Every level of encryption, with one method or both in either order.
fn every_policy() -> Vec<Policy> {
    let methods = [
        RC4,
        HEADER_ONLY,
        RC4.then(CryptoMethod::HeaderOnly),
        HEADER_ONLY.then(CryptoMethod::Rc4),
    ];
    let encryptions = [Encryption::Allow, Encryption::Prefer, Encryption::Require];
    let mut policies = vec![Policy::plaintext_only()];
    for encryption in encryptions {
        policies.extend(methods.map(|methods| Policy::new(encryption, methods)));
    }
    policies
}

/// Whether an acceptor with this policy accepts such a peer.
fn admits(policy: &Policy, offer: Option<CryptoMethods>) -> bool {
    incoming(policy, &peer(offer)).is_ok_and(|incoming| accept(incoming).is_ok())
}

#[test]
fn a_connector_and_an_acceptor_with_another_policy_have_that_policy_and_all_else() {
    let policy = Policy::full_rc4();
    let (connector, acceptor) = (MseConnector::default(), MseAcceptor::default());
    for (changed, made) in [
        (
            format!("{:?}", connector.with_policy(policy.clone())),
            format!("{:?}", MseConnector::new(policy.clone())),
        ),
        (
            format!("{:?}", acceptor.with_policy(policy.clone())),
            format!("{:?}", MseAcceptor::new(policy)),
        ),
    ] {
        assert_eq!(changed, made);
    }
    let connector = connector.timeout(TEN_SECONDS * 3).with_policy(Policy::full_rc4());
    assert!(format!("{connector:?}").contains("timeout: Some(30s)"));
}

/// Whatever both accept, and nothing else: it is never wider.
#[test]
fn with_policy_accepts_what_both_policies_accept() {
    let policies = every_policy();
    let offers = [None, Some(RC4), Some(HEADER_ONLY)];
    let admitted: Vec<[bool; 3]> = policies
        .iter()
        .map(|policy| offers.map(|offer| admits(policy, offer)))
        .collect();
    for (outer, by_outer) in policies.iter().zip(&admitted) {
        for (inner, by_inner) in policies.iter().zip(&admitted) {
            for (at, offer) in offers.into_iter().enumerate() {
                let peer = peer(offer);
                let Ok(incoming) = incoming(outer, &peer) else {
                    assert!(!by_outer[at]);
                    continue;
                };
                let accepted = accept(incoming.with_policy(inner)).is_ok();
                let expected = by_outer[at] && by_inner[at];
                assert_eq!(
                    accepted, expected,
                    "{outer} narrowed by {inner}, {offer:?} offered"
                );
            }
        }
    }
}

#[test]
fn with_policy_chooses_by_the_order_of_the_torrents_policy() {
    let both = RC4.then(CryptoMethod::HeaderOnly);
    for (inner, chosen) in [
        (Policy::full_rc4(), Mode::Rc4),
        (Policy::header_only(), Mode::HeaderOnly),
        (Policy::header_only().with_methods(both), Mode::Rc4),
        (
            Policy::header_only().with_methods(HEADER_ONLY.then(CryptoMethod::Rc4)),
            Mode::HeaderOnly,
        ),
    ] {
        let incoming = incoming(&Policy::default(), &peer(Some(both))).unwrap();
        assert_eq!(accept(incoming.with_policy(&inner)).unwrap(), chosen, "{inner}");
    }
}

#[test]
fn a_second_with_policy_narrows_further_and_widens_nothing() {
    let narrow = |peer: &Peer, policies: &[Policy]| {
        let mut incoming = incoming(&Policy::default(), peer).unwrap();
        for policy in policies {
            incoming = incoming.with_policy(policy);
        }
        accept(incoming)
    };
    let (wide, rc4_only, clear) = (Policy::default(), Policy::full_rc4(), Policy::plaintext_only());
    let header_only = Policy::header_only();
    let refused = |outcome: Result<Mode, Error>| outcome.unwrap_err().refusal().unwrap().clone();

    let outcome = narrow(&peer(None), &[rc4_only.clone(), wide.clone()]);
    assert_eq!(refused(outcome), HandshakeError::PlaintextRefused);
    let outcome = narrow(&rc4(), &[clear.clone(), wide.clone()]);
    assert_eq!(refused(outcome), HandshakeError::MseRefused);
    for policies in [
        [header_only.clone(), wide.clone()],
        [wide.clone(), header_only.clone()],
        [header_only.clone(), rc4_only.clone()],
        [rc4_only.clone(), header_only.clone()],
    ] {
        let outcome = narrow(&rc4(), &policies);
        assert!(matches!(refused(outcome), HandshakeError::NoCommonMethod { .. }));
    }
    assert_eq!(narrow(&rc4(), &[wide.clone(), rc4_only]).unwrap(), Mode::Rc4);
    assert_eq!(narrow(&peer(None), &[wide, clear]).unwrap(), Mode::Plaintext);
}

#[test]
fn what_a_torrent_does_not_accept_is_refused_before_our_last_message() {
    for (peer, inner) in [
        (rc4(), Policy::header_only()),
        (rc4(), Policy::plaintext_only()),
        (peer(None), Policy::full_rc4()),
    ] {
        let incoming = incoming(&Policy::default(), &peer).unwrap();
        let sent = peer.taken();
        accept(incoming.with_policy(&inner)).unwrap_err();
        assert_eq!(peer.taken(), sent, "{inner}");
        assert_eq!(peer.handles(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn h7_the_deadline_is_known_and_covers_the_lookup() {
    let start = Instant::now();
    let (near, mut far) = duplex(4096);
    let slow = async {
        sleep(Duration::from_secs(4)).await;
        far.write_all(&plaintext()).await.unwrap();
    };
    let acceptor = MseAcceptor::default().timeout(TEN_SECONDS);
    let ((), incoming) = tokio::join!(slow, acceptor.accept(near));
    let incoming = incoming.unwrap();
    let deadline = incoming.deadline().unwrap();
    assert_eq!(deadline, start + TEN_SECONDS);
    let lookup = timeout_at(deadline, std::future::pending::<Skey>());
    lookup.await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 10);
    drop(incoming);

    let acceptor = MseAcceptor::default().no_timeout();
    let incoming = acceptor.accept(peer(None)).await.unwrap();
    assert_eq!(incoming.deadline(), None);
    sleep(Duration::from_secs(100_000)).await;
    incoming.accept(skey(), "").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn h7_after_the_deadline_accept_fails_at_once_even_if_everything_has_arrived() {
    for (peer, mode) in [(rc4(), DialMode::Mse), (peer(None), DialMode::Plaintext)] {
        let incoming = MseAcceptor::default()
            .timeout(TEN_SECONDS)
            .accept(peer.clone())
            .await
            .unwrap();
        let sent = peer.taken();
        sleep(TEN_SECONDS).await;
        let late = Instant::now();
        let error = incoming.accept(skey(), "ours").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::TimedOut(after) if *after == TEN_SECONDS));
        assert_eq!(error.step(), Step::Skey, "{mode}");
        assert!(error.peer_answered());
        assert!(late.elapsed().is_zero());
        assert_eq!(peer.taken(), sent);
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_handshake_is_reported_on_both_sides() {
    let (near, mut far) = duplex(4096);
    let accept = spawn_boxed(MseAcceptor::default().accept(near));
    sleep(Duration::from_secs(3)).await;
    far.write_all(&plaintext()).await.unwrap();
    let accepted = accept.await.unwrap().unwrap().accept(skey(), "").await.unwrap();
    assert_eq!(accepted.negotiated().elapsed().unwrap().as_secs(), 3);

    let (near, far) = duplex(4096);
    let accept = spawn_boxed(MseAcceptor::default().accept(near));
    sleep(Duration::from_secs(2)).await;
    let dialled = spawn_boxed(MseConnector::default().connect(far, skey(), ""));
    let incoming = accept.await.unwrap().unwrap();
    sleep(Duration::from_secs(1)).await;
    let accepted = incoming.accept(skey(), "").await.unwrap();
    assert_eq!(accepted.negotiated().elapsed().unwrap().as_secs(), 3);
    let dialled = dialled.await.unwrap().unwrap();
    assert_eq!(dialled.negotiated().elapsed().unwrap().as_secs(), 1);
}
