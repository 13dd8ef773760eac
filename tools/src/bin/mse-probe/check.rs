//! `mse-probe check`: whether a peer follows the specification.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use mse_tools::check::{Connections, Finding, Level, Report, Verdict, dialler, listener, report};
use mse_tools::cli::{Address, InfoHash, seconds};
use mse_tools::exit;
use mse_tools::text::{Style, progress};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;

/// Tests an implementation of MSE against the specification, and names known mistakes
///
/// Each test is a connection of its own. Numbers such as S4.3 are those of tests/specification.md in the repository.
/// BROKEN marks a required rule that the peer breaks, "advice" a recommendation that it does not follow. Exit status 0 if
/// the peer kept every required rule.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
                        mse-probe check --connect 127.0.0.1:6881 \\\n    \
                        --info-hash 0123456789abcdef0123456789abcdef01234567\n  \
                        mse-probe check --listen 127.0.0.1:7000 \\\n    \
                        --info-hash 0123456789abcdef0123456789abcdef01234567")]
pub(crate) struct Arguments {
    /// Test the peer that listens here
    #[arg(
        long,
        value_name = "ADDR",
        required_unless_present = "listen",
        conflicts_with = "listen"
    )]
    connect: Option<Address>,
    /// Test the peer that dials here; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<Address>,
    /// A torrent of the peer: 40 or 64 hex digits, base32 or a magnet link
    #[arg(long, value_name = "HASH")]
    info_hash: InfoHash,
    /// How long to wait for the peer at each step of a handshake
    #[arg(long, value_name = "SECS", default_value = "5", allow_negative_numbers = true, value_parser = seconds)]
    timeout: Duration,
    /// How long to wait for each connection, with --listen
    #[arg(long, value_name = "SECS", default_value = "120", allow_negative_numbers = true, value_parser = seconds)]
    wait: Duration,
    /// With --connect: how many connections to try at most, to find a secret (S) that begins with a zero byte (one in 256
    /// does). 0 skips this test
    #[arg(long, value_name = "N", default_value_t = 2048)]
    dials: usize,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) async fn run(self) -> ExitCode {
        let style = Style::of_stdout();
        let mut show = |finding: &Finding| {
            if !self.json {
                progress("");
                print(&style.paint(colour(finding), &report::entry(finding)));
            }
        };
        let info_hash = self.info_hash.0;
        let outcome = if let Some(target) = &self.connect {
            let options = listener::Options {
                info_hash,
                wait: self.timeout,
                dials: self.dials,
            };
            // An address that nobody listens on is no finding.
            let within = self.timeout;
            match dial(target, within).await {
                Err(error) => Err(exit::unreachable(format_args!(
                    "{target} could not be reached: {error}"
                ))),
                Ok(tcp) => {
                    let first = Some(tcp);
                    let connections = Dialled {
                        target,
                        within,
                        count: 0,
                        first,
                    };
                    Ok(listener::check(connections, &options, &mut show).await)
                }
            }
        } else if let Some(address) = &self.listen {
            let options = dialler::Options {
                info_hash,
                wait: self.timeout,
            };
            match self.listen(address).await {
                Err(error) => Err(exit::failed(format_args!("cannot listen on {address}: {error}"))),
                Ok(accepted) => Ok(dialler::check(accepted, &options, &mut show).await),
            }
        } else {
            Err(exit::wrong_usage(
                "--connect <ADDR> or --listen <ADDR> is required",
            ))
        };
        progress("");
        match outcome {
            Ok(report) => self.conclude(&report),
            Err(status) => status,
        }
    }

    async fn listen(&self, address: &Address) -> io::Result<Accepted> {
        let listener = TcpListener::bind(address.parts()).await?;
        // Every connection has the small buffers that one test needs. Where they cannot be set, that test shows less.
        let socket = SockRef::from(&listener);
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        #[cfg(unix)]
        let _ = socket.set_tcp_mss(SEGMENT);
        let local = listener.local_addr()?;
        let line = format!("listening on {local}");
        if self.json {
            let _ = writeln!(io::stderr(), "{line}");
        } else {
            print(&line);
        }
        let _ = writeln!(
            io::stderr(),
            "Let the peer dial {local} with MSE, one connection after the other,\n\
             {} times, and more often if it makes mistakes.\n\
             Torrent: {}",
            dialler::CONNECTIONS,
            hex::encode(self.info_hash.0)
        );
        Ok(Accepted {
            listener,
            within: self.wait,
            count: 0,
        })
    }

    fn conclude(&self, report: &Report) -> ExitCode {
        if self.json {
            print(&report::json(report).to_string());
        } else {
            print(&report::summary(report));
        }
        if report.conforms() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) {
    // The pipe may be closed already.
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

fn colour(finding: &Finding) -> mse_tools::text::Colour {
    use mse_tools::text::Colour::{Green, None, Red, Yellow};
    match (&finding.verdict, finding.level) {
        (Verdict::Held, _) => Green,
        (Verdict::Skipped(_), _) => None,
        (_, Level::Required) => Red,
        (_, Level::Recommended) => Yellow,
    }
}

struct Dialled<'a> {
    target: &'a Address,
    within: Duration,
    /// How many connections there were.
    count: usize,
    /// The connection that showed that somebody listens.
    first: Option<TcpStream>,
}

impl Connections for Dialled<'_> {
    type Io = TcpStream;

    async fn next(&mut self) -> io::Result<TcpStream> {
        self.count += 1;
        progress(format_args!("connection {}", self.count));
        match self.first.take() {
            Some(tcp) => Ok(tcp),
            None => dial(self.target, self.within).await,
        }
    }

    async fn next_narrow(&mut self) -> io::Result<TcpStream> {
        self.count += 1;
        progress(format_args!("connection {}", self.count));
        let dialled = timeout(self.within, dial_narrowly(self.target)).await;
        dialled.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

async fn dial(target: &Address, within: Duration) -> io::Result<TcpStream> {
    let dialled = timeout(within, TcpStream::connect(target.parts())).await;
    let tcp = dialled.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

const RECEIVE_BUFFER: usize = 8 * 1024;
/// Small segments keep the peer's send buffer small, too.
#[cfg(unix)]
const SEGMENT: u32 = 1000;

async fn dial_narrowly(target: &Address) -> io::Result<TcpStream> {
    let mut dialled = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in lookup_host(target.parts()).await? {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        let options = SockRef::from(&socket);
        let _ = options.set_recv_buffer_size(RECEIVE_BUFFER);
        #[cfg(unix)]
        let _ = options.set_tcp_mss(SEGMENT);
        dialled = socket.connect(address).await;
        if dialled.is_ok() {
            break;
        }
    }
    let tcp = dialled?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

struct Accepted {
    listener: TcpListener,
    within: Duration,
    /// How many connections there were.
    count: usize,
}

impl Connections for Accepted {
    type Io = TcpStream;

    async fn next(&mut self) -> io::Result<TcpStream> {
        progress(format_args!("waiting for connection {}", self.count + 1));
        let accepted = timeout(self.within, self.listener.accept()).await;
        self.count += 1;
        progress(format_args!("connection {}", self.count));
        let none = |_| io::Error::other(format!("the peer did not dial within {:?}", self.within));
        let (tcp, _) = accepted.map_err(none)??;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }
}
