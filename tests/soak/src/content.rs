//! What the bytes of a prober mean.

use rand::RngExt;
use tokio_mse::handshake::{Initiator, Machine, Padding, PrivateKey, Progress, Randomness};
use tokio_mse::{Policy, Skey};

use crate::handshake::handshake;
use crate::server::INFO_HASH;

/// The kinds of content that a prober can have.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Random,
    /// A right handshake up to HASH('req1', S), after this much PadA, for an info-hash that is not served.
    UnknownSkey(usize),
    /// The same for an info-hash that is served, with a wrong VC.
    BadVc(usize),
    /// A degenerate public key: 0, 1, P-1, P, 2^768-1.
    Degenerate(usize),
    /// The public key 2, whose private key everybody knows.
    Small,
    Http,
    /// The bytes of a handshake that succeeded once.
    Replay,
    /// A plaintext BitTorrent handshake for an info-hash that is not served, and messages after it.
    Plaintext,
}

/// The bytes of one connection, made as they are asked for.
pub(crate) struct Content {
    kind: Kind,
    ready: Vec<u8>,
    initiator: Option<Initiator>,
    heard: Vec<u8>,
}

impl Content {
    pub(crate) fn new(kind: Kind) -> Self {
        let mut ready = Vec::new();
        let mut initiator = None;
        match kind {
            Kind::Random => {}
            Kind::UnknownSkey(pad) => initiator = Some(initiate(Skey::from([0xEE; 20]), pad, &mut ready)),
            Kind::BadVc(pad) => initiator = Some(initiate(Skey::from(INFO_HASH), pad, &mut ready)),
            Kind::Degenerate(which) => ready = degenerate(which),
            Kind::Small => {
                ready = vec![0; 96];
                ready[95] = 2;
            }
            Kind::Http => ready = b"GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n".to_vec(),
            Kind::Replay => ready = recorded(),
            Kind::Plaintext => {
                let interested = b"\0\0\0\x01\x02".repeat(20);
                ready = [handshake(&[0xEE; 20]).to_vec(), interested].concat();
            }
        }
        Self {
            kind,
            ready,
            initiator,
            heard: Vec::new(),
        }
    }

    /// Takes in the answer.
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

    /// The next `len` bytes; random ones after the end of the content.
    pub(crate) fn next(&mut self, len: usize) -> Vec<u8> {
        let from_content = self.ready.len().min(len);
        let mut bytes: Vec<u8> = self.ready.drain(..from_content).collect();
        bytes.resize_with(len, || rand::rng().random());
        bytes
    }
}

fn initiate(skey: Skey, pad: usize, step_1: &mut Vec<u8>) -> Initiator {
    let padding = Padding::new(vec![0xA5; pad], [], 0).expect("at most 512 bytes");
    let randomness = Randomness::new(PrivateKey::generate(), padding);
    Initiator::new(
        skey,
        &Policy::full_rc4(),
        handshake(&[0xEE; 20]).to_vec(),
        randomness,
        step_1,
    )
}

fn degenerate(which: usize) -> Vec<u8> {
    const P: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
                     EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";
    let p = hex::decode(P).expect("hex digits");
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
    let responder = tokio_mse::handshake::Responder::new(&Policy::full_rc4(), Randomness::generate());
    let Ok(Progress::NeedInput(_)) = responder.process(&sent, &mut answer) else {
        panic!("step 3 is missing");
    };
    let Ok(Progress::NeedInput(_)) = initiator.process(&answer, &mut sent) else {
        panic!("step 4 is missing");
    };
    sent
}
