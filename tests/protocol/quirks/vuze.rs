//! Vuze and BiglyBT: each pad in two bursts, and pieces of 50 to 149 bytes with NODELAY. A responder sends step 4
//! together with its BitTorrent handshake, for which it needs the initiator's.

use tokio_mse::{CryptoMethod, DialMode, Encryption, ErrorKind, Mode, Policy, Step};

use super::ours::{accept_and_talk, dial, dial_and_talk, their_handshake};
use super::peer::{PLAINTEXT, RC4, Stream, key, pad, shared, step_3_after_pad, step_4_after_pad};
use super::segments::{Far, connection};
use crate::support::foreign::{Offer, step_4 as step_4_bytes};
use crate::support::spawn::spawn_boxed;

/// The longest burst.
const BURST: usize = 255;

async fn scatter(far: &Far, bytes: &[u8]) {
    let mut rest = bytes;
    for len in [50, 149, 97, 120, 61].into_iter().cycle() {
        if rest.is_empty() {
            return;
        }
        let (piece, after) = rest.split_at(rest.len().min(len));
        far.send(piece);
        rest = after;
        // The reader sees each piece alone.
        tokio::task::yield_now().await;
    }
}

async fn initiate(mut far: Far) -> Option<()> {
    scatter(&far, &key(BURST)).await;
    let mut shared = shared(&far.take(96).await?);
    let handshake = their_handshake();
    let offer = Offer {
        provide: RC4,
        pad_c: &[0; 511],
        ia: &handshake,
        ..Offer::default()
    };
    scatter(&far, &[pad(BURST), offer.step_3(&mut shared)].concat()).await;
    let select = step_4_after_pad(&mut far, &mut shared, 512).await?;
    Stream::initiator(far, shared, select).talk_as_initiator().await
}

async fn respond(mut far: Far) -> Option<()> {
    let their_key = far.take(96).await?;
    scatter(&far, &key(BURST)).await;
    let mut shared = shared(&their_key);
    let offer = step_3_after_pad(&mut far, &mut shared, 512).await?;
    let select = offer.select(PLAINTEXT, RC4);
    while offer.ia.len() < 68 {
        // No initiator sends the rest of a handshake before step 4.
        far.take(1).await?;
    }
    let step_4 = step_4_bytes(&mut shared, [0; 8], select, &[0; 511], 511);
    let mut stream = Stream::responder(far, shared, select);
    stream.their_handshake_arrives(&offer.ia).await?;
    let handshake = stream.seal(&their_handshake());
    scatter(&stream.far, &[pad(BURST), step_4, handshake].concat()).await;
    stream.talk().await
}

#[tokio::test]
async fn pads_in_two_bursts_and_small_pieces_are_accepted() {
    let policy = Policy::default();
    accept_and_talk(policy.clone(), Mode::Rc4, initiate).await;
}

#[tokio::test]
async fn step_4_that_waits_for_our_handshake_comes_because_ia_brings_it() {
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
    dial_and_talk(Policy::header_only(), Mode::HeaderOnly, respond).await;
    let both = Policy::full_rc4().methods().then(CryptoMethod::HeaderOnly);
    let both = Policy::new(Encryption::Prefer, both);
    dial_and_talk(both, Mode::HeaderOnly, respond).await;
}

#[tokio::test(start_paused = true)]
async fn without_an_initial_payload_it_is_a_typed_error_in_time_and_no_reason_to_redial() {
    let (near, far) = connection();
    let vuze = spawn_boxed(respond(far));
    let error = dial(Policy::full_rc4(), near, "").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut(_)), "{error}");
    assert_eq!((error.step(), error.peer_answered()), (Step::Sync, true));
    assert_eq!(Policy::default().redial(DialMode::Mse, &error), None);
    assert_eq!(vuze.await.unwrap(), None);
}
