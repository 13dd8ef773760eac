//! Transmission 4.0: looks for the end of a pad in 511 bytes at every read, throws away everything that arrived together
//! with the key, and continues with RC4 after header-only was selected.

use tokio::io::AsyncReadExt;
use tokio_mse::{CryptoMethod, CryptoMethods, Mode, Policy};

use super::ours::{accept_and_talk, dial, dial_and_talk, our_handshake, their_handshake};
use super::peer::{PLAINTEXT, RC4, Stream, encrypted_vc, key, shared, step_3, step_4};
use super::segments::{Far, connection};
use crate::support::foreign::{Offer, step_4 as step_4_bytes};
use crate::support::spawn::spawn_boxed;

/// It treats everything that arrives in the same read as the key as padding, of 512 bytes at most.
async fn take_key(far: &mut Far) -> Option<Vec<u8>> {
    let key = far.take(96).await?;
    (far.arrived().len() <= 512).then_some(key)
}

async fn skip_to(far: &mut Far, mark: &[u8]) -> Option<()> {
    let mut unread = Vec::new();
    loop {
        unread.extend(far.read().await?);
        let mut dropped = 0;
        while unread.len() >= mark.len() {
            if unread.starts_with(mark) {
                far.put_back(unread.split_off(mark.len()));
                return Some(());
            }
            unread.remove(0);
            dropped += 1;
            if dropped == 512 {
                return None;
            }
        }
    }
}

async fn initiate(mut far: Far) -> Option<()> {
    far.send(key(511));
    let mut shared = shared(&take_key(&mut far).await?);
    let handshake = their_handshake();
    let offer = Offer {
        provide: RC4,
        ia: &handshake,
        ..Offer::default()
    };
    far.send(offer.step_3(&mut shared));
    let vc = encrypted_vc(&mut shared);
    skip_to(&mut far, &vc).await?;
    // It treats every selection but 1 as RC4.
    step_4(&mut far, &mut shared).await?;
    Stream::initiator(far, shared, RC4).talk_as_initiator().await
}

async fn respond(mut far: Far) -> Option<()> {
    let their_key = take_key(&mut far).await?;
    far.send(key(511));
    let mut shared = shared(&their_key);
    let mark = shared.req1();
    skip_to(&mut far, &mark).await?;
    let offer = step_3(&mut far, &mut shared).await?;
    let select = offer.select(RC4, PLAINTEXT);
    let step_4 = step_4_bytes(&mut shared, [0; 8], select, &[], 0);
    // Whichever method it has selected.
    let mut stream = Stream::responder(far, shared, RC4);
    stream.send_with_handshake(step_4);
    stream.talk_as_responder(&offer.ia).await
}

#[tokio::test]
async fn pads_stay_below_its_limit_and_after_its_read() {
    accept_and_talk(Policy::default(), Mode::Rc4, initiate).await;
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
}

#[tokio::test]
async fn header_only_works_if_rc4_is_offered_after_it() {
    let header_first = CryptoMethods::only(CryptoMethod::HeaderOnly).then(CryptoMethod::Rc4);
    let policy = Policy::header_only().with_methods(header_first);
    dial_and_talk(policy, Mode::Rc4, respond).await;
}

#[tokio::test]
async fn header_only_alone_is_answered_in_rc4_by_it_and_nothing_but_its_handshake_shows_that() {
    let (near, far) = connection();
    let transmission = spawn_boxed(respond(far));
    let mut ours = dial(Policy::header_only(), near, our_handshake()).await.unwrap();
    assert_eq!(ours.negotiated().mode(), Mode::HeaderOnly);
    let mut first = [0; 20];
    ours.read_exact(&mut first).await.unwrap();
    assert_ne!(first[..], their_handshake()[..20]);
    drop(ours);
    assert_eq!(transmission.await.unwrap(), None);
}
