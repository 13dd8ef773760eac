//! rTorrent: IA of exactly 68 bytes, and nothing after it before step 4. From 0.16.1 to 0.16.17, with any encryption set,
//! it closes a plaintext connection after 20 bytes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_mse::{DialMode, Encryption, Mode, Policy};

use super::ours::{accept_and_talk, dial, dial_and_talk, our_handshake, their_handshake};
use super::pairs::{double, we_dial};
use super::peer::{PLAINTEXT, RC4, Stream, open_as_initiator, open_as_responder};
use super::segments::{Far, connection};
use crate::support::foreign::{Offer, step_4 as step_4_bytes};
use crate::support::spawn::spawn_boxed;

async fn initiate(mut far: Far, provide: u32) -> Option<()> {
    let handshake = their_handshake();
    let offer = Offer {
        provide,
        ia: &handshake,
        ..Offer::default()
    };
    let (shared, select) = open_as_initiator(&mut far, 511, &offer).await?;
    // Several bits at once are refused.
    if select != RC4 && select != PLAINTEXT {
        return None;
    }
    Stream::initiator(far, shared, select).talk_as_initiator().await
}

pub async fn initiate_with_rc4(far: Far) -> Option<()> {
    initiate(far, RC4).await
}

async fn keyed_up_to_ia(mut far: Far) -> Option<(Stream, Vec<u8>)> {
    let (mut shared, offer) = open_as_responder(&mut far, 511).await?;
    if offer.ia.len() != 68 || !far.arrived().is_empty() {
        return None;
    }
    let select = offer.select(RC4, PLAINTEXT);
    let step_4 = step_4_bytes(&mut shared, [0; 8], select, &[], 0);
    let mut stream = Stream::responder(far, shared, select);
    stream.send_with_handshake(step_4);
    Some((stream, offer.ia))
}

/// 0.16.1 to 0.16.17: 20 bytes show it that this is plaintext, and it closes.
pub async fn respond_to_mse_alone(mut far: Far) -> Option<()> {
    let first = far.take(20).await?;
    if first == our_handshake()[..20] {
        return None;
    }
    far.put_back(first);
    respond(far).await
}

async fn respond(far: Far) -> Option<()> {
    let (mut stream, ia) = keyed_up_to_ia(far).await?;
    stream.talk_as_responder(&ia).await
}

#[tokio::test]
async fn it_is_served_whatever_it_offers() {
    let policy = Policy::default();
    accept_and_talk(policy.clone(), Mode::Rc4, |far| initiate(far, RC4)).await;
    accept_and_talk(policy.clone(), Mode::HeaderOnly, |far| initiate(far, PLAINTEXT)).await;
    accept_and_talk(policy.clone(), Mode::Rc4, |far| initiate(far, RC4 | PLAINTEXT)).await;
}

#[tokio::test]
async fn it_gets_an_ia_of_68_bytes_and_nothing_after_it() {
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
    dial_and_talk(Policy::header_only(), Mode::HeaderOnly, respond).await;
}

#[tokio::test]
async fn more_than_68_bytes_of_initial_payload_wait_for_step_4() {
    let bitfield = b"\0\0\0\x02\x05\xFF";
    let (near, far) = connection();
    let rtorrent = spawn_boxed(async move {
        let (mut stream, ia) = keyed_up_to_ia(far).await?;
        assert_eq!(ia, our_handshake());
        stream.take(bitfield.len()).await
    });
    let payload = [&our_handshake()[..], bitfield].concat();
    let mut ours = dial(Policy::full_rc4(), near, payload).await.unwrap();
    ours.read_exact(&mut [0; 68]).await.unwrap();
    assert_eq!(rtorrent.await.unwrap().unwrap(), bitfield);
    // It has closed, and the bytes were sent once.
    assert!(ours.write_all(b"?").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn versions_that_drop_plaintext_after_20_bytes_are_dialled_again_with_mse() {
    let rtorrent = double("rTorrent 0.16.1 to 0.16.17, try_outgoing and enable_retry");
    let outcome = we_dial(Encryption::Allow, &rtorrent).await;
    assert_eq!(outcome.attempts, [DialMode::Plaintext, DialMode::Mse]);
    assert_eq!(outcome.mode(), Some("rc4"));
}
