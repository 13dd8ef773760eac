//! One scenario for each pair of our policy and their setting, in both directions.

use std::future::{Future, ready};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_mse::{DialMode, Encryption, MseConnector, MseStream, Policy};

use super::mainline::{self, InPlaintext};
use super::ours::{INFO_HASH, accept, our_handshake, their_handshake};
use super::peer::Stream;
use super::published::{self, Dials, PUBLISHED, Takes};
use super::segments::{Far, Near, Shown, tapped};
use super::{bittornado, rtorrent};
use crate::support::spawn::spawn_boxed;

/// Longer than any timeout of ours.
const GIVEN_UP: Duration = Duration::from_secs(600);

type Scenario = Pin<Box<dyn Future<Output = Option<()>> + Send>>;

/// A client that dials us, and that we dial.
pub struct Double {
    pub name: &'static str,
    pub dials: Dials,
    /// Dials again only if the connection was closed without a byte, not after every failure.
    only_if_unanswered: bool,
    plaintext: fn(Far) -> Scenario,
    mse: fn(Far) -> Scenario,
    pub takes: Takes,
    respond: Box<dyn Fn(Far) -> Scenario>,
}

/// The client of that name.
pub fn double(name: &str) -> Double {
    doubles().into_iter().find(|double| double.name == name).unwrap()
}

pub fn doubles() -> Vec<Double> {
    let mut all: Vec<Double> = PUBLISHED
        .iter()
        .map(|published| {
            let takes = published.takes;
            Double {
                name: published.setting,
                dials: published.dials,
                only_if_unanswered: false,
                plaintext: |far| Box::pin(published::initiate_in_plaintext(far)),
                mse: |far| Box::pin(published::initiate_with_mse(far)),
                takes,
                respond: Box::new(move |far| Box::pin(published::respond(far, takes))),
            }
        })
        .collect();
    all.push(Double {
        name: "Mainline 5.2.2",
        dials: Dials::PlaintextThenMse,
        only_if_unanswered: true,
        plaintext: |far| Box::pin(mainline_in_plaintext(far)),
        mse: |far| Box::pin(mainline::initiate(far, 100)),
        takes: Takes::Either,
        respond: Box::new(|far| Box::pin(mainline_responds(far))),
    });
    all.push(Double {
        name: "BitTornado, nothing but MSE",
        dials: Dials::Mse,
        only_if_unanswered: false,
        plaintext: |far| Box::pin(published::initiate_in_plaintext(far)),
        mse: |far| Box::pin(bittornado::initiate(far)),
        takes: Takes::MseAlone,
        respond: Box::new(|far| Box::pin(bittornado::respond_to_mse_alone(far))),
    });
    all.push(Double {
        name: "rTorrent 0.16.1 to 0.16.17, try_outgoing and enable_retry",
        dials: Dials::MseThenPlaintext,
        only_if_unanswered: true,
        plaintext: |far| Box::pin(published::initiate_in_plaintext(far)),
        mse: |far| Box::pin(rtorrent::initiate_with_rc4(far)),
        takes: Takes::MseAlone,
        respond: Box::new(|far| Box::pin(rtorrent::respond_to_mse_alone(far))),
    });
    all
}

async fn mainline_in_plaintext(far: Far) -> Option<()> {
    match mainline::initiate_in_plaintext(far).await {
        InPlaintext::Talked => Some(()),
        InPlaintext::ClosedUnanswered | InPlaintext::Failed => None,
    }
}

async fn mainline_responds(mut far: Far) -> Option<()> {
    let first = far.take(20).await?;
    let plaintext = first == our_handshake()[..20];
    far.put_back(first);
    if plaintext {
        mainline::respond_in_stream(Stream::plaintext(far)).await
    } else {
        mainline::respond(far, 100).await
    }
}

/// The result of one of our policies with one of the clients.
pub struct Outcome {
    pub attempts: Vec<DialMode>,
    /// When each of them was dialled.
    pub dialled: Vec<Duration>,
    /// The mode of the stream, and when it was established.
    pub stream: Option<(String, Duration)>,
    pub shown: Vec<u8>,
}

