//! What a prober's bytes mean.

use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};
use tokio_mse::handshake::{Initiator, Machine, Padding, PrivateKey, Progress, Randomness, Responder};
use tokio_mse::{Policy, Skey};

use super::{INFO_HASH, NOT_SERVED, handshake, skey};

/// The kinds of content that a prober can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Random,
    /// A right handshake for an info-hash that is not served, with this much of PadA.
    UnknownSkey(usize),
    /// The same for one that is served, and wrong from VC on.
    BadVc(usize),
    /// A degenerate public key: 0, 1, P-1, P, 2^768-1.
    Degenerate(usize),
    /// An ordinary public key whose exponent everybody knows: 2.
    Small,
    Http,
    Tls,
    Ssh,
    /// The bytes of a handshake that succeeded once.
    Replay,
    /// A plaintext BitTorrent handshake for an info-hash that is not served, and then messages.
    Plaintext,
    /// The same for one that is served.
    ServedPlaintext,
}

impl Kind {
    pub(crate) const WITHOUT_PLAINTEXT: [Self; 15] = [
        Self::UnknownSkey(0),
        Self::UnknownSkey(100),
        Self::UnknownSkey(512),
        Self::BadVc(0),
        Self::BadVc(512),
        Self::Degenerate(0),
        Self::Degenerate(1),
        Self::Degenerate(2),
        Self::Degenerate(3),
        Self::Degenerate(4),
        Self::Small,
        Self::Http,
        Self::Tls,
        Self::Ssh,
        Self::Replay,
    ];

    pub(crate) const ALL_PLAINTEXT: [Self; 2] = [Self::Plaintext, Self::ServedPlaintext];
}

/// The bytes of one connection, made as they are asked for.
pub(crate) struct Content {
    kind: Kind,
    ready: Vec<u8>,
    initiator: Option<Initiator>,
    heard: Vec<u8>,
    filler: ChaCha20Rng,
}

impl Content {
    /// `seed` gives the random bytes.
    pub(crate) fn new(kind: Kind, seed: u64) -> Self {
        let mut ready = Vec::new();
        let mut initiator = None;
        match kind {
            Kind::Random => {}
            Kind::UnknownSkey(pad) => initiator = Some(initiate(Skey::from(NOT_SERVED), pad, &mut ready)),
            Kind::BadVc(pad) => initiator = Some(initiate(skey(), pad, &mut ready)),
            Kind::Degenerate(which) => ready = degenerate(which),
            Kind::Small => {
                ready = vec![0; 96];
                ready[95] = 2;
            }
            Kind::Http => ready = b"GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n".to_vec(),
            Kind::Tls => {
                ready = [
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
                    &[7; 600],
                ]
                .concat();
            }
            Kind::Ssh => ready = b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
            Kind::Replay => ready = recorded(),
            Kind::Plaintext => ready = plaintext(NOT_SERVED),
            Kind::ServedPlaintext => ready = plaintext(INFO_HASH),
        }
        Self {
            kind,
            ready,
            initiator,
            heard: Vec::new(),
            filler: ChaCha20Rng::seed_from_u64(seed),
        }
    }

    /// Takes note of what was answered.
    pub(crate) fn hear(&mut self, answer: &[u8]) {
        self.heard.extend_from_slice(answer);
        if self.heard.len() >= 96
            && let Some(initiator) = self.initiator.take()
        {
            let mut step_3 = Vec::new();
            let Ok(Progress::NeedInput(_)) = initiator.process(&self.heard[..96], &mut step_3) else {
                panic!("a key is no reason to end");
            };
            if matches!(self.kind, Kind::BadVc(_)) {
                for byte in &mut step_3[40..] {
                    *byte ^= 0x55;
                }
            }
            self.ready.extend(step_3);
        }
    }

    /// The next `len` bytes; random ones after the content has ended.
    pub(crate) fn next(&mut self, len: usize) -> Vec<u8> {
        let from_content = self.ready.len().min(len);
        let mut bytes: Vec<u8> = self.ready.drain(..from_content).collect();
        bytes.resize(len, 0);
        self.filler.fill_bytes(&mut bytes[from_content..]);
        bytes
    }
}

fn initiate(skey: Skey, pad: usize, step_1: &mut Vec<u8>) -> Initiator {
    let padding = Padding::new(vec![0xA5; pad], [], 0).unwrap();
    let randomness = Randomness::new(PrivateKey::generate(), padding);
    Initiator::new(
        skey,
        &Policy::full_rc4(),
        handshake(NOT_SERVED),
        randomness,
        step_1,
    )
}

/// A handshake and messages.
fn plaintext(info_hash: [u8; 20]) -> Vec<u8> {
    let interested = b"\0\0\0\x01\x02".repeat(20);
    [handshake(info_hash), interested].concat()
}

fn degenerate(which: usize) -> Vec<u8> {
    const P: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
                     EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";
    let p = hex::decode(P).unwrap();
    let mut key = match which {
        0 | 1 => vec![0; 96],
        2 | 3 => p,
        _ => vec![0xFF; 96],
    };
    match which {
        1 => key[95] = 1,
        2 => key[95] -= 1,
        _ => {}
    }
    key
}

/// What an initiator sent in a handshake that succeeded, on another connection.
fn recorded() -> Vec<u8> {
    let mut sent = Vec::new();
    let initiator = initiate(Skey::from(INFO_HASH), 64, &mut sent);
    let mut answer = Vec::new();
    let responder = Responder::new(&Policy::full_rc4(), Randomness::generate());
    let Ok(Progress::NeedInput(_)) = responder.process(&sent, &mut answer) else {
        panic!("step 3 is missing");
    };
    let Ok(Progress::NeedInput(_)) = initiator.process(&answer, &mut sent) else {
        panic!("step 4 is missing");
    };
    sent
}
