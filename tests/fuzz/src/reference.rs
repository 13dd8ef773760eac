//! What the specification makes of the peer's complete bytes, whatever portions they come in: read off the whole wire
//! at once, by other code and over other crates than the library's.

use tokio_mse::handshake::{MAX_IA_ACCEPTED, MAX_PAD};
use tokio_mse::{CryptoMethod, HandshakeError, Step};

use crate::keys::{public_key, secret, shared};
use mse_oracle::{is_degenerate, sha1};

/// How a plaintext BitTorrent handshake begins.
pub const PROTOCOL: &[u8] = b"\x13BitTorrent protocol";

/// A refusal, by its label and the step.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal(pub &'static str, pub Step);

impl Refusal {
    /// # Panics
    ///
    /// If it is another refusal.
    pub fn assert_is(&self, refusal: &HandshakeError) {
        assert_eq!((refusal.label(), refusal.step()), (self.0, self.1), "{refusal}");
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Refused(Refusal),
    Waiting(Step),
    Done {
        method: CryptoMethod,
        skey: [u8; 20],
        received: Vec<u8>,
    },
}

const fn refused(label: &'static str, step: Step) -> Verdict {
    Verdict::Refused(Refusal(label, step))
}

/// Our side of a handshake: what the library is given.
pub struct Ours {
    pub exponent: [u8; 20],
    pub with_key: Vec<u8>,
    pub before_sync: Vec<u8>,
    pub negotiated_len: u16,
    pub methods: Vec<CryptoMethod>,
    pub payload: Vec<u8>,
}

impl Ours {
    fn bits(&self) -> u32 {
        self.methods.iter().map(|method| method.bit()).sum()
    }
}

/// Reads on, or ends with the step that waits.
struct Reader<'w> {
    rest: &'w [u8],
}

impl<'w> Reader<'w> {
    fn take(&mut self, len: usize, step: Step) -> Result<&'w [u8], Verdict> {
        if self.rest.len() < len {
            return Err(Verdict::Waiting(step));
        }
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(taken)
    }

    fn skip_past(&mut self, mark: &[u8]) -> Result<(), Verdict> {
        for pad in 0..=MAX_PAD {
            let Some(candidate) = self.rest.get(pad..pad + mark.len()) else {
                return Err(Verdict::Waiting(Step::Sync));
            };
            if candidate == mark {
                self.rest = &self.rest[pad + mark.len()..];
                return Ok(());
            }
        }
        Err(refused("no-sync-mark", Step::Sync))
    }
}

fn pad_len(step: Step, len: u16) -> Result<usize, Verdict> {
    if usize::from(len) > MAX_PAD {
        return Err(refused("pad-too-long", step));
    }
    Ok(usize::from(len))
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(number(bytes)).unwrap()
}

/// What an initiator with `ours` sends and concludes.
pub fn initiator(ours: &Ours, skey: [u8; 20], wire: &[u8]) -> (Vec<u8>, Verdict) {
    let mut sent = public_key(&ours.exponent).to_vec();
    sent.extend(&ours.with_key);
    let verdict = initiate(ours, skey, wire, &mut sent).unwrap_or_else(|verdict| verdict);
    (sent, verdict)
}

fn initiate(ours: &Ours, skey: [u8; 20], wire: &[u8], sent: &mut Vec<u8>) -> Result<Verdict, Verdict> {
    if wire.starts_with(PROTOCOL) {
        return Err(refused("plaintext-answer", Step::Detect));
    }
    let mut reader = Reader { rest: wire };
    let key = reader.take(96, Step::PublicKey)?;
    if key == public_key(&ours.exponent) {
        return Err(refused("self-connection", Step::PublicKey));
    }
    if is_degenerate(key) {
        return Err(refused("degenerate-key", Step::PublicKey));
    }
    initiate_with(secret(&ours.exponent, key), ours, skey, reader, sent)
}

/// What an initiator with `ours` sends, and concludes from `wire`, after a key exchange that led to `secret`.
pub fn initiator_after_key(secret: [u8; 96], ours: &Ours, skey: [u8; 20], wire: &[u8]) -> (Vec<u8>, Verdict) {
    let (reader, mut sent) = (Reader { rest: wire }, Vec::new());
    let verdict = initiate_with(secret, ours, skey, reader, &mut sent).unwrap_or_else(|verdict| verdict);
    (sent, verdict)
}

