//! An application's own errors together with those of the crate, and the names of roles, modes and methods.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio_mse::{ConnectError, CryptoMethod, DialMode, Error, ErrorKind, HandshakeError, Mode, Role};

/// An error that an application's dialler might return.
#[derive(Debug, PartialEq)]
struct NoRoute {
    tried: u32,
}

impl fmt::Display for NoRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "none of {} transports", self.tried)
    }
}

impl std::error::Error for NoRoute {}

impl From<NoRoute> for io::Error {
    fn from(error: NoRoute) -> Self {
        Self::new(io::ErrorKind::HostUnreachable, error)
    }
}

#[test]
fn a_diallers_own_error_comes_back_as_it_was() {
    let error = ConnectError::Dial(NoRoute { tried: 2 });
    assert!(error.handshake().is_none());
    assert_eq!(error.label(), "dial");
    assert!(!error.to_string().contains("transports"), "{error}");
    assert_eq!(
        error.source().unwrap().downcast_ref(),
        Some(&NoRoute { tried: 2 })
    );
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
    assert_eq!(error.downcast::<NoRoute>().unwrap(), NoRoute { tried: 2 });
}

#[test]
fn a_dial_that_timed_out_names_the_limit() {
    let error = ConnectError::<NoRoute>::DialTimedOut(Duration::from_secs(7));
    assert!(error.handshake().is_none() && error.source().is_none());
    assert_eq!(error.label(), "dial-timed-out");
    assert!(error.to_string().contains("7s"), "{error}");
    let said = error.to_string();
    let error = io::Error::from(error);
    assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::TimedOut, said));
    assert!(Error::from_io(&error).is_none());
}

#[test]
fn a_handshakes_error_passes_through_a_diallers_and_through_io_errors() {
    for refusal in [HandshakeError::BadVc, HandshakeError::AnotherDialler] {
        let error = Error::refused(Role::Initiator, refusal.clone());
        let error = ConnectError::<NoRoute>::from(error);
        let said = error.to_string();
        assert_eq!(error.handshake().unwrap().to_string(), said);
        assert_eq!(error.label(), refusal.label());
        let error = io::Error::from(error);
        assert_eq!(
            (error.kind(), error.to_string()),
            (io::ErrorKind::InvalidData, said)
        );
        assert_eq!(Error::from_io(&error).unwrap().refusal(), Some(&refusal));
        let error = Error::downcast(error).unwrap();
        assert!(matches!(error.kind(), ErrorKind::Refused(same) if *same == refusal));
    }
    let foreign = io::Error::from(io::ErrorKind::NotFound);
    assert!(Error::from_io(&foreign).is_none());
    let foreign = Error::downcast(foreign).unwrap_err();
    assert_eq!(foreign.kind(), io::ErrorKind::NotFound);
}

#[test]
fn roles_modes_and_methods_are_named() {
    assert_eq!(Role::Initiator.to_string(), "initiator");
    assert_eq!(Role::Responder.to_string(), "responder");
    assert_eq!(DialMode::Mse.to_string(), "MSE");
    assert_eq!(DialMode::Plaintext.to_string(), "plaintext");
    assert_eq!(CryptoMethod::Rc4.to_string(), "rc4");
    assert_eq!(CryptoMethod::HeaderOnly.to_string(), "header-only");
    assert_eq!(Mode::Plaintext.to_string(), "plaintext");
    assert_eq!(Mode::from(CryptoMethod::HeaderOnly).to_string(), "header-only");
    assert_eq!(Mode::from(CryptoMethod::Rc4).to_string(), "rc4");
}
