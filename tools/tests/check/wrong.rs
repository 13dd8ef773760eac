//! Peers that make one mistake each. They share no arithmetic, no cipher and no code with what tests them.

use std::sync::Arc;
use std::time::Duration;

use mse_tools::check::fault::Fault;
use num_bigint::BigUint;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy, duplex, split};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::{INFO_HASH, assert_conforms, assert_named, check_dialler, check_listener};
use mse_oracle::sha1;
use rc4::{KeyInit, Rc4, StreamCipher};

const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// The mistakes that a listener can make.
const OF_LISTENERS: [Fault; 20] = [
    Fault::PrimeOfRfc2409,
    Fault::PrimeOfOakley2,
    Fault::AnotherPrime,
    Fault::Multiplied,
    Fault::ZerosStripped,
    Fault::ZerosMovedInKeys,
    Fault::ZerosMovedInMask,
    Fault::NothingDiscarded,
    Fault::KeysExchanged,
    Fault::PadRefused,
    Fault::InnerPadRefused,
    Fault::InnerPadNotDecrypted,
    Fault::PayloadLost,
    Fault::PayloadCut,
    Fault::PayloadDecryptedTwice,
    Fault::PayloadNotDecrypted,
    Fault::PlaintextOnOneByte,
    Fault::PlaintextOnFirstRead,
    Fault::KeyOnFirstRead,
    Fault::CipherAheadOfWrite,
];

/// The mistakes that a dialler can make.
const OF_DIALLERS: [Fault; 19] = [
    Fault::PrimeOfRfc2409,
    Fault::PrimeOfOakley2,
    Fault::AnotherPrime,
    Fault::Multiplied,
    Fault::ZerosStripped,
    Fault::ZerosMovedInKeys,
    Fault::ZerosMovedInMask,
    Fault::NothingDiscarded,
    Fault::KeysExchanged,
    Fault::PadRefused,
    Fault::InnerPadRefused,
    Fault::InnerPadNotDecrypted,
    Fault::VcNotSearched,
    Fault::VcSearchedWithMovingCipher,
    Fault::AfterPadDNotDecrypted,
    Fault::AfterPadDLost,
    Fault::PlaintextOnOneByte,
    Fault::KeyOnFirstRead,
    Fault::CipherAheadOfWrite,
];

#[tokio::test(start_paused = true)]
async fn a_peer_without_a_mistake_conforms() {
    assert_conforms(
        &check_listener(|io| async {
            let _ended = listen(io, None).await;
        })
        .await,
    );
    assert_conforms(
        &check_dialler(|io| async {
            let _ended = dial(io, None).await;
        })
        .await,
    );
}

#[tokio::test(start_paused = true)]
async fn every_mistake_of_a_listener_is_named() {
    for fault in OF_LISTENERS {
        let report = check_listener(|io| async move {
            let _ended = listen(io, Some(fault)).await;
        })
        .await;
        assert_named(&report, fault);
    }
}

#[tokio::test(start_paused = true)]
async fn every_mistake_of_a_dialler_is_named() {
    for fault in OF_DIALLERS {
        let report = check_dialler(|io| async move {
            let _ended = dial(io, Some(fault)).await;
        })
        .await;
        assert_named(&report, fault);
    }
}

/// As Transmission does: no second connection before the first one is closed.
#[tokio::test(start_paused = true)]
async fn a_listener_of_one_connection_at_a_time_conforms() {
    let is_free = Arc::new(Semaphore::new(1));
    let report = check_listener(move |io| {
        let is_free = Arc::clone(&is_free);
        async move {
            if let Ok(_taken) = is_free.try_acquire() {
                listen_slowly(io).await;
            }
        }
    })
    .await;
    assert_conforms(&report);
}

