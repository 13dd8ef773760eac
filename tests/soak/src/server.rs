//! The server under load: it echoes every byte of every peer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy, split};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::sleep;
use tokio_mse::{Error, MseAcceptor, MseStream, SkeyIndex};
use tokio_util::either::Either;

use crate::network::{Link, Listener};
use crate::report::Report;

/// The pause after a failed accept. EMFILE: wait until a descriptor is free.
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
    pub(crate) fn start(listener: Listener, acceptor: MseAcceptor) -> Self {
        Self::start_limited(listener, acceptor, usize::MAX)
    }

    /// One that has at most `per_address` connections with one address.
    pub(crate) fn start_limited(listener: Listener, acceptor: MseAcceptor, per_address: usize) -> Self {
        let counters = Arc::<Counters>::default();
        let task = tokio::spawn(serve(listener, acceptor, per_address, Arc::clone(&counters)));
        Self { counters, task }
    }

    /// How many connections were accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.counters.accepted.load(Ordering::Relaxed)
    }

    /// Waits for every connection to end. The network must be dropped before.
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

async fn serve(mut listener: Listener, acceptor: MseAcceptor, per_address: usize, counters: Arc<Counters>) {
    let torrents = Arc::new(SkeyIndex::from_iter([(INFO_HASH, ())]));
    let mut connections = JoinSet::new();
    let mut by_address: HashMap<IpAddr, usize> = HashMap::new();
    loop {
        tokio::select! {
            link = listener.accept() => {
                let link = match link {
                    Ok(Some(link)) => link,
                    Ok(None) => break,
                    Err(_) => {
                        sleep(PAUSE).await;
                        continue;
                    }
                };
                counters.accepted.fetch_add(1, Ordering::Relaxed);
                let address = address_of(&link);
                if let Some(address) = address {
                    let held = by_address.entry(address).or_default();
                    if *held == per_address {
                        continue;
                    }
                    *held += 1;
                }
                let (acceptor, torrents, counters) =
                    (acceptor.clone(), Arc::clone(&torrents), Arc::clone(&counters));
                connections.spawn(async move {
                    echo(link, &acceptor, &torrents, &counters).await;
                    address
                });
            }
            Some(ended) = connections.join_next() => {
                count_panic(&ended, &counters);
                let address = ended.ok().flatten();
                if let Some(held) = address.and_then(|address| by_address.get_mut(&address)) {
                    *held -= 1;
                }
            }
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

fn count_panic<T>(ended: &Result<T, JoinError>, counters: &Counters) {
    if ended.is_err() {
        counters.panicked.fetch_add(1, Ordering::Relaxed);
    }
}

async fn echo(link: Link, acceptor: &MseAcceptor, torrents: &SkeyIndex, counters: &Counters) {
    let Ok(peer) = shake_hands(link, acceptor, torrents).await else {
        counters.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    counters.established.fetch_add(1, Ordering::Relaxed);
    let (mut reader, mut writer) = peer.into_split_with(split);
    // The peer may reset the connection.
    let _ = copy(&mut reader, &mut writer).await;
    let _ = writer.shutdown().await;
}

async fn shake_hands(
    link: Link,
    acceptor: &MseAcceptor,
    torrents: &SkeyIndex,
) -> Result<MseStream<Link>, Error> {
    let incoming = acceptor.accept(link).await?;
    match torrents.skey(incoming.skey_hash()) {
        Some(skey) => incoming.accept(skey, "").await,
        None => Err(incoming.refuse().await),
    }
}
