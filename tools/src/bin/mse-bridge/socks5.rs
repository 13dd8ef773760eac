//! The server side of SOCKS5 (RFC 1928): CONNECT without authentication.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use mse_tools::cli::Address;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const NO_ACCEPTABLE_METHOD: u8 = 0xFF;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// The answer to a request, with the numbers of RFC 1928.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Succeeded = 0,
    GeneralFailure = 1,
    NetworkUnreachable = 3,
    HostUnreachable = 4,
    ConnectionRefused = 5,
    TimeToLiveExpired = 6,
    CommandNotSupported = 7,
    AddressTypeNotSupported = 8,
}

/// Why the bridge refuses a request.
#[derive(Debug)]
pub(crate) enum Refusal {
    Io(io::Error),
    /// The first byte of the client, which is not 5.
    Version(u8),
    /// The client offers only methods with authentication.
    Authentication,
    /// Only CONNECT is served.
    Command,
    /// The address cannot be dialled.
    Address,
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Version(version) => write!(f, "not SOCKS5: a first byte of {version}"),
            Self::Authentication => f.write_str("the client offers no method without authentication"),
            Self::Command => f.write_str("only CONNECT is served"),
            Self::Address => f.write_str("an address that cannot be dialled"),
        }
    }
}

/// Reads the methods and the request. After success, call [`reply`] to answer the client. After an error, the client has its
/// answer already.
///
/// # Errors
///
/// If the bridge refuses the request, or the transport fails.
pub(crate) async fn request(client: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<Address, Refusal> {
    version(client).await?;
    let count = client.read_u8().await?;
    let mut methods = vec![0; usize::from(count)];
    client.read_exact(&mut methods).await?;
    if !methods.contains(&NO_AUTHENTICATION) {
        client.write_all(&[VERSION, NO_ACCEPTABLE_METHOD]).await?;
        return Err(Refusal::Authentication);
    }
    client.write_all(&[VERSION, NO_AUTHENTICATION]).await?;

    version(client).await?;
    let command = client.read_u8().await?;
    let _reserved = client.read_u8().await?;
    let Some(host) = host(client).await? else {
        reply(client, Reply::AddressTypeNotSupported, None).await?;
        return Err(Refusal::Address);
    };
    let port = client.read_u16().await?;
    if command != CONNECT {
        reply(client, Reply::CommandNotSupported, None).await?;
        return Err(Refusal::Command);
    }
    if let Ok(target) = format!("{host}:{port}").parse() {
        return Ok(target);
    }
    reply(client, Reply::HostUnreachable, None).await?;
    Err(Refusal::Address)
}

async fn version(client: &mut (impl AsyncRead + Unpin)) -> Result<(), Refusal> {
    match client.read_u8().await? {
        VERSION => Ok(()),
        other => Err(Refusal::Version(other)),
    }
}

/// An address or a name to dial. `None` for a type that RFC 1928 does not have.
async fn host(client: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<String>> {
    Ok(match client.read_u8().await? {
        IPV4 => {
            let mut octets = [0; 4];
            client.read_exact(&mut octets).await?;
            Some(Ipv4Addr::from(octets).to_string())
        }
        IPV6 => {
            let mut octets = [0; 16];
            client.read_exact(&mut octets).await?;
            Some(format!("[{}]", Ipv6Addr::from(octets)))
        }
        NAME => {
            let len = client.read_u8().await?;
            let mut name = vec![0; usize::from(len)];
            client.read_exact(&mut name).await?;
            // Not text: an empty name, which is refused later.
            Some(String::from_utf8(name).unwrap_or_default())
        }
        _ => None,
    })
}

/// Answers the request. `bound` is the local address of the connection to the target.
///
/// # Errors
///
/// If the transport fails.
pub(crate) async fn reply(
    client: &mut (impl AsyncWrite + Unpin),
    reply: Reply,
    bound: Option<SocketAddr>,
) -> io::Result<()> {
    let mut message = vec![VERSION, reply as u8, 0];
    let bound = bound.unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, 0).into());
    match bound {
        SocketAddr::V4(bound) => {
            message.push(IPV4);
            message.extend(bound.ip().octets());
        }
        SocketAddr::V6(bound) => {
            message.push(IPV6);
            message.extend(bound.ip().octets());
        }
    }
    message.extend(bound.port().to_be_bytes());
    client.write_all(&message).await
}
