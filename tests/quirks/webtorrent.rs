//! WebTorrent: as initiator an empty IA and the handshake after step 4; as responder it needs a whole handshake in IA.

use tokio_mse::{CryptoMethod, Policy};

use crate::foreign::{Offer, step_4 as step_4_bytes};
use crate::ours::{accept_and_talk, dial_and_talk, their_handshake};
use crate::peer::{PLAINTEXT, RC4, Stream, encrypted_vc, key, shared, skip_to, step_3, step_4};
use crate::segments::Far;

async fn initiate(mut far: Far) -> Option<()> {
    far.send(key(0));
    let mut shared = shared(&far.take(96).await?);
    let offer = Offer {
        provide: RC4 | PLAINTEXT,
        pad_c: &[0; 300],
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
    far.send(key(0));
    let mut shared = shared(&their_key);
    let mark = shared.req1();
    skip_to(&mut far, &mark, 512).await?;
    let offer = step_3(&mut far, &mut shared).await?;
    if !offer.ia.is_empty() && offer.ia.len() < 68 {
        return None;
    }
    let select = if offer.provide & PLAINTEXT == 0 {
        RC4
    } else {
        PLAINTEXT
    };
    let step_4 = step_4_bytes(&mut shared, [0; 8], select, &[0; 77], 77);
    let mut stream = Stream::responder(far, shared, select);
    let handshake = stream.seal(&their_handshake());
    stream.far.send([step_4, handshake].concat());
    stream.their_handshake_arrives(&offer.ia).await?;
    stream.talk().await
}

#[tokio::test]
async fn no_pad_no_ia_and_a_late_handshake_are_served() {
    accept_and_talk(Policy::accept_any(), CryptoMethod::Rc4, initiate).await;
}

#[tokio::test]
async fn it_gets_the_whole_handshake_in_ia() {
    dial_and_talk(Policy::full_rc4(), CryptoMethod::Rc4, respond).await;
    dial_and_talk(Policy::header_only(), CryptoMethod::Plaintext, respond).await;
}
