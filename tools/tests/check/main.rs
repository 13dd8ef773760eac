//! `mse-probe check` against both ends of this library, and against peers that make one mistake each. Everything is in this
//! process, and time is virtual.

#![allow(clippy::unwrap_used)]

mod backlog;
mod ours;
mod vectors;
mod wrong;

use std::future::Future;
use std::io;
use std::time::Duration;

use mse_tools::check::fault::Fault;
use mse_tools::check::{Connections, Report, Verdict, dialler, listener};
use tokio::io::{DuplexStream, duplex};

const INFO_HASH: [u8; 20] = *b"an info-hash of 20 b";

/// Spawns the peer at the other end of every connection.
struct InProcess<F>(F);

impl<F, P> Connections for InProcess<F>
where
    F: FnMut(DuplexStream) -> P,
    P: Future<Output = ()> + Send + 'static,
{
    type Io = DuplexStream;

    async fn next(&mut self) -> io::Result<DuplexStream> {
        let (ours, theirs) = duplex(64 * 1024);
        tokio::spawn((self.0)(theirs));
        Ok(ours)
    }
}

async fn check_listener<P>(peer: impl FnMut(DuplexStream) -> P) -> Report
where
    P: Future<Output = ()> + Send + 'static,
{
    let options = listener::Options {
        info_hash: INFO_HASH,
        wait: Duration::from_secs(5),
        // Misses once in 10^6.
        dials: 3500,
    };
    listener::check(InProcess(peer), &options, &mut |_| {}).await
}

async fn check_dialler<P>(peer: impl FnMut(DuplexStream) -> P) -> Report
where
    P: Future<Output = ()> + Send + 'static,
{
    let options = dialler::Options {
        info_hash: INFO_HASH,
        wait: Duration::from_secs(5),
    };
    dialler::check(InProcess(peer), &options, &mut |_| {}).await
}

/// Every entry of the table that is not `ok`.
fn not_held(report: &Report) -> String {
    let broken = report
        .findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Held);
    let entries: Vec<_> = broken.map(mse_tools::check::report::entry).collect();
    entries.join("\n")
}

#[track_caller]
fn assert_conforms(report: &Report) {
    assert!(report.conforms(), "{}", not_held(report));
    assert!(report.findings.len() > 20);
}

#[track_caller]
fn assert_named(report: &Report, fault: Fault) {
    let entries = report.findings.iter().map(mse_tools::check::report::entry);
    let text: Vec<_> = entries
        .chain([mse_tools::check::report::summary(report)])
        .collect();
    let too_long = text
        .iter()
        .flat_map(|text| text.lines())
        .find(|line| line.len() > 80);
    assert_eq!(too_long, None, "does not fit on a terminal");
    assert_eq!(report.faults(), [fault], "{}", not_held(report));
    assert!(!report.conforms());
}
