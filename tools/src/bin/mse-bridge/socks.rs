//! The bridge as a SOCKS5 proxy: each connection names its target.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mse_tools::cli::Address;
use mse_tools::handshake::PROTOCOL;
use mse_tools::text::chain;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_mse::{DialMode, MseStream, Role};
use tracing::debug;

use crate::inbound::{self, Arrival};
use crate::outbound::{self, Outbound};
use crate::relay::relay;
use crate::report::{Report, mode};
use crate::socks5;
use crate::totals::Totals;

/// How long a client may still begin after its target has closed the connection.
const AFTER_CLOSE: Duration = Duration::from_secs(1);

pub(crate) struct Proxy {
    pub(crate) outbound: Outbound,
    pub(crate) timeout: Duration,
    pub(crate) half_open: Duration,
    pub(crate) totals: Arc<Totals>,
}

/// A client whose request was granted, and the transport to its target.
struct Request {
    client: TcpStream,
    target: Address,
    transport: TcpStream,
}

/// Both sides of a connection, and what they speak.
struct Route {
    client: MseStream<TcpStream>,
    peer: MseStream<TcpStream>,
    /// For the line about this connection.
    speaks: String,
    /// For the totals.
    mode: String,
}

/// Why a client was not forwarded: for the line about it, and for the totals.
struct Failure {
    line: String,
    side: &'static str,
    label: &'static str,
}

impl Failure {
    fn new(side: &'static str, label: &'static str, line: String) -> Self {
        Self { line, side, label }
    }
}

impl Proxy {
    /// Forwards one client to its target, and reports the outcome in one line.
    pub(crate) async fn serve(&self, tcp: TcpStream, from: SocketAddr, report: &Report) {
        self.totals.came();
        let route = match self.route(tcp).await {
            Ok(route) => route,
            Err(Failure { line, side, label }) => {
                self.totals.failed(side, label);
                return report.line(format!("{from} socks5 {line}"));
            }
        };
        report.line(format!("{from} socks5 {}", route.speaks));
        let traffic = self.totals.forwarded(route.mode);
        match relay(route.client, route.peer, self.half_open, &traffic).await {
            Ok((sent, received)) => debug!(%from, sent, received, "closed"),
            Err(error) => debug!(%from, %error, "lost"),
        }
    }

    async fn route(&self, tcp: TcpStream) -> Result<Route, Failure> {
        let Ok(request) = timeout(self.timeout, self.receive(tcp)).await else {
            let line = format!("failed: no complete request within {:?}", self.timeout);
            return Err(Failure::new("socks5", "timed-out", line));
        };
        let request = request?;
        let target = request.target.clone();
        match self.forward(request).await {
            Ok(mut route) => {
                route.speaks = format!("to {target} | {}", route.speaks);
                Ok(route)
            }
            Err(mut failure) => {
                failure.line = format!("to {target} | {}", failure.line);
                Err(failure)
            }
        }
    }

    /// Speaks SOCKS5, and dials. The client is told whether that worked, as it would be without a bridge.
    async fn receive(&self, client: TcpStream) -> Result<Request, Failure> {
        let unable = |error: String| Failure::new("socks5", "refused", format!("failed: {error}"));
        let request = socks5::request(client).await.map_err(unable)?;
        let target = request.target.clone();
        let dialled = timeout(self.timeout / 2, outbound::transport(&target)).await;
        let transport = match dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(transport) => transport,
            Err(error) => {
                request.refuse(&error).await.map_err(unable)?;
                return Err(Failure::new("outbound", "dial", format!("failed: {error}")));
            }
        };
        let bound = transport
            .local_addr()
            .map_err(|error| unable(error.to_string()))?;
        Ok(Request {
            client: request.grant(bound).await.map_err(unable)?,
            target,
            transport,
        })
    }

    /// MSE for plaintext BitTorrent. Anything else, such as a request to a tracker, passes through unchanged.
    async fn forward(&self, request: Request) -> Result<Route, Failure> {
        let Request {
            mut client,
            target,
            mut transport,
        } = request;
        let sniffed = sniff(&mut client, &mut transport, self.timeout).await;
        let Sniffed { seen, spoke } = sniffed.map_err(|(label, line)| Failure::new("client", label, line))?;
        let is_bittorrent = seen[..] == PROTOCOL[..];
        if is_bittorrent && spoke && !self.outbound.connector.policy().allows(DialMode::Plaintext) {
            // Its MSE is impossible on this connection, and plaintext is forbidden.
            let line = "outbound failed: the target sent bytes before the BitTorrent handshake".to_owned();
            return Err(Failure::new("outbound", "spoke-first", line));
        }
        if !is_bittorrent || spoke {
            let sent = transport.write_all(&seen).await;
            sent.map_err(|error| Failure::new("outbound", "transport", error.to_string()))?;
            return Ok(Route {
                client: MseStream::plaintext(client, Role::Responder),
                peer: MseStream::plaintext(transport, Role::Initiator),
                speaks: "not BitTorrent, passed on".to_owned(),
                mode: "not BitTorrent".to_owned(),
            });
        }
        let client = MseStream::plaintext(client, Role::Responder);
        let arrival = inbound::plaintext(client, seen, self.timeout).await;
        let Arrival {
            client,
            skey,
            opening,
        } = arrival.map_err(|line| Failure::new("client", "no-handshake", line))?;
        let dial = self.outbound.dial(&target, Some(transport), skey, opening);
        let peer = dial.await.map_err(|error| {
            Failure::new(
                "outbound",
                error.label(),
                format!("outbound failed: {}", chain(&error)),
            )
        })?;
        let speaks = format!("outbound: {}", mode(peer.negotiated()));
        let mode = format!("outbound {}", peer.negotiated().mode());
        Ok(Route {
            client,
            peer,
            speaks,
            mode,
        })
    }
}

