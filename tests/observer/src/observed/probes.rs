//! What a prober sends to find out what listens.

use tokio_mse::handshake::{Initiator, Machine as _, Padding, PrivateKey, Progress, Randomness};
use tokio_mse::{Policy, Skey};

use super::session::{INITIATOR, handshake};
use crate::openings;
use crate::seeded::Seeded;
use crate::statistics::jacobi;

/// What is sent first, and what to make of the answer.
pub struct Probe {
    pub name: String,
    pub opening: Vec<u8>,
    /// Goes on with a handshake for this SKEY, of which step 1 is the opening.
    pub goes_on: Option<(Initiator, Breakage)>,
}

/// What is wrong with step 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakage {
    /// Nothing but the SKEY.
    None,
    /// These bits of the byte at this place.
    Flipped(usize, u8),
    /// Only so many bytes are sent.
    CutAfter(usize),
}

impl Probe {
    fn raw(name: impl Into<String>, opening: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            opening: opening.into(),
            goes_on: None,
        }
    }

    fn handshake(name: &str, skey: Skey, breakage: Breakage) -> Self {
        let mut opening = Vec::new();
        let key = PrivateKey::generate();
        let randomness = Randomness::new(key, Padding::none());
        let initiator = Initiator::new(
            skey,
            &Policy::full_rc4(),
            handshake(INITIATOR),
            randomness,
            &mut opening,
        );
        Self {
            name: name.to_owned(),
            opening,
            goes_on: Some((initiator, breakage)),
        }
    }

    /// What follows on `answer`, the 96 bytes of the responder's key.
    pub fn follow_up(&mut self, answer: &[u8]) -> Option<Vec<u8>> {
        let (initiator, breakage) = self.goes_on.take()?;
        let mut step_3 = Vec::new();
        let Ok(Progress::NeedInput(_)) = initiator.process(answer, &mut step_3) else {
            panic!("the responder's key was refused");
        };
        match breakage {
            Breakage::None => {}
            Breakage::Flipped(at, bits) => step_3[at] ^= bits,
            Breakage::CutAfter(len) => step_3.truncate(len),
        }
        Some(step_3)
    }
}

/// Every probe that stays below a public key's 96 bytes, and so gets no answer.
pub fn short(seed: u64) -> Vec<Probe> {
    let mut random = Seeded::new(seed);
    let mut probes = vec![
        Probe::raw("silence", []),
        Probe::raw("HTTP", openings::http_get()),
        Probe::raw("SSH", &b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"[..]),
        Probe::raw("plaintext handshake", handshake(INITIATOR)),
    ];
    for len in [1, 19, 20, 68, 94, 95] {
        probes.push(Probe::raw(format!("{len} random bytes"), random.bytes(len)));
    }
    probes
}

/// Every probe of 96 bytes or more; `recorded` is what an initiator sent to this endpoint before.
pub fn long(seed: u64, served: &Skey, recorded: &[u8]) -> Vec<Probe> {
    let mut random = Seeded::new(seed);
    let number = |last: u8| {
        let mut key = vec![0; 95];
        key.push(last);
        key
    };
    let mut largest = jacobi::P.to_vec();
    largest[95] -= 1;
    let unknown = Skey::from([9; 20]);
    let mut probes = vec![
        Probe::raw("TLS", openings::tls_client_hello()),
        Probe::raw("Y = 0", number(0)),
        Probe::raw("Y = 1", number(1)),
        Probe::raw("Y = P - 1", largest),
        Probe::raw("Y = P", jacobi::P),
        Probe::raw("Y = 2^768 - 1", vec![0xFF; 96]),
        Probe::raw("replay", recorded),
        Probe::raw(
            "plaintext handshake and more",
            [&handshake(INITIATOR)[..], &random.bytes(40)].concat(),
        ),
        Probe::handshake("unknown SKEY", unknown.clone(), Breakage::None),
        Probe::handshake("unknown SKEY, half of it", unknown, Breakage::CutAfter(30)),
        Probe::handshake("bad mark", served.clone(), Breakage::Flipped(3, 0x10)),
        Probe::handshake("bad VC", served.clone(), Breakage::Flipped(43, 0x10)),
        Probe::handshake("no common method", served.clone(), Breakage::Flipped(51, 2)),
        Probe::handshake("half of step 3", served.clone(), Breakage::CutAfter(60)),
        Probe::handshake("PadC too long", served.clone(), Breakage::Flipped(52, 0x10)),
    ];
    for len in [96, 97, 300, 607, 608, 609, 627, 628, 629, 1000, 4000] {
        probes.push(Probe::raw(format!("{len} random bytes"), random.bytes(len)));
    }
    probes
}
