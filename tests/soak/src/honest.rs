//! Peers that behave: they send a BitTorrent handshake and bytes, and check every byte of the echo.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio_mse::{MseConnector, Policy};

use crate::handshake::handshake;
use crate::network::{Kind, Link, Network};
use crate::server::INFO_HASH;

fn content(number: usize, at: usize) -> u8 {
    let mixed = number.wrapping_mul(0x9E37_79B9).wrapping_add(at.wrapping_mul(31)) ^ (at >> 8);
    mixed.to_le_bytes()[1]
}

/// One whole conversation. An echo that differs is an error.
pub(crate) async fn talk(network: &Network, kind: Kind, number: usize, bytes: usize) -> io::Result<()> {
    let connector = MseConnector::new(Policy::full_rc4()).no_timeout();
    converse(network.dial(kind).await?, &connector, number, bytes).await
}

/// The same over this link, with the timeouts of `connector`.
pub(crate) async fn converse(
    link: Link,
    connector: &MseConnector,
    number: usize,
    bytes: usize,
) -> io::Result<()> {
    let opening = handshake(&INFO_HASH);
    let peer = connector.connect(link, INFO_HASH, opening.to_vec()).await?;
    let (mut reader, mut writer) = peer.into_split_with(split);
    let sent: Vec<u8> = (0..bytes).map(|at| content(number, at)).collect();
    let sending = async {
        writer.write_all(&sent).await?;
        writer.shutdown().await
    };
    let receiving = async {
        let mut echo = Vec::with_capacity(opening.len() + bytes);
        reader.read_to_end(&mut echo).await.map(|_| echo)
    };
    let ((), echo) = tokio::try_join!(sending, receiving)?;
    let intact =
        echo.get(..opening.len()) == Some(&opening[..]) && echo.get(opening.len()..) == Some(&sent[..]);
    if intact {
        Ok(())
    } else {
        Err(io::Error::other("the echo is not what was sent"))
    }
}
