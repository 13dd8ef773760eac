//! `Framed` with a codec for the BitTorrent messages, unchanged: how vincenzo talks to its peers.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncReadExt;
use tokio_mse::{MseStream, Policy, Skey};
use tokio_util::codec::{Decoder, Encoder, Framed};

#[path = "guides/usage.rs"]
mod usage;

/// A length in four bytes, and so many more.
struct Messages;

impl Decoder for Messages {
    type Item = Bytes;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Bytes>> {
        let Some(len) = buffer.first_chunk().map(|len| u32::from_be_bytes(*len) as usize) else {
            return Ok(None);
        };
        // MSE does not notice a changed byte, and this may be one.
        if len > 1 << 20 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if buffer.len() - 4 < len {
            return Ok(None);
        }
        buffer.advance(4);
        Ok(Some(buffer.split_to(len).freeze()))
    }
}

impl Encoder<Bytes> for Messages {
    type Error = io::Error;

    fn encode(&mut self, message: Bytes, buffer: &mut BytesMut) -> io::Result<()> {
        let len = u32::try_from(message.len()).map_err(io::Error::other)?;
        buffer.extend_from_slice(&len.to_be_bytes());
        buffer.extend_from_slice(&message);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    if usage::answered("Sends BitTorrent messages through a codec over the encrypted stream.") {
        return Ok(());
    }
    // The handshake and the extension handshake together: 68 bytes travel inside step 3, the rest follows step 4.
    let mut payload = BytesMut::from(&b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\0"[..]);
    payload.resize(68, 0x33); // info-hash and peer id
    let extensions = Bytes::from_static(b"\x14\0d1:ei1e1:md6:ut_pexi1eee");
    Messages.encode(extensions.clone(), &mut payload)?;

    let (near, far) = tokio::io::duplex(4096);
    let (skey, policy) = (Skey::from([0x33; 20]), Policy::full_rc4());
    let dial = MseStream::connect(near, skey.clone(), &policy).initial_payload(payload.freeze());
    let (ours, theirs) = tokio::join!(dial, MseStream::accept(far, &skey, &policy));
    let (ours, mut theirs) = (ours?, theirs?);
    theirs.read_exact(&mut [0; 68]).await?; // the BitTorrent handshake comes before the messages

    let (mut ours, mut theirs) = (Framed::new(ours, Messages), Framed::new(theirs, Messages));
    assert_eq!(theirs.next().await.transpose()?, Some(extensions.clone()));
    println!("extension handshake: {}", extensions[2..].escape_ascii());
    let piece = Bytes::from(vec![0x07; 16_397]);
    let (sent, received) = tokio::join!(ours.send(piece.clone()), theirs.next());
    sent?;
    println!("{} bytes: {}", piece.len(), ours.get_ref().negotiated());
    assert_eq!(received.transpose()?, Some(piece));
    Ok(())
}
