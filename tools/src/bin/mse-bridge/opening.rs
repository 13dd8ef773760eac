//! The first message of a client: its BitTorrent handshake, or the part of it that arrives.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

/// The length of a whole BitTorrent handshake. Several clients do not answer a part of one.
const LEN: usize = 68;

/// The position of the info-hash in it.
const INFO_HASH: std::ops::Range<usize> = 28..48;

/// How long to wait for the rest after the info-hash: some clients do not send their peer id at once.
const REST: Duration = Duration::from_secs(1);

/// How many bytes are needed to continue.
#[derive(Clone, Copy)]
pub(crate) enum Enough {
    Anything,
    InfoHash,
}

impl Enough {
    const fn bytes(self) -> usize {
        match self {
            Self::Anything => 1,
            Self::InfoHash => INFO_HASH.end,
        }
    }
}

pub(crate) fn info_hash(opening: &[u8]) -> Option<[u8; 20]> {
    opening.get(INFO_HASH)?.try_into().ok()
}

/// Reads the handshake and nothing after it. `opening` has the bytes that were read before.
pub(crate) async fn read(
    client: &mut (impl AsyncRead + Unpin),
    mut opening: Vec<u8>,
    enough: Enough,
    within: Duration,
) -> Result<Vec<u8>, String> {
    let deadline = Instant::now() + within;
    while opening.len() < LEN {
        let is_enough = opening.len() >= enough.bytes();
        let until = if is_enough {
            deadline.min(Instant::now() + REST)
        } else {
            deadline
        };
        let rest = (LEN - opening.len()) as u64;
        let mut client = (&mut *client).take(rest);
        let ended = match timeout_at(until, client.read_buf(&mut opening)).await {
            Ok(Ok(0)) => "the client closed the connection".to_owned(),
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("nothing more within {within:?}"),
        };
        if is_enough {
            break;
        }
        let len = opening.len();
        return Err(format!(
            "reading the BitTorrent handshake, after {len} bytes: {ended}"
        ));
    }
    Ok(opening)
}
