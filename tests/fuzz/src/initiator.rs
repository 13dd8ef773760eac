//! The initiator, before a responder that may say anything.

use tokio_mse::Skey;
use tokio_mse::handshake::Initiator;

use crate::keys::secret;
use crate::machine::{OurSide, compare, feed};
use crate::reference;
use crate::tape::{Case, Tape};
use crate::wire::{Damage, Key, Pad, Portions, payload, skey};
use mse_oracle::{Shared, step_4};

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
    fn wire(&self, exponent: &[u8; 20]) -> Vec<u8> {
        let key = self.key.bytes();
        let shared = || Shared::from_secret(secret(exponent, &key), &skey(self.skey));
        let mark = shared().b.apply(&[0; 8]);
        let mut shared = shared();
        let mut wire = [&key[..], &self.pad_b.bytes(&mark)].concat();
        let pad_d = payload(self.pad_d % 600);
        let announced = (self.pad_d % 600).wrapping_add(self.pad_d_lie);
        let vc = [0, 0, 0, 0, 0, 0, 0, self.vc];
        wire.extend(step_4(&mut shared, vc, self.select, &pad_d, announced));
        let payload = payload(self.payload % 4096);
        wire.extend(if self.select == 1 {
            payload
        } else {
            shared.b.apply(&payload)
        });
        self.damage.apply(wire)
    }
}

pub fn check(data: &[u8]) {
    let case = InitiatorCase::read(data);
    let ours = case.ours.ours();
    let wire = case.wire(&ours.exponent);
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
