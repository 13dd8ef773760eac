//! Is dialled: sends the second and the fourth message, with every field as a test wants it.

use std::time::Duration;

use num_bigint::BigUint;
use tokio::io::{AsyncRead, AsyncWrite};

use super::arithmetic::{Hand, Keys, LEN, Number, Rc4, Zeros, random_exponent};
use super::backlog::Stream;
use super::initiator::{Pad, describe, is_handshake};
use super::wire::{Cut, End, Pieces, Wire, find, noise};
use crate::handshake::{self, PROTOCOL};

/// The key that is sent. The other key is known by then.
#[derive(Clone, Debug)]
pub enum Key {
    /// A new one.
    Random,
    /// Two to this.
    Exponent(BigUint),
    /// The first byte of S is zero.
    SecretZero,
    /// This is its first byte.
    Begins(u8),
    /// This, which has to be refused: everybody knows S.
    Degenerate(Box<Number>),
}

/// So many candidates fail once in 10^14.
const MOST: usize = 8192;

/// What to send.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing to do wrong")]
pub struct Script {
    /// How keys are derived.
    pub hand: Hand,
    /// Y.
    pub key: Key,
    /// PadB.
    pub pad_b: Pad,
    /// SKEY.
    pub skey: [u8; 20],
    /// How many bytes of keystream are skipped before VC, for an end that lost them in its search.
    pub skip: usize,
    /// VC.
    pub vc: [u8; 8],
    /// crypto_select; if `None`, RC4 if it is offered, else header-only.
    pub select: Option<u32>,
    /// PadD.
    pub pad_d: Vec<u8>,
    /// Whether PadD goes through the cipher.
    pub pad_d_encrypted: bool,
    /// The beginning of the stream.
    pub payload: Vec<u8>,
    /// Whether the payload is sent in the clear, whatever is selected.
    pub payload_clear: bool,
    /// Whether the payload is sent apart from the fourth message.
    pub payload_apart: bool,
    /// The pieces of each message.
    pub pieces: Pieces,
    /// What is done before the last byte of the key.
    pub cut: Cut,
    /// Ends our direction after the payload.
    pub half_close: bool,
}

impl Script {
    /// As the specification has it: no padding, `payload` with the fourth message.
    pub fn new(skey: [u8; 20], payload: Vec<u8>) -> Self {
        Self {
            hand: Hand::default(),
            key: Key::Random,
            pad_b: Pad::default(),
            skey,
            skip: 0,
            vc: [0; 8],
            select: None,
            pad_d: Vec::new(),
            pad_d_encrypted: true,
            payload,
            payload_clear: false,
            payload_apart: false,
            pieces: Pieces::Whole,
            cut: Cut::None,
            half_close: false,
        }
    }
}

/// What the other end did.
#[derive(Clone, Debug)]
pub struct Seen {
    /// It spoke plaintext BitTorrent.
    pub plaintext: bool,
    /// Ya.
    pub key: Option<Number>,
    /// The length of PadA.
    pub pad_a: Option<usize>,
    /// Whether it asked for this torrent.
    pub skey: Option<bool>,
    /// Whether VC was zero.
    pub vc: Option<bool>,
    /// crypto_provide.
    pub provide: Option<u32>,
    /// PadC.
    pub pad_c: Option<Vec<u8>>,
    /// IA.
    pub ia: Option<Vec<u8>>,
    /// How many bytes came after PadA and before our key was complete.
    pub before_key: usize,
    /// How many bytes came after IA and before the fourth message.
    pub early: usize,
    /// What came after the fourth message, decrypted.
    pub more: Vec<u8>,
    /// How it left the connection.
    pub end: End,
}

impl Seen {
    /// Whether its stream goes on as BitTorrent does: with its handshake, if IA did not have it, or with a message.
    pub fn continued(&self, info_hash: &[u8; 20]) -> bool {
        let Some(ia) = &self.ia else {
            return false;
        };
        let stream = [&ia[..], &self.more].concat();
        !self.more.is_empty()
            && is_handshake(&stream, info_hash)
            && stream.get(68..).is_none_or(|messages| {
                // The first byte of a length: no message has 2^24 bytes.
                messages.is_empty() || messages.starts_with(&[0, 0]) || messages.starts_with(&[0, 1])
            })
    }

