//! The acceptor as a whole, before a peer that opens with anything: a plaintext handshake, a key, something between.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_mse::{
    CryptoMethod, CryptoMethods, Encryption, Error, ErrorKind, Mode, MseAcceptor, MseStream, Policy, Skey,
    Step,
};

use crate::machine::methods;
use crate::reference::{self, Ours, PROTOCOL, Refusal, Verdict};
use crate::responder::{Theirs, lookup};
use crate::scripted::LivePeer;
use crate::tape::{Case, Tape};
use crate::wire::{Damage, Portions, exponent, length, payload, skey};
use mse_oracle::heap;
use mse_oracle::{Shared, sha1};

const OUR_PAYLOAD: &[u8] = b"the answer of the torrent that was asked for";
const POLLS: usize = 2_000_000;

#[derive(Clone, Debug, Default)]
pub struct DetectorCase {
    pub encryption: u8,
    pub methods: u8,
    /// Accept with a payload of our own, or without one.
    pub way: u8,
    /// Even for MSE, odd for plaintext.
    pub opening: u8,
    pub theirs: Theirs,
    pub on_opening: Damage,
    pub on_rest: Damage,
    pub reads: Portions,
    pub writes: Portions,
}

impl Case for DetectorCase {
    fn walk(&mut self, tape: &mut impl Tape) {
        tape.byte(&mut self.encryption);
        tape.byte(&mut self.methods);
        tape.byte(&mut self.way);
        tape.byte(&mut self.opening);
        self.theirs.walk(tape);
        self.on_opening.walk(tape);
        self.on_rest.walk(tape);
        self.reads.walk(tape);
        self.writes.walk(tape);
    }
}

#[derive(Debug)]
enum Expected {
    Verdict(Verdict),
    Plaintext {
        received: Vec<u8>,
        sent: &'static [u8],
    },
    Closed(Step),
    /// The reference cannot know S: anything but success.
    Failure,
}

impl DetectorCase {
    fn opening(&self) -> Vec<u8> {
        let honest = if self.opening.is_multiple_of(2) {
            self.theirs.key.bytes()
        } else {
            let mut handshake = [PROTOCOL, &[0; 8], &skey(self.theirs.skey), &[7; 20]].concat();
            handshake.extend(payload(length(self.theirs.payload, 4000)));
            handshake
        };
        self.on_opening.apply(honest)
    }

    fn payload(&self) -> &'static [u8] {
        if self.way % 2 == 1 { OUR_PAYLOAD } else { b"" }
    }

    fn encryption(&self) -> Encryption {
        [
            Encryption::Allow,
            Encryption::Forbid,
            Encryption::Prefer,
            Encryption::Require,
        ][usize::from(self.encryption % 4)]
    }

    /// What a responder accepts: header-only as the last choice if it admits plaintext.
    fn accepted(&self) -> Vec<CryptoMethod> {
        let mut accepted = methods(self.methods);
        if self.encryption() != Encryption::Require && !accepted.contains(&CryptoMethod::HeaderOnly) {
            accepted.push(CryptoMethod::HeaderOnly);
        }
        accepted
    }

    fn expected(&self, opening: &[u8], wire: &[u8], agreed: Option<[u8; 96]>) -> Expected {
        let refused = |label, step| Expected::Verdict(Verdict::Refused(Refusal(label, step)));
        let plaintext = opening.starts_with(PROTOCOL);
        match self.encryption() {
            _ if !plaintext && PROTOCOL.starts_with(opening) => return Expected::Closed(Step::Detect),
            Encryption::Require if plaintext => return refused("plaintext-refused", Step::Detect),
            Encryption::Forbid if !plaintext => return refused("mse-refused", Step::Detect),
            _ => {}
        }
        if plaintext {
            return match opening.get(28..48) {
                None => Expected::Closed(Step::Payload),
                Some(hash) if lookup(&sha1(&[b"req2", hash])).is_none() => {
                    refused("unknown-info-hash", Step::Detect)
                }
                Some(_) => Expected::Plaintext {
                    received: opening.to_vec(),
                    sent: self.payload(),
                },
            };
        }
        let Some((key, _)) = opening.split_at_checked(96) else {
            return Expected::Closed(Step::PublicKey);
        };
        if mse_oracle::is_degenerate(key) {
            return refused("degenerate-key", Step::PublicKey);
        }
        match agreed {
            Some(secret) if key == self.theirs.key.bytes() && self.theirs.key.exponent < 0xF0 => {
                let ours = Ours {
                    exponent: [0; 20],
                    with_key: Vec::new(),
                    before_sync: Vec::new(),
                    negotiated_len: 0,
                    methods: self.accepted(),
                    payload: Vec::new(),
                };
                // The library draws its padding, so `open_step_4` checks what it sends.
                let (_, verdict) = reference::responder_after_key(secret, &ours, &lookup, &wire[96..]);
                Expected::Verdict(verdict)
            }
            _ => Expected::Failure,
        }
    }
}

fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
    panic!("the handshake hangs");
}

async fn accept(
    case: &DetectorCase,
    acceptor: &MseAcceptor,
    io: LivePeer,
) -> Result<MseStream<LivePeer>, Error> {
    let incoming = acceptor.accept(io).await?;
    match lookup(incoming.skey_hash().as_bytes()) {
        Some(skey) => {
            incoming
                .accept(Skey::from(skey), Bytes::from_static(case.payload()))
                .await
        }
        None => Err(incoming.refuse().await),
    }
}

