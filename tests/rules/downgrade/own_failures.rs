//! H13: a failure of our own side is not the peer's doing, so nothing is dialled again.

use std::io::{self, ErrorKind};

use tokio::io::DuplexStream;
use tokio_mse::{ConnectError, DialMode, Error, HandshakeError, MseConnector, Role, Step};

use super::answers::BY_THE_PEER;
use super::dial::{
    INFO_HASH, assert_never_redialled, dial, handshake, handshake_error, policies, redials_after, seconds,
};
use super::wire::{Failure, Far, Writes, closed, wire};

const OURS: [ErrorKind; 27] = [
    ErrorKind::NotFound,
    ErrorKind::PermissionDenied,
    ErrorKind::ConnectionRefused,
    ErrorKind::HostUnreachable,
    ErrorKind::NetworkUnreachable,
    ErrorKind::NotConnected,
    ErrorKind::AddrInUse,
    ErrorKind::AddrNotAvailable,
    ErrorKind::NetworkDown,
    ErrorKind::AlreadyExists,
    ErrorKind::WouldBlock,
    ErrorKind::NotADirectory,
    ErrorKind::IsADirectory,
    ErrorKind::ReadOnlyFilesystem,
    ErrorKind::InvalidInput,
    ErrorKind::InvalidData,
    ErrorKind::WriteZero,
    ErrorKind::StorageFull,
    ErrorKind::QuotaExceeded,
    ErrorKind::FileTooLarge,
    ErrorKind::ResourceBusy,
    ErrorKind::Deadlock,
    ErrorKind::ArgumentListTooLong,
    ErrorKind::Interrupted,
    ErrorKind::Unsupported,
    ErrorKind::OutOfMemory,
    ErrorKind::Other,
];

/// What the system calls of a socket report if the network, the permissions or the memory of this machine fail.
#[cfg(target_os = "linux")]
const ERRNOS: [(&str, i32); 12] = [
    ("EPERM", 1),
    ("ENOMEM", 12),
    ("EACCES", 13),
    ("ENFILE", 23),
    ("EMFILE", 24),
    ("ENOBUFS", 105),
    ("EADDRNOTAVAIL", 99),
    ("ENETDOWN", 100),
    ("ENETUNREACH", 101),
    ("EHOSTDOWN", 112),
    ("EHOSTUNREACH", 113),
    ("ENODEV", 19),
];

#[cfg(not(target_os = "linux"))]
const ERRNOS: [(&str, i32); 0] = [];

/// Each with its name.
fn failures() -> Vec<(String, Failure)> {
    let kinds = OURS.map(|kind| (format!("{kind:?}"), Failure::Kind(kind)));
    let errnos = ERRNOS.map(|(name, errno)| (name.into(), Failure::Errno(errno)));
    kinds.into_iter().chain(errnos).collect()
}

/// Dials in `mode` under the policy that would redial. The number of dials.
async fn dials(mode: DialMode, fail: impl Fn(&Far)) -> usize {
    let (near, far) = wire();
    fail(&far);
    let dialled = dial(&MseConnector::new(redials_after(mode)), [near, closed()]).await;
    if dialled.modes.len() == 1 {
        assert_never_redialled(&handshake_error(dialled.outcome));
    }
    dialled.modes.len()
}

const MODES: [DialMode; 2] = [DialMode::Mse, DialMode::Plaintext];

