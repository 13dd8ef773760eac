//! H9 for callers of `connect`, `connect_as`, `connect_with` and `dial`: what each attempt speaks, and what is reported
//! afterwards.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::{
    ConnectError, DialMode, Encryption, Error, ErrorKind, Mode, MseAcceptor, MseConnector, MseStream, Policy,
    Role,
};

use crate::support::exchange::skey;
use crate::support::peer::{Cut, End, Peer, fresh, short_padding};
use crate::support::serve::serve;

const HELLO: &str = "the whole BitTorrent handshake, or what stands for it here";

const ENCRYPTIONS: [Encryption; 4] = [
    Encryption::Forbid,
    Encryption::Allow,
    Encryption::Prefer,
    Encryption::Require,
];

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn connector(encryption: Encryption) -> MseConnector {
    MseConnector::new(Policy::default().with_encryption(encryption))
}

fn responder() -> Peer {
    Peer::responder(
        skey(),
        &Policy::full_rc4(),
        "",
        fresh(short_padding()),
        Cut::NEVER,
    )
}

fn hangs_up() -> Peer {
    Peer::saying([], End::Eof)
}

fn unanswered(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Closed) && !error.peer_answered()
}

#[tokio::test(start_paused = true)]
async fn a_handshake_begins_when_it_is_polled() {
    let (near, far) = (responder(), responder());
    let connect = MseConnector::default().connect(near.clone(), skey(), HELLO);
    let accept = MseAcceptor::default().accept(far.clone());
    assert_eq!(near.taken(), b"");
    drop((connect, accept));
    assert_eq!((near.handles(), far.handles()), (1, 1));

    let (a, b) = duplex(4096);
    let connect = MseConnector::default().connect(a, skey(), "");
    let accept = serve(&MseAcceptor::default(), b, skey(), "");
    sleep(seconds(100)).await;
    let (a, b) = tokio::join!(connect, accept);
    a.unwrap();
    b.unwrap();
}

#[tokio::test(start_paused = true)]
async fn h9_an_attempt_speaks_what_it_was_told_whatever_the_policy_dials_first() {
    for encryption in [Encryption::Allow, Encryption::Prefer] {
        let connector = connector(encryption);
        let connect = connector.connect_as(DialMode::Mse, responder(), skey(), "");
        assert_eq!(connect.await.unwrap().negotiated().mode(), Mode::Rc4);

        let peer = Peer::saying(*b"\x13BitTorrent protocol", End::Silence);
        let connect = connector.connect_as(DialMode::Plaintext, peer.clone(), skey(), HELLO);
        assert_eq!(connect.await.unwrap().negotiated().mode(), Mode::Plaintext);
        assert_eq!(peer.taken(), HELLO.as_bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn h9_connect_as_refuses_a_mode_that_the_policy_does_not_allow_before_a_byte_is_sent() {
    for (encryption, refused) in [
        (Encryption::Forbid, DialMode::Mse),
        (Encryption::Require, DialMode::Plaintext),
    ] {
        // It would answer in either mode.
        for peer in [
            responder(),
            Peer::saying(*b"\x13BitTorrent protocol", End::Silence),
        ] {
            let connector = connector(encryption);
            let connect = connector.connect_as(refused, peer.clone(), skey(), HELLO);
            let error = connect.await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::ModeNotAllowed(mode) if *mode == refused));
            assert_eq!(error.label(), "mode-not-allowed");
            assert_eq!((peer.taken(), peer.sent(), peer.handles()), (vec![], 0, 1));
            for encryption in ENCRYPTIONS {
                let policy = Policy::default().with_encryption(encryption);
                assert_eq!(policy.redial(refused, &error), None);
            }
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidInput);
        }
    }
}

/// Only an answer to the payload shows whether the peer speaks plaintext.
#[tokio::test(start_paused = true)]
async fn h9_allow_without_an_initial_payload_is_an_error_before_anything_is_dialled() {
    let no_payload = |error: &Error| matches!(error.kind(), ErrorKind::NoInitialPayload);
    let connector = connector(Encryption::Allow);

    let peer = hangs_up();
    let error = connector.connect(peer.clone(), skey(), "").await.unwrap_err();
    assert!(no_payload(&error) && error.label() == "no-initial-payload");
    assert_eq!(connector.policy().redial(DialMode::Plaintext, &error), None);
    assert_eq!(peer.taken(), b"");

    let dialled = connector.connect_with(skey(), "", |_| async { Err::<Peer, _>("dialled") });
    let error = dialled.await.unwrap_err();
    assert!(no_payload(error.handshake().unwrap()), "{error}");

    let error = connector
        .dial(skey(), "")
        .attempt(peer.clone())
        .await
        .unwrap_err();
    assert!(no_payload(&error));
    assert_eq!(peer.taken(), b"");

    // An MSE attempt needs none.
    let connect = connector.connect_as(DialMode::Mse, responder(), skey(), "");
    connect.await.unwrap();
}

/// The attempts of `connect_with`, whose peers all hang up.
async fn attempts_of_connect_with(connector: &MseConnector) -> Vec<DialMode> {
    let mut attempts = Vec::new();
    let dialled = connector.connect_with(skey(), HELLO, |mode| {
        attempts.push(mode);
        std::future::ready(io::Result::Ok(hangs_up()))
    });
    drop(dialled.await);
    attempts
}