/// Notices late that the other end has closed.
async fn listen_slowly(io: DuplexStream) {
    let (ours, theirs) = duplex(64 * 1024);
    tokio::spawn(async {
        let _ended = listen(theirs, None).await;
    });
    let ((mut from, mut to), (mut answers, mut requests)) = (split(io), split(ours));
    let asking = async {
        let _ = copy(&mut from, &mut requests).await;
        sleep(Duration::from_millis(50)).await;
        let _ = requests.shutdown().await;
    };
    let (_answered, ()) = tokio::join!(copy(&mut answers, &mut to), asking);
}

/// As Transmission does after a handshake that failed.
#[tokio::test(start_paused = true)]
async fn a_dialler_that_sometimes_speaks_plaintext_or_sends_nothing_conforms() {
    let mut count = 0;
    let report = check_dialler(move |mut io| {
        count += 1;
        let turn = count % 3;
        async move {
            match turn {
                0 => drop(io.write_all(&handshake()).await),
                1 => drop(io.read(&mut [0]).await),
                _ => drop(dial(io, None).await),
            }
        }
    })
    .await;
    assert_conforms(&report);
}

/// The ciphers can move by one byte at each attempt, too.
#[tokio::test(start_paused = true)]
async fn both_kinds_of_a_moving_cipher_are_named() {
    let report = check_dialler(|io| async {
        let _ended = dial_and_search(io, None, Search::MovesByOne).await;
    })
    .await;
    assert_named(&report, Fault::VcSearchedWithMovingCipher);
}

#[test]
fn every_mistake_has_a_peer() {
    for fault in Fault::ALL {
        assert!(
            OF_LISTENERS.contains(&fault) || OF_DIALLERS.contains(&fault),
            "{fault:?}"
        );
    }
}

/// A connection whose bytes are read one by one, or many at a time.
struct Peer {
    io: DuplexStream,
    read: Vec<u8>,
}

impl Peer {
    async fn fill(&mut self) -> Option<usize> {
        let len = self.io.read_buf(&mut self.read).await.ok()?;
        (len > 0).then_some(len)
    }