    /// What happened, in words.
    pub fn describe(&self) -> String {
        let end = match self.end {
            End::Open => "",
            End::Closed => ", and closed the connection",
            End::Silent => ", and then was silent",
        };
        let what = match self {
            Self { plaintext: true, .. } => "it spoke plaintext".to_owned(),
            Self { key: None, .. } => "it sent no key".to_owned(),
            Self { pad_a: None, .. } => "it sent its key, and HASH('req1', S) did not follow".to_owned(),
            Self {
                skey: Some(false), ..
            } => "it asked for another info-hash".to_owned(),
            Self { vc: Some(false), .. } => "VC in its third message is not zero".to_owned(),
            Self { ia: None, .. } => "it did not finish the third message".to_owned(),
            Self { more, .. } if more.is_empty() => "it sent nothing after the fourth message".to_owned(),
            Self { more, .. } => format!("after the fourth message, it sent {}", describe(more)),
        };
        what + end
    }
}

/// Carries out one conversation.
pub async fn converse<T: AsyncRead + AsyncWrite + Unpin>(io: T, script: &Script, wait: Duration) -> Seen {
    let (mut wire, seen, _) = begin(io, script, wait).await;
    wire.finish().await;
    seen
}

/// The same, but the connection stays open if the handshake was finished.
pub async fn accept<T: AsyncRead + AsyncWrite + Unpin>(
    io: T,
    script: &Script,
    wait: Duration,
) -> (Seen, Option<Stream<T>>) {
    let (wire, seen, finished) = begin(io, script, wait).await;
    let stream = finished.map(|(Keys { a, b, .. }, select)| Stream {
        io: wire.into_io(),
        encrypt: (select != 1).then_some(b),
        decrypt: (select != 1).then_some(a),
        received: {
            let stream = seen.ia.iter().flatten().chain(&seen.more);
            stream.skip(handshake::LEN).copied().collect()
        },
    });
    (seen, stream)
}

async fn begin<T: AsyncRead + AsyncWrite + Unpin>(
    io: T,
    script: &Script,
    wait: Duration,
) -> (Wire<T>, Seen, Option<(Keys, u32)>) {
    let mut wire = Wire::new(io, wait, script.pieces.clone());
    let mut seen = Seen {
        plaintext: false,
        key: None,
        pad_a: None,
        skey: None,
        vc: None,
        provide: None,
        pad_c: None,
        ia: None,
        before_key: 0,
        early: 0,
        more: Vec::new(),
        end: End::Open,
    };
    let finished = speak(&mut wire, script, &mut seen).await;
    seen.end = wire.end;
    (wire, seen, finished)
}

