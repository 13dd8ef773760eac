//! More bytes than the peer's transport takes at once. The peer's cipher has to wait where its transport stopped.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Verdict;
use super::arithmetic::Rc4;
use super::fault::Fault;
use super::wire::{find, finish, noise};

/// How much is sent through the peer, or fetched from it.
const AMOUNT: usize = 2 * 1024 * 1024;
/// What is tested.
pub(super) const WHAT: &str = "2 MiB that we read late and slowly: the peer's writes are short";
/// With less, its transport may have taken everything at once.
const ENOUGH: usize = AMOUNT / 4;
/// The longest request that all clients answer.
const BLOCK: usize = 16 * 1024;
/// What precedes a block: length, id, piece, begin.
const HEADER: usize = 13;
/// Clients let a peer fetch once in ten seconds.
const UNCHOKE: Duration = Duration::from_secs(12);
/// How far ahead a cipher is looked for: the largest send buffer that Linux gives by default.
const FURTHEST: usize = 4 * 1024 * 1024;
/// So many bytes of a keystream come up once.
const FRAGMENT: usize = 16;

/// A connection after its handshake.
pub struct Stream<T> {
    /// The transport.
    pub io: T,
    /// Encrypts what is sent; `None` in the clear.
    pub encrypt: Option<Rc4>,
    /// Decrypts what is received; `None` in the clear.
    pub decrypt: Option<Rc4>,
    /// What was received and decrypted after the other end's BitTorrent handshake.
    pub received: Vec<u8>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every byte was right.
    Right,
    /// The peer did not send enough.
    TooLittle(String),
    /// A byte was wrong.
    Wrong {
        /// How many bytes were right before.
        after: usize,
        /// How far ahead the peer's keystream is, if that explains it.
        ahead: Option<usize>,
    },
}

impl Outcome {
    /// For the report.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Right => Verdict::Held,
            Self::TooLittle(why) => Verdict::Skipped(why),
            Self::Wrong { after, ahead: None } => Verdict::Broken {
                seen: format!("a byte is wrong after {after} bytes"),
                fault: None,
            },
            Self::Wrong {
                after,
                ahead: Some(ahead),
            } => Verdict::Broken {
                seen: format!("after {after} bytes, its cipher is {ahead} bytes ahead"),
                fault: Some(Fault::CipherAheadOfWrite),
            },
        }
    }
}

