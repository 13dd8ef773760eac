//! Dialling transports that a test has prepared, and asking every policy what it makes of an error.

use std::future::ready;
use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_mse::{ConnectError, DialMode, Encryption, Error, MseAcceptor, MseConnector, MseStream, Policy};

pub(crate) const INFO_HASH: [u8; 20] = [0x5E; 20];

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The 68 bytes of a BitTorrent handshake.
pub(crate) fn handshake(peer_id: u8) -> Vec<u8> {
    [
        &b"\x13BitTorrent protocol"[..],
        &[0; 8],
        &INFO_HASH,
        &[peer_id; 20],
    ]
    .concat()
}

/// A peer's handshake and its first message.
pub(crate) fn handshake_and_unchoke() -> Vec<u8> {
    [handshake(2), vec![0, 0, 0, 1, 1]].concat()
}

pub(crate) fn allow() -> Policy {
    Policy::default().with_encryption(Encryption::Allow)
}

/// The policy that dials with this mode and redials with the other.
pub(crate) fn redials_after(mode: DialMode) -> Policy {
    if mode == DialMode::Plaintext {
        allow()
    } else {
        Policy::default()
    }
}

pub(crate) fn policies() -> [Policy; 4] {
    [
        Policy::plaintext_only(),
        allow(),
        Policy::default(),
        Policy::full_rc4(),
    ]
}

/// What came of a dial, and in which modes it dialled.
#[derive(Debug)]
pub(crate) struct Dialled<T> {
    pub(crate) modes: Vec<DialMode>,
    pub(crate) outcome: Result<MseStream<T>, ConnectError<io::Error>>,
}

/// Dials with our handshake. The attempts get these transports, one after the other.
pub(crate) async fn dial<T>(connector: &MseConnector, transports: impl IntoIterator<Item = T>) -> Dialled<T>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut modes = Vec::new();
    let mut transports = transports.into_iter();
    let outcome = connector
        .connect_with(INFO_HASH, handshake(1), |mode| {
            modes.push(mode);
            ready(
                transports
                    .next()
                    .ok_or_else(|| ErrorKind::ConnectionRefused.into()),
            )
        })
        .await;
    Dialled { modes, outcome }
}

impl<T> Dialled<T> {
    /// The error of a handshake that was the only attempt.
    #[track_caller]
    pub(crate) fn only_error(self, mode: DialMode) -> Error {
        assert_eq!(self.modes, [mode], "it was dialled again");
        handshake_error(self.outcome)
    }

    /// The stream of the only attempt.
    #[track_caller]
    pub(crate) fn only_stream(self, mode: DialMode) -> MseStream<T> {
        assert_eq!(self.modes, [mode], "it was dialled again");
        match self.outcome {
            Ok(stream) => stream,
            Err(error) => panic!("{error}"),
        }
    }
}

#[track_caller]
pub(crate) fn handshake_error<T, E: std::fmt::Debug>(outcome: Result<T, ConnectError<E>>) -> Error {
    match outcome {
        Err(ConnectError::Handshake(error)) => error,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("success"),
    }
}

/// No policy redials after this error, whatever was dialled.
#[track_caller]
pub(crate) fn assert_never_redialled(error: &Error) {
    for policy in policies() {
        for mode in [DialMode::Mse, DialMode::Plaintext] {
            assert_eq!(
                policy.redial(mode, error),
                None,
                "{policy} after {mode}: {error:?}"
            );
        }
    }
}

/// The peer answered, so no policy redials.
#[track_caller]
pub(crate) fn assert_answered(error: &Error) {
    assert!(error.peer_answered(), "{error:?}");
    assert_never_redialled(error);
}

/// Accepts one connection for the torrent and sends this payload.
pub(crate) async fn accept<T>(io: T, payload: Vec<u8>) -> Result<MseStream<T>, Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let incoming = MseAcceptor::new(Policy::default()).accept(io).await?;
    incoming.accept(INFO_HASH, payload).await
}
