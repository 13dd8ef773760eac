//! Dials a peer with hints, and prints what was tried: `attempts: plaintext mse`.
//!
//! ```sh
//! hinted --connect ADDR --info-hash HEX --encryption allow|prefer
//!     [--crypto-flag N] [--pex-flags N] [--extension-e N]
//! ```
//!
//! For `tests/interop/cases/hints.py`. Exit status 0 if a connection was established.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use mse_interop::hex;
use tokio::net::TcpStream;
use tokio_mse::{DialMode, Encryption, MseConnector, PeerHint, Policy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut peer: Option<SocketAddr> = None;
    let mut info_hash = [0; 20];
    let mut encryption = Encryption::default();
    let mut hint = PeerHint::Unknown;
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        let value = words.next().ok_or("an option without a value")?;
        let said = match option.as_str() {
            "--connect" => {
                peer = Some(value.parse()?);
                PeerHint::Unknown
            }
            "--info-hash" => {
                info_hash = hex(&value)?;
                PeerHint::Unknown
            }
            "--encryption" => {
                encryption = value.parse()?;
                PeerHint::Unknown
            }
            "--crypto-flag" => PeerHint::from_crypto_flag(value.parse()?),
            "--pex-flags" => PeerHint::from_pex_flags(value.parse()?),
            "--extension-e" => PeerHint::from_extension_handshake(Some(value.parse()?)),
            _ => return Err(format!("no option {option}").into()),
        };
        hint = hint.join(said);
    }
    let peer = peer.ok_or("no --connect")?;
    let mut attempts = Vec::new();
    let outcome = MseConnector::new(Policy::full_rc4().with_encryption(encryption))
        .for_peer(hint)
        .connect_with(info_hash, handshake(info_hash), |mode| {
            attempts.push(match mode {
                DialMode::Plaintext => "plaintext",
                DialMode::Mse => "mse",
            });
            TcpStream::connect(peer)
        })
        .await;
    println!("attempts: {}", attempts.join(" "));
    if let Err(error) = outcome {
        eprintln!("{}: {error}", error.label());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// A complete BitTorrent handshake, 68 bytes.
fn handshake(info_hash: [u8; 20]) -> Vec<u8> {
    [
        b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0".as_slice(),
        &info_hash,
        b"-TM0000-hinted------",
    ]
    .concat()
}
