//! Mainline 5.2.2, as it was seen to run. It dials in plaintext, with 48 bytes of its handshake, and with MSE only after
//! that connection was closed without a byte. It never closes a silent connection. Its peer id follows ours. Pads of 0 to
//! 199 random bytes, RC4 alone offered and accepted, an empty IA.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tokio_mse::{DialMode, ErrorKind, HandshakeError, Mode, MseConnector, Policy};

use super::ours::{accept, accept_and_talk, dial, dial_and_talk, our_handshake, their_handshake};
use super::peer::{RC4, Stream, encrypted_vc, key, pad, shared, skip_to};
use super::segments::{Far, connection};
use crate::support::foreign::{Offer, Shared, step_4 as step_4_bytes};
use crate::support::spawn::spawn_boxed;

/// The length of a BitTorrent handshake up to the peer id.
const WITHOUT_PEER_ID: usize = 48;
const LONG: Duration = Duration::from_secs(24 * 3600);

/// The result of one connection that it dialled in plaintext.
pub enum InPlaintext {
    Talked,
    /// Closed without a byte: it dials again, with MSE.
    ClosedUnanswered,
    Failed,
}

pub async fn initiate_in_plaintext(far: Far) -> InPlaintext {
    let mut stream = Stream::plaintext(far);
    stream.send(&their_handshake()[..WITHOUT_PEER_ID]);
    let Some(first) = stream.take(1).await else {
        return InPlaintext::ClosedUnanswered;
    };
    match talk_on(stream, &first).await {
        Some(()) => InPlaintext::Talked,
        None => InPlaintext::Failed,
    }
}

/// Its 48 bytes are sent. Ours, then its peer id, then a message each way.
async fn talk_on(mut stream: Stream, already: &[u8]) -> Option<()> {
    stream.their_handshake_arrives(already).await?;
    stream.send(&their_handshake()[WITHOUT_PEER_ID..]);
    stream.talk().await
}

pub async fn initiate(mut far: Far, pad_len: usize) -> Option<()> {
    far.send(key(pad_len));
    let mut shared = shared(&far.take(96).await?);
    let pad_c = pad(pad_len);
    let offer = Offer {
        provide: RC4,
        pad_c: &pad_c,
        ..Offer::default()
    };
    far.send(offer.step_3(&mut shared));
    let vc = encrypted_vc(&mut shared);
    skip_to(&mut far, &vc, 512).await?;
    let header = shared.b.apply(&far.take(6).await?);
    let pad_d_len = usize::from(u16::from_be_bytes(header[4..].try_into().unwrap()));
    if header[..4] != RC4.to_be_bytes() || pad_d_len > 512 {
        return None;
    }
    // PadD may still be on its way.
    let mut stream = Stream::initiator(far, shared, RC4);
    stream.send(&their_handshake()[..WITHOUT_PEER_ID]);
    stream.take(pad_d_len).await?;
    talk_on(stream, &[]).await
}

/// Up to len(IA), which is all that it waits for.
async fn step_3_up_to_ia_len(far: &mut Far, shared: &mut Shared) -> Option<usize> {
    let mark = shared.req1();
    skip_to(far, &mark, 512).await?;
    if far.take(20).await? != shared.masked_skey() {
        return None;
    }
    let header = shared.a.apply(&far.take(14).await?);
    let provide = u32::from_be_bytes(header[8..12].try_into().unwrap());
    let pad_c_len = u16::from_be_bytes(header[12..].try_into().unwrap());
    if header[..8] != [0; 8] || provide & RC4 == 0 || pad_c_len > 512 {
        return None;
    }
    let pad_c = far.take(pad_c_len.into()).await?;
    shared.a.apply(&pad_c);
    let ia_len = shared.a.apply(&far.take(2).await?);
    Some(u16::from_be_bytes(ia_len.try_into().unwrap()).into())
}

