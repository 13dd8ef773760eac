//! One stranger against a process that may open few descriptors: it locks nobody out, and what lingers leaves room.

use std::convert::Infallible;
use std::io::{self, Read};
use std::process::{Command as StdCommand, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::sleep;
use tokio_mse::{Linger, MseAcceptor, MseConnector, Policy};

use crate::network::{Kind, Network};
use crate::report::Report;
use crate::server::Server;
use crate::stranger::Strangers;
use crate::{honest, progress};

const ALLOWED: u64 = 256;
const STRANGERS: usize = 270;
const PATIENCE: Duration = Duration::from_secs(10);
const AT_ONCE: Duration = Duration::from_secs(1);

/// The server, in a process of its own. It ends with its standard input.
pub(crate) async fn serve(descriptors: u64) -> io::Result<Infallible> {
    rlimit::setrlimit(rlimit::Resource::NOFILE, descriptors, descriptors)?;
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let (network, listener) = Network::open().await?;
    println!("{}", network.address());
    let _server = Server::start(listener, MseAcceptor::default(), Some(Linger::new()));
    std::future::pending().await
}

async fn start() -> io::Result<(Child, Network)> {
    let mut command = StdCommand::new(std::env::current_exe()?);
    command.args(["--serve-with-descriptors", &ALLOWED.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = Command::from(command).kill_on_drop(true).spawn()?;
    let stdout = server.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut address = String::new();
    BufReader::new(stdout).read_line(&mut address).await?;
    let address = address.trim_end().parse().map_err(io::Error::other)?;
    Ok((server, Network::to(address)))
}

/// Where the system shows that.
fn held_by(server: &Child) -> Option<usize> {
    let descriptors = format!("/proc/{}/fd", server.id()?);
    std::fs::read_dir(descriptors).ok().map(Iterator::count)
}

async fn talk(network: &Network, number: usize) -> io::Result<Duration> {
    let start = Instant::now();
    let connector = MseConnector::new(Policy::full_rc4()).timeout(PATIENCE);
    let link = network.dial(Kind::Tcp).await?;
    honest::converse(link, &connector, number, 4096).await?;
    Ok(start.elapsed())
}

pub(crate) async fn run(honest_ones: usize, report: &mut Report) -> io::Result<()> {
    let (mut server, network) = start().await?;
    let mut strangers = Strangers::default();
    for number in 0..STRANGERS {
        strangers.add_garbage(&network).await?;
        progress::show("connections of one stranger", number, STRANGERS);
    }
    let mut in_time = Vec::new();
    for number in 0..honest_ones {
        in_time.extend(talk(&network, number).await.ok());
        progress::show("honest peers beside a stranger", number, honest_ones);
    }
    report.note("descriptors: allowed to the server", ALLOWED);
    report.note("descriptors: connections of garbage from one stranger", STRANGERS);
    report.check(
        format!("descriptors: of {honest_ones} honest peers, served"),
        in_time.len(),
        in_time.len() == honest_ones,
    );
    let slowest = in_time.into_iter().max().unwrap_or_default();
    report.check_time("  the slowest, ms", slowest.as_millis(), slowest < AT_ONCE);
    let most = usize::try_from(ALLOWED / 2).unwrap_or_default();
    let start = Instant::now();
    while strangers.held() > most && start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(5)).await;
    }
    let lingering = strangers.held();
    report.check(
        "descriptors: held by what lingers, at most half of them",
        lingering,
        lingering <= most,
    );
    match held_by(&server) {
        Some(held) => report.note("  held by the server, all in all", held),
        None => report.note("  held by the server, all in all", "not counted on this system"),
    }
    // Closing its standard input ends it.
    drop(server.stdin.take());
    let ended = server.wait().await?;
    report.check(
        "descriptors: the server ended as it should",
        ended.success(),
        ended.success(),
    );
    Ok(())
}