/// The first bytes of a client.
struct Sniffed {
    seen: Vec<u8>,
    /// Whether the target sent something before. It has been passed on.
    spoke: bool,
}

/// Reads up to the end of the protocol string, or to the first byte that differs from it. In the meantime, whatever the
/// target sends is passed on: a mail server speaks first.
///
/// A client that sends nothing within `limit` is refused, unless the target spoke: then it waits for its user.
async fn sniff(
    client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    target: &mut (impl AsyncRead + Unpin),
    limit: Duration,
) -> Result<Sniffed, (&'static str, String)> {
    let (mut seen, mut greeting) = (Vec::with_capacity(PROTOCOL.len()), vec![0; 4096]);
    let (mut spoke, mut closed) = (false, false);
    let mut deadline = Instant::now() + limit;
    let lost = |error: io::Error| ("transport", format!("the client: {error}"));
    while seen.len() < PROTOCOL.len() && PROTOCOL.starts_with(&seen) {
        let mut rest = (&mut *client).take((PROTOCOL.len() - seen.len()) as u64);
        tokio::select! {
            biased;
            read = rest.read_buf(&mut seen) => {
                if read.map_err(lost)? == 0 {
                    break;
                }
            }
            read = target.read(&mut greeting), if !closed => match read {
                Ok(len) if len > 0 => {
                    spoke = true;
                    client.write_all(&greeting[..len]).await.map_err(lost)?;
                }
                _ if spoke => {
                    closed = true;
                    deadline = Instant::now() + limit;
                    client.shutdown().await.map_err(lost)?;
                }
                _ => {
                    closed = true;
                    deadline = deadline.min(Instant::now() + AFTER_CLOSE);
                }
            },
            () = sleep_until(deadline), if closed || !spoke => {
                return Err(if closed {
                    ("closed", "the target closed the connection".to_owned())
                } else {
                    ("timed-out", format!("the client sent nothing within {limit:?}"))
                });
            }
        }
    }
    Ok(Sniffed { seen, spoke })
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_greeting_is_passed_on_and_its_reader_may_take_its_time() {
        let (mut client, mut near_client) = duplex(1024);
        let (mut target, mut near_target) = duplex(1024);
        let user = async {
            target.write_all(b"220 mail.example\r\n").await.unwrap();
            let mut greeting = [0; 18];
            client.read_exact(&mut greeting).await.unwrap();
            assert_eq!(&greeting, b"220 mail.example\r\n");
            tokio::time::sleep(10 * LIMIT).await;
            client.write_all(b"HELO\r\n").await.unwrap();
        };
        let (sniffed, ()) = tokio::join!(sniff(&mut near_client, &mut near_target, LIMIT), user);
        let Sniffed { seen, spoke } = sniffed.unwrap();
        assert!(spoke);
        assert_eq!(seen, b"HELO\r\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_target_that_closes_at_once_does_not_hide_what_the_client_sends() {
        let (mut client, mut near_client) = duplex(1024);
        let (target, mut near_target) = duplex(1024);
        drop(target);
        let user = async {
            tokio::time::sleep(AFTER_CLOSE / 2).await;
            client.write_all(PROTOCOL).await.unwrap();
        };
        let (sniffed, ()) = tokio::join!(sniff(&mut near_client, &mut near_target, LIMIT), user);
        let Sniffed { seen, spoke } = sniffed.unwrap();
        assert!(!spoke);
        assert_eq!(seen, PROTOCOL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_half_close_after_a_greeting_passes_and_does_not_hide_bittorrent() {
        let (mut client, mut near_client) = duplex(1024);
        let (mut target, mut near_target) = duplex(1024);
        let user = async {
            target.write_all(b"?").await.unwrap();
            drop(target);
            let mut greeting = Vec::new();
            client.read_to_end(&mut greeting).await.unwrap();
            assert_eq!(greeting, b"?");
            client.write_all(PROTOCOL).await.unwrap();
        };
        let (sniffed, ()) = tokio::join!(sniff(&mut near_client, &mut near_target, LIMIT), user);
        let Sniffed { seen, spoke } = sniffed.unwrap();
        assert!(spoke);
        assert_eq!(seen, PROTOCOL);
    }

    #[tokio::test(start_paused = true)]
    async fn two_silent_ends_are_closed() {
        let (_client, mut near_client) = duplex(1024);
        let (target, mut near_target) = duplex(1024);
        let begun = Instant::now();
        let silent = sniff(&mut near_client, &mut near_target, LIMIT).await;
        assert_eq!(silent.err().unwrap().0, "timed-out");
        assert_eq!(begun.elapsed(), LIMIT);
        drop(target);
        let begun = Instant::now();
        let closed = sniff(&mut near_client, &mut near_target, LIMIT).await;
        assert_eq!(closed.err().unwrap().0, "closed");
        assert_eq!(begun.elapsed(), AFTER_CLOSE);
    }
}
