//! The library's side of every scene: a client that dials or accepts, and talks.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_mse::{Error, Mode, MseAcceptor, MseConnector, MseStream, Policy, Skey, SkeyIndex};

use crate::segments::{Far, Near, connection};

pub const INFO_HASH: [u8; 20] = [0x71; 20];

/// Pads, and so segments, are of random length: every scene is played more than once.
const ROUNDS: usize = 6;

/// Beyond any time that a scene takes: two sides that wait for each other are a failure, not a test that hangs.
const STALLED: Duration = Duration::from_secs(60);

pub fn handshake(peer_id: &[u8; 20]) -> Vec<u8> {
    [&b"\x13BitTorrent protocol"[..], &[0; 8], &INFO_HASH, peer_id].concat()
}

pub fn our_handshake() -> Vec<u8> {
    handshake(b"-the library's side-")
}

pub fn their_handshake() -> Vec<u8> {
    handshake(b"-the emulated side--")
}

pub async fn dial(
    policy: Policy,
    io: Near,
    initial_payload: impl Into<Bytes>,
) -> Result<MseStream<Near>, Error> {
    let connect = MseConnector::new(policy).connect(io, INFO_HASH);
    connect.initial_payload(initial_payload).await
}

pub async fn accept(policy: Policy, io: Near) -> Result<MseStream<Near>, Error> {
    let skeys = SkeyIndex::from_iter([INFO_HASH]);
    let accept = MseAcceptor::new(policy).accept(io, &skeys);
    accept.initial_payload(|_: &Skey| our_handshake().into()).await
}

/// After both BitTorrent handshakes: a message each way.
async fn talk(mut stream: MseStream<Near>) {
    let mut handshake = [0; 68];
    stream.read_exact(&mut handshake).await.unwrap();
    assert_eq!(handshake[..], their_handshake());
    stream.write_all(b"from the library").await.unwrap();
    let mut answer = [0; 18];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"from the emulation");
}

/// We dial a client that responds like this; all has to go well, in this mode.
pub async fn dial_and_talk<F>(policy: Policy, mode: Mode, respond: impl Fn(Far) -> F)
where
    F: Future<Output = Option<()>>,
{
    for _ in 0..ROUNDS {
        let (near, far) = connection();
        let ours = async {
            let stream = dial(policy.clone(), near, our_handshake()).await.unwrap();
            assert_eq!(stream.negotiated().mode(), mode);
            talk(stream).await;
        };
        let scene = async { tokio::join!(respond(far), ours) };
        let (theirs, ()) = timeout(STALLED, scene).await.expect("both sides wait");
        theirs.expect("the emulated client hung up");
    }
}

/// A client that initiates like this dials us; all has to go well, in this mode.
pub async fn accept_and_talk<F>(policy: Policy, mode: Mode, initiate: impl Fn(Far) -> F)
where
    F: Future<Output = Option<()>>,
{
    for _ in 0..ROUNDS {
        let (near, far) = connection();
        let ours = async {
            let stream = accept(policy.clone(), near).await.unwrap();
            assert_eq!(stream.negotiated().mode(), mode);
            talk(stream).await;
        };
        let scene = async { tokio::join!(initiate(far), ours) };
        let (theirs, ()) = timeout(STALLED, scene).await.expect("both sides wait");
        theirs.expect("the emulated client hung up");
    }
}
