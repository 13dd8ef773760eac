//! KTorrent: expects the key in one segment and everything within 5 seconds, sends step 3 in three segments with empty
//! pads, and drops the leading zero bytes of S, so that one handshake in 256 fails.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_mse::handshake::{Machine, Padding, PrivateKey, Progress, Randomness, Responder};
use tokio_mse::{DialMode, ErrorKind, HandshakeError, Mode, Policy, Step};

use super::ours::{INFO_HASH, accept_and_talk, dial, dial_and_talk, our_handshake, their_handshake};
use super::peer::{EXPONENT, PLAINTEXT, RC4, Stream, key, skip_to, step_3, step_4_after_pad};
use super::segments::{Far, connection};
use crate::deliver::public_key;
use crate::support::foreign::{Cipher, Offer, Shared, secret, sha1, step_4 as step_4_bytes};
use crate::support::spawn::spawn_boxed;

const LIMIT: Duration = Duration::from_secs(5);

/// As it computes it: the hashes over S without its leading zero bytes.
fn shared_with(exponent: &[u8], peer_key: &[u8]) -> Shared {
    let mut shared = Shared::new(exponent, peer_key, &INFO_HASH);
    let zeros = shared.secret.iter().take_while(|byte| **byte == 0).count();
    let stripped = &shared.secret[zeros..];
    shared.a = Cipher::new(b"keyA", stripped, &INFO_HASH);
    shared.b = Cipher::new(b"keyB", stripped, &INFO_HASH);
    shared
}

fn req1(shared: &Shared) -> [u8; 20] {
    let zeros = shared.secret.iter().take_while(|byte| **byte == 0).count();
    sha1(&[b"req1", &shared.secret[zeros..]])
}

/// The key, if all of it is in the first segment.
async fn take_key(far: &mut Far) -> Option<Vec<u8>> {
    let mut first = far.read().await?;
    if first.len() < 96 {
        return None;
    }
    far.put_back(first.split_off(96));
    Some(first)
}

async fn initiate(mut far: Far) -> Option<()> {
    far.send(key(512));
    let their_key = take_key(&mut far).await?;
    // Our key is random, so one S in 256 begins with a zero byte. That is another test: here S keeps it.
    let mut shared = Shared::new(&EXPONENT, &their_key, &INFO_HASH);
    let handshake = their_handshake();
    let offer = Offer {
        provide: RC4 | PLAINTEXT,
        ia: &handshake,
        ..Offer::default()
    };
    let step_3 = offer.step_3(&mut shared);
    for segment in [&step_3[..20], &step_3[20..40], &step_3[40..]] {
        far.send(segment);
        tokio::task::yield_now().await;
    }
    let select = step_4_after_pad(&mut far, &mut shared, 511).await?;
    Stream::initiator(far, shared, select).talk_as_initiator().await
}

async fn respond_with(mut far: Far, choose: impl Fn(&[u8]) -> Vec<u8>) -> Option<()> {
    let their_key = take_key(&mut far).await?;
    let exponent = choose(&their_key);
    far.send([&public_key(&exponent)[..], &[0x4B; 512]].concat());
    let mut shared = shared_with(&exponent, &their_key);
    let mark = req1(&shared);
    skip_to(&mut far, &mark, 511).await?;
    let offer = step_3(&mut far, &mut shared).await?;
    let select = offer.select(RC4, PLAINTEXT);
    let step_4 = step_4_bytes(&mut shared, [0; 8], select, &[], 0);
    let mut stream = Stream::responder(far, shared, select);
    stream.send_with_handshake(step_4);
    stream.talk_as_responder(&offer.ia).await
}

async fn respond(far: Far) -> Option<()> {
    // One S in 256 begins with a zero byte; that is another test.
    let usual = |their_key: &[u8]| {
        let mut exponents = (EXPONENT[0]..).map(|byte| vec![byte; 20]);
        exponents
            .find(|exponent| secret(exponent, their_key)[0] != 0)
            .unwrap()
    };
    let all = respond_with(far, usual);
    timeout(LIMIT, all).await.ok()?
}

/// An exponent that makes S begin with a zero byte.
fn unlucky(their_key: &[u8]) -> Vec<u8> {
    let mut exponents = (1000_u16..).map(u16::to_be_bytes);
    let found = exponents.find(|exponent| secret(exponent, their_key)[0] == 0);
    found.unwrap().to_vec()
}

#[tokio::test(start_paused = true)]
async fn three_segments_of_step_3_and_empty_pads_are_served_in_time() {
    accept_and_talk(Policy::default(), Mode::Rc4, |far| async {
        timeout(LIMIT, initiate(far)).await.ok()?
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn it_gets_our_key_in_one_segment_and_everything_in_time() {
    dial_and_talk(Policy::full_rc4(), Mode::Rc4, respond).await;
    dial_and_talk(Policy::header_only(), Mode::HeaderOnly, respond).await;
}

#[tokio::test]
async fn a_split_key_is_what_it_rejects() {
    let (mut near, far) = connection();
    near.write_all(&key(0)[..95]).await.unwrap();
    near.write_all(&key(0)[95..]).await.unwrap();
    assert_eq!(respond(far).await, None);
}

#[tokio::test(start_paused = true)]
async fn its_s_without_leading_zeros_is_a_typed_error_that_names_the_step() {
    let (near, far) = connection();
    let ktorrent = spawn_boxed(timeout(LIMIT, respond_with(far, unlucky)));
    let error = dial(Policy::full_rc4(), near, our_handshake()).await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Closed | ErrorKind::Refused(HandshakeError::NoSyncMark)
        ),
        "{error}"
    );
    assert_eq!((error.step(), error.peer_answered()), (Step::Sync, true));
    // It speaks MSE: the next dial, with other keys, will succeed.
    assert_eq!(Policy::default().redial(DialMode::Mse, &error), None);
    drop(ktorrent);
}

#[test]
fn at_the_responder_the_same_is_a_mark_that_is_not_found() {
    // The exponents of a known pair whose S begins with a zero byte.
    let xa: [u8; 20] = std::array::from_fn(|i| u8::try_from(i + 1).unwrap());
    let mut xb: [u8; 20] = std::array::from_fn(|i| u8::try_from(i + 0x15).unwrap());
    xb[18..].copy_from_slice(&[0x28, 0x70]);
    let their_key = public_key(&xa);
    let mut shared = shared_with(&xa, &public_key(&xb));
    assert_eq!(shared.secret[0], 0);

    let ours = Randomness::new(PrivateKey::from_bytes(xb), Padding::none());
    let responder = Responder::new(&Policy::default(), ours);
    let mut output = Vec::new();
    let Progress::NeedInput(responder) = responder.process(&their_key, &mut output).unwrap() else {
        panic!("no mark has arrived")
    };
    let mut wire = req1(&shared).to_vec();
    wire.extend(Offer::default().step_3(&mut shared).split_off(20));
    // It continues until it sees that there is no answer.
    wire.resize(532, 0);
    let refusal = responder.process(&wire, &mut output).unwrap_err();
    assert_eq!(refusal, HandshakeError::NoSyncMark);
}
