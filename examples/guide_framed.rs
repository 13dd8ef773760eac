//! `Framed` with a codec for the BitTorrent messages, unchanged: how vincenzo talks to its peers.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncReadExt;
use tokio_mse::{MseStream, Policy, Skey};
use tokio_util::codec::{Decoder, Encoder, Framed};

/// A length in four bytes, and so many more.
struct Messages;

impl Decoder for Messages {
    type Item = Bytes;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Bytes>> {
        let Some(len) = buffer.first_chunk().map(|len| u32::from_be_bytes(*len) as usize) else {
            return Ok(None);
        };
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
    let (near, far) = tokio::io::duplex(4096);
    let (skey, policy) = (Skey::from([0x33; 20]), Policy::full_rc4());
    let dial = MseStream::connect(near, skey.clone(), &policy).initial_payload(vec![0x13; 68]);
    let (ours, theirs) = tokio::join!(dial, MseStream::accept(far, &skey, &policy));
    let (ours, mut theirs) = (ours?, theirs?);
    theirs.read_exact(&mut [0; 68]).await?; // the BitTorrent handshake comes before the messages

    let (mut ours, mut theirs) = (Framed::new(ours, Messages), Framed::new(theirs, Messages));
    let piece = Bytes::from(vec![0x07; 16_397]);
    let (sent, received) = tokio::join!(ours.send(piece.clone()), theirs.next());
    sent?;
    assert_eq!(received.transpose()?, Some(piece));
    Ok(())
}
