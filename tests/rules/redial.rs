//! H9: how many connections a dial makes, what is sent on each, and what is never sent.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio_mse::{
    ConnectError, CryptoMethod, CryptoMethods, DialMode, Encryption, Error, Mode, MseConnector, MseStream,
    Policy,
};

use crate::support::exchange::skey;
use crate::support::peer::{Cut, End, Peer, fresh, short_padding};

const HELLO: &str = "the whole BitTorrent handshake, or what stands for it here";

const POLICIES: [Encryption; 4] = [
    Encryption::Forbid,
    Encryption::Allow,
    Encryption::Prefer,
    Encryption::Require,
];

const BEFORE_ANSWERING: [End; 4] = [
    End::Eof,
    End::Fail(ErrorKind::ConnectionReset),
    End::Fail(ErrorKind::ConnectionAborted),
    End::Silence,
];

fn policy(encryption: Encryption) -> Policy {
    Policy::new(encryption, CryptoMethods::only(CryptoMethod::Rc4))
}

/// Dials these peers, one for each attempt.
async fn dial(
    policy: Policy,
    peers: &[Peer],
) -> (Vec<DialMode>, Result<MseStream<Peer>, ConnectError<io::Error>>) {
    let mut attempts = Vec::new();
    let mut undialled = peers.iter().cloned();
    let connector = MseConnector::new(policy).timeout(Duration::from_secs(10));
    let outcome = connector
        .connect_with(skey(), HELLO, |attempt| {
            attempts.push(attempt);
            std::future::ready(
                undialled
                    .next()
                    .ok_or_else(|| io::Error::from(ErrorKind::ConnectionRefused)),
            )
        })
        .await;
    (attempts, outcome)
}

