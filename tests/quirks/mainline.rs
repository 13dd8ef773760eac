//! µTorrent and Mainline: pads of 16 to 199 bytes, RC4 offered alone, an empty IA.

use tokio_mse::{Error, HandshakeError, Mode, Policy};

use crate::foreign::{Offer, step_4 as step_4_bytes};
use crate::ours::{accept, accept_and_talk, dial_and_talk, their_handshake};
use crate::peer::{RC4, Stream, open_as_initiator, open_as_responder, pad};
use crate::segments::{Far, connection};

async fn initiate(mut far: Far, pad_len: usize) -> Option<()> {
    let pad_c = pad(pad_len);
    let offer = Offer {
        provide: RC4,
        pad_c: &pad_c,
        ..Offer::default()
    };
    let (shared, select) = open_as_initiator(&mut far, pad_len, &offer).await?;
    if select != RC4 {
        return None;
    }
    Stream::initiator(far, shared, RC4)
        .talk_with_late_handshake()
        .await
}

async fn respond(mut far: Far) -> Option<()> {
    let (mut shared, offer) = open_as_responder(&mut far, 199).await?;
    if offer.provide & RC4 == 0 {
        return None;
    }
    far.send(step_4_bytes(&mut shared, [0; 8], RC4, &pad(199), 199));
    let mut stream = Stream::responder(far, shared, RC4);
    stream.their_handshake_arrives(&offer.ia).await?;
    stream.send(&their_handshake());
    stream.talk().await
}

#[tokio::test]
async fn pads_of_random_bytes_rc4_alone_and_an_empty_ia_are_served() {
    for pad_len in [0, 16, 199] {
        let policy = Policy::accept_any();
        accept_and_talk(policy.clone(), Mode::Rc4, |far| initiate(far, pad_len)).await;
    }
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
}

#[tokio::test]
async fn policies_that_do_not_meet_name_its_offer() {
    let (near, far) = connection();
    let mainline = tokio::spawn(initiate(far, 100));
    let error = accept(Policy::header_only(), near).await.unwrap_err();
    let Error::Refused(HandshakeError::NoCommonMethod { provided, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(provided, RC4);
    assert_eq!(mainline.await.unwrap(), None);
}
