//! Many encrypted connections at a time: what each holds while it is idle, and that every one of them works.

use std::io;
use std::mem::size_of;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio_mse::{MseAcceptor, MseConnector, MseStream, Policy, Skey};

use crate::network::{Kind, Link, Network};
use crate::progress::Progress;
use crate::report::Report;
use crate::server::INFO_HASH;
use mse_oracle::heap;

type Pair = (MseStream<Link>, MseStream<Link>);

/// RC4 needs two cipher states of 258 bytes each.
const MOST_PER_END: isize = 2048;

async fn links(count: usize, over_tcp: usize, progress: &Progress) -> io::Result<Vec<(Link, Link)>> {
    let (network, mut listener) = Network::open().await?;
    let mut links = Vec::with_capacity(count);
    for number in 0..count {
        progress.count("connections of the crowd", number, count);
        let kind = if number < over_tcp { Kind::Tcp } else { Kind::Pipe };
        let (near, far) = tokio::join!(network.dial(kind), listener.accept());
        let far = far?.ok_or(io::ErrorKind::ConnectionAborted)?;
        links.push((near?, far));
    }
    Ok(links)
}

async fn shake_hands(near: Link, far: Link) -> io::Result<Pair> {
    let skey = Skey::from(INFO_HASH);
    let connector = MseConnector::new(Policy::full_rc4()).no_timeout();
    let acceptor = MseAcceptor::new(Policy::full_rc4()).no_timeout();
    let accept = async { acceptor.accept(far).await?.accept(skey, "").await };
    let (near, far) = tokio::try_join!(connector.connect(near, INFO_HASH, ""), accept)?;
    Ok((near, far))
}

/// Both ends send and receive at once.
async fn exchange((mut near, mut far): Pair, number: usize) -> io::Result<Pair> {
    let message = number.to_le_bytes().repeat(100);
    let reply: Vec<u8> = message.iter().map(|byte| !byte).collect();
    for _ in 0..2 {
        let (mut at_far, mut at_near) = (vec![0; message.len()], vec![0; reply.len()]);
        tokio::try_join!(near.write_all(&message), far.read_exact(&mut at_far))?;
        tokio::try_join!(far.write_all(&reply), near.read_exact(&mut at_near))?;
        if at_far != message || at_near != reply {
            return Err(io::Error::other("wrong bytes in the crowd"));
        }
    }
    Ok((near, far))
}

async fn all(
    tasks: impl Iterator<Item = impl Future<Output = io::Result<Pair>> + Send + 'static>,
    progress: &Progress,
) -> io::Result<Vec<Pair>> {
    let mut running = JoinSet::new();
    for task in tasks {
        running.spawn(task);
    }
    let mut pairs = Vec::with_capacity(running.len());
    while let Some(ended) = running.join_next().await {
        pairs.push(ended??);
        progress.count(
            "connections that have worked",
            pairs.len(),
            pairs.len() + running.len(),
        );
    }
    Ok(pairs)
}

pub(crate) async fn run(
    connections: usize,
    descriptors: u64,
    report: &mut Report,
    progress: &Progress,
) -> io::Result<()> {
    let over_tcp = connections.min(Kind::most_over_tcp(descriptors));
    report.note("crowd: over loopback TCP, as far as descriptors allow", over_tcp);
    report.note("crowd: over pipes in memory", connections - over_tcp);
    let links = links(connections, over_tcp, progress).await?;
    let bare = heap::of_process();
    let start = Instant::now();
    let pairs = all(
        links.into_iter().map(|(near, far)| shake_hands(near, far)),
        progress,
    )
    .await?;
    let taken = start.elapsed();
    // The vector of pairs has replaced the vector of links. Everything else is on the heap or in the streams.
    let vectors = connections * (size_of::<Pair>() - size_of::<(Link, Link)>());
    let on_heap = heap::of_process() - bare - vectors.cast_signed();
    let per_end = size_of::<MseStream<Link>>() - size_of::<Link>();
    let heap_per_end = on_heap / (2 * connections.max(1)).cast_signed();
    report.check(
        "crowd: connections at a time",
        pairs.len(),
        pairs.len() == connections,
    );
    report.note("crowd: handshakes, ms", taken.as_millis());
    report.note(
        "crowd: bytes per idle end, beside its transport: in the stream",
        per_end,
    );
    report.note(
        "crowd: bytes per idle end, beside its transport: on the heap",
        heap_per_end,
    );
    let in_all = per_end.cast_signed() + heap_per_end;
    report.check(
        "crowd: bytes per idle end, beside its transport: in all",
        in_all,
        in_all <= MOST_PER_END,
    );
    let numbered = pairs.into_iter().enumerate();
    let pairs = all(numbered.map(|(number, pair)| exchange(pair, number)), progress).await?;
    report.check(
        "crowd: exchanges without a wrong byte",
        pairs.len(),
        pairs.len() == connections,
    );
    Ok(())
}
