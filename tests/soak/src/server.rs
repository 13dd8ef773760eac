//! The server under load: it echoes every byte of every peer.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy, split};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;
use tokio_mse::{Linger, MseAcceptor, PerAddress, SkeyIndex};
use tokio_util::either::Either;

use crate::network::{Link, Listener};
use crate::report::Report;

/// How long no connection is accepted after that failed.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) const INFO_HASH: [u8; 20] = [0x50; 20];

#[derive(Default)]
pub(crate) struct Counters {
    accepted: AtomicUsize,
    established: AtomicUsize,
    refused: AtomicUsize,
    panicked: AtomicUsize,
}

pub(crate) struct Server {
    counters: Arc<Counters>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(listener: Listener, acceptor: MseAcceptor, linger: Option<Linger>) -> Self {
        Self::start_limited(listener, acceptor, linger, None)
    }

    /// One that shakes hands with no address more often at a time than `limit` says.
    pub(crate) fn start_limited(
        listener: Listener,
        acceptor: MseAcceptor,
        linger: Option<Linger>,
        limit: Option<PerAddress>,
    ) -> Self {
        let counters = Arc::<Counters>::default();
        let task = tokio::spawn(serve(listener, acceptor, linger, limit, Arc::clone(&counters)));
        Self { counters, task }
    }

    /// Connections that were taken up, whatever became of them.
    pub(crate) fn accepted(&self) -> usize {
        self.counters.accepted.load(Ordering::Relaxed)
    }

    /// Waits for every connection to end. The network must be closed already.
    pub(crate) async fn stop(self, report: &mut Report) {
        let ended = matches!(self.task.await, Ok(()));
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let counters = &self.counters;
        report.check("server ended as it should", ended, ended);
        report.note("handshakes that the server began", count(&counters.accepted));
        report.note("  of which established", count(&counters.established));
        report.note("  of which failed with a typed error", count(&counters.refused));
        report.check(
            "connection tasks that panicked",
            count(&counters.panicked),
            count(&counters.panicked) == 0,
        );
    }
}

async fn serve(
    mut listener: Listener,
    acceptor: MseAcceptor,
    linger: Option<Linger>,
    limit: Option<PerAddress>,
    counters: Arc<Counters>,
) {
    let torrents = Arc::new(SkeyIndex::from_iter([INFO_HASH]));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            link = listener.accept() => {
                let link = match link {
                    Ok(Some(link)) => link,
                    Ok(None) => break,
                    Err(_) => {
                        // Descriptors run out, and come back when peers leave.
                        sleep(PAUSE).await;
                        continue;
                    }
                };
                counters.accepted.fetch_add(1, Ordering::Relaxed);
                let permit = match (&limit, address_of(&link)) {
                    (Some(limit), Some(address)) => match limit.enter(address) {
                        None => continue,
                        permit => permit,
                    },
                    _ => None,
                };
                let (acceptor, linger) = (acceptor.clone(), linger.clone());
                let torrents = Arc::clone(&torrents);
                let counters = Arc::clone(&counters);
                connections.spawn(async move {
                    let _permit = permit;
                    echo(link, &acceptor, linger.as_ref(), &torrents, &counters).await;
                });
            }
            Some(ended) = connections.join_next() => count_panic(&ended, &counters),
        }
    }
    while let Some(ended) = connections.join_next().await {
        count_panic(&ended, &counters);
    }
}

fn address_of(link: &Link) -> Option<IpAddr> {
    match link {
        Either::Left(tcp) => tcp.peer_addr().ok().map(|from| from.ip()),
        Either::Right(_) => None,
    }
}

fn count_panic(ended: &Result<(), tokio::task::JoinError>, counters: &Counters) {
    if ended.is_err() {
        counters.panicked.fetch_add(1, Ordering::Relaxed);
    }
}

async fn echo(
    link: Link,
    acceptor: &MseAcceptor,
    linger: Option<&Linger>,
    torrents: &SkeyIndex,
    counters: &Counters,
) {
    let mut handshake = acceptor.accept(link, torrents);
    if let Some(linger) = linger {
        handshake = handshake.linger(linger);
    }
    let Ok(peer) = handshake.await else {
        counters.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    counters.established.fetch_add(1, Ordering::Relaxed);
    let (mut reader, mut writer) = peer.into_split_with(split);
    // A peer that resets the connection is its own affair.
    let _ = copy(&mut reader, &mut writer).await;
    let _ = writer.shutdown().await;
}