    async fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        while self.read.len() < len {
            self.fill().await?;
        }
        Some(self.read.drain(..len).collect())
    }

    /// The key, or what the first read had of it.
    async fn take_key(&mut self, fault: Option<Fault>) -> Option<Vec<u8>> {
        if fault != Some(Fault::KeyOnFirstRead) {
            return self.take(96).await;
        }
        let mut key: Vec<_> = self.read.drain(..self.read.len().min(96)).collect();
        key.resize(96, 0);
        Some(key)
    }

    /// Skips up to the mark, which comes after 512 bytes at most.
    async fn find(&mut self, mark: &[u8], most: usize) -> Option<usize> {
        loop {
            let searched = &self.read[..self.read.len().min(most + mark.len())];
            if let Some(at) = searched.windows(mark.len()).position(|window| window == mark) {
                self.read.drain(..at + mark.len());
                return Some(at);
            }
            if self.read.len() >= most + mark.len() {
                return None;
            }
            self.fill().await?;
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Option<()> {
        self.io.write_all(bytes).await.ok()
    }

    async fn send_encrypted(
        &mut self,
        bytes: &[u8],
        cipher: Option<&mut Rc4>,
        fault: Option<Fault>,
    ) -> Option<()> {
        let Some(cipher) = cipher else {
            return self.send(bytes).await;
        };
        if fault != Some(Fault::CipherAheadOfWrite) {
            return self.send(&apply(cipher, bytes)).await;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = self.io.write(&apply(cipher, rest)).await.ok()?;
            rest = &rest[len..];
        }
        Some(())
    }
}

fn prime(fault: Option<Fault>) -> BigUint {
    let begin = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A4\
                 31B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63";
    let end = match fault {
        Some(Fault::PrimeOfRfc2409) => "A3620FFFFFFFFFFFFFFFF",
        Some(Fault::PrimeOfOakley2) => "7ED6B0BFF5CB6F406B7ED",
        Some(Fault::AnotherPrime) => "A36210000000000090565",
        _ => "A36210000000000090563",
    };
    BigUint::parse_bytes(format!("{begin}{end}").as_bytes(), 16).unwrap()
}

struct Keys {
    req1: [u8; 20],
    masked: Vec<u8>,
    a: Rc4,
    b: Rc4,
}

fn power(base: &BigUint, exponent: &BigUint, fault: Option<Fault>) -> [u8; 96] {
    let power = match fault {
        Some(Fault::Multiplied) => base * exponent % prime(fault),
        _ => base.modpow(exponent, &prime(fault)),
    };
    let mut padded = [0; 96];
    let bytes = power.to_bytes_be();
    padded[96 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

fn exponent() -> BigUint {
    BigUint::from_bytes_be(&rand::random::<[u8; 20]>())
}

fn public_key(exponent: &BigUint, fault: Option<Fault>) -> [u8; 96] {
    power(&BigUint::from(2_u8), exponent, fault)
}

/// `None` for keys that have to be refused.
fn keys(exponent: &BigUint, peer: &[u8], fault: Option<Fault>, after_secret: u8) -> Option<Keys> {
    let peer = BigUint::from_bytes_be(peer);
    if peer < BigUint::from(2_u8) || peer > prime(fault) - 2_u8 {
        return None;
    }
    let mut secret = power(&peer, exponent, fault).to_vec();
    let zeros = secret.iter().take_while(|byte| **byte == 0).count();
    let mut keying = secret.clone();
    match fault {
        Some(Fault::ZerosStripped) => {
            secret.drain(..zeros);
            keying.drain(..zeros);
        }
        Some(Fault::ZerosMovedInKeys) => {
            secret.drain(..zeros);
            keying.drain(..zeros);
            keying.resize(96, after_secret);
        }
        _ => {}
    }
    let cipher = |label: &[u8]| {
        let mut cipher = Rc4::new_from_slice(&sha1(&[label, &keying, &INFO_HASH])).unwrap();
        if fault != Some(Fault::NothingDiscarded) {
            cipher.apply_keystream(&mut [0; 1024]);
        }
        cipher
    };
    let (mut a, mut b) = (cipher(b"keyA"), cipher(b"keyB"));
    if fault == Some(Fault::KeysExchanged) {
        std::mem::swap(&mut a, &mut b);
    }
    let mut masking = secret.clone();
    if fault == Some(Fault::ZerosMovedInMask) {
        masking.drain(..zeros);
        masking.resize(96, 0);
    }
    let (req2, req3) = (sha1(&[b"req2", &INFO_HASH]), sha1(&[b"req3", &masking]));
    Some(Keys {
        req1: sha1(&[b"req1", &secret]),
        masked: req2.iter().zip(req3).map(|(a, b)| a ^ b).collect(),
        a,
        b,
    })
}

fn apply(cipher: &mut Rc4, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    cipher.apply_keystream(&mut bytes);
    bytes
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// The longest pad that is accepted.
fn longest_pad(fault: Option<Fault>, refuses: Fault) -> usize {
    if fault == Some(refuses) { 500 } else { 512 }
}

/// Random bytes, and not always as many.
fn pad() -> Vec<u8> {
    (0..rand::random_range(1..200)).map(|_| rand::random()).collect()
}

fn handshake() -> Vec<u8> {
    mse_tools::handshake::handshake(&INFO_HASH).to_vec()
}

fn is_handshake(bytes: &[u8]) -> bool {
    bytes.starts_with(PROTOCOL) && bytes[28..48] == INFO_HASH
}

async fn listen(io: DuplexStream, fault: Option<Fault>) -> Option<()> {
    let read = Vec::with_capacity(4096);
    let mut peer = Peer { io, read };
    peer.fill().await?;
    let is_plaintext = match fault {
        Some(Fault::PlaintextOnOneByte) => peer.read[0] == PROTOCOL[0],
        Some(Fault::PlaintextOnFirstRead) => peer.read.starts_with(PROTOCOL),
        _ => {
            while peer.read.len() < 20 && PROTOCOL.starts_with(&peer.read) {
                peer.fill().await?;
            }
            peer.read.starts_with(PROTOCOL)
        }
    };
    if is_plaintext {
        let theirs = peer.take(68).await?;
        if is_handshake(&theirs) {
            peer.send(&handshake()).await?;
            while peer.fill().await.is_some() {}
        }
        return None;
    }

    let exponent = exponent();
    let theirs = peer.take_key(fault).await?;
    peer.send(&[&public_key(&exponent, fault)[..], &pad()].concat())
        .await?;
    let Keys {
        req1,
        masked,
        mut a,
        mut b,
    } = keys(&exponent, &theirs, fault, 0)?;
    let longest = longest_pad(fault, Fault::PadRefused);
    peer.find(&req1, longest).await?;
    if peer.take(20).await? != masked {
        return None;
    }
    let offer = apply(&mut a, &peer.take(14).await?);
    let longest = longest_pad(fault, Fault::InnerPadRefused);
    let (provide, len) = (number(&offer[8..12]), number(&offer[12..]));
    if offer[..8] != [0; 8] || ![1, 2, 3].contains(&(provide & 3)) || len > longest {
        return None;
    }
    let pad_c = peer.take(len).await?;
    if fault != Some(Fault::InnerPadNotDecrypted) {
        apply(&mut a, &pad_c);
    }
    let len = number(&apply(&mut a, &peer.take(2).await?));
    let wire = peer.take(len).await?;
    let mut stream = apply(&mut a, &wire);
    match fault {
        Some(Fault::PayloadLost) => stream.clear(),
        Some(Fault::PayloadCut) => stream.truncate(68),
        Some(Fault::PayloadDecryptedTwice) => stream = apply(&mut a, &stream),
        Some(Fault::PayloadNotDecrypted) => stream = wire,
        _ => {}
    }

    let select = if provide & 2 == 0 { 1 } else { 2 };
    let mut step_4 = vec![0; 14 + 30];
    (step_4[11], step_4[13]) = (select, 30);
    let step_4 = apply(&mut b, &step_4);
    peer.send(&step_4).await?;
    let (mut a, mut b) = ((select == 2).then_some(a), (select == 2).then_some(b));
    let theirs = read_stream(&mut peer, &mut stream, 68, a.as_mut()).await?;
    if !is_handshake(&theirs) {
        return None;
    }
    peer.send_encrypted(&handshake(), b.as_mut(), fault).await?;
    seed(&mut peer, stream, a, b, fault).await
}

/// Has one piece, and sends what is requested of it, until the other end closes or breaks the protocol.
async fn seed(
    peer: &mut Peer,
    mut stream: Vec<u8>,
    mut decrypt: Option<Rc4>,
    mut encrypt: Option<Rc4>,
    fault: Option<Fault>,
) -> Option<()> {
    let bitfield = [0, 0, 0, 2, 5, 0x80];
    peer.send_encrypted(&bitfield, encrypt.as_mut(), fault).await?;
    let piece: Vec<u8> = (0..16 * 1024).map(|_| rand::random()).collect();
    loop {
        let len = number(&read_stream(peer, &mut stream, 4, decrypt.as_mut()).await?);
        if len > 1024 {
            return None;
        }
        let message = read_stream(peer, &mut stream, len, decrypt.as_mut()).await?;
        let answer = match message.first() {
            // Interested: unchoke.
            Some(2) => vec![0, 0, 0, 1, 1],
            Some(6) => {
                let (begin, len) = (number(&message[5..9]), number(&message[9..13]));
                let header = u32::try_from(9 + len).unwrap().to_be_bytes();
                [&header[..], &[7], &message[1..9], &piece[begin..begin + len]].concat()
            }
            _ => continue,
        };
        peer.send_encrypted(&answer, encrypt.as_mut(), fault).await?;
    }
}

/// The next bytes of the stream, of which the beginning is decrypted already.
async fn read_stream(
    peer: &mut Peer,
    begun: &mut Vec<u8>,
    len: usize,
    cipher: Option<&mut Rc4>,
) -> Option<Vec<u8>> {
    if begun.len() < len {
        let more = peer.take(len - begun.len()).await?;
        begun.extend(match cipher {
            Some(cipher) => apply(cipher, &more),
            None => more,
        });
    }
    Some(begun.drain(..len).collect())
}

/// How ENCRYPT(VC) is looked for.
#[derive(Clone, Copy)]
enum Search {
    Right,
    None,
    MovesByEight,
    MovesByOne,
}

async fn dial(io: DuplexStream, fault: Option<Fault>) -> Option<()> {
    let search = match fault {
        Some(Fault::VcNotSearched) => Search::None,
        Some(Fault::VcSearchedWithMovingCipher) => Search::MovesByEight,
        _ => Search::Right,
    };
    dial_and_search(io, fault, search).await
}

async fn dial_and_search(io: DuplexStream, fault: Option<Fault>, search: Search) -> Option<()> {
    let read = Vec::with_capacity(4096);
    let mut peer = Peer { io, read };
    let exponent = exponent();
    peer.send(&[&public_key(&exponent, fault)[..], &pad()].concat())
        .await?;
    peer.fill().await?;
    if fault == Some(Fault::PlaintextOnOneByte) && peer.read[0] == PROTOCOL[0] {
        return None;
    }
    let theirs = peer.take_key(fault).await?;
    let Keys {
        req1,
        masked,
        mut a,
        mut b,
    } = keys(&exponent, &theirs, fault, 0xA7)?;
    let ia = handshake();
    let mut offer = vec![0; 8];
    offer.extend([0, 0, 0, 3, 0, 30]);
    offer.extend([0; 30]);
    offer.extend([0, 68]);
    offer.extend(&ia);
    peer.send(&[&req1[..], &masked, &apply(&mut a, &offer)].concat())
        .await?;

    let longest = longest_pad(fault, Fault::PadRefused);
    match search {
        Search::Right => {
            let mark = apply(&mut b, &[0; 8]);
            peer.find(&mark, longest).await?;
        }
        Search::None => {
            if apply(&mut b, &peer.take(8).await?) != [0; 8] {
                return None;
            }
        }
        Search::MovesByEight => {
            let mut window = peer.take(8).await?;
            for _ in 0..longest {
                if apply(&mut b, &window) == [0; 8] {
                    break;
                }
                window.remove(0);
                window.extend(peer.take(1).await?);
            }
        }
        Search::MovesByOne => {
            let mut window = apply(&mut b, &peer.take(8).await?);
            while window != [0; 8] {
                window.remove(0);
                window.extend(apply(&mut b, &peer.take(1).await?));
            }
        }
    }
    let header = apply(&mut b, &peer.take(6).await?);
    let (select, len) = (number(&header[..4]), number(&header[4..]));
    let longest = longest_pad(fault, Fault::InnerPadRefused);
    if ![1, 2].contains(&select) || len > longest {
        return None;
    }
    let pad_d = peer.take(len).await?;
    if fault != Some(Fault::InnerPadNotDecrypted) {
        apply(&mut b, &pad_d);
    }
    let together = peer.read.len();
    let mut stream = Vec::new();
    match fault {
        Some(Fault::AfterPadDLost) => {
            let lost = peer.take(together).await?;
            if select == 2 {
                apply(&mut b, &lost);
            }
        }
        Some(Fault::AfterPadDNotDecrypted) => stream = peer.take(together).await?,
        _ => {}
    }
    let (a, mut b) = ((select == 2).then_some(a), (select == 2).then_some(b));
    let theirs = read_stream(&mut peer, &mut stream, 68, b.as_mut()).await?;
    if !is_handshake(&theirs) {
        return None;
    }
    seed(&mut peer, stream, b, a, fault).await
}
