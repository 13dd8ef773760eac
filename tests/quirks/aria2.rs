//! aria2: an empty IA, its handshake after step 4; what follows IA before step 4 is thrown away.

use tokio_mse::{CryptoMethod, Policy};

use crate::foreign::{Offer, step_4 as step_4_bytes};
use crate::ours::{accept_and_talk, dial_and_talk, their_handshake};
use crate::peer::{PLAINTEXT, RC4, Stream, encrypted_vc, key, shared, skip_to, step_3, step_4};
use crate::segments::Far;

async fn initiate(mut far: Far, provide: u32) -> Option<()> {
    far.send(key(512));
    let mut shared = shared(&far.take(96).await?);
    let offer = Offer {
        provide,
        pad_c: &[0; 512],
        ..Offer::default()
    };
    far.send(offer.step_3(&mut shared));
    let vc = encrypted_vc(&mut shared);
    skip_to(&mut far, &vc, 512).await?;
    let select = step_4(&mut far, &mut shared).await?;
    Stream::initiator(far, shared, select)
        .talk_with_late_handshake()
        .await
}

async fn respond(mut far: Far) -> Option<()> {
    let their_key = far.take(96).await?;
    far.send(key(512));
    let mut shared = shared(&their_key);
    let mark = shared.req1();
    skip_to(&mut far, &mark, 512).await?;
    let offer = step_3(&mut far, &mut shared).await?;
    if offer.ia.len() > 68 {
        return None;
    }
    drop(far.arrived());
    // Plaintext where it is offered; step 4 and its handshake in two segments.
    let select = if offer.provide & PLAINTEXT == 0 {
        RC4
    } else {
        PLAINTEXT
    };
    far.send(step_4_bytes(&mut shared, [0; 8], select, &[0; 512], 512));
    let mut stream = Stream::responder(far, shared, select);
    stream.their_handshake_arrives(&offer.ia).await?;
    stream.send(&their_handshake());
    stream.talk().await
}

#[tokio::test]
async fn an_empty_ia_and_a_handshake_after_step_4_are_served() {
    let policy = Policy::accept_any();
    accept_and_talk(policy, CryptoMethod::Rc4, |far| initiate(far, RC4)).await;
    accept_and_talk(policy, CryptoMethod::Rc4, |far| initiate(far, RC4 | PLAINTEXT)).await;
    let clear = Policy::header_only().allow();
    accept_and_talk(clear, CryptoMethod::Plaintext, |far| {
        initiate(far, RC4 | PLAINTEXT)
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_to_a_responder_that_throws_away_what_follows_ia() {
    dial_and_talk(Policy::full_rc4(), CryptoMethod::Rc4, respond).await;
    dial_and_talk(Policy::header_only(), CryptoMethod::Plaintext, respond).await;
}
