//! The responder and its negotiation, before an initiator that may say anything.

use tokio_mse::handshake::{MAX_IA_ACCEPTED, Responder, SkeyRequest};
use tokio_mse::{HandshakeError, Skey, internals};

use crate::keys::{secret, shared};
use crate::machine::{End, OurSide, compare, feed};
use crate::reference::{self, Ours, Verdict};
use crate::tape::{Case, Tape};
use crate::wire::{Damage, Key, Pad, Portions, agreed, length, payload, skey};
use mse_oracle::{Offer, Shared, sha1};

/// What an initiator says.
#[derive(Clone, Debug, Default)]
pub struct Theirs {
    pub skey: u8,
    pub key: Key,
    pub pad_a: Pad,
    pub vc: u8,
    pub provide: u32,
    pub pad_c: u16,
    /// Added to the length that is announced.
    pub pad_c_lie: u16,
    pub ia: u16,
    pub ia_lie: u16,
    pub payload: u16,
}

impl Theirs {
    pub fn walk(&mut self, tape: &mut impl Tape) {
        tape.byte(&mut self.skey);
        self.key.walk(tape);
        self.pad_a.walk(tape);
        tape.byte(&mut self.vc);
        tape.long(&mut self.provide);
        tape.short(&mut self.pad_c);
        tape.short(&mut self.pad_c_lie);
        tape.short(&mut self.ia);
        tape.short(&mut self.ia_lie);
        tape.short(&mut self.payload);
    }

    /// Everything after the public key.
    pub fn rest(&self, mut shared: Shared) -> Vec<u8> {
        let mut wire = self.pad_a.bytes(&shared.req1());
        let pad_c = payload(self.pad_c % 600);
        let ia = payload(length(self.ia, MAX_IA_ACCEPTED));
        let len = |bytes: &[u8], lie| u16::try_from(bytes.len()).unwrap().wrapping_add(lie);
        let offer = Offer {
            vc: [0, 0, 0, 0, 0, 0, 0, self.vc],
            provide: self.provide,
            pad_c: &pad_c,
            pad_c_len: Some(len(&pad_c, self.pad_c_lie)),
            ia: &ia,
            ia_len: Some(len(&ia, self.ia_lie)),
        };
        wire.extend(offer.step_3(&mut shared));
        let payload = payload(length(self.payload, 4000));
        wire.extend(if self.provide == 1 {
            payload
        } else {
            shared.a.apply(&payload)
        });
        wire
    }
}

#[derive(Clone, Debug, Default)]
pub struct ResponderCase {
    pub ours: OurSide,
    pub theirs: Theirs,
    pub damage: Damage,
    pub portions: Portions,
}

impl Case for ResponderCase {
    fn walk(&mut self, tape: &mut impl Tape) {
        self.ours.walk(tape);
        self.theirs.walk(tape);
        self.damage.walk(tape);
        self.portions.walk(tape);
    }
}

/// The SKEYs that are served.
pub fn lookup(req2: &[u8]) -> Option<[u8; 20]> {
    [skey(0), skey(1)]
        .into_iter()
        .find(|skey| sha1(&[b"req2", skey]) == *req2)
}

pub fn check(data: &[u8]) {
    let case = ResponderCase::read(data);
    let ours = case.ours.ours();
    let key = case.theirs.key.bytes();
    let rest = case
        .theirs
        .rest(shared(secret(&ours.exponent, &key), &skey(case.theirs.skey)));
    let wire = case.damage.apply([key, rest].concat());
    let expected = reference::responder(&ours, &lookup, &wire);
    for portions in [&Portions::default(), &case.portions] {
        let responder = Responder::new(&ours.policy(), ours.randomness());
        run(responder, &ours, portions.cut(&wire), &expected);
    }
}

/// The same, but the responder begins after a key exchange that led to one of a few secrets. So an input costs no
/// exponentiation.
pub fn check_after_key(data: &[u8]) {
    let case = ResponderCase::read(data);
    let (ours, secret) = (case.ours.ours(), agreed(case.theirs.key.exponent));
    let rest = case.theirs.rest(shared(secret, &skey(case.theirs.skey)));
    let wire = case.damage.apply(rest);
    let expected = reference::responder_after_key(secret, &ours, &lookup, &wire);
    let responder = internals::responder(secret, &ours.policy(), ours.padding());
    run(
        responder,
        &ours,
        case.portions.cut_longer_and_longer(&wire),
        &expected,
    );
}

fn run(responder: Responder, ours: &Ours, portions: Vec<&[u8]>, expected: &(Vec<u8>, Verdict)) {
    let mut sent = Vec::new();
    let mut portions = portions.into_iter();
    let end = match feed(responder, &mut portions, &mut sent) {
        End::Done(request) => resolve(request, ours, &mut portions, &mut sent),
        End::Refused(refusal) => End::Refused(refusal),
        End::Waiting(step) => End::Waiting(step),
    };
    compare(end, portions, &sent, expected);
}

fn resolve<'w>(
    request: SkeyRequest,
    ours: &Ours,
    portions: &mut impl Iterator<Item = &'w [u8]>,
    sent: &mut Vec<u8>,
) -> End<tokio_mse::handshake::Established> {
    let Some(skey) = lookup(request.hash().as_bytes()) else {
        return End::Refused(HandshakeError::UnknownSkey);
    };
    let negotiation = request.resolve(Skey::from(skey), ours.payload.clone());
    // What came with the SKEY may be all that is needed.
    let mut portions = std::iter::once(&[][..]).chain(portions);
    feed(negotiation, &mut portions, sent)
}