/// What a look at the decrypted stream shows.
enum Look {
    /// This many bytes are right, and more have to come.
    Right(usize),
    /// So many bytes are right, and these should follow.
    Wrong(usize, Vec<u8>),
}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream<T> {
    /// Has everything echoed.
    pub async fn echo(mut self, wait: Duration) -> Outcome {
        let sent = noise(AMOUNT);
        let encrypted = self.encrypted(&sent);
        let look = |received: &[u8]| match differs(received, &sent) {
            None => Look::Right(received.len()),
            Some(at) => Look::Wrong(at, sent[at..].to_vec()),
        };
        self.exchange(&encrypted, AMOUNT, look, wait).await
    }

    /// Fetches the same block many times. All requests differ: each begins one byte later.
    pub async fn fetch(mut self, wait: Duration) -> Outcome {
        let Some((piece, block)) = self.first_block(wait).await else {
            return Outcome::TooLittle("it did not let us fetch a block".to_owned());
        };
        let begins = 1..=AMOUNT / BLOCK;
        let requests: Vec<_> = begins.clone().flat_map(|begin| request(piece, begin)).collect();
        let encrypted = self.encrypted(&requests);
        let answers = begins.clone().map(|begin| HEADER + BLOCK - begin).sum();
        let look = |received: &[u8]| {
            let (mut at, mut next) = (0, *begins.start());
            while let Some(message) = received.get(at..) {
                if let Some(len) = other_message(message) {
                    at += len;
                    continue;
                }
                let Some(header) = message.first_chunk() else {
                    break;
                };
                let begin = begin_of(header, piece).filter(|begin| begins.contains(begin));
                let begin = begin.unwrap_or(next);
                let expected = answer(piece, &block, begin);
                match differs(message, &expected) {
                    Some(right) => return Look::Wrong(at + right, expected[right..].to_vec()),
                    None => at += expected.len(),
                }
                next = begin + 1;
            }
            Look::Right(at.min(received.len()))
        };
        self.exchange(&encrypted, answers, look, wait).await
    }

    fn encrypted(&mut self, bytes: &[u8]) -> Vec<u8> {
        match &mut self.encrypt {
            Some(cipher) => cipher.apply(bytes),
            None => bytes.to_vec(),
        }
    }

    /// Sends `request`, does not read for a while, then reads slowly, then the rest: `most` bytes are enough.
    async fn exchange(
        mut self,
        request: &[u8],
        most: usize,
        look: impl Fn(&[u8]) -> Look,
        wait: Duration,
    ) -> Outcome {
        let (mut received, begun) = (self.received, self.decrypt);
        let (early, mut decrypt) = (received.len(), begun.clone());
        let mut wire = Vec::new();
        let (mut reader, mut writer) = split(&mut self.io);
        let reading = async {
            sleep(wait.min(Duration::from_secs(1))).await;
            let mut piece = [0; 4096];
            // Other messages may come in between.
            while received.len() < most || matches!(look(&received), Look::Right(right) if right < most) {
                let Ok(Ok(len @ 1..)) = timeout(wait, reader.read(&mut piece)).await else {
                    break;
                };
                wire.extend(&piece[..len]);
                match &mut decrypt {
                    Some(cipher) => received.extend(cipher.apply(&piece[..len])),
                    None => received.extend(&piece[..len]),
                }
                if received.len() < ENOUGH {
                    sleep(Duration::from_millis(2)).await;
                }
            }
        };
        let writing = async {
            let _ = writer.write_all(request).await;
            let _ = writer.flush().await;
            // The end of reading is the end.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = reading => {}
            () = writing => {}
        }
        finish(&mut self.io, wait).await;
        match look(&received) {
            Look::Right(right) if right < ENOUGH => Outcome::TooLittle(format!("it sent only {right} bytes")),
            Look::Right(_) => Outcome::Right,
            Look::Wrong(after, expected) => {
                let at = after.saturating_sub(early);
                let ahead = begun.and_then(|cipher| ahead(cipher, &wire[at..], at, &expected));
                Outcome::Wrong { after, ahead }
            }
        }
    }

    /// The first block of a piece that the peer has, and the number of that piece.
    async fn first_block(&mut self, wait: Duration) -> Option<(u32, Vec<u8>)> {
        let interested = self.encrypted(&[0, 0, 0, 1, 2]);
        timeout(wait, self.io.write_all(&interested)).await.ok()?.ok()?;
        let deadline = Instant::now() + wait.max(UNCHOKE);
        let (mut piece, mut is_unchoked) = (None, false);
        while piece.is_none() || !is_unchoked {
            match self.message(deadline).await?.split_first() {
                Some((1, [])) => is_unchoked = true,
                Some((5, bitfield)) => {
                    let bits = (0..).zip(
                        bitfield
                            .iter()
                            .flat_map(|byte| (0..8).map(move |bit| byte << bit & 0x80 != 0)),
                    );
                    piece = bits.filter(|(_, has)| *has).map(|(piece, _)| piece).next();
                }
                _ => {}
            }
        }
        let piece = piece?;
        let asked = self.encrypted(&request(piece, 0));
        timeout(wait, self.io.write_all(&asked)).await.ok()?.ok()?;
        let header = message(7, piece, 0, &[])[4..].to_vec();
        let deadline = Instant::now() + wait;
        loop {
            let message = self.message(deadline).await?;
            match message.strip_prefix(&header[..]) {
                Some(block) if block.len() == BLOCK => return Some((piece, block.to_vec())),
                _ => {}
            }
        }
    }

    /// The next message, without its length.
    async fn message(&mut self, deadline: Instant) -> Option<Vec<u8>> {
        let mut len = 4;
        loop {
            if let Some((prefix, _)) = self.received.split_first_chunk() {
                len = 4 + usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
                if self.received.len() >= len {
                    return Some(self.received.drain(..len).skip(4).collect());
                }
            }
            let mut piece = [0; 4096];
            let taken = timeout_at(deadline, self.io.read(&mut piece)).await.ok()?.ok()?;
            (taken > 0 && len <= AMOUNT).then_some(())?;
            match &mut self.decrypt {
                Some(cipher) => self.received.extend(cipher.apply(&piece[..taken])),
                None => self.received.extend(&piece[..taken]),
            }
        }
    }
}

/// Asks for the first block of a piece, without its first `begin` bytes.
fn request(piece: u32, begin: usize) -> Vec<u8> {
    message(6, piece, begin, &number(BLOCK - begin))
}

/// Answers that request.
fn answer(piece: u32, block: &[u8], begin: usize) -> Vec<u8> {
    message(7, piece, begin, block.get(begin..).unwrap_or_default())
}

/// Which request is answered.
fn begin_of(header: &[u8; HEADER], piece: u32) -> Option<usize> {
    let (_, begin) = header.split_last_chunk()?;
    let begin = usize::try_from(u32::from_be_bytes(*begin)).ok()?;
    let len = (9 + BLOCK).checked_sub(begin)?;
    (message(7, piece, begin, &[])[4..] == header[4..] && header[..4] == number(len)).then_some(begin)
}

fn message(id: u8, piece: u32, begin: usize, rest: &[u8]) -> Vec<u8> {
    let parts = [
        &number(9 + rest.len())[..],
        &[id],
        &piece.to_be_bytes(),
        &number(begin),
        rest,
    ];
    parts.concat()
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

/// The length of a message that is no block.
fn other_message(bytes: &[u8]) -> Option<usize> {
    let (prefix, rest) = bytes.split_first_chunk()?;
    let len = usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
    let is_other = len == 0 || (len <= 1024 && rest.first().is_some_and(|id| *id <= 20 && *id != 7));
    is_other.then_some(4 + len)
}

/// Where the first byte differs.
fn differs(bytes: &[u8], expected: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .zip(expected)
        .position(|(byte, expected)| byte != expected)
}

/// How far the cipher that made `wire` is ahead of the one that has moved by `at`.
fn ahead(mut cipher: Rc4, wire: &[u8], at: usize, expected: &[u8]) -> Option<usize> {
    let used = wire.iter().zip(expected).map(|(byte, expected)| byte ^ expected);
    let used: Vec<_> = used.take(FRAGMENT).collect();
    (used.len() == FRAGMENT).then_some(())?;
    cipher.skip(at);
    find(&cipher.keystream(FURTHEST), &used)
}
