//! aria2: an empty IA, its handshake after step 4; what follows IA before step 4 is thrown away.

use tokio_mse::{Encryption, Mode, Policy};

use super::ours::{accept_and_talk, dial_and_talk, their_handshake};
use super::peer::{PLAINTEXT, RC4, Stream, open_as_initiator, open_as_responder};
use super::segments::Far;
use crate::support::foreign::{Offer, step_4 as step_4_bytes};

async fn initiate(mut far: Far, provide: u32) -> Option<()> {
    let offer = Offer {
        provide,
        pad_c: &[0; 512],
        ..Offer::default()
    };
    let (shared, select) = open_as_initiator(&mut far, 512, &offer).await?;
    Stream::initiator(far, shared, select)
        .talk_with_late_handshake()
        .await
}

async fn respond(mut far: Far) -> Option<()> {
    let (mut shared, offer) = open_as_responder(&mut far, 512).await?;
    if offer.ia.len() > 68 {
        return None;
    }
    drop(far.arrived());
    let select = offer.select(PLAINTEXT, RC4);
    // Step 4 and its handshake go in two segments.
    far.send(step_4_bytes(&mut shared, [0; 8], select, &[0; 512], 512));
    let mut stream = Stream::responder(far, shared, select);
    stream.their_handshake_arrives(&offer.ia).await?;
    stream.send(&their_handshake());
    stream.talk().await
}

#[tokio::test]
async fn an_empty_ia_and_a_handshake_after_step_4_are_served() {
    let policy = Policy::default();
    accept_and_talk(policy.clone(), Mode::Rc4, |far| initiate(far, RC4)).await;
    accept_and_talk(policy.clone(), Mode::Rc4, |far| initiate(far, RC4 | PLAINTEXT)).await;
    let clear = Policy::header_only().with_encryption(Encryption::Allow);
    accept_and_talk(clear, Mode::HeaderOnly, |far| initiate(far, RC4 | PLAINTEXT)).await;
}

#[tokio::test]
async fn nothing_is_lost_to_a_responder_that_throws_away_what_follows_ia() {
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
    dial_and_talk(Policy::header_only(), Mode::HeaderOnly, respond).await;
}