pub fn check(data: &[u8]) {
    let case = DetectorCase::read(data);
    for (reads, writes) in [
        (&Portions::default(), &Portions::default()),
        (&case.reads, &case.writes),
    ] {
        run(&case, reads, writes);
    }
}

fn run(case: &DetectorCase, reads: &Portions, writes: &Portions) {
    let opening = case.opening();
    // S, and what the peer sent after its opening.
    let exchanged = Arc::new(Mutex::new(None));
    let (peer, noted) = (case.clone(), Arc::clone(&exchanged));
    let answer = move |their_key: &[u8]| {
        // Not remembered: the key is new each time, and the memory would be counted.
        let secret = mse_oracle::secret(&exponent(peer.theirs.key.exponent), their_key);
        let shared = Shared::from_secret(secret, &skey(peer.theirs.skey));
        let rest = peer.on_rest.apply(peer.theirs.rest(shared));
        *noted.lock().unwrap() = Some((secret, rest.clone()));
        rest
    };
    let io = LivePeer::new(opening.clone(), answer, reads, writes);
    let [first, others @ ..] = &methods(case.methods)[..] else {
        unreachable!("a set of methods is never empty")
    };
    let set = others
        .iter()
        .fold(CryptoMethods::only(*first), |set, method| set.then(*method));
    let acceptor = MseAcceptor::new(Policy::new(case.encryption(), set)).no_timeout();

    let (outcome, _, highest) = heap::measure(|| finish(accept(case, &acceptor, io)));
    assert!(highest < 512 * 1024, "{highest} bytes at a time");
    let (agreed, rest) = exchanged.lock().unwrap().take().unzip();
    let wire = [&opening[..], &rest.unwrap_or_default()].concat();
    let expected = case.expected(&opening, &wire, agreed);
    compare(outcome, expected, agreed, case);
}

fn compare(
    outcome: Result<MseStream<LivePeer>, Error>,
    expected: Expected,
    secret: Option<[u8; 96]>,
    case: &DetectorCase,
) {
    match (outcome, expected) {
        (Err(error), Expected::Verdict(Verdict::Refused(expected))) => {
            expected.assert_is(
                error
                    .refusal()
                    .unwrap_or_else(|| panic!("{error}, not {expected:?}")),
            );
        }
        (Err(error), Expected::Verdict(Verdict::Waiting(expected)) | Expected::Closed(expected))
            if matches!(error.kind(), ErrorKind::Closed) =>
        {
            assert_eq!(error.step(), expected);
        }
        (Err(_), Expected::Failure) => {}
        (
            Ok(mut stream),
            Expected::Verdict(Verdict::Done {
                method,
                skey,
                received,
            }),
        ) => {
            assert_eq!(stream.negotiated().mode(), Mode::from(method));
            assert_eq!(*stream.negotiated().skey().unwrap().as_bytes(), skey);
            let clear = method == CryptoMethod::HeaderOnly;
            let sent = open_step_4(&stream.get_ref().written, secret.unwrap(), &skey, clear);
            assert_eq!(sent, case.payload());
            assert_eq!(read_to_end(&mut stream), received);
        }
        (Ok(mut stream), Expected::Plaintext { received, sent }) => {
            assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
            assert_eq!(stream.get_ref().written, sent);
            assert_eq!(read_to_end(&mut stream), received);
        }
        (Ok(_), expected) => panic!("Ok, not {expected:?}"),
        (Err(error), expected) => panic!("{error:?}, not {expected:?}"),
    }
}

/// The payload after step 4, which must be flawless, in what a responder wrote.
fn open_step_4(written: &[u8], secret: [u8; 96], skey: &[u8], clear: bool) -> Vec<u8> {
    let mut shared = Shared::from_secret(secret, skey);
    let mark = shared.b.apply(&[0; 8]);
    let pad_b = written[96..].windows(8).position(|found| found == mark);
    let pad_b = pad_b.expect("a step 4");
    assert!(pad_b <= 512);
    let rest = &written[96 + pad_b + 8..];
    let header = shared.b.apply(&rest[..6]);
    assert_eq!(header[..4], if clear { [0, 0, 0, 1] } else { [0, 0, 0, 2] });
    let pad_d = usize::from(u16::from_be_bytes([header[4], header[5]]));
    assert!(pad_d <= 512);
    assert_eq!(shared.b.apply(&rest[6..6 + pad_d]), vec![0; pad_d]);
    let payload = &rest[6 + pad_d..];
    if clear {
        payload.to_vec()
    } else {
        shared.b.apply(payload)
    }
}

fn read_to_end(stream: &mut MseStream<LivePeer>) -> Vec<u8> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut all = Vec::new();
    let mut chunk = [0; 1500];
    for _ in 0..POLLS {
        let mut buf = ReadBuf::new(&mut chunk);
        if let Poll::Ready(outcome) = Pin::new(&mut *stream).poll_read(&mut cx, &mut buf) {
            outcome.unwrap();
            if buf.filled().is_empty() {
                return all;
            }
            all.extend(buf.filled());
        }
    }
    panic!("reading hangs");
}
