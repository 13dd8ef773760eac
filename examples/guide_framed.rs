//! A `Framed` with a codec for BitTorrent messages, over an encrypted stream. The codec needs no change.

use std::io::{self, Write};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio_mse::{MseAcceptor, MseConnector, MseStream, Policy, Skey};
use tokio_util::codec::{Encoder, Framed, LengthDelimitedCodec};

const INFO_HASH: [u8; 20] = [0x33; 20];
const EXTENSION_HANDSHAKE: &[u8] = b"\x14\0d1:ei1e1:md6:ut_pexi1eee";

type Messages = Framed<MseStream<DuplexStream>, LengthDelimitedCodec>;

fn handshake(peer_id: &[u8; 20]) -> BytesMut {
    let mut handshake = BytesMut::from(&b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\0"[..]);
    handshake.put_slice(&INFO_HASH);
    handshake.put_slice(peer_id);
    handshake
}

/// A length in four bytes, then the message. The limit matters: MSE does not detect changed bytes, and a changed length
/// would make the reader wait for bytes that never come.
fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .max_frame_length(1 << 20)
        .new_codec()
}

/// Reads the 68 bytes of the BitTorrent handshake, which are first in every mode. Only messages follow.
async fn messages(mut peer: MseStream<DuplexStream>) -> io::Result<Messages> {
    peer.read_exact(&mut [0; 68]).await?;
    Ok(Framed::new(peer, codec()))
}

/// Sends the handshake and the first message together: 68 bytes inside the MSE handshake, and the rest directly after it.
async fn dial(io: DuplexStream) -> io::Result<Messages> {
    let mut payload = handshake(b"-XX0100-dialler.....");
    codec().encode(Bytes::from_static(EXTENSION_HANDSHAKE), &mut payload)?;
    let connector = MseConnector::new(Policy::full_rc4());
    messages(connector.connect(io, INFO_HASH, payload).await?).await
}

async fn accept(io: DuplexStream) -> io::Result<Messages> {
    let incoming = MseAcceptor::new(Policy::full_rc4()).accept(io).await?;
    let payload = handshake(b"-XX0100-listener....");
    messages(incoming.accept(Skey::from(INFO_HASH), payload).await?).await
}

/// Unlike `println!`, this does not panic if nobody reads the output.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let (near, far) = duplex(4096);
    let (mut ours, mut theirs) = tokio::try_join!(dial(near), accept(far))?;
    say(ours.get_ref().negotiated());

    let received = theirs.next().await.transpose()?.unwrap_or_default();
    assert_eq!(received, EXTENSION_HANDSHAKE);
    say(format_args!(
        "extension handshake: {}",
        received[2..].escape_ascii()
    ));

    let piece = Bytes::from(vec![0x07; 16_397]);
    let (sent, received) = tokio::join!(ours.send(piece.clone()), theirs.next());
    sent?;
    let received = received.transpose()?.unwrap_or_default();
    assert_eq!(received, piece);
    say(format_args!("a piece of {} bytes", received.len()));
    Ok(())
}