/// How much of IA had come when it answered does not matter to it: its step 4 is on the wire before.
pub async fn respond(mut far: Far, pad_len: usize) -> Option<()> {
    let their_key = far.take(96).await?;
    far.send(key(pad_len));
    let mut shared = shared(&their_key);
    step_3_up_to_ia_len(&mut far, &mut shared).await?;
    let pad_d_len = u16::try_from(pad_len).unwrap();
    far.send(step_4_bytes(&mut shared, [0; 8], RC4, &pad(pad_len), pad_d_len));
    // IA or not, these are the bytes of the stream.
    respond_in_stream(Stream::responder(far, shared, RC4)).await
}

/// Its handshake follows 48 bytes of ours.
pub async fn respond_in_stream(mut stream: Stream) -> Option<()> {
    let begun = stream.take(WITHOUT_PEER_ID).await?;
    stream.send(&their_handshake());
    stream.their_handshake_arrives(&begun).await?;
    stream.talk().await
}

#[tokio::test]
async fn pads_of_random_bytes_rc4_alone_and_an_empty_ia_are_served() {
    for pad_len in [0, 1, 199] {
        let policy = Policy::default();
        accept_and_talk(policy.clone(), Mode::Rc4, |far| initiate(far, pad_len)).await;
    }
}

#[tokio::test]
async fn its_step_4_may_come_before_it_has_read_our_ia() {
    for pad_len in [0, 1, 199] {
        dial_and_talk(Policy::full_rc4(), Mode::Rc4, |far| respond(far, pad_len)).await;
    }
}

#[tokio::test]
async fn a_handshake_that_lacks_its_peer_id_is_taken_for_plaintext_and_answered() {
    let (near, far) = connection();
    let ours = async {
        let mut stream = accept(Policy::default(), near).await.unwrap();
        let mut handshake = [0; 68];
        stream.read_exact(&mut handshake).await.unwrap();
        assert_eq!(handshake[..], their_handshake());
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"from the library")
            .await
            .unwrap();
        stream.read_exact(&mut [0; 18]).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(initiate_in_plaintext(far), ours);
    assert!(matches!(outcome, InPlaintext::Talked));
}

#[tokio::test]
async fn closed_without_a_byte_because_mse_is_required_it_dials_again_with_mse() {
    let (near, far) = connection();
    let (outcome, ours) = tokio::join!(initiate_in_plaintext(far), accept(Policy::full_rc4(), near));
    assert!(matches!(outcome, InPlaintext::ClosedUnanswered));
    ours.unwrap_err();
    accept_and_talk(Policy::full_rc4(), Mode::Rc4, |far| initiate(far, 100)).await;
}

#[tokio::test(start_paused = true)]
async fn kept_in_silence_it_waits_for_ever_instead() {
    let (_held, far) = connection();
    timeout(LONG, initiate_in_plaintext(far)).await.err().unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_never_ends_a_silent_connection_but_we_do() {
    let (near, far) = connection();
    let mut silent = far;
    let waits = async move {
        // As a responder that has our key, and nothing after it.
        silent.take(96).await?;
        timeout(LONG, std::future::pending::<()>()).await.ok()
    };
    let waits = spawn_boxed(waits);
    let error = dial(Policy::full_rc4(), near, our_handshake()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut(_)), "{error}");
    waits.abort();
}

#[tokio::test]
async fn incompatible_policies_name_its_offer() {
    let (near, far) = connection();
    let mainline = spawn_boxed(initiate(far, 100));
    let error = accept(Policy::header_only(), near).await.unwrap_err();
    let Some(HandshakeError::NoCommonMethod { provided, .. }) = error.refusal() else {
        panic!("{error}")
    };
    assert_eq!(*provided, RC4);
    assert_eq!(mainline.await.unwrap(), None);
}

#[tokio::test]
async fn an_unknown_skey_is_answered_with_a_close() {
    let (near, far) = connection();
    let mainline = spawn_boxed(respond(far, 10));
    let connector = MseConnector::new(Policy::full_rc4().allow_fallback());
    let dialled = connector.connect(near, [0x33; 20], our_handshake()).await;
    let error = dialled.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
    // It has answered, so it is not dialled in plaintext.
    assert_eq!(connector.policy().redial(DialMode::Mse, &error), None);
    assert_eq!(mainline.await.unwrap(), None);
}