fn initiate_with(
    secret: [u8; 96],
    ours: &Ours,
    skey: [u8; 20],
    mut reader: Reader<'_>,
    sent: &mut Vec<u8>,
) -> Result<Verdict, Verdict> {
    let mut shared = shared(secret, &skey);
    let (inside, after) = ours.payload.split_at(ours.payload.len().min(68));
    let mut offer = vec![0; 8];
    offer.extend(ours.bits().to_be_bytes());
    offer.extend(ours.negotiated_len.to_be_bytes());
    offer.resize(offer.len() + usize::from(ours.negotiated_len), 0);
    offer.extend(u16::try_from(inside.len()).unwrap().to_be_bytes());
    offer.extend(inside);
    sent.extend(&ours.before_sync);
    sent.extend(shared.req1());
    sent.extend(shared.masked_skey());
    sent.extend(shared.a.apply(&offer));

    let mark = shared.b.apply(&[0; 8]);
    if let Err(missing) = reader.skip_past(&mark) {
        // Another dialler sends this after its own pad.
        let ends = (MAX_PAD + 20).min(reader.rest.len());
        let req1 = shared.req1();
        let mut candidates = reader.rest[..ends].windows(20);
        return Err(if candidates.any(|candidate| candidate == req1) {
            refused("another-dialler", Step::Sync)
        } else {
            missing
        });
    }
    let header = shared.b.apply(reader.take(6, Step::CryptoSelect)?);
    let selected = number(&header[..4]);
    let mut methods = ours.methods.iter();
    let Some(method) = methods.find(|method| method.bit() == selected) else {
        return Err(refused("bad-selection", Step::CryptoSelect));
    };
    let pad_d = pad_len(Step::PadD, length(&header[4..]))?;
    shared.b.apply(reader.take(pad_d, Step::PadD)?);
    let clear = *method == CryptoMethod::HeaderOnly;
    sent.extend(if clear {
        after.to_vec()
    } else {
        shared.a.apply(after)
    });
    Ok(Verdict::Done {
        method: *method,
        skey,
        received: if clear {
            reader.rest.to_vec()
        } else {
            shared.b.apply(reader.rest)
        },
    })
}

/// Which SKEY a responder goes on with, or that it knows none.
pub type Lookup<'l> = &'l dyn Fn(&[u8]) -> Option<[u8; 20]>;

/// What a responder with `ours` sends and concludes.
pub fn responder(ours: &Ours, lookup: Lookup<'_>, wire: &[u8]) -> (Vec<u8>, Verdict) {
    let mut sent = Vec::new();
    let verdict = respond(ours, lookup, wire, &mut sent).unwrap_or_else(|verdict| verdict);
    (sent, verdict)
}

fn respond(ours: &Ours, lookup: Lookup<'_>, wire: &[u8], sent: &mut Vec<u8>) -> Result<Verdict, Verdict> {
    let mut reader = Reader { rest: wire };
    let key = reader.take(96, Step::PublicKey)?;
    sent.extend(public_key(&ours.exponent));
    sent.extend(&ours.with_key);
    if is_degenerate(key) {
        return Err(refused("degenerate-key", Step::PublicKey));
    }
    respond_with(secret(&ours.exponent, key), ours, lookup, reader, sent)
}

/// What a responder with `ours` sends, and concludes from `wire`, after a key exchange that led to `secret`.
pub fn responder_after_key(
    secret: [u8; 96],
    ours: &Ours,
    lookup: Lookup<'_>,
    wire: &[u8],
) -> (Vec<u8>, Verdict) {
    let (reader, mut sent) = (Reader { rest: wire }, Vec::new());
    let verdict = respond_with(secret, ours, lookup, reader, &mut sent).unwrap_or_else(|verdict| verdict);
    (sent, verdict)
}

fn respond_with(
    secret: [u8; 96],
    ours: &Ours,
    lookup: Lookup<'_>,
    mut reader: Reader<'_>,
    sent: &mut Vec<u8>,
) -> Result<Verdict, Verdict> {
    reader.skip_past(&sha1(&[b"req1", &secret]))?;
    let masked = reader.take(20, Step::Skey)?;
    let req3 = sha1(&[b"req3", &secret]);
    let req2: Vec<u8> = masked.iter().zip(req3).map(|(a, b)| a ^ b).collect();
    let Some(skey) = lookup(&req2) else {
        return Err(refused("unknown-skey", Step::Skey));
    };
    let mut shared = shared(secret, &skey);
    if shared.a.apply(reader.take(8, Step::Vc)?) != [0; 8] {
        return Err(refused("bad-vc", Step::Vc));
    }
    let header = shared.a.apply(reader.take(6, Step::CryptoProvide)?);
    let provided = number(&header[..4]);
    let mut methods = ours.methods.iter();
    let Some(method) = methods.find(|method| method.bit() & provided != 0) else {
        return Err(refused("no-common-method", Step::CryptoProvide));
    };
    let pad_c = pad_len(Step::PadC, length(&header[4..]))?;
    shared.a.apply(reader.take(pad_c, Step::PadC)?);
    let len = length(&shared.a.apply(reader.take(2, Step::InitialPayload)?));
    if len > MAX_IA_ACCEPTED {
        return Err(refused("payload-too-long", Step::InitialPayload));
    }
    let ia = reader.take(usize::from(len), Step::InitialPayload)?;
    let mut received = shared.a.apply(ia);

    let mut selection = vec![0; 8];
    selection.extend(method.bit().to_be_bytes());
    selection.extend(ours.negotiated_len.to_be_bytes());
    selection.resize(selection.len() + usize::from(ours.negotiated_len), 0);
    sent.extend(&ours.before_sync);
    sent.extend(shared.b.apply(&selection));
    if *method == CryptoMethod::HeaderOnly {
        sent.extend(&ours.payload);
        received.extend(reader.rest);
    } else {
        sent.extend(shared.b.apply(&ours.payload));
        received.extend(shared.a.apply(reader.rest));
    }
    Ok(Verdict::Done {
        method: *method,
        skey,
        received,
    })
}
