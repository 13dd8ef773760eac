//! H9: a mode that the policy refuses is not spoken, whichever method is called with whichever argument.

use std::io;

use tokio::io::DuplexStream;
use tokio_mse::{DialMode, Error, Mode, MseConnector, Policy};

use super::dial::{INFO_HASH, allow, assert_never_redialled, handshake, handshake_error, policies};
use super::wire::wire;
use crate::support::spawn::spawn_boxed;

#[tokio::test(start_paused = true)]
async fn h9_require_sends_no_plaintext_and_forbid_no_mse() {
    for (policy, mode) in [
        (Policy::full_rc4(), DialMode::Plaintext),
        (Policy::header_only(), DialMode::Plaintext),
        (Policy::plaintext_only(), DialMode::Mse),
    ] {
        let (near, far) = wire();
        let connector = MseConnector::new(policy.clone());
        let outcome = connector.connect_as(mode, near, INFO_HASH, handshake(1)).await;
        assert_eq!(far.written(), b"", "{policy} dialled in {mode}");
        let error = outcome.unwrap_err();
        assert!(
            matches!(error.kind(), tokio_mse::ErrorKind::ModeNotAllowed(refused) if *refused == mode),
            "{error:?}"
        );
        assert!(!error.peer_answered());
        assert_never_redialled(&error);
    }
}

/// If the policy has both modes, either can be dialled by hand.
#[tokio::test(start_paused = true)]
async fn h9_a_mode_that_the_policy_redials_with_can_be_dialled_by_hand() {
    for (policy, mode) in [(allow(), DialMode::Mse), (Policy::default(), DialMode::Plaintext)] {
        let (near, mut far) = wire();
        far.deliver(&handshake(2));
        let connector = MseConnector::new(policy.clone());
        let outcome = connector.connect_as(mode, near, INFO_HASH, handshake(1)).await;
        assert_ne!(far.written(), b"", "{policy} dialled in {mode}");
        if mode == DialMode::Plaintext {
            assert_eq!(outcome.unwrap().negotiated().mode(), Mode::Plaintext);
        }
    }
}

/// `Allow` cannot tell whether the peer has answered nothing.
#[tokio::test(start_paused = true)]
async fn h11_allow_without_a_payload_is_an_error_at_once() {
    let started = tokio::time::Instant::now();
    let (near, far) = wire();
    let connector = MseConnector::new(allow());
    let outcome = connector
        .connect_as(DialMode::Plaintext, near, INFO_HASH, Vec::new())
        .await;
    assert_no_initial_payload(&outcome.unwrap_err());
    assert_eq!(far.written(), b"");

    let mut dials = 0;
    let outcome = MseConnector::new(allow())
        .connect_with(INFO_HASH, "", |_| {
            dials += 1;
            std::future::ready(io::Result::Ok(wire().0))
        })
        .await;
    assert_no_initial_payload(&handshake_error(outcome));
    assert_eq!(dials, 0, "there is nothing to dial for");
    assert_eq!(started.elapsed().as_secs(), 0);
}

#[track_caller]
fn assert_no_initial_payload(error: &Error) {
    assert!(
        matches!(error.kind(), tokio_mse::ErrorKind::NoInitialPayload),
        "{error:?}"
    );
    assert!(!error.peer_answered());
    assert_never_redialled(error);
}

/// The others need none: MSE is answered with a key, and after plaintext nothing follows.
#[tokio::test(start_paused = true)]
async fn h11_other_policies_need_no_payload() {
    for policy in policies() {
        if policy == allow() {
            continue;
        }
        let outcome = MseConnector::new(policy.clone())
            .connect_with(INFO_HASH, "", |mode| async move {
                let (near, mut far) = tokio::io::duplex(1 << 16);
                if mode == DialMode::Mse {
                    spawn_boxed(async move {
                        let (responder, key) = crate::downgrade::far_end::read_key(&mut far).await?;
                        tokio::io::AsyncWriteExt::write_all(&mut far, &key).await?;
                        let step_3 = crate::downgrade::far_end::read_step_3(&mut far, responder, Vec::new());
                        let (_, step_4) = step_3.await?;
                        tokio::io::AsyncWriteExt::write_all(&mut far, &step_4).await
                    });
                }
                io::Result::<DuplexStream>::Ok(near)
            })
            .await;
        assert!(outcome.is_ok(), "{policy}");
    }
}
