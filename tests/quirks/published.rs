//! µTorrent, BitComet and Tixati: what their settings say that they dial and take, in which order. That is published, and
//! their bytes are not, so the bytes here are the specification's plainest and tell nothing of theirs. A client without
//! MSE stands beside them.

use crate::foreign::{Offer, step_4 as step_4_bytes};
use crate::ours::{our_handshake, their_handshake};
use crate::peer::{PLAINTEXT, RC4, Stream, open_as_initiator, open_as_responder};
use crate::segments::Far;

/// What is dialled, in order; what follows is dialled if the one before came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dials {
    Plaintext,
    Mse,
    MseThenPlaintext,
    PlaintextThenMse,
}

/// What is taken from whoever dials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    Either,
    MseAlone,
    /// What does not begin like a handshake is closed.
    PlaintextAlone,
    /// What does not begin like a handshake is waited for, and never answered.
    PlaintextAloneInSilence,
}

pub struct Published {
    pub setting: &'static str,
    pub dials: Dials,
    pub takes: Takes,
}

const fn published(setting: &'static str, dials: Dials, takes: Takes) -> Published {
    Published {
        setting,
        dials,
        takes,
    }
}

pub const PUBLISHED: [Published; 9] = [
    published("µTorrent, outgoing disabled", Dials::Plaintext, Takes::Either),
    published(
        "µTorrent, outgoing enabled",
        Dials::MseThenPlaintext,
        Takes::Either,
    ),
    published(
        "µTorrent, outgoing enabled, no legacy incoming",
        Dials::MseThenPlaintext,
        Takes::MseAlone,
    ),
    published("µTorrent, outgoing forced", Dials::Mse, Takes::Either),
    published(
        "µTorrent, outgoing forced, no legacy incoming",
        Dials::Mse,
        Takes::MseAlone,
    ),
    published(
        "BitComet since 0.63, as µTorrent enabled",
        Dials::MseThenPlaintext,
        Takes::Either,
    ),
    published(
        "Tixati, encrypted preferred, accept either",
        Dials::MseThenPlaintext,
        Takes::Either,
    ),
    published(
        "no MSE, closes what it does not know",
        Dials::Plaintext,
        Takes::PlaintextAlone,
    ),
    published(
        "no MSE, silent to what it does not know",
        Dials::Plaintext,
        Takes::PlaintextAloneInSilence,
    ),
];

pub async fn respond(mut far: Far, takes: Takes) -> Option<()> {
    let first = far.take(20).await?;
    let plaintext = first == our_handshake()[..20];
    far.put_back(first);
    match (takes, plaintext) {
        (Takes::MseAlone, true) | (Takes::PlaintextAlone, false) => None,
        (Takes::PlaintextAloneInSilence, false) => {
            // Until the other end gives up.
            while far.read().await.is_some() {}
            None
        }
        (_, true) => respond_in_plaintext(far).await,
        (_, false) => respond_with_mse(far).await,
    }
}

async fn respond_in_plaintext(far: Far) -> Option<()> {
    let mut stream = Stream::plaintext(far);
    stream.their_handshake_arrives(&[]).await?;
    stream.send(&their_handshake());
    stream.talk().await
}

async fn respond_with_mse(mut far: Far) -> Option<()> {
    let (mut shared, offer) = open_as_responder(&mut far, 100).await?;
    if offer.provide & (RC4 | PLAINTEXT) == 0 {
        return None;
    }
    let select = offer.select(RC4, PLAINTEXT);
    let step_4 = step_4_bytes(&mut shared, [0; 8], select, &[], 0);
    let mut stream = Stream::responder(far, shared, select);
    stream.send_with_handshake(step_4);
    stream.talk_as_responder(&offer.ia).await
}

pub async fn initiate_in_plaintext(far: Far) -> Option<()> {
    Stream::plaintext(far).talk_with_late_handshake().await
}

pub async fn initiate_with_mse(mut far: Far) -> Option<()> {
    let handshake = their_handshake();
    let offer = Offer {
        ia: &handshake,
        ..Offer::default()
    };
    let (shared, select) = open_as_initiator(&mut far, 100, &offer).await?;
    Stream::initiator(far, shared, select).talk_as_initiator().await
}