fn handshake_error<T>(outcome: Result<MseStream<T>, ConnectError<io::Error>>) -> Error {
    match outcome {
        Err(ConnectError::Handshake(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("success"),
    }
}

fn responder(cut: Cut) -> Peer {
    Peer::responder(skey(), &Policy::full_rc4(), "", fresh(short_padding()), cut)
}

fn hellos(bytes: &[u8]) -> usize {
    bytes
        .windows(HELLO.len())
        .filter(|window| *window == HELLO.as_bytes())
        .count()
}

/// What a policy dials first, and what it dials if the peer does not answer.
const fn expected(encryption: Encryption) -> &'static [DialMode] {
    match encryption {
        Encryption::Forbid => &[DialMode::Plaintext],
        Encryption::Allow => &[DialMode::Plaintext, DialMode::Mse],
        Encryption::Prefer => &[DialMode::Mse, DialMode::Plaintext],
        Encryption::Require => &[DialMode::Mse],
        _ => panic!("no such policy"),
    }
}

#[tokio::test(start_paused = true)]
async fn h9_a_peer_that_never_answers_is_dialled_as_often_as_the_policy_says() {
    for encryption in POLICIES {
        for end in BEFORE_ANSWERING {
            for sent in [0, 1, 95] {
                // Fewer than 96 bytes are no answer to a key, and these are no answer to a plaintext handshake.
                let silent = || Peer::saying(vec![0xAA; sent], end);
                let peers = [silent(), silent(), silent()];
                let (attempts, outcome) = dial(policy(encryption), &peers).await;
                assert_eq!(attempts, expected(encryption), "{encryption:?} {end:?}");
                if attempts.last() == Some(&DialMode::Mse) {
                    let error = handshake_error(outcome);
                    let unanswered = Policy::default().redial(DialMode::Mse, &error);
                    assert_eq!(unanswered, Some(DialMode::Plaintext));
                } else {
                    // A plaintext attempt that nothing can follow awaits no answer.
                    let stream = outcome.unwrap();
                    assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
                    assert_eq!(stream.negotiated().attempts() as usize, attempts.len());
                }
                for (peer, attempt) in peers.iter().zip(&attempts) {
                    let in_plaintext = hellos(&peer.taken());
                    assert_eq!(in_plaintext, usize::from(*attempt == DialMode::Plaintext));
                    if *attempt == DialMode::Plaintext {
                        assert_eq!(peer.taken(), HELLO.as_bytes());
                    } else {
                        assert!((97..=96 + 320).contains(&peer.taken().len()));
                    }
                }
                assert_eq!(peers[2].taken(), b"");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h9_each_attempt_has_a_key_and_padding_of_its_own() {
    let peers = [
        Peer::saying([], End::Eof),
        Peer::saying([], End::Eof),
        Peer::saying([], End::Eof),
    ];
    for peer in &peers {
        let (_, outcome) = dial(policy(Encryption::Require), std::slice::from_ref(peer)).await;
        outcome.unwrap_err();
    }
    let [a, b, c] = peers.map(|peer| peer.taken()[..96].to_vec());
    assert!(a != b && b != c && a != c);
}

#[tokio::test(start_paused = true)]
async fn h9_a_peer_that_fails_after_its_key_is_never_redialled() {
    for encryption in [Encryption::Prefer, Encryption::Require] {
        for end in BEFORE_ANSWERING {
            for sends in [96, 97, 101, 110] {
                let peers = [responder(Cut::sending(sends, end)), Peer::saying([], End::Eof)];
                let (attempts, outcome) = dial(policy(encryption), &peers).await;
                assert_eq!(attempts, [DialMode::Mse], "{encryption:?} {end:?} {sends}");
                let error = handshake_error(outcome);
                assert!(error.peer_answered());
                assert_eq!(Policy::default().redial(DialMode::Mse, &error), None);
                assert_eq!(hellos(&peers[0].taken()), 0);
                assert_eq!(peers[1].taken(), b"");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h9_the_payload_arrives_exactly_once_on_the_path_that_wins() {
    // MSE answers the first attempt.
    for encryption in [Encryption::Prefer, Encryption::Require] {
        let peers = [responder(Cut::NEVER), Peer::saying([], End::Eof)];
        let (attempts, outcome) = dial(policy(encryption), &peers).await;
        assert_eq!(attempts, [DialMode::Mse]);
        assert_eq!(outcome.unwrap().negotiated().attempts(), 1);
        assert_eq!(peers[0].established().unwrap().received, HELLO.as_bytes());
        assert_eq!(hellos(&peers[0].taken()), 0);
    }
    // Plaintext answers the first attempt, with no more than it takes to see that.
    let answer = b"\x13BitTorrent protocol";
    let peers = [Peer::saying(*answer, End::Silence), Peer::saying([], End::Eof)];
    let (attempts, outcome) = dial(policy(Encryption::Allow), &peers).await;
    let stream = outcome.unwrap();
    assert_eq!(attempts, [DialMode::Plaintext]);
    assert_eq!(stream.negotiated().attempts(), 1);
    assert_eq!(&stream.into_parts().unread[..], answer, "the answer is replayed");
    assert_eq!(peers[0].taken(), HELLO.as_bytes());
    // MSE answers the redial.
    for end in BEFORE_ANSWERING {
        let peers = [Peer::saying([], end), responder(Cut::NEVER)];
        let (attempts, outcome) = dial(policy(Encryption::Allow), &peers).await;
        assert_eq!(attempts, [DialMode::Plaintext, DialMode::Mse]);
        let stream = outcome.unwrap();
        assert_eq!(stream.negotiated().mode(), Mode::Rc4);
        assert_eq!(stream.negotiated().attempts(), 2);
        assert_eq!(peers[1].established().unwrap().received, HELLO.as_bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn h9_a_payload_that_is_too_long_for_step_3_arrives_once_too() {
    let long: &'static [u8] = &[9; 1000];
    let peer = responder(Cut::NEVER);
    let connect = MseConnector::default().connect(peer.clone(), skey(), long);
    connect.await.unwrap();
    let mut established = peer.established().unwrap();
    assert_eq!(established.received, long[..68]);
    let mut rest = peer.taken().split_off(peer.taken().len() - (long.len() - 68));
    established.decrypt.as_mut().unwrap().apply(&mut rest);
    assert_eq!(rest, long[68..]);
}

#[tokio::test(start_paused = true)]
async fn h9_a_refused_dial_and_a_forbidden_fallback_are_final() {
    for encryption in POLICIES {
        let (attempts, outcome) = dial(policy(encryption), &[]).await;
        assert_eq!(attempts.len(), 1);
        let Err(ConnectError::Dial(source)) = outcome else {
            panic!("not a dialling error");
        };
        assert_eq!(source.kind(), ErrorKind::ConnectionRefused);

        let peers = [Peer::saying([], End::Eof), Peer::saying([], End::Eof)];
        let (attempts, _) = dial(policy(encryption).forbid_fallback(), &peers).await;
        assert_eq!(attempts, expected(encryption)[..1]);
        assert_eq!(peers[1].taken(), b"");
    }
}

#[tokio::test(start_paused = true)]
async fn h9_require_never_sends_a_byte_that_is_not_of_the_key_exchange() {
    for end in BEFORE_ANSWERING {
        for said in [b"".as_slice(), b"\x13BitTorrent protocol", &[1; 95]] {
            let peers = [Peer::saying(said, end), Peer::saying(said, end)];
            let (attempts, outcome) = dial(policy(Encryption::Require), &peers).await;
            outcome.unwrap_err();
            assert_eq!(attempts, [DialMode::Mse]);
            let taken = peers[0].taken();
            assert!(hellos(&taken) == 0 && !taken.windows(10).any(|some| some == b"BitTorrent"));
            assert_eq!(peers[1].taken(), b"");
        }
    }
}

/// A preset that is named after MSE sends nothing in plaintext.
#[tokio::test(start_paused = true)]
async fn h9_the_presets_that_mean_mse_send_nothing_in_plaintext() {
    for preset in [Policy::full_rc4(), Policy::header_only()] {
        for end in BEFORE_ANSWERING {
            for said in [b"".as_slice(), b"\x13BitTorrent protocol", &[1; 95]] {
                let peers = [Peer::saying(said, end), Peer::saying(said, end)];
                let (attempts, outcome) = dial(preset.clone(), &peers).await;
                let error = handshake_error(outcome);
                assert!(!error.peer_answered(), "{error}");
                assert_eq!(attempts, [DialMode::Mse], "{preset} {end:?}");
                let taken = peers[0].taken();
                assert!(
                    (97..=96 + 320).contains(&taken.len()),
                    "a key and padding, and no more"
                );
                assert_eq!(hellos(&taken), 0);
                assert_eq!(peers[1].taken(), b"");
            }
        }
    }
    // With a fallback, the payload is sent in plaintext: the test above would see it.
    let peers = [Peer::saying([], End::Eof), Peer::saying([], End::Silence)];
    let (attempts, _) = dial(Policy::full_rc4().allow_fallback(), &peers).await;
    assert_eq!(attempts, [DialMode::Mse, DialMode::Plaintext]);
    assert_eq!(hellos(&peers[1].taken()), 1);
}
