//! One connection from the first byte to the first messages.

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_mse::{MseAcceptor, MseConnector, Skey};

use super::recorded::pair;
use crate::observer::flow::Flow;

pub(crate) const INFO_HASH: [u8; 20] = *b"\x42ABCDEFGHIJKLMNOPQR\x99";

pub(crate) fn skey() -> Skey {
    Skey::from(INFO_HASH)
}

/// A BitTorrent handshake of 68 bytes.
pub(crate) fn handshake(peer_id: &[u8; 20]) -> Bytes {
    [
        &b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05"[..],
        &INFO_HASH,
        peer_id,
    ]
    .concat()
    .into()
}

pub(crate) const INITIATOR: &[u8; 20] = b"-TM0100-initiator000";
pub(crate) const RESPONDER: &[u8; 20] = b"-TM0100-responder000";

/// What a responder does with its BitTorrent handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It goes with step 4.
    WithStep4,
    /// It is written when the initiator's was read.
    Later,
}

/// What an observer sees of one connection: handshakes, and a message of five bytes each way.
pub(crate) async fn record(connector: &MseConnector, acceptor: &MseAcceptor, answer: Answer) -> Flow {
    let (a, b, record) = pair();
    let initiator = async {
        let connect = connector.connect(a, skey());
        let mut peer = connect.initial_payload(handshake(INITIATOR)).await.unwrap();
        let mut theirs = [0; 68];
        peer.read_exact(&mut theirs).await.unwrap();
        assert_eq!(theirs[..], handshake(RESPONDER));
        peer.write_all(b"\0\0\0\x01\x02").await.unwrap();
        peer.read_exact(&mut [0; 5]).await.unwrap();
    };
    let responder = async {
        let accept = acceptor.accept(b, skey());
        let mut peer = match answer {
            Answer::WithStep4 => accept.initial_payload(|_| handshake(RESPONDER)).await,
            Answer::Later => accept.await,
        }
        .unwrap();
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
pub(crate) fn record_many(
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
