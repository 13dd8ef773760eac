//! One stranger against a process that may open few descriptors: it does not lock others out.
//!
//! Each of its connections fails at once, and lingers. The limit for each address in the accept loop is what keeps it
//! from holding all descriptors.

use std::convert::Infallible;
use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::sleep;
use tokio_mse::{Linger, MseAcceptor, MseConnector, Policy};

use crate::honest;
use crate::network::{Kind, Network};
use crate::progress::Progress;
use crate::report::Report;
use crate::server::Server;
use crate::stranger::Strangers;

const ALLOWED: u64 = 256;
const STRANGERS: usize = 270;
const PATIENCE: Duration = Duration::from_secs(10);
const AT_ONCE: Duration = Duration::from_secs(1);

/// Connections at a time with one address.
const PER_ADDRESS: usize = 32;
/// A second address that every Linux machine has.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The server, in a process of its own. It ends with its standard input.
pub(crate) async fn serve(descriptors: u64) -> io::Result<Infallible> {
    rlimit::setrlimit(rlimit::Resource::NOFILE, descriptors, descriptors)?;
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let (network, listener) = Network::open().await?;
    println!("{}", network.address());
    let acceptor = MseAcceptor::default().linger(Linger::new());
    let _server = Server::start_limited(listener, acceptor, PER_ADDRESS);
    std::future::pending().await
}

async fn start() -> io::Result<(Child, Network)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--serve-with-descriptors", &ALLOWED.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = command.kill_on_drop(true).spawn()?;
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

/// Honest peers, one after the other.
async fn serves_all(honest_ones: usize, network: &Network, report: &mut Report, progress: &Progress) {
    let mut in_time = Vec::new();
    for number in 0..honest_ones {
        in_time.extend(talk(network, number).await.ok());
        progress.count("honest peers beside a stranger", number, honest_ones);
    }
    report.check(
        format!("descriptors: of {honest_ones} honest peers, served"),
        in_time.len(),
        in_time.len() == honest_ones,
    );
    let slowest = in_time.into_iter().max().unwrap_or_default();
    report.check_time("  the slowest, ms", slowest.as_millis(), slowest < AT_ONCE);
}

/// Waits until the stranger is left with at most `most` connections, and says with how many.
async fn settled(strangers: &mut Strangers, most: usize) -> usize {
    let start = Instant::now();
    while strangers.held() > most && start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(5)).await;
    }
    strangers.held()
}

async fn end(mut server: Child, report: &mut Report) -> io::Result<()> {
    match held_by(&server) {
        Some(held) => report.note("  held by the server, all in all", held),
        None => report.note("  held by the server, all in all", "not counted on this system"),
    }
    // Closing its standard input ends it.
    drop(server.stdin.take());
    let ended = server.wait().await?.success();
    report.check("descriptors: the server ended as it should", ended, ended);
    Ok(())
}

pub(crate) async fn run(honest_ones: usize, report: &mut Report, progress: &Progress) -> io::Result<()> {
    report.note("descriptors: allowed to the server", ALLOWED);
    report.note("descriptors: connections of one stranger", STRANGERS);
    report.note(
        "descriptors: connections at a time with one address, at most",
        PER_ADDRESS,
    );
    let (server, network) = start().await?;
    let mut strangers = Strangers::default();
    for number in 0..STRANGERS {
        let Ok(link) = network.dial_from(ELSEWHERE).await else {
            report.note("descriptors: not tried", "there is one address only");
            return Ok(());
        };
        strangers.add_garbage(link, 700).await;
        progress.count("connections of one stranger", number, STRANGERS);
    }
    serves_all(honest_ones, &network, report, progress).await;
    let held = settled(&mut strangers, PER_ADDRESS).await;
    report.check(
        "descriptors: held by the stranger, at most its limit",
        held,
        held <= PER_ADDRESS,
    );
    end(server, report).await
}
