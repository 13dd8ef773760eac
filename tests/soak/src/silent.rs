//! Peers that send nothing, or very little, and honest ones among them.

use std::io;
use std::time::{Duration, Instant};

use rand::RngExt;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::network::{Kind, Link, Network};
use crate::progress::Progress;
use crate::report::Report;
use crate::server::Server;
use crate::{Arguments, heap, honest};

/// What a half-open handshake may hold, its task and its end of the transport included.
const MOST_PER_SILENT_PEER: isize = 16 * 1024;

/// Says what this kind of peer says, and keeps the connection.
async fn say_little(link: &mut Link, kind: usize) -> io::Result<()> {
    let random: [u8; 608] = rand::rng().random();
    match kind % 5 {
        0 => Ok(()),
        1 => link.write_all(&random[..1]).await,
        2 => link.write_all(&random[..95]).await,
        // Its key, so that the server's answer waits in the transport, and part of a pad.
        3 => link.write_all(&random[..300]).await,
        _ => link.write_all(b"\x13BitTorrent protoco").await,
    }
}

/// One more byte each, as far as it changes nothing.
async fn trickle(links: &mut [Link]) -> io::Result<()> {
    for (number, link) in links.iter_mut().enumerate() {
        if matches!(number % 5, 1 | 3) {
            link.write_all(b"t").await?;
        }
    }
    Ok(())
}

async fn transfer(
    network: &std::sync::Arc<Network>,
    count: usize,
    bytes: usize,
    progress: &Progress,
) -> (usize, Duration) {
    let start = Instant::now();
    let mut running = JoinSet::new();
    for seed in 0..count {
        let network = std::sync::Arc::clone(network);
        running.spawn(async move { honest::talk(&network, Kind::Tcp, seed, bytes).await });
    }
    let mut succeeded = 0;
    while let Some(ended) = running.join_next().await {
        progress.count("honest peers that transfer", count - running.len(), count);
        succeeded += usize::from(matches!(ended, Ok(Ok(()))));
    }
    (succeeded, start.elapsed())
}

pub(crate) async fn run(
    network: &std::sync::Arc<Network>,
    server: &Server,
    arguments: &Arguments,
    descriptors: u64,
    report: &mut Report,
    progress: &Progress,
) -> io::Result<()> {
    let kind = Kind::for_connections(arguments.silent + arguments.honest, descriptors);
    let (honest, bytes) = (arguments.honest, arguments.bytes);
    let (alone, taken) = transfer(network, honest, bytes, progress).await;
    report.check(
        "honest peers that transferred with nobody else there",
        alone,
        alone == honest,
    );
    report.note("  milliseconds", taken.as_millis());

    let before = (server.accepted(), heap::of_process());
    let mut links = Vec::with_capacity(arguments.silent);
    for number in 0..arguments.silent {
        progress.count("silent peers", number, arguments.silent);
        let mut link = network.dial(kind).await?;
        say_little(&mut link, number).await?;
        links.push(link);
    }
    while server.accepted() < before.0 + arguments.silent {
        sleep(Duration::from_millis(5)).await;
    }
    trickle(&mut links).await?;
    report.note("silent and trickling peers: transport", kind.name());
    report.note("silent and trickling peers held", links.len());
    let (among, taken) = transfer(network, honest, bytes, progress).await;
    report.check("honest peers that transferred among them", among, among == honest);
    report.note("  milliseconds", taken.as_millis());
    trickle(&mut links).await?;

    // Both ends and the server's task, while nothing happens.
    let held = (heap::of_process() - before.1) / arguments.silent.max(1).cast_signed();
    report.check(
        "heap per silent peer, its transport and its task included, bytes",
        held,
        held < MOST_PER_SILENT_PEER,
    );
    Ok(())
}
