//! Dials: sends the first and the third message, with every field as a test wants it.

use std::time::Duration;

use num_bigint::BigUint;
use tokio::io::{AsyncRead, AsyncWrite};

use super::arithmetic::{Hand, Keys, LEN, Number, Rc4, random_exponent};
use super::backlog::Stream;
use super::wire::{Cut, End, Pieces, Wire, find, noise};
use crate::handshake::{self, PROTOCOL};

/// The key that is sent.
#[derive(Clone, Debug)]
pub enum Key {
    /// A new one.
    Random,
    /// Two to this.
    Exponent(BigUint),
    /// This, which has to be refused: everybody knows S.
    Degenerate(Box<Number>),
}

/// The padding after the key.
#[derive(Clone, Debug, Default)]
pub struct Pad {
    /// Bytes that are sent with the key.
    pub with_key: usize,
    /// Bytes that are sent before the mark, once the other key is there.
    pub before_mark: usize,
    /// Bytes of the mark's own beginning that are sent before the mark, fewer than the mark has.
    pub begun_mark: usize,
}

impl Pad {
    /// All of it together with the key.
    pub fn with_key(len: usize) -> Self {
        Self {
            with_key: len,
            ..Self::default()
        }
    }

    /// What is sent before the mark.
    pub fn before(&self, mark: &[u8]) -> Vec<u8> {
        // A mark that ends as it begins is complete too early.
        let is_complete = |len: &usize| mark[*len..] == mark[..mark.len() - len];
        let begun = (0..=self.begun_mark)
            .rev()
            .find(|len| *len == 0 || !is_complete(len));
        let mut pad = noise(self.before_mark);
        pad.extend(&mark[..begun.unwrap_or(0)]);
        pad
    }
}

/// What is done to IA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ia {
    /// It is encrypted.
    Encrypted,
    /// It is sent in the clear, although the cipher moves: readable for an end that does not decrypt it.
    Clear,
    /// It is encrypted with two keystreams, one after the other: readable for an end that decrypts it twice.
    Twice,
}

/// What to send.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing to do")]
pub struct Script {
    /// How keys are derived.
    pub hand: Hand,
    /// Y.
    pub key: Key,
    /// Goes no further unless the first byte of S is zero.
    pub needs_zero: bool,
    /// PadA.
    pub pad_a: Pad,
    /// SKEY.
    pub skey: [u8; 20],
    /// VC.
    pub vc: [u8; 8],
    /// crypto_provide.
    pub provide: u32,
    /// PadC.
    pub pad_c: Vec<u8>,
    /// Whether PadC goes through the cipher.
    pub pad_c_encrypted: bool,
    /// IA.
    pub ia: Vec<u8>,
    /// What is done to IA.
    pub ia_is: Ia,
    /// What follows IA at once, in the mode that was offered.
    pub after_ia: Vec<u8>,
    /// What follows once the fourth message is there, in the mode that was selected.
    pub then: Vec<u8>,
    /// The pieces of each message.
    pub pieces: Pieces,
    /// What is done before the last byte of the key.
    pub cut: Cut,
    /// Ends our direction after the third message.
    pub half_close: bool,
    /// Whether to watch the other end for a moment after its BitTorrent handshake.
    pub watch: bool,
}

impl Script {
    /// As the specification has it: RC4 alone, no padding, `ia` as the initial payload.
    pub fn new(skey: [u8; 20], ia: Vec<u8>) -> Self {
        Self {
            hand: Hand::default(),
            key: Key::Random,
            needs_zero: false,
            pad_a: Pad::default(),
            skey,
            vc: [0; 8],
            provide: 2,
            pad_c: Vec::new(),
            pad_c_encrypted: true,
            ia,
            ia_is: Ia::Encrypted,
            after_ia: Vec::new(),
            then: Vec::new(),
            pieces: Pieces::Whole,
            cut: Cut::None,
            half_close: false,
            watch: false,
        }
    }