#[tokio::test(start_paused = true)]
async fn h9_redials_by_hand_are_those_of_connect_with() {
    for encryption in ENCRYPTIONS {
        let connector = connector(encryption);
        let expected = attempts_of_connect_with(&connector).await;

        let mut by_policy = Vec::new();
        let mut next = Some(connector.policy().first_mode());
        while let Some(mode) = next.take() {
            by_policy.push(mode);
            if let Err(error) = connector.connect_as(mode, hangs_up(), skey(), HELLO).await {
                next = connector.policy().redial(mode, &error);
            }
        }
        assert_eq!(by_policy, expected, "{encryption}");

        let (mut dial, mut by_dial) = (connector.dial(skey(), HELLO), Vec::new());
        loop {
            by_dial.push(dial.mode());
            if !matches!(dial.attempt(hangs_up()).await, Ok(None)) {
                break;
            }
        }
        assert_eq!(by_dial, expected, "{encryption}");
    }
}

/// A caller that needs more of its dialler than a transport.
#[tokio::test(start_paused = true)]
async fn h9_a_dial_by_hand_counts_attempts_and_time() {
    let mut dial = connector(Encryption::Allow).dial(skey(), HELLO);
    let start = Instant::now();
    sleep(seconds(1)).await;
    assert_eq!(dial.mode(), DialMode::Plaintext);
    assert!(
        dial.attempt(Peer::saying([], End::Silence))
            .await
            .unwrap()
            .is_none()
    );
    sleep(seconds(1)).await;
    assert_eq!(dial.mode(), DialMode::Mse);
    let peer = responder();
    let stream = dial.attempt(peer.clone()).await.unwrap().unwrap();
    assert_eq!(stream.negotiated().attempts(), 2);
    assert_eq!(stream.negotiated().elapsed(), Some(start.elapsed()));
    // Two dials, and ten seconds without an answer.
    assert_eq!(start.elapsed().as_secs(), 12);
    assert_eq!(peer.established().unwrap().received, HELLO.as_bytes());
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted_and_the_time_of_all_of_them_is_reported() {
    let mut peers = vec![responder(), Peer::saying([], End::Silence)];
    let connector = connector(Encryption::Allow).answer_timeout(seconds(5));
    let dialled = connector.connect_with(skey(), HELLO, |_| {
        let peer = peers.pop().unwrap();
        async {
            sleep(seconds(1)).await;
            io::Result::Ok(peer)
        }
    });
    let start = Instant::now();
    let dialled = dialled.await.unwrap();
    let negotiated = dialled.negotiated();
    assert_eq!((negotiated.role(), negotiated.attempts()), (Role::Initiator, 2));
    // A second for each connection, and five without an answer.
    assert_eq!(negotiated.elapsed(), Some(start.elapsed()));
    assert_eq!(start.elapsed().as_secs(), 7);
    let line = negotiated.to_string();
    assert!(
        line.starts_with("rc4 as initiator after 2 attempts in 7.0s"),
        "{line}"
    );
}

/// Neither an error nor anything that can be converted into one.
#[derive(Debug, PartialEq)]
enum NoRoute {
    Banned,
    Unreachable { tried: u32 },
}

#[tokio::test(start_paused = true)]
async fn h9_the_diallers_own_error_is_returned_as_it_is_from_either_attempt() {
    let connector = MseConnector::default();
    let banned = connector.connect_with(skey(), HELLO, |_| {
        std::future::ready(Err::<Peer, _>(NoRoute::Banned))
    });
    let Err(ConnectError::Dial(error)) = banned.await else {
        panic!("it was not dialled");
    };
    assert_eq!(error, NoRoute::Banned);

    let mut tried = 0;
    let gone = connector.connect_with(skey(), HELLO, |_| {
        tried += 1;
        std::future::ready(match tried {
            1 => Ok(hangs_up()),
            _ => Err(NoRoute::Unreachable { tried }),
        })
    });
    let Err(ConnectError::Dial(error)) = gone.await else {
        panic!("the redial was not dialled");
    };
    assert_eq!(error, NoRoute::Unreachable { tried: 2 });

    let connector = MseConnector::new(Policy::full_rc4());
    let refused = connector.connect_with(skey(), HELLO, |_| {
        std::future::ready(Ok::<_, NoRoute>(hangs_up()))
    });
    let Err(ConnectError::Handshake(error)) = refused.await else {
        panic!("it was dialled");
    };
    assert!(unanswered(&error));
}

#[tokio::test(start_paused = true)]
async fn errors_of_dialler_and_handshake_are_one_io_error() {
    async fn dial(reached: Option<Peer>) -> io::Result<()> {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let connector = MseConnector::new(Policy::full_rc4());
        let mut reached = reached.map(Ok).or_else(|| Some(Err(refused())));
        connector
            .connect_with(skey(), HELLO, |_| std::future::ready(reached.take().unwrap()))
            .await?;
        Ok(())
    }
    let error = dial(None).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert!(Error::from_io(&error).is_none());
    let error = dial(Some(hangs_up())).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert!(unanswered(Error::from_io(&error).unwrap()));
    assert!(unanswered(&Error::downcast(error).unwrap()));
}

#[tokio::test(start_paused = true)]
async fn the_initial_payloads_of_both_ends_are_the_first_bytes_of_the_stream() {
    let (a, b) = duplex(4096);
    let policy = Policy::default();
    let connect = MseStream::connect(a, skey(), HELLO, &policy);
    let accept = serve(&MseAcceptor::default(), b, skey(), "the answer");
    let (a, b) = tokio::join!(connect, accept);
    let (mut a, mut b) = (a.unwrap(), b.unwrap());
    let mut read = vec![0; HELLO.len()];
    b.read_exact(&mut read).await.unwrap();
    assert_eq!(read, HELLO.as_bytes());
    let mut read = [0; 10];
    a.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"the answer");
}
