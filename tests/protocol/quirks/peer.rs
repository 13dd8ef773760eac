//! What the emulated clients have in common: the steps of MSE, with parameters for everything that differs. `None` means
//! that the client closes the connection.

use super::ours::{INFO_HASH, our_handshake, their_handshake};
use super::segments::Far;
use crate::deliver::public_key;
use crate::support::foreign::{Cipher, Offer, Shared};

pub const EXPONENT: [u8; 20] = [0x2D; 20];
pub const RC4: u32 = 2;
pub const PLAINTEXT: u32 = 1;

pub fn pad(len: usize) -> Vec<u8> {
    vec![0x5C; len]
}

/// Our key with a pad.
pub fn key(pad_len: usize) -> Vec<u8> {
    [&public_key(&EXPONENT)[..], &pad(pad_len)].concat()
}

/// What is shared with the owner of a key.
pub fn shared(peer_key: &[u8]) -> Shared {
    Shared::new(&EXPONENT, peer_key, &INFO_HASH)
}

/// Reads up to the end of a mark, which comes after so many bytes at most.
pub async fn skip_to(far: &mut Far, mark: &[u8], max_before: usize) -> Option<()> {
    let mut found = far.take(mark.len()).await?;
    for _ in 0..=max_before {
        if found.ends_with(mark) {
            return Some(());
        }
        found.extend(far.take(1).await?);
    }
    None
}

/// Step 3 after HASH('req1', S).
pub struct Step3 {
    pub provide: u32,
    pub ia: Vec<u8>,
}

impl Step3 {
    /// The method that the client prefers, if it is offered, or else the other one.
    pub fn select(&self, preferred: u32, other: u32) -> u32 {
        if self.provide & preferred == 0 {
            other
        } else {
            preferred
        }
    }
}

pub async fn step_3(far: &mut Far, shared: &mut Shared) -> Option<Step3> {
    if far.take(20).await? != shared.masked_skey() {
        return None;
    }
    let header = shared.a.apply(&far.take(14).await?);
    let (vc, rest) = header.split_at(8);
    if vc != [0; 8] {
        return None;
    }
    let provide = u32::from_be_bytes(rest[..4].try_into().unwrap());
    let pad_c_len = u16::from_be_bytes(rest[4..].try_into().unwrap());
    if pad_c_len > 512 {
        return None;
    }
    let pad_c = far.take(pad_c_len.into()).await?;
    shared.a.apply(&pad_c);
    let ia_len = shared.a.apply(&far.take(2).await?);
    let ia_len = u16::from_be_bytes(ia_len.try_into().unwrap());
    let ia = shared.a.apply(&far.take(ia_len.into()).await?);
    Some(Step3 { provide, ia })
}

/// Step 4 after ENCRYPT(VC): what was selected.
pub async fn step_4(far: &mut Far, shared: &mut Shared) -> Option<u32> {
    let header = shared.b.apply(&far.take(6).await?);
    let select = u32::from_be_bytes(header[..4].try_into().unwrap());
    let pad_d_len = u16::from_be_bytes(header[4..].try_into().unwrap());
    if pad_d_len > 512 {
        return None;
    }
    let pad_d = far.take(pad_d_len.into()).await?;
    shared.b.apply(&pad_d);
    Some(select)
}

/// ENCRYPT(VC), with which step 4 begins.
pub fn encrypted_vc(shared: &mut Shared) -> Vec<u8> {
    shared.b.apply(&[0; 8])
}

/// Step 3 after a pad of so many bytes at most.
pub async fn step_3_after_pad(far: &mut Far, shared: &mut Shared, max_pad: usize) -> Option<Step3> {
    let mark = shared.req1();
    skip_to(far, &mark, max_pad).await?;
    step_3(far, shared).await
}

