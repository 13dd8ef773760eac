//! What a prober without the info-hash learns from the times of the answer and of the end, over real sockets.
//!
//! Each content is sent many times, in turns with random bytes in the same cuts. The times tell something if the medians
//! differ by many times their usual spread.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_mse::{Linger, MseAcceptor, Policy};

use crate::content::{Content, Kind};
use crate::network::Network;
use crate::progress::Progress;
use crate::report::Report;
use crate::server::Server;

/// As long as the acceptor gives a handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// Segments that come so far apart are not read together.
const GAP: Duration = Duration::from_millis(2);
/// A difference of so many times the spread is no accident of a machine that is busy.
const TIMES_THE_SPREAD: u32 = 10;
const LEAST_SPREAD: Duration = Duration::from_micros(50);
const KEY: usize = 96;

/// What is sent, and in which cuts. Where a key has been sent, its answer is waited for.
struct Probe {
    name: &'static str,
    kind: Kind,
    cuts: &'static [usize],
}

const fn probe(name: &'static str, kind: Kind, cuts: &'static [usize]) -> Probe {
    Probe { name, kind, cuts }
}

const PROBES: [Probe; 15] = [
    probe("random bytes", Kind::Random, &[KEY]),
    probe("public key 0", Kind::Degenerate(0), &[KEY]),
    probe("public key P-1", Kind::Degenerate(2), &[KEY, 100]),
    probe("public key 2", Kind::Small, &[KEY]),
    probe(
        "right HASH('req1', S), unknown SKEY",
        Kind::UnknownSkey(0),
        &[KEY, 40],
    ),
    probe(
        "right HASH('req1', S), unknown SKEY",
        Kind::UnknownSkey(0),
        &[KEY, 532],
    ),
    probe(
        "right HASH('req1', S), unknown SKEY",
        Kind::UnknownSkey(0),
        &[KEY, 533],
    ),
    probe("right SKEY, wrong VC", Kind::BadVc(0), &[KEY, 100]),
    probe("replay", Kind::Replay, &[608]),
    probe("public key 0", Kind::Degenerate(0), &[608]),
    probe("public key 0", Kind::Degenerate(0), &[628]),
    probe("public key P", Kind::Degenerate(3), &[629]),
    probe("HTTP", Kind::Http, &[629]),
    probe("plaintext handshake, hidden", Kind::Plaintext, &[20, 76]),
    probe("plaintext handshake, hidden", Kind::Plaintext, &[68]),
];

/// What a prober sees of one connection.
struct Seen {
    answer: Option<Duration>,
    end: Duration,
    fin: bool,
}

async fn run_probe(network: &Network, cuts: &[usize], mut content: Content) -> io::Result<Seen> {
    let mut tcp = TcpStream::connect(network.address()).await?;
    tcp.set_nodelay(true)?;
    // Content that takes long to make must not show in how this thread is scheduled afterwards.
    sleep(GAP).await;
    let (mut sent, mut answer, mut block) = (0, None, [0; 4096]);
    for len in cuts {
        if sent > 0 && answer.is_none() {
            sleep(GAP).await;
        }
        let bytes = content.next(*len);
        let start = Instant::now();
        tcp.write_all(&bytes).await?;
        sent += len;
        if sent >= KEY && answer.is_none() {
            let len = timeout(PATIENCE, tcp.read(&mut block)).await??;
            answer = (len > 0).then(|| start.elapsed());
            content.hear(&block[..len]);
        }
    }
    // What is answered to the last bytes, if it is, comes first.
    sleep(GAP).await;
    let start = Instant::now();
    tcp.shutdown().await?;
    let fin = loop {
        match timeout(PATIENCE, tcp.read(&mut block)).await? {
            Ok(0) => break true,
            Ok(_) => {}
            Err(_) => break false,
        }
    };
    Ok(Seen {
        answer,
        end: start.elapsed(),
        fin,
    })
}

/// A median, and by how much the middle half around it varies.
#[derive(Clone, Copy, Default)]
struct Middle {
    median: Duration,
    spread: Duration,
}

impl Middle {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.collect();
        times.sort_unstable();
        let at = |quarter: usize| times.get(times.len() * quarter / 4).copied().unwrap_or_default();
        Self {
            median: at(2),
            spread: at(3).saturating_sub(at(1)),
        }
    }

    fn is_told_from(self, other: Self) -> bool {
        let spread = self.spread.max(other.spread).max(LEAST_SPREAD);
        self.median.abs_diff(other.median) > TIMES_THE_SPREAD * spread
    }
}

fn compare(probe: &Probe, of_content: &[Seen], of_random: &[Seen], report: &mut Report) {
    let counts = |seen: &[Seen]| {
        let answered = seen.iter().filter(|seen| seen.answer.is_some()).count();
        (answered, seen.iter().filter(|seen| seen.fin).count())
    };
    let middles = |seen: &[Seen]| {
        let answer = Middle::of(seen.iter().filter_map(|seen| seen.answer));
        (answer, Middle::of(seen.iter().map(|seen| seen.end)))
    };
    let ((answer, end), (random_answer, random_end)) = (middles(of_content), middles(of_random));
    let ((answered, fins), expected) = (counts(of_content), counts(of_random));
    let Probe { name, cuts, .. } = probe;
    report.check(
        format!("no tell: {name} {cuts:?}: answers, and ends by FIN"),
        format!("{answered}, {fins} of {}", of_content.len()),
        (answered, fins) == expected,
    );
    let micros = |content: Middle, random: Middle| {
        format!(
            "{} of {} +-{}",
            content.median.as_micros(),
            random.median.as_micros(),
            random.spread.as_micros()
        )
    };
    if answered > 0 {
        report.check_time(
            "  until the answer, us, beside random bytes",
            micros(answer, random_answer),
            !answer.is_told_from(random_answer),
        );
    }
    report.check_time(
        "  from our half-close to the end, us, beside random bytes",
        micros(end, random_end),
        !end.is_told_from(random_end),
    );
}

pub(crate) async fn run(repetitions: usize, report: &mut Report, progress: &Progress) -> io::Result<()> {
    let (network, listener) = Network::open().await?;
    let network = Arc::new(network);
    let acceptor = MseAcceptor::new(Policy::full_rc4())
        .hide_plaintext(true)
        .linger(Linger::new());
    let server = Server::start(listener, acceptor);
    let mut seen: Vec<(Vec<Seen>, Vec<Seen>)> = PROBES.iter().map(|_| Default::default()).collect();
    for repetition in 0..repetitions {
        for (probe, (of_content, of_random)) in PROBES.iter().zip(&mut seen) {
            for (kind, seen) in [(probe.kind, of_content), (Kind::Random, of_random)] {
                seen.push(run_probe(&network, probe.cuts, Content::new(kind)).await?);
            }
        }
        progress.count("probes of every kind", repetition, repetitions);
    }
    for (probe, (of_content, of_random)) in PROBES.iter().zip(&seen) {
        compare(probe, of_content, of_random, report);
    }
    drop(network);
    server.stop(report).await;
    Ok(())
}
