//! The initiator, before a responder that may say anything.

use tokio_mse::Skey;
use tokio_mse::handshake::Initiator;
use tokio_mse::internals;

use crate::keys::{secret, shared};
use crate::machine::{OurSide, compare, feed};
use crate::reference;
use crate::tape::{Case, Tape};
use crate::wire::{Damage, Key, Pad, Portions, agreed, length, payload, skey};
use mse_oracle::step_4;

#[derive(Clone, Debug, Default)]
pub struct InitiatorCase {
    pub ours: OurSide,
    pub skey: u8,
    pub key: Key,
    pub pad_b: Pad,
    pub vc: u8,
    pub select: u32,
    pub pad_d: u16,
    /// Added to the length that is announced.
    pub pad_d_lie: u16,
    pub payload: u16,
    pub damage: Damage,
    pub portions: Portions,
}

impl Case for InitiatorCase {
    fn walk(&mut self, tape: &mut impl Tape) {
        self.ours.walk(tape);
        tape.byte(&mut self.skey);
        self.key.walk(tape);
        self.pad_b.walk(tape);
        tape.byte(&mut self.vc);
        tape.long(&mut self.select);
        tape.short(&mut self.pad_d);
        tape.short(&mut self.pad_d_lie);
        tape.short(&mut self.payload);
        self.damage.walk(tape);
        self.portions.walk(tape);
    }
}

impl InitiatorCase {
    /// Everything after the public key.
    fn rest(&self, secret: [u8; 96]) -> Vec<u8> {
        let shared = || shared(secret, &skey(self.skey));
        let mark = shared().b.apply(&[0; 8]);
        let mut shared = shared();
        let mut wire = self.pad_b.bytes(&mark);
        let pad_d = payload(self.pad_d % 600);
        let announced = (self.pad_d % 600).wrapping_add(self.pad_d_lie);
        let vc = [0, 0, 0, 0, 0, 0, 0, self.vc];
        wire.extend(step_4(&mut shared, vc, self.select, &pad_d, announced));
        let payload = payload(length(self.payload, 4000));
        wire.extend(if self.select == 1 {
            payload
        } else {
            shared.b.apply(&payload)
        });
        wire
    }
}

pub fn check(data: &[u8]) {
    let case = InitiatorCase::read(data);
    let ours = case.ours.ours();
    let key = case.key.bytes();
    let rest = case.rest(secret(&ours.exponent, &key));
    let wire = case.damage.apply([key, rest].concat());
    let skey = skey(case.skey);
    let expected = reference::initiator(&ours, skey, &wire);
    for portions in [&Portions::default(), &case.portions] {
        let mut sent = Vec::new();
        let machine = Initiator::new(
            Skey::from(skey),
            &ours.policy(),
            ours.payload.clone(),
            ours.randomness(),
            &mut sent,
        );
        let mut portions = portions.cut(&wire).into_iter();
        let end = feed(machine, &mut portions, &mut sent);
        compare(end, portions, &sent, &expected);
    }
}

/// The same, but the initiator begins after a key exchange that led to one of a few secrets. So an input costs no
/// exponentiation.
pub fn check_after_key(data: &[u8]) {
    let case = InitiatorCase::read(data);
    let (ours, secret, skey) = (case.ours.ours(), agreed(case.key.exponent), skey(case.skey));
    let wire = case.damage.apply(case.rest(secret));
    let expected = reference::initiator_after_key(secret, &ours, skey, &wire);
    let machine = internals::initiator(
        secret,
        Skey::from(skey),
        &ours.policy(),
        ours.payload.clone(),
        ours.padding(),
    );
    let mut sent = Vec::new();
    // The third message needs no more bytes of the peer.
    let mut portions = std::iter::once(&[][..]).chain(case.portions.cut_longer_and_longer(&wire));
    let end = feed(machine, &mut portions, &mut sent);
    compare(end, portions, &sent, &expected);
}
