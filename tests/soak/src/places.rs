//! Silent and trickling connections, many a second, against 16 places for handshakes, and honest peers among them.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_mse::{Linger, MseAcceptor, MseConnector, Policy};

use crate::cli::progress::Progress;
use crate::honest;
use crate::network::{Kind, Network};
use crate::report::Report;
use crate::server::Server;
use crate::stranger::until_the_end;

const PLACES: usize = 16;
/// Fifty a second.
const EVERY: Duration = Duration::from_millis(20);
/// An honest peer after every tenth.
const BETWEEN_HONEST: usize = 10;
const TRICKLE: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(5);
const AT_ONCE: Duration = Duration::from_secs(1);

/// Says nothing, or a byte every now and then, until it is thrown out.
async fn linger_about(network: Arc<Network>, trickling: bool) -> io::Result<()> {
    let mut link = network.dial(Kind::Tcp).await?;
    if trickling {
        while link.write_all(&[0xA5]).await.is_ok() {
            sleep(TRICKLE).await;
        }
    } else {
        until_the_end(&mut link).await;
    }
    Ok(())
}

async fn talk(network: Arc<Network>, number: usize) -> io::Result<Duration> {
    let start = Instant::now();
    let link = network.dial(Kind::Tcp).await?;
    let connector = MseConnector::new(Policy::full_rc4()).timeout(PATIENCE);
    honest::converse(link, &connector, number, 4096).await?;
    Ok(start.elapsed())
}

pub(crate) async fn run(connections: usize, report: &mut Report, progress: &Progress) -> io::Result<()> {
    let (network, listener) = Network::open().await?;
    let network = Arc::new(network);
    let acceptor = MseAcceptor::default().max_handshakes(PLACES);
    let server = Server::start(listener, acceptor, Some(Linger::new()));
    let (mut strangers, mut honest_ones) = (JoinSet::new(), JoinSet::new());
    let mut clock = interval(EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0..connections {
        clock.tick().await;
        strangers.spawn(linger_about(Arc::clone(&network), number % 2 == 0));
        if number % BETWEEN_HONEST == BETWEEN_HONEST - 1 {
            honest_ones.spawn(talk(Arc::clone(&network), number));
        }
        progress.count("silent and trickling connections", number, connections);
    }
    let all = honest_ones.len();
    let taken = honest_ones.join_all().await;
    let in_time: Vec<Duration> = taken.into_iter().flatten().collect();
    report.note("places: handshakes at a time, at most", PLACES);
    report.note(
        "places: silent and trickling connections, 50 a second",
        connections,
    );
    report.check(
        format!("places: of {all} honest peers with 5 s of patience, served"),
        in_time.len(),
        in_time.len() == all,
    );
    let slowest = in_time.into_iter().max().unwrap_or_default();
    report.check_time("  the slowest, ms", slowest.as_millis(), slowest < AT_ONCE);
    strangers.shutdown().await;
    drop(network);
    server.stop(report).await;
    Ok(())
}
