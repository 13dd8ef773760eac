//! One connection from the first byte to the first messages.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_mse::{Error, MseAcceptor, MseConnector, MseStream, Skey};

use super::recorded::pair;
use crate::flow::Flow;

pub const INFO_HASH: [u8; 20] = *b"\x42ABCDEFGHIJKLMNOPQR\x99";

pub fn skey() -> Skey {
    Skey::from(INFO_HASH)
}

/// A BitTorrent handshake of 68 bytes.
pub fn handshake(peer_id: &[u8; 20]) -> Bytes {
    [
        &b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05"[..],
        &INFO_HASH,
        peer_id,
    ]
    .concat()
    .into()
}

pub const INITIATOR: &[u8; 20] = b"-TM0100-initiator000";
pub const RESPONDER: &[u8; 20] = b"-TM0100-responder000";

/// What a responder does with its BitTorrent handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It goes with step 4.
    WithStep4,
    /// It is written when the initiator's was read.
    Later,
}

/// Serves one torrent.
pub async fn accept<T: AsyncRead + AsyncWrite + Unpin>(
    acceptor: &MseAcceptor,
    io: T,
    served: Skey,
    payload: impl Into<Bytes>,
) -> Result<MseStream<T>, Error> {
    let incoming = acceptor.accept(io).await?;
    if incoming.skey_hash().matches(&served) {
        incoming.accept(served, payload).await
    } else {
        Err(incoming.refuse().await)
    }
}

/// What an observer sees of one connection: handshakes, and a message of five bytes each way.
pub async fn record(connector: &MseConnector, acceptor: &MseAcceptor, answer: Answer) -> Flow {
    let (a, b, record) = pair();
    let initiator = async {
        let mut peer = connector.connect(a, skey(), handshake(INITIATOR)).await.unwrap();
        let mut theirs = [0; 68];
        peer.read_exact(&mut theirs).await.unwrap();
        assert_eq!(theirs[..], handshake(RESPONDER));
        peer.write_all(b"\0\0\0\x01\x02").await.unwrap();
        peer.read_exact(&mut [0; 5]).await.unwrap();
    };
    let responder = async {
        let payload = match answer {
            Answer::WithStep4 => handshake(RESPONDER),
            Answer::Later => Bytes::new(),
        };
        let mut peer = accept(acceptor, b, skey(), payload).await.unwrap();
        let mut theirs = [0; 68];
        peer.read_exact(&mut theirs).await.unwrap();
        assert_eq!(theirs[..], handshake(INITIATOR));
        if answer == Answer::Later {
            peer.write_all(&handshake(RESPONDER)).await.unwrap();
        }
        peer.read_exact(&mut [0; 5]).await.unwrap();
        peer.write_all(b"\0\0\0\x01\x01").await.unwrap();
    };
    tokio::join!(initiator, responder);
    record.flow()
}

/// Many connections with one connector and one acceptor.
pub fn record_many(
    count: usize,
    connector: &MseConnector,
    acceptor: &MseAcceptor,
    answer: Answer,
) -> Vec<Flow> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut flows = Vec::with_capacity(count);
        for _ in 0..count {
            flows.push(record(connector, acceptor, answer).await);
        }
        flows
    })
}
