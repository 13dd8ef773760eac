//! WebTorrent: as initiator an empty IA and the handshake after step 4; as responder it needs a whole handshake in IA.

use tokio_mse::{Mode, Policy};

use super::ours::{accept_and_talk, dial_and_talk};
use super::peer::{PLAINTEXT, RC4, Stream, open_as_initiator, open_as_responder};
use super::segments::Far;
use crate::support::foreign::{Offer, step_4 as step_4_bytes};

async fn initiate(mut far: Far) -> Option<()> {
    let offer = Offer {
        provide: RC4 | PLAINTEXT,
        pad_c: &[0; 300],
        ..Offer::default()
    };
    let (shared, select) = open_as_initiator(&mut far, 0, &offer).await?;
    Stream::initiator(far, shared, select)
        .talk_with_late_handshake()
        .await
}

async fn respond(mut far: Far) -> Option<()> {
    let (mut shared, offer) = open_as_responder(&mut far, 0).await?;
    if !offer.ia.is_empty() && offer.ia.len() < 68 {
        return None;
    }
    let select = offer.select(PLAINTEXT, RC4);
    let step_4 = step_4_bytes(&mut shared, [0; 8], select, &[0; 77], 77);
    let mut stream = Stream::responder(far, shared, select);
    stream.send_with_handshake(step_4);
    stream.talk_as_responder(&offer.ia).await
}

#[tokio::test]
async fn no_pad_no_ia_and_a_late_handshake_are_served() {
    accept_and_talk(Policy::default(), Mode::Rc4, initiate).await;
}

#[tokio::test]
async fn it_gets_the_whole_handshake_in_ia() {
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
    dial_and_talk(Policy::header_only(), Mode::HeaderOnly, respond).await;
}
