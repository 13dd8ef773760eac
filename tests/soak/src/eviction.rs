//! More strangers that fail than may linger: the oldest ends, and lingering is never switched off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_mse::{Linger, MseAcceptor};

use crate::network::Network;
use crate::progress::Progress;
use crate::report::Report;
use crate::server::Server;
use crate::stranger::Strangers;

/// The default bound of [`Linger`].
const MOST: usize = 96;
/// Two that fail at the same moment may take their slots in either order.
const NEWEST: usize = MOST / 2;
/// A failed handshake takes a slot when its time is up.
const SOON: Duration = Duration::from_millis(100);
/// No connection ends by itself during the trial.
const LONG: Duration = Duration::from_secs(3600);
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn run(strangers: usize, report: &mut Report, progress: &Progress) -> io::Result<()> {
    let (network, listener) = Network::open().await?;
    let network = Arc::new(network);
    let linger = Linger::new().until(LONG..=LONG);
    let server = Server::start(listener, MseAcceptor::default().timeout(SOON).linger(linger));
    let mut failed = Strangers::default();
    let mut most = 0;
    for number in 0..strangers {
        // A degenerate key is answered, and fails.
        failed.add_answered(&network, &[0; 96]).await?;
        most = most.max(failed.held());
        progress.count("strangers that fail", number, strangers);
    }
    sleep(2 * SOON).await;
    let start = Instant::now();
    while failed.held() > MOST && start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(5)).await;
    }
    let held = failed.held();
    report.note("eviction: strangers that failed", strangers);
    report.check(
        "eviction: left lingering, at most 96",
        held,
        held == MOST.min(strangers),
    );
    report.note("  seen by the strangers at a time, at most", most);
    let newest = strangers.saturating_sub(NEWEST);
    let early = failed.ended().iter().filter(|number| **number >= newest).count();
    report.check("  of the newest 48, ended", early, early == 0);
    drop(failed);
    drop(network);
    server.stop(report).await;
    Ok(())
}