    /// The third message, from VC on.
    fn offer(&self, cipher: &mut Rc4) -> Vec<u8> {
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        let mut plain = self.vc.to_vec();
        plain.extend(self.provide.to_be_bytes());
        plain.extend(length(&self.pad_c));
        let mut offer = cipher.apply(&plain);
        if self.pad_c_encrypted {
            offer.extend(cipher.apply(&self.pad_c));
        } else {
            offer.extend(&self.pad_c);
        }
        offer.extend(cipher.apply(&length(&self.ia)));
        let encrypted = cipher.apply(&self.ia);
        offer.extend(match self.ia_is {
            Ia::Encrypted => encrypted,
            Ia::Clear => self.ia.clone(),
            Ia::Twice => cipher.apply(&encrypted),
        });
        offer.extend(match self.provide {
            1 => self.after_ia.clone(),
            _ => cipher.apply(&self.after_ia),
        });
        offer
    }
}

/// What the other end did.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How many bytes came before our key was complete.
    pub early: usize,
    /// Yb.
    pub key: Option<Number>,
    /// Whether the first byte of S was zero.
    pub secret_zero: bool,
    /// The length of PadB.
    pub pad_b: Option<usize>,
    /// crypto_select.
    pub selected: Option<u32>,
    /// PadD.
    pub pad_d: Option<Vec<u8>>,
    /// The beginning of its stream, decrypted.
    pub payload: Vec<u8>,
    /// How it left the connection.
    pub end: End,
}

impl Seen {
    /// Whether its stream begins with a BitTorrent handshake for this torrent.
    pub fn answered(&self, info_hash: &[u8; 20]) -> bool {
        is_handshake(&self.payload, info_hash)
    }

    /// What happened, in words.
    pub fn describe(&self) -> String {
        let end = match self.end {
            End::Open => "",
            End::Closed => ", and closed the connection",
            End::Silent => ", and then was silent",
        };
        let what = match self {
            Self { key: None, .. } => "it sent no key".to_owned(),
            Self { selected: None, .. } => "it sent its key and no fourth message".to_owned(),
            Self {
                selected: Some(selected),
                pad_d: None,
                ..
            } => format!("it selected {selected:#x} and did not finish the fourth message"),
            Self { payload, .. } if payload.is_empty() => {
                "it finished the handshake and sent no payload".to_owned()
            }
            Self {
                selected: Some(selected),
                payload,
                ..
            } => format!("it selected {selected:#x}, and sent {}", describe(payload)),
        };
        what + end
    }
}

/// The beginning of a stream, in words.
pub(super) fn describe(bytes: &[u8]) -> String {
    if bytes.starts_with(PROTOCOL) {
        "a BitTorrent handshake".to_owned()
    } else {
        let begin = hex::encode(&bytes[..bytes.len().min(8)]);
        format!("{} bytes that begin with {begin}", bytes.len())
    }
}

/// Whether this is the beginning of a BitTorrent handshake for this torrent.
pub fn is_handshake(bytes: &[u8], info_hash: &[u8; 20]) -> bool {
    bytes.len() >= 48 && bytes.starts_with(PROTOCOL) && bytes[28..48] == info_hash[..]
}

/// Carries out one conversation.
pub async fn converse<T: AsyncRead + AsyncWrite + Unpin>(io: T, script: &Script, wait: Duration) -> Seen {
    let (mut wire, seen, _) = begin(io, script, wait).await;
    wire.finish().await;
    seen
}

/// The same, but the connection stays open if the handshake was finished.
pub async fn connect<T: AsyncRead + AsyncWrite + Unpin>(
    io: T,
    script: &Script,
    wait: Duration,
) -> (Seen, Option<Stream<T>>) {
    let (wire, seen, keys) = begin(io, script, wait).await;
    let is_clear = seen.selected == Some(1);
    let stream = keys.map(|Keys { a, b, .. }| Stream {
        io: wire.into_io(),
        encrypt: (!is_clear).then_some(a),
        decrypt: (!is_clear).then_some(b),
        received: seen.payload.iter().skip(handshake::LEN).copied().collect(),
    });
    (seen, stream)
}