/// The keys and crypto_select. `None` if the other end did not go on.
async fn speak<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<T>,
    script: &Script,
    seen: &mut Seen,
) -> Option<(Keys, u32)> {
    let arrived = wire
        .read_until(|received| received.len() >= LEN || received.starts_with(PROTOCOL))
        .await;
    seen.plaintext = wire.received.starts_with(PROTOCOL);
    if !arrived || seen.plaintext {
        return None;
    }
    let peer: Number = *wire.received.first_chunk()?;
    seen.key = Some(peer);
    let group = &script.hand.group;
    let exponent = match &script.key {
        Key::Exponent(exponent) => exponent.clone(),
        Key::SecretZero => group.find(&peer, MOST, |_, secret| secret[0] == 0)?,
        Key::Begins(byte) => group.find(&peer, MOST, |key, secret| key[0] == *byte && secret[0] != 0)?,
        // Keys and secrets that begin like these have tests of their own.
        Key::Random => group.ordinary(&peer),
        Key::Degenerate(_) => random_exponent(),
    };
    let (public, secret) = match &script.key {
        Key::Degenerate(public) => (**public, group.degenerate_secret(public, &peer)),
        _ => (group.public_key(&exponent), group.secret(&exponent, &peer)),
    };
    let mut keys = script.hand.keys(&secret, &script.skey);
    if script.cut != Cut::None {
        // The rest of PadA.
        wire.watch().await;
    }
    let step_2 = [&public[..], &noise(script.pad_b.with_key)].concat();
    seen.before_key = wire.send_key(&step_2, script.cut).await;
    if script.cut == Cut::End {
        return None;
    }

    let req1 = keys.req1;
    let searched = |received: &[u8]| {
        let until = received.len().min(LEN + 512 + req1.len());
        find(&received[LEN..until], &req1)
    };
    wire.read_until(|received| searched(received).is_some())
        .await
        .then_some(())?;
    let pad_a = searched(&wire.received)?;
    seen.pad_a = Some(pad_a);
    let mut at = LEN + pad_a + req1.len();
    let mut take = async |len: usize| {
        let complete = wire.read_until(|received| received.len() >= at + len).await;
        let taken = complete.then(|| wire.received[at..at + len].to_vec());
        at += len;
        taken
    };
    let masked = take(20).await?;
    seen.skey = Some(masked == keys.masked);
    let header = take(14).await?;
    if matches!(script.hand.zeros, Zeros::MovedInKeys(_)) {
        keys = script.hand.keys_for(&secret, &script.skey, &header[..8]);
    }
    let header = keys.a.apply(&header);
    seen.vc = Some(header.starts_with(&[0; 8]));
    if seen.skey == Some(false) || seen.vc == Some(false) {
        return None;
    }
    let provide = u32::from_be_bytes(header[8..12].try_into().ok()?);
    seen.provide = Some(provide);
    let len = u16::from_be_bytes(header[12..].try_into().ok()?);
    seen.pad_c = Some(keys.a.apply(&take(len.into()).await?));
    let len = keys.a.apply(&take(2).await?);
    let len = u16::from_be_bytes(len.try_into().ok()?);
    seen.ia = Some(keys.a.apply(&take(len.into()).await?));
    seen.early = wire.received.len() - at;

    let select = script.select.unwrap_or(if provide & 2 != 0 { 2 } else { 1 });
    let (mut step_4, payload) = step_4(script, select, &mut keys.b);
    if script.payload_apart {
        wire.send(&step_4).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        wire.send(&payload).await;
    } else {
        step_4.extend(payload);
        wire.send(&step_4).await;
    }
    if script.half_close {
        wire.shut_down().await;
    }
    // Whatever comes decides: a few bytes are enough.
    let handshake = handshake::LEN.saturating_sub(seen.ia.as_ref().map_or(0, Vec::len));
    let enough = handshake.max(4);
    wire.read_until(|received| received.len() >= at + seen.early + enough)
        .await;
    let more = wire.received.get(at..)?;
    seen.more = if select == 1 {
        more.to_vec()
    } else {
        keys.a.apply(more)
    };
    Some((keys, select))
}

/// The fourth message and our payload.
fn step_4(script: &Script, select: u32, cipher: &mut Rc4) -> (Vec<u8>, Vec<u8>) {
    cipher.skip(script.skip);
    // For an end that lost keystream in its search, the mark is what that end expects.
    let mut plain = script.vc.to_vec();
    plain.extend(select.to_be_bytes());
    let len = u16::try_from(script.pad_d.len()).unwrap_or(u16::MAX);
    plain.extend(len.to_be_bytes());
    let mark = cipher.clone().keystream(8);
    let mut message = script.pad_b.before(&mark);
    message.extend(cipher.apply(&plain));
    if script.pad_d_encrypted {
        message.extend(cipher.apply(&script.pad_d));
    } else {
        message.extend(&script.pad_d);
    }
    let payload = if select == 1 || script.payload_clear {
        script.payload.clone()
    } else {
        cipher.apply(&script.payload)
    };
    (message, payload)
}