#[tokio::test(start_paused = true)]
async fn h13_a_failure_of_our_own_side_is_no_reason_to_redial() {
    for mode in MODES {
        for (name, failure) in failures() {
            let read = dials(mode, |far| far.reset(failure)).await;
            let written = dials(mode, |far| far.set_writes(Writes::Fail(failure))).await;
            let flushed = dials(mode, |far| far.set_writes(Writes::FlushFails(failure))).await;
            assert_eq!([read, written, flushed], [1; 3], "{name} after {mode}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h13_a_failure_that_the_peer_can_cause_is_one() {
    for mode in MODES {
        for failure in BY_THE_PEER.map(Failure::Kind) {
            let read = dials(mode, |far| far.reset(failure)).await;
            let written = dials(mode, |far| far.set_writes(Writes::Fail(failure))).await;
            let flushed = dials(mode, |far| far.set_writes(Writes::FlushFails(failure))).await;
            assert_eq!([read, written, flushed], [2; 3], "{failure:?} after {mode}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h13_a_transport_that_breaks_its_contract_in_a_write_is_our_own_side() {
    for mode in MODES {
        for writes in [Writes::TakeNothing, Writes::Overlong] {
            assert_eq!(
                dials(mode, |far| far.set_writes(writes)).await,
                1,
                "{writes:?} after {mode}"
            );
        }
    }
}

/// The peer ends the connection, and then something of ours fails as well: a machine whose network goes down.
#[tokio::test(start_paused = true)]
async fn h13_the_first_failure_counts() {
    let unreachable = Failure::Kind(ErrorKind::NetworkUnreachable);
    for mode in MODES {
        let (near, mut far) = wire();
        far.set_writes(Writes::Fail(unreachable));
        far.close();
        let dialled = dial(&MseConnector::new(redials_after(mode)), [near, closed()]).await;
        assert_never_redialled(&dialled.only_error(mode));
    }
}

#[tokio::test(start_paused = true)]
async fn h13_a_dial_that_fails_is_not_repeated() {
    for policy in policies() {
        for kind in [
            ErrorKind::ConnectionRefused,
            ErrorKind::ConnectionReset,
            ErrorKind::TimedOut,
        ] {
            let mut dials = 0;
            let outcome = MseConnector::new(policy.clone())
                .connect_with(INFO_HASH, handshake(1), |_| {
                    dials += 1;
                    std::future::ready(Err::<DuplexStream, _>(io::Error::from(kind)))
                })
                .await;
            assert!(matches!(outcome, Err(ConnectError::Dial(error)) if error.kind() == kind));
            assert_eq!(dials, 1, "{policy}");
        }
    }
}

/// The decision itself, for those who drive the machines by hand.
#[test]
fn h13_the_decision_depends_on_the_peer_alone() {
    let (a, key, payload) = (Role::Initiator, Step::PublicKey, Step::Payload);
    let transport = |kind: ErrorKind| Error::transport(a, key, false, kind.into());
    let mut redialled = vec![
        Error::closed(a, key, false),
        Error::closed(a, payload, false),
        Error::timed_out(a, key, false, seconds(5)),
        Error::refused(a, HandshakeError::PlaintextAnswer),
        Error::refused(a, HandshakeError::NotPlaintext),
    ];
    redialled.extend(BY_THE_PEER.map(transport));
    for error in &redialled {
        assert!(!error.peer_answered(), "{error:?}");
        for (first, next) in [
            (DialMode::Mse, DialMode::Plaintext),
            (DialMode::Plaintext, DialMode::Mse),
        ] {
            let policy = redials_after(first);
            assert_eq!(policy.redial(first, error), Some(next), "{error:?}");
            assert_eq!(policy.redial(next, error), None, "{error:?}");
            assert_eq!(policy.forbid_fallback().redial(first, error), None, "{error:?}");
        }
    }
    let mut never = vec![
        Error::closed(a, Step::Sync, true),
        Error::closed(a, payload, true),
        Error::timed_out(a, Step::Sync, true, seconds(5)),
        Error::transport(a, Step::Sync, true, ErrorKind::ConnectionReset.into()),
        Error::refused(a, HandshakeError::DegenerateKey),
        Error::refused(a, HandshakeError::NoSyncMark),
        Error::refused(a, HandshakeError::SelfConnection),
        Error::refused(a, HandshakeError::AnotherDialler),
    ];
    never.extend(OURS.map(transport));
    never.iter().for_each(assert_never_redialled);
}
