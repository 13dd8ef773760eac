//! The first message of a client: its BitTorrent handshake, or as much of it as arrives.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

/// A whole BitTorrent handshake. Several clients do not answer a part of one.
const LEN: usize = 68;

/// Where its info-hash is.
const INFO_HASH: std::ops::Range<usize> = 28..48;

/// How long to wait for the rest once there is enough to go on. Some clients send their peer id in a segment of its own, and
/// several peers need all 68 bytes at once. Mainline sends it only after the peer's handshake, and waits for nothing here.
const REST: Duration = Duration::from_millis(100);

/// How much is needed to go on.
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

/// Reads the handshake and nothing after it. `opening` is what was read of it before.
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};
    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_48_bytes_and_waits_is_not_delayed_by_a_second() {
        let (mut client, mut near) = duplex(1024);
        let begun = Instant::now();
        client.write_all(&[7; 48]).await.unwrap();
        let opening = read(&mut near, Vec::new(), Enough::InfoHash, LIMIT)
            .await
            .unwrap();
        assert_eq!(opening.len(), 48);
        assert_eq!(begun.elapsed(), REST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_id_in_a_segment_of_its_own_is_waited_for() {
        let (mut client, mut near) = duplex(1024);
        let sender = async {
            client.write_all(&[7; 48]).await.unwrap();
            sleep(REST / 2).await;
            client.write_all(&[7; 20]).await.unwrap();
        };
        let reading = read(&mut near, Vec::new(), Enough::InfoHash, LIMIT);
        let (opening, ()) = tokio::join!(reading, sender);
        assert_eq!(opening.unwrap().len(), 68);
    }
}