/// Step 4 after a pad of so many bytes at most: what was selected.
pub async fn step_4_after_pad(far: &mut Far, shared: &mut Shared, max_pad: usize) -> Option<u32> {
    let vc = encrypted_vc(shared);
    skip_to(far, &vc, max_pad).await?;
    step_4(far, shared).await
}

/// What most initiators do up to step 4, and what was selected.
pub async fn open_as_initiator(far: &mut Far, pad_len: usize, offer: &Offer<'_>) -> Option<(Shared, u32)> {
    far.send(key(pad_len));
    let mut shared = shared(&far.take(96).await?);
    far.send(offer.step_3(&mut shared));
    let select = step_4_after_pad(far, &mut shared, 512).await?;
    Some((shared, select))
}

/// What most responders do up to step 3.
pub async fn open_as_responder(far: &mut Far, pad_len: usize) -> Option<(Shared, Step3)> {
    let their_key = far.take(96).await?;
    far.send(key(pad_len));
    let mut shared = shared(&their_key);
    let offer = step_3_after_pad(far, &mut shared, 512).await?;
    Some((shared, offer))
}

/// The stream of an emulated client.
pub struct Stream {
    pub far: Far,
    pub encrypt: Option<Cipher>,
    pub decrypt: Option<Cipher>,
}

impl Stream {
    /// Continues as an initiator.
    pub fn initiator(far: Far, shared: Shared, method: u32) -> Self {
        Self::new(far, shared.a, shared.b, method)
    }

    /// Continues as a responder.
    pub fn responder(far: Far, shared: Shared, method: u32) -> Self {
        Self::new(far, shared.b, shared.a, method)
    }

    /// Without MSE.
    pub fn plaintext(far: Far) -> Self {
        Self {
            far,
            encrypt: None,
            decrypt: None,
        }
    }

    fn new(far: Far, encrypt: Cipher, decrypt: Cipher, method: u32) -> Self {
        let encrypted = method == RC4;
        Self {
            far,
            encrypt: encrypted.then_some(encrypt),
            decrypt: encrypted.then_some(decrypt),
        }
    }

    pub fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        match &mut self.encrypt {
            Some(cipher) => cipher.apply(plain),
            None => plain.to_vec(),
        }
    }

    pub fn send(&mut self, plain: &[u8]) {
        let sealed = self.seal(plain);
        self.far.send(sealed);
    }

    /// Step 4 and the handshake in one segment.
    pub fn send_with_handshake(&mut self, step_4: Vec<u8>) {
        let handshake = self.seal(&their_handshake());
        self.far.send([step_4, handshake].concat());
    }

    pub async fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        let sealed = self.far.take(len).await?;
        Some(match &mut self.decrypt {
            Some(cipher) => cipher.apply(&sealed),
            None => sealed,
        })
    }

    /// Checks the library's BitTorrent handshake: `already`, and the rest from the stream.
    pub async fn their_handshake_arrives(&mut self, already: &[u8]) -> Option<()> {
        let expected = our_handshake();
        let mut handshake = already.to_vec();
        handshake.extend(self.take(expected.len() - already.len()).await?);
        (handshake == expected).then_some(())
    }

    /// A message each way, both handshakes done.
    pub async fn talk(&mut self) -> Option<()> {
        let message = self.take(16).await?;
        self.send(b"from the emulation");
        (message == b"from the library").then_some(())
    }

    /// What most initiators do after step 4 if their handshake was IA.
    pub async fn talk_as_initiator(&mut self) -> Option<()> {
        self.their_handshake_arrives(&[]).await?;
        self.talk().await
    }

    /// What most responders do after step 4 if they sent their handshake with it.
    pub async fn talk_as_responder(&mut self, ia: &[u8]) -> Option<()> {
        self.their_handshake_arrives(ia).await?;
        self.talk().await
    }

    /// What initiators do after step 4 if they sent no IA.
    pub async fn talk_with_late_handshake(&mut self) -> Option<()> {
        self.send(&their_handshake());
        self.talk_as_initiator().await
    }
}