impl Outcome {
    /// The mode of the stream, if there is one.
    pub fn mode(&self) -> Option<&str> {
        self.stream.as_ref().map(|(mode, _)| mode.as_str())
    }

    /// For the table.
    pub fn cell(&self) -> String {
        let order: Vec<_> = self
            .attempts
            .iter()
            .zip(&self.dialled)
            .map(|(attempt, at)| {
                let at = at.as_secs();
                if at == 0 {
                    attempt.to_string()
                } else {
                    format!("{attempt} at {at} s")
                }
            })
            .collect();
        let order = order.join(", ");
        match &self.stream {
            Some((mode, at)) => format!("{order}: {mode} at {} s", at.as_secs()),
            None => format!("{order}: none"),
        }
    }
}

/// After both BitTorrent handshakes: a message each way.
async fn talk(stream: &mut MseStream<Near>) -> io::Result<()> {
    let mut handshake = [0; 68];
    stream.read_exact(&mut handshake).await?;
    assert_eq!(handshake[..], their_handshake());
    stream.write_all(b"from the library").await?;
    stream.read_exact(&mut [0; 18]).await?;
    Ok(())
}

fn policy(word: Encryption) -> Policy {
    Policy::full_rc4().with_encryption(word)
}

pub async fn we_dial(word: Encryption, double: &Double) -> Outcome {
    let (shown, start) = (Shown::default(), Instant::now());
    let (mut attempts, mut dialled, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let connect = MseConnector::new(policy(word)).connect_with(INFO_HASH, our_handshake(), |attempt| {
        attempts.push(attempt);
        dialled.push(start.elapsed());
        let (near, far) = tapped(shown.clone());
        theirs.push(spawn_boxed((double.respond)(far)));
        ready(io::Result::Ok(near))
    });
    let outcome = timeout(GIVEN_UP, connect).await.expect("our timeout ends it");
    let mut stream = None;
    if let Ok(mut peer) = outcome {
        let at = start.elapsed();
        match talk(&mut peer).await {
            Ok(()) => stream = Some((peer.negotiated().mode().to_string(), at)),
            // Under `forbid`, plaintext does not wait for an answer.
            Err(error) => assert_eq!(word, Encryption::Forbid, "{}: {error}", double.name),
        }
    }
    for their in theirs {
        their.abort();
    }
    Outcome {
        attempts,
        dialled,
        stream,
        shown: shown.bytes(),
    }
}

pub async fn they_dial(word: Encryption, double: &Double) -> Outcome {
    let (shown, start) = (Shown::default(), Instant::now());
    let mut outcome = Outcome {
        attempts: Vec::new(),
        dialled: Vec::new(),
        stream: None,
        shown: Vec::new(),
    };
    let order: &[DialMode] = match double.dials {
        Dials::Plaintext => &[DialMode::Plaintext],
        Dials::Mse => &[DialMode::Mse],
        Dials::MseThenPlaintext => &[DialMode::Mse, DialMode::Plaintext],
        Dials::PlaintextThenMse => &[DialMode::Plaintext, DialMode::Mse],
    };
    for &attempt in order {
        let before = shown.bytes().len();
        outcome.attempts.push(attempt);
        outcome.dialled.push(start.elapsed());
        let (near, far) = tapped(shown.clone());
        let initiate = if attempt == DialMode::Plaintext {
            double.plaintext
        } else {
            double.mse
        };
        let theirs = spawn_boxed(initiate(far));
        let accepted = timeout(GIVEN_UP, accept(policy(word), near))
            .await
            .expect("our timeout ends it");
        if let Ok(mut peer) = accepted {
            outcome.stream = Some((peer.negotiated().mode().to_string(), start.elapsed()));
            let talked = talk(&mut peer).await;
            assert!(talked.is_ok(), "{word}, {}: {talked:?}", double.name);
            theirs.await.unwrap().expect("it closed");
            break;
        }
        theirs.abort();
        if double.only_if_unanswered && shown.bytes().len() > before {
            break;
        }
    }
    outcome.shown = shown.bytes();
    outcome
}
