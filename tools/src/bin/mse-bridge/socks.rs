//! The bridge as a SOCKS5 proxy: each connection names its target.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mse_tools::cli::Address;
use mse_tools::handshake::PROTOCOL;
use mse_tools::text::chain;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_mse::{MseStream, Role};
use tracing::debug;

use crate::inbound::{self, Arrival};
use crate::outbound::{self, Outbound};
use crate::relay::relay;
use crate::report::{Report, mode};
use crate::socks5::{self, Reply};
use crate::totals::Totals;

pub(crate) struct Proxy {
    pub(crate) outbound: Outbound,
    pub(crate) timeout: Duration,
    pub(crate) totals: Arc<Totals>,
}

/// A client after a successful request, and the transport to its target.
struct Request {
    client: TcpStream,
    target: Address,
    transport: TcpStream,
}

/// Both sides of a connection, and the mode of each.
struct Route {
    client: MseStream<TcpStream>,
    peer: MseStream<TcpStream>,
    speaks: String,
}

impl Proxy {
    /// Forwards one client to its target, and reports the outcome in one line.
    pub(crate) async fn serve(&self, tcp: TcpStream, from: SocketAddr, report: &Report) {
        self.totals.came();
        let Route { client, peer, speaks } = match self.route(tcp).await {
            Ok(route) => route,
            Err(error) => {
                self.totals.failed();
                return report.line(format!("{from} socks5 {error}"));
            }
        };
        report.line(format!("{from} socks5 {speaks}"));
        match relay(client, peer, &self.totals).await {
            Ok((sent, received)) => debug!(%from, sent, received, "closed"),
            Err(error) => debug!(%from, %error, "lost"),
        }
    }

    async fn route(&self, tcp: TcpStream) -> Result<Route, String> {
        let request = match timeout(self.timeout, self.receive(tcp)).await {
            Ok(request) => request.map_err(|error| format!("failed: {error}"))?,
            Err(_) => return Err(format!("failed: no complete request within {:?}", self.timeout)),
        };
        let target = request.target.clone();
        match self.forward(request).await {
            Ok(mut route) => {
                route.speaks = format!("to {target} | {}", route.speaks);
                Ok(route)
            }
            Err(error) => Err(format!("to {target} | {error}")),
        }
    }

    /// Speaks SOCKS5, and dials. Then tells the client whether dialling worked, as an ordinary proxy does.
    async fn receive(&self, mut client: TcpStream) -> Result<Request, String> {
        let unable = |error: io::Error| error.to_string();
        let target = socks5::request(&mut client).await;
        let target = target.map_err(|refusal| refusal.to_string())?;
        let dialled = timeout(self.timeout / 2, outbound::transport(&target)).await;
        let transport = match dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(transport) => transport,
            Err(error) => {
                let told = socks5::reply(&mut client, reply(&error), None).await;
                told.map_err(unable)?;
                return Err(error.to_string());
            }
        };
        let bound = transport.local_addr().map_err(unable)?;
        let told = socks5::reply(&mut client, Reply::Succeeded, Some(bound)).await;
        told.map_err(unable)?;
        Ok(Request {
            client,
            target,
            transport,
        })
    }

    /// MSE for plaintext BitTorrent. Anything else, such as a request to a tracker, passes through unchanged.
    async fn forward(&self, request: Request) -> Result<Route, String> {
        let Request {
            mut client,
            target,
            mut transport,
        } = request;
        let seen = match timeout(self.timeout, sniff(&mut client)).await {
            Ok(seen) => seen.map_err(|error| format!("reading from the client: {error}"))?,
            Err(_) => return Err(format!("the client sent nothing within {:?}", self.timeout)),
        };
        if seen[..] != PROTOCOL[..] {
            transport
                .write_all(&seen)
                .await
                .map_err(|error| error.to_string())?;
            return Ok(Route {
                client: MseStream::plaintext(client, Role::Responder),
                peer: MseStream::plaintext(transport, Role::Initiator),
                speaks: "not BitTorrent, passed on".to_owned(),
            });
        }
        let client = MseStream::plaintext(client, Role::Responder);
        let Arrival {
            client,
            skey,
            opening,
        } = inbound::plaintext(client, seen, self.timeout).await?;
        let dial = self.outbound.dial(&target, Some(transport), skey, opening);
        let peer = dial
            .await
            .map_err(|error| format!("outbound failed: {}", chain(&error)))?;
        let speaks = format!("outbound: {}", mode(peer.negotiated()));
        Ok(Route { client, peer, speaks })
    }
}

/// Reads up to the end of the protocol string, or to the first byte that differs from it.
async fn sniff(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut seen = Vec::with_capacity(PROTOCOL.len());
    while seen.len() < PROTOCOL.len() && PROTOCOL.starts_with(&seen) {
        let rest = (PROTOCOL.len() - seen.len()) as u64;
        if (&mut *client).take(rest).read_buf(&mut seen).await? == 0 {
            break;
        }
    }
    Ok(seen)
}

fn reply(error: &io::Error) -> Reply {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Reply::ConnectionRefused,
        io::ErrorKind::NetworkUnreachable => Reply::NetworkUnreachable,
        io::ErrorKind::HostUnreachable => Reply::HostUnreachable,
        io::ErrorKind::TimedOut => Reply::TimeToLiveExpired,
        _ => Reply::GeneralFailure,
    }
}
