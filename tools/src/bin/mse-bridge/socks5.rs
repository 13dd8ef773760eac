//! The server side of SOCKS5: CONNECT without authentication. `fast-socks5` speaks the protocol.

use std::io;
use std::net::SocketAddr;

use fast_socks5::server::{Socks5ServerProtocol, states};
use fast_socks5::util::target_addr::TargetAddr;
use fast_socks5::{ReplyError, Socks5Command};
use mse_tools::cli::Address;
use mse_tools::text::chain;
use tokio::net::TcpStream;

/// A client that asks for a connection to `target`, and waits for the answer.
pub(crate) struct Request {
    pub(crate) target: Address,
    client: Socks5ServerProtocol<TcpStream, states::CommandRead>,
}

/// Reads the methods and the request. If it cannot be served, the client is told why.
pub(crate) async fn request(client: TcpStream) -> Result<Request, String> {
    let negotiated = Socks5ServerProtocol::accept_no_auth(client).await;
    let asked = negotiated.map_err(|error| chain(&error))?.read_command().await;
    let (client, command, target) = asked.map_err(|error| chain(&error))?;
    let refusal = match (command, address(&target)) {
        (Socks5Command::TCPConnect, Some(target)) => return Ok(Request { target, client }),
        (Socks5Command::TCPConnect, None) => ReplyError::HostUnreachable,
        _ => ReplyError::CommandNotSupported,
    };
    let cause = match refusal {
        ReplyError::CommandNotSupported => "only CONNECT is served",
        _ => "an address that cannot be dialled",
    };
    client
        .reply_error(&refusal)
        .await
        .map_err(|error| chain(&error))?;
    Err(cause.to_owned())
}

/// A name may be an IPv6 address, with or without brackets.
fn address(target: &TargetAddr) -> Option<Address> {
    match target {
        TargetAddr::Ip(address) => Address::new(&address.ip().to_string(), address.port()),
        TargetAddr::Domain(name, port) => Address::new(name, *port),
    }
}

impl Request {
    /// The connection is there; `bound` is its local address.
    pub(crate) async fn grant(self, bound: SocketAddr) -> Result<TcpStream, String> {
        self.client
            .reply_success(bound)
            .await
            .map_err(|error| chain(&error))
    }

    /// The target cannot be reached.
    pub(crate) async fn refuse(self, error: &io::Error) -> Result<(), String> {
        let reply = match error.kind() {
            io::ErrorKind::ConnectionRefused => ReplyError::ConnectionRefused,
            io::ErrorKind::NetworkUnreachable => ReplyError::NetworkUnreachable,
            io::ErrorKind::HostUnreachable => ReplyError::HostUnreachable,
            io::ErrorKind::TimedOut => ReplyError::TtlExpired,
            _ => ReplyError::GeneralFailure,
        };
        self.client
            .reply_error(&reply)
            .await
            .map_err(|error| chain(&error))
    }
}
