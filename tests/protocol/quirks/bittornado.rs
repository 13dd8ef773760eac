//! BitTornado: it depends on where a segment ends. It looks for ENCRYPT(VC) in the first byte after the key, and then not
//! again before more arrives: with an empty PadB and step 4 in one segment, never. Pads of 16 to 199 bytes, RC4 offered
//! alone, an empty IA. As responder it reads all of IA before it answers.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_mse::{Mode, Policy};

use super::ours::{INFO_HASH, accept_and_talk, dial_and_talk, our_handshake, their_handshake};
use super::peer::{RC4, Stream, encrypted_vc, key, open_as_responder, pad, shared, step_4};
use super::segments::{Far, connection};
use crate::support::foreign::{Offer, Shared, public_key, step_4 as step_4_bytes};

const SILENCE: Duration = Duration::from_secs(30);

/// Sends step 3 and waits for ENCRYPT(VC) as it does.
async fn initiate_up_to_vc(far: &mut Far) -> Option<Shared> {
    far.send(key(16));
    let mut shared = shared(&far.take(96).await?);
    let offer = Offer {
        provide: RC4,
        pad_c: &[0x77; 199],
        ..Offer::default()
    };
    far.send(offer.step_3(&mut shared));
    let vc = encrypted_vc(&mut shared);
    let mut seen = far.take(1).await?;
    // The bytes after that one are not looked at before the next segment arrives.
    let after = far.arrived();
    loop {
        let segment = far.read().await?;
        if seen.len() == 1 {
            seen.extend(&after);
        }
        seen.extend(segment);
        if let Some(at) = seen.windows(vc.len()).position(|found| found == vc) {
            far.put_back(seen.split_off(at + vc.len()));
            return Some(shared);
        }
        if seen.len() > 520 {
            return None;
        }
    }
}

pub async fn initiate(mut far: Far) -> Option<()> {
    let mut shared = initiate_up_to_vc(&mut far).await?;
    if step_4(&mut far, &mut shared).await? != RC4 {
        return None;
    }
    let mut stream = Stream::initiator(far, shared, RC4);
    // Its peer id follows when it knows ours.
    let (without_peer_id, peer_id) = (&their_handshake()[..48], &their_handshake()[48..]);
    stream.send(without_peer_id);
    stream.their_handshake_arrives(&[]).await?;
    stream.send(peer_id);
    stream.talk().await
}

async fn respond(mut far: Far) -> Option<()> {
    let (mut shared, offer) = open_as_responder(&mut far, 199).await?;
    // It looks at two bits.
    if (offer.provide % 4) & RC4 == 0 {
        return None;
    }
    far.send(step_4_bytes(&mut shared, [0; 8], RC4, &pad(199), 199));
    let mut stream = Stream::responder(far, shared, RC4);
    stream.their_handshake_arrives(&offer.ia).await?;
    stream.send(&their_handshake());
    stream.talk().await
}

/// With the setting that accepts nothing but MSE.
pub async fn respond_to_mse_alone(mut far: Far) -> Option<()> {
    let first = far.take(20).await?;
    if first == our_handshake()[..20] {
        return None;
    }
    far.put_back(first);
    respond(far).await
}

#[tokio::test]
async fn it_answers_with_rc4_and_long_pads() {
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
}

#[tokio::test(start_paused = true)]
async fn it_does_not_stall_because_pad_b_is_never_empty() {
    accept_and_talk(Policy::default(), Mode::Rc4, initiate).await;
}

#[tokio::test(start_paused = true)]
async fn it_stalls_if_pad_b_is_empty() {
    let (mut responder, mut far) = connection();
    let stalls = async move { initiate_up_to_vc(&mut far).await.is_none() };
    let responds = async move {
        let mut their_key = [0; 96];
        responder.read_exact(&mut their_key).await.unwrap();
        responder.write_all(&public_key(&[0x11; 20])).await.unwrap();
        let mut shared = Shared::new(&[0x11; 20], &their_key, &INFO_HASH);
        let step_4 = step_4_bytes(&mut shared, [0; 8], RC4, &[], 0);
        while tokio::time::timeout(SILENCE, responder.read_u8()).await.is_ok() {}
        responder.write_all(&step_4).await.unwrap();
        // All of step 4 has been sent, and nothing arrives.
        tokio::time::timeout(SILENCE, responder.read_u8())
            .await
            .unwrap_err();
    };
    let (stalled, ()) = tokio::join!(stalls, responds);
    assert!(stalled);
}
