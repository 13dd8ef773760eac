//! What the programs of the interop suite have in common.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// The command line of a program that runs the code of a guide.
pub struct Arguments {
    /// Whether the program dials or listens.
    pub role: Role,
    /// The info-hash of the torrent.
    pub info_hash: [u8; 20],
    /// The local address that the stream is relayed to.
    pub relay: SocketAddr,
}

/// Whether a program dials or listens.
pub enum Role {
    /// Dials this peer.
    Dial(SocketAddr),
    /// Accepts peers at this address.
    Listen(SocketAddr),
}

impl Arguments {
    /// `--connect ADDR` or `--listen ADDR`, `--info-hash HEX` and `--relay ADDR`.
    ///
    /// # Errors
    ///
    /// An option is missing, unknown, or has a wrong value.
    pub fn parse() -> Result<Self, Box<dyn Error>> {
        let (mut role, mut info_hash, mut relay) = (None, None, None);
        let mut words = std::env::args().skip(1);
        while let Some(option) = words.next() {
            let value = words.next().ok_or("an option without a value")?;
            match option.as_str() {
                "--connect" => role = Some(Role::Dial(value.parse()?)),
                "--listen" => role = Some(Role::Listen(value.parse()?)),
                "--info-hash" => info_hash = Some(hex(&value)?),
                "--relay" => relay = Some(value.parse()?),
                _ => return Err(format!("no option {option}").into()),
            }
        }
        Ok(Self {
            role: role.ok_or("no --connect or --listen")?,
            info_hash: info_hash.ok_or("no --info-hash")?,
            relay: relay.ok_or("no --relay")?,
        })
    }
}

/// Parses an info-hash.
///
/// # Errors
///
/// The text does not have 40 hexadecimal digits.
pub fn hex(text: &str) -> Result<[u8; 20], Box<dyn Error>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .ok_or("not hexadecimal")?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    bytes.try_into().map_err(|_| "an info-hash has 40 digits".into())
}

/// Relays a peer's stream to a local program, until both directions have ended.
///
/// # Errors
///
/// One of the two streams failed.
pub async fn relay<R, W>(mut reader: R, mut writer: W, to: SocketAddr) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (mut from_program, mut to_program) = TcpStream::connect(to).await?.into_split();
    let incoming = async {
        tokio::io::copy(&mut reader, &mut to_program).await?;
        to_program.shutdown().await
    };
    let outgoing = async {
        tokio::io::copy(&mut from_program, &mut writer).await?;
        writer.shutdown().await
    };
    tokio::try_join!(incoming, outgoing)?;
    Ok(())
}
