//! What `connect`, `connect_with` and `accept` return before they are awaited, and what they tell afterwards. H9, by hand:
//! who dials himself has all that `connect_with` has.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::{
    Attempt, ConnectError, Encryption, Error, Incoming, Linger, Mode, MseAcceptor, MseConnector, Policy, Role,
};

use crate::support::exchange::skey;
use crate::support::peer::{Cut, End, Peer, fresh, short_padding};
use crate::support::script::Scripted;

const HELLO: &str = "the whole BitTorrent handshake, or what stands for it here";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
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

#[tokio::test(start_paused = true)]
async fn a_builder_does_nothing_and_its_time_does_not_run_before_it_is_awaited() {
    let io = Scripted::reading([], []);
    let connect = MseConnector::default()
        .connect(io.clone(), skey())
        .initial_payload(HELLO)
        .attempt(Attempt::Mse);
    let accept = MseAcceptor::default()
        .accept(io.clone(), skey())
        .initial_payload(|_| Bytes::new())
        .linger(&Linger::new());
    let lazy = MseAcceptor::default()
        .accept_lazy(io.clone())
        .linger(&Linger::new());
    drop((connect, accept, lazy));
    assert_eq!(io.calls(), []);
    assert_eq!(io.handles(), 1);

    let (a, b) = duplex(4096);
    let connect = MseConnector::default().connect(a, skey()).into_future();
    let accept = MseAcceptor::default().accept(b, skey()).into_future();
    sleep(seconds(100)).await;
    let (a, b) = tokio::join!(connect, accept);
    assert_eq!(
        (
            a.unwrap().negotiated().attempts(),
            b.unwrap().negotiated().attempts()
        ),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn h9_an_attempt_speaks_what_it_was_told_whatever_the_policy_says_first() {
    for encryption in [Encryption::Allow, Encryption::Prefer] {
        let connector = MseConnector::new(Policy::default().with_encryption(encryption));
        let peer = responder();
        let connect = connector.connect(peer, skey()).attempt(Attempt::Mse);
        assert_eq!(connect.await.unwrap().negotiated().mode(), Mode::Rc4);

        let peer = Peer::saying(*b"\x13BitTorrent protocol", End::Silence);
        let connect = connector
            .connect(peer.clone(), skey())
            .attempt(Attempt::Plaintext)
            .initial_payload(HELLO);
        assert_eq!(connect.await.unwrap().negotiated().mode(), Mode::Plaintext);
        assert_eq!(peer.taken(), HELLO.as_bytes());
    }
}

/// What an application does that has to know each connection before the handshake.
#[tokio::test(start_paused = true)]
async fn h9_a_redial_by_hand_is_the_redial_of_connect_with() {
    for encryption in [
        Encryption::Forbid,
        Encryption::Allow,
        Encryption::Prefer,
        Encryption::Require,
    ] {
        let connector = MseConnector::new(Policy::default().with_encryption(encryption));
        let hangs_up = || Peer::saying([], End::Eof);
        let mut by_hand = Vec::new();
        let mut next = Some(connector.policy().first_attempt());
        while let Some(attempt) = next.take() {
            by_hand.push(attempt);
            let connect = connector.connect(hangs_up(), skey()).attempt(attempt);
            if let Err(error) = connect.initial_payload(HELLO).await {
                next = connector.policy().redial(attempt, &error);
            }
        }
        let mut with = Vec::new();
        let dialled = connector.connect_with(skey(), HELLO, |attempt| {
            with.push(attempt);
            std::future::ready(io::Result::Ok(hangs_up()))
        });
        drop(dialled.await);
        assert_eq!(by_hand, with, "{encryption}");
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted_and_the_time_of_all_of_them_is_told() {
    let mut peers = vec![responder(), Peer::saying([], End::Silence)];
    let connector = MseConnector::new(Policy::default().with_encryption(Encryption::Allow));
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
    // A second for each connection, and five for the answer that did not come.
    assert_eq!(negotiated.elapsed(), Some(start.elapsed()));
    assert_eq!(start.elapsed().as_secs(), 7);
    let line = negotiated.to_string();
    assert!(
        line.starts_with("rc4 as initiator after 2 attempts in 7.0s"),
        "{line}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_handshake_is_told_on_both_sides_and_whatever_the_mode() {
    let (near, mut far) = duplex(4096);
    let accept = tokio::spawn(MseAcceptor::default().accept(near, skey()).into_future());
    sleep(seconds(3)).await;
    far.write_all(b"\x13BitTorrent protocol").await.unwrap();
    let accepted = accept.await.unwrap().unwrap();
    assert_eq!(accepted.negotiated().elapsed().unwrap().as_secs(), 3);

    let (near, far) = duplex(4096);
    let accept = tokio::spawn(MseAcceptor::default().accept_lazy(near).into_future());
    sleep(seconds(2)).await;
    let dialled = tokio::spawn(MseConnector::default().connect(far, skey()).into_future());
    let Incoming::Pending(pending) = accept.await.unwrap().unwrap() else {
        panic!("it is MSE");
    };
    sleep(seconds(1)).await;
    let accepted = pending.accept(skey()).await.unwrap();
    assert_eq!(accepted.negotiated().elapsed().unwrap().as_secs(), 3);
    let dialled = dialled.await.unwrap().unwrap();
    assert_eq!(dialled.negotiated().elapsed().unwrap().as_secs(), 1);
}

/// Neither an error nor anything that becomes one.
#[derive(Debug, PartialEq)]
enum NoRoute {
    Banned,
    Unreachable { tried: u32 },
}

#[tokio::test(start_paused = true)]
async fn h9_a_diallers_own_error_comes_back_as_it_is_from_whichever_attempt() {
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
            1 => Ok(Peer::saying([], End::Eof)),
            _ => Err(NoRoute::Unreachable { tried }),
        })
    });
    let Err(ConnectError::Dial(error)) = gone.await else {
        panic!("the redial was not dialled");
    };
    assert_eq!(error, NoRoute::Unreachable { tried: 2 });

    let hangs_up = MseConnector::new(Policy::full_rc4()).connect_with(skey(), HELLO, |_| {
        std::future::ready(Ok::<_, NoRoute>(Peer::saying([], End::Eof)))
    });
    let Err(ConnectError::Handshake(error)) = hangs_up.await else {
        panic!("it was dialled");
    };
    assert!(matches!(error, Error::Closed { answered: false, .. }));
}

#[tokio::test(start_paused = true)]
async fn one_io_error_of_dialler_and_handshake_passes_through_a_question_mark() {
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
    let error = dial(Some(Peer::saying([], End::Eof))).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert!(matches!(
        Error::downcast(error),
        Ok(Error::Closed { answered: false, .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn payloads_of_both_builders_are_the_first_bytes_of_the_stream() {
    let (a, b) = duplex(4096);
    let connect = MseConnector::default().connect(a, skey()).initial_payload(HELLO);
    let accept = MseAcceptor::default()
        .accept(b, skey())
        .initial_payload(|asked| Bytes::copy_from_slice(asked.as_bytes()));
    let (a, b) = tokio::join!(connect.into_future(), accept.into_future());
    let (mut a, mut b) = (a.unwrap(), b.unwrap());
    let mut read = vec![0; HELLO.len()];
    b.read_exact(&mut read).await.unwrap();
    assert_eq!(read, HELLO.as_bytes());
    let mut read = [0; 20];
    a.read_exact(&mut read).await.unwrap();
    assert_eq!(read, skey().as_bytes());
}
