//! The library's side of every scenario: it dials or accepts, and then exchanges messages.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_mse::{Error, Mode, MseAcceptor, MseConnector, MseStream, Policy, Skey};

use super::segments::{Far, Near, connection};

pub const INFO_HASH: [u8; 20] = [0x71; 20];

/// Pads, and so segments, have random lengths, so every scenario runs more than once.
const ROUNDS: usize = 6;

/// Longer than any scenario takes: two sides that wait for each other are a failure, not a test that hangs.
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
    MseConnector::new(policy)
        .connect(io, INFO_HASH, initial_payload)
        .await
}

pub async fn accept(policy: Policy, io: Near) -> Result<MseStream<Near>, Error> {
    let incoming = MseAcceptor::new(policy).accept(io).await?;
    if incoming.skey_hash() != Skey::from(INFO_HASH).lookup_hash() {
        return Err(incoming.refuse().await);
    }
    incoming.accept(INFO_HASH, our_handshake()).await
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

/// Dials a client that responds like this. It must succeed, in this mode.
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
        let scenario = async { tokio::join!(respond(far), ours) };
        let (theirs, ()) = timeout(STALLED, scenario).await.expect("both sides wait");
        theirs.expect("the emulated client closed");
    }
}

/// Accepts a client that initiates like this. It must succeed, in this mode.
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
        let scenario = async { tokio::join!(initiate(far), ours) };
        let (theirs, ()) = timeout(STALLED, scenario).await.expect("both sides wait");
        theirs.expect("the emulated client closed");
    }
}