async fn begin<T: AsyncRead + AsyncWrite + Unpin>(
    io: T,
    script: &Script,
    wait: Duration,
) -> (Wire<T>, Seen, Option<Keys>) {
    let mut wire = Wire::new(io, wait, script.pieces.clone());
    let mut seen = Seen {
        early: 0,
        key: None,
        secret_zero: false,
        pad_b: None,
        selected: None,
        pad_d: None,
        payload: Vec::new(),
        end: End::Open,
    };
    let keys = speak(&mut wire, script, &mut seen).await;
    seen.end = wire.end;
    (wire, seen, keys)
}

/// `None` if the other end did not go on.
async fn speak<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<T>,
    script: &Script,
    seen: &mut Seen,
) -> Option<Keys> {
    let group = &script.hand.group;
    let exponent = match &script.key {
        Key::Exponent(exponent) => exponent.clone(),
        // Keys that begin like these have tests of their own.
        Key::Random => group.ordinary(&[1; LEN]),
        Key::Degenerate(_) => random_exponent(),
    };
    let public = match &script.key {
        Key::Degenerate(public) => **public,
        _ => group.public_key(&exponent),
    };
    let step_1 = [&public[..], &noise(script.pad_a.with_key)].concat();
    seen.early = wire.send_key(&step_1, script.cut).await;
    if script.cut == Cut::End {
        return None;
    }
    wire.read_until(|received| received.len() >= LEN)
        .await
        .then_some(())?;
    let peer: Number = *wire.received.first_chunk()?;
    seen.key = Some(peer);
    let secret = match &script.key {
        Key::Degenerate(public) => group.degenerate_secret(public, &peer),
        _ => group.secret(&exponent, &peer),
    };
    seen.secret_zero = secret[0] == 0;
    if script.needs_zero && !seen.secret_zero {
        return None;
    }
    let mut keys = script.hand.keys(&secret, &script.skey);
    let mut step_3 = script.pad_a.before(&keys.req1);
    step_3.extend(keys.req1);
    step_3.extend(keys.masked);
    step_3.extend(script.offer(&mut keys.a));
    wire.send(&step_3).await;
    if script.half_close {
        wire.shut_down().await;
    }

    let mark = keys.b.keystream(8);
    let searched = |received: &[u8]| {
        let until = received.len().min(LEN + 512 + mark.len());
        find(&received[LEN..until], &mark)
    };
    wire.read_until(|received| searched(received).is_some())
        .await
        .then_some(())?;
    let pad_b = searched(&wire.received)?;
    seen.pad_b = Some(pad_b);
    let at = LEN + pad_b + mark.len();
    wire.read_until(|received| received.len() >= at + 6)
        .await
        .then_some(())?;
    let header = keys.b.apply(&wire.received[at..at + 6]);
    let (selected, len) = header.split_at(4);
    let selected = u32::from_be_bytes(selected.try_into().ok()?);
    seen.selected = Some(selected);
    let (begin, len) = (at + 6, usize::from(u16::from_be_bytes(len.try_into().ok()?)));
    wire.read_until(|received| received.len() >= begin + len)
        .await
        .then_some(())?;
    seen.pad_d = Some(keys.b.apply(&wire.received[begin..begin + len]));

    let then = match selected {
        1 => script.then.clone(),
        _ => keys.a.apply(&script.then),
    };
    wire.send(&then).await;
    wire.read_until(|received| received.len() >= begin + len + handshake::LEN)
        .await;
    if script.watch {
        wire.watch().await;
    }
    let payload = &wire.received[begin + len..];
    seen.payload = match selected {
        1 => payload.to_vec(),
        _ => keys.b.apply(payload),
    };
    Some(keys)
}
