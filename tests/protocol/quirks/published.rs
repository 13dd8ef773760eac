//! µTorrent, BitComet and Tixati: what they dial and accept by their published settings, and in which order. Their bytes
//! are not published, so the bytes here are those of the specification. Also a client without MSE.

use tokio_mse::DialMode::{Mse, Plaintext};
use tokio_mse::Encryption::{Allow, Forbid, Prefer, Require};

use super::ours::{our_handshake, their_handshake};
use super::pairs::{double, they_dial, we_dial};
use super::peer::{PLAINTEXT, RC4, Stream, open_as_initiator, open_as_responder};
use super::segments::Far;
use crate::support::foreign::{Offer, step_4 as step_4_bytes};

/// What is dialled, in order: the second if the first failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dials {
    Plaintext,
    Mse,
    MseThenPlaintext,
    PlaintextThenMse,
}

/// What is accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    Either,
    MseAlone,
    /// Closes if the first bytes are no plaintext handshake.
    PlaintextAlone,
    /// Waits and never answers if the first bytes are no plaintext handshake.
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
            // Until the other end closes.
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

#[tokio::test(start_paused = true)]
async fn utorrent_disabled_dials_plaintext_alone_and_still_takes_mse() {
    let disabled = double("µTorrent, outgoing disabled");
    assert_eq!(we_dial(Require, &disabled).await.mode(), Some("rc4"));
    let refused = they_dial(Require, &disabled).await;
    assert_eq!((refused.attempts, refused.stream), (vec![Plaintext], None));
}

#[tokio::test(start_paused = true)]
async fn utorrent_enabled_dials_mse_and_then_plaintext() {
    let enabled = double("µTorrent, outgoing enabled");
    let outcome = they_dial(Forbid, &enabled).await;
    assert_eq!(outcome.attempts, [Mse, Plaintext]);
    assert_eq!(outcome.mode(), Some("plaintext"));
    assert_eq!(they_dial(Allow, &enabled).await.attempts, [Mse]);
}

#[tokio::test(start_paused = true)]
async fn utorrent_forced_never_falls_back() {
    let outcome = they_dial(Forbid, &double("µTorrent, outgoing forced")).await;
    assert_eq!((outcome.attempts, outcome.stream), (vec![Mse], None));
}

#[tokio::test(start_paused = true)]
async fn legacy_incoming_is_independent_of_what_utorrent_dials() {
    let legacy = we_dial(Allow, &double("µTorrent, outgoing forced")).await;
    assert_eq!(legacy.attempts, [Plaintext]);
    let none = we_dial(Allow, &double("µTorrent, outgoing forced, no legacy incoming")).await;
    assert_eq!(none.attempts, [Plaintext, Mse]);
    assert_eq!(none.mode(), Some("rc4"));
}

#[tokio::test(start_paused = true)]
async fn bitcomet_and_tixati_dial_mse_first_and_accept_either() {
    for name in [
        "BitComet since 0.63, as µTorrent enabled",
        "Tixati, encrypted preferred, accept either",
    ] {
        let peer = double(name);
        assert_eq!(
            they_dial(Forbid, &peer).await.attempts,
            [Mse, Plaintext],
            "{name}"
        );
        assert_eq!(we_dial(Allow, &peer).await.mode(), Some("plaintext"), "{name}");
        assert_eq!(we_dial(Prefer, &peer).await.mode(), Some("rc4"), "{name}");
    }
}
