//! Both ends of this library.

use mse_tools::check::{Report, Verdict};
use mse_tools::handshake::handshake;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy, split};
use tokio_mse::{MseAcceptor, MseStream, Policy};

use crate::{INFO_HASH, assert_conforms, check_dialler, check_listener, not_held};

/// Echoes every byte, the BitTorrent handshake included.
async fn echo(io: DuplexStream, policy: &str) {
    let acceptor = MseAcceptor::new(policy.parse().unwrap());
    let Ok(incoming) = acceptor.accept(io).await else {
        return;
    };
    if !incoming.skey_hash().matches(&INFO_HASH.into()) {
        incoming.refuse().await;
        return;
    }
    let Ok(peer) = incoming.accept(INFO_HASH, "").await else {
        return;
    };
    let (mut reader, mut writer) = split(peer);
    let _ = copy(&mut reader, &mut writer).await;
    let _ = writer.shutdown().await;
}

/// As a client does: its handshake, the other handshake, a message.
async fn dial(io: DuplexStream, policy: &str) {
    let policy: Policy = policy.parse().unwrap();
    let ours = handshake(&INFO_HASH).to_vec();
    let Ok(mut peer) = MseStream::connect(io, INFO_HASH, ours, &policy).await else {
        return;
    };
    let mut theirs = [0; 68];
    if peer.read_exact(&mut theirs).await.is_err() || theirs[28..48] != INFO_HASH {
        return;
    }
    let _ = peer.write_all(&[0, 0, 0, 1, 2]).await;
    let _ = peer.read_to_end(&mut Vec::new()).await;
}

/// Recommendations count, too.
fn assert_flawless(report: &Report) {
    assert_conforms(report);
    let mut verdicts = report.findings.iter().map(|finding| &finding.verdict);
    assert!(
        verdicts.all(|verdict| matches!(verdict, Verdict::Held | Verdict::Skipped(_))),
        "{}",
        not_held(report)
    );
}

#[tokio::test(start_paused = true)]
async fn our_listener_keeps_all_rules() {
    let report = check_listener(|io| echo(io, "prefer:rc4,header-only")).await;
    assert_flawless(&report);
    assert_eq!(not_held(&report), "");
}

#[tokio::test(start_paused = true)]
async fn our_listener_keeps_all_rules_that_its_policy_leaves() {
    let report = check_listener(|io| echo(io, "require:rc4")).await;
    assert_flawless(&report);
    let verdicts = report.findings.iter().map(|finding| &finding.verdict);
    let skipped = verdicts.filter(|verdict| matches!(verdict, Verdict::Skipped(_)));
    assert_eq!(skipped.count(), 3, "{}", not_held(&report));
}

#[tokio::test(start_paused = true)]
async fn our_dialler_keeps_all_rules() {
    for policy in ["require:rc4", "require:rc4,header-only"] {
        let report = check_dialler(|io| dial(io, policy)).await;
        assert_flawless(&report);
        assert!(report.findings.len() >= mse_tools::check::dialler::CONNECTIONS);
    }
}
