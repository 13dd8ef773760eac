//! What a stranger costs a listener: computation and memory of a half-open handshake at each stage.

#![allow(clippy::unwrap_used)]

#[path = "handshake/foreign.rs"]
#[allow(dead_code)]
mod foreign;
#[path = "heap/counting.rs"]
mod heap;
#[path = "thread_time/costs.rs"]
mod thread_time;

use std::collections::VecDeque;
use std::io;
use std::mem::size_of_val;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::handshake::{MAX_IA_ACCEPTED, MAX_PAD, Randomness, Responder};
use tokio_mse::{MseAcceptor, MseConnector, Policy, Skey};

use foreign::{Offer, Shared};
use thread_time::costs;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

const SKEY: [u8; 20] = [0x42; 20];
const THEIRS: [u8; 20] = [0x44; 20];

/// The bytes of one step or pad: enough for every flight of a test.
const ROOM: usize = 64 * 1024;

/// The far end of a connection: what it has sent, and what was written to it. Never allocates while it is used.
#[derive(Clone)]
struct Far(Arc<Mutex<(VecDeque<u8>, Vec<u8>)>>);

impl Far {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((
            VecDeque::with_capacity(ROOM),
            Vec::with_capacity(ROOM),
        ))))
    }

    fn send(&self, bytes: &[u8]) {
        self.0.lock().unwrap().0.extend(bytes);
    }

    fn received(&self) -> Vec<u8> {
        self.0.lock().unwrap().1.clone()
    }
}

impl AsyncRead for Far {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let sent = &mut self.0.lock().unwrap().0;
        if sent.is_empty() {
            return Poll::Pending;
        }
        while buf.remaining() > 0
            && let Some(byte) = sent.pop_front()
        {
            buf.put_slice(&[byte]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Far {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().1.extend(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The heap bytes of a half-open handshake at each stage, and the most at a time within a poll.
struct Stages(Vec<(&'static str, isize, isize)>);

/// An acceptor's handshake, led through all its stages up to an initial payload of which the last byte is missing.
fn stages() -> (usize, Stages) {
    let far = Far::new();
    let acceptor = MseAcceptor::default();
    let skey = Skey::from(SKEY);
    let mut stages = Stages(Vec::new());
    let mut total = 0;
    let (mut handshake, held, highest) = heap::measure(|| acceptor.accept(far.clone(), &skey));
    total += held;
    stages.0.push(("accepted", total, highest));
    let mut go_on = |stage, bytes: &[u8]| {
        far.send(bytes);
        let (outcome, held, highest) = heap::measure(|| poll(&mut handshake));
        assert!(outcome.is_pending(), "{stage}");
        stages.0.push((stage, total + held, total + highest));
        total += held;
        far.received()
    };
    // What the span, the clock and the random generator of this thread need for the first time is not this peer's.
    go_on("silent", &[]);
    go_on("a byte", &foreign::public_key(&THEIRS)[..1]);
    let ours = go_on("public key", &foreign::public_key(&THEIRS)[1..]);
    let mut shared = Shared::new(&THEIRS, &ours[..96], &SKEY);
    let ia = vec![7; usize::from(MAX_IA_ACCEPTED)];
    let pad_c = vec![8; MAX_PAD];
    let offer = Offer {
        pad_c: &pad_c,
        ia: &ia,
        ..Offer::default()
    };
    let step_3 = offer.step_3(&mut shared);
    go_on("PadA", &[9; MAX_PAD]);
    go_on("mark", &step_3[..20]);
    go_on("SKEY", &step_3[20..40]);
    go_on("PadC", &step_3[40..40 + 14 + 511]);
    go_on(
        "initial payload but a byte",
        &step_3[40 + 14 + 511..step_3.len() - 1],
    );
    (size_of_val(&handshake), stages)
}

#[tokio::test]
async fn state_of_a_half_open_handshake_is_bounded_at_every_stage() {
    // The first handshake of a thread pays for what the thread keeps.
    stages();
    let (future, Stages(stages)) = stages();
    println!("future: {future} bytes");
    for (stage, held, highest) in &stages {
        println!("{stage}: {held} bytes on the heap, {highest} at most meanwhile");
    }
    assert!(future <= 2048, "the future of accept has {future} bytes");
    for (stage, held, highest) in stages {
        let (most_held, most) = match stage {
            "accepted" => (0, 0),
            // The clock. No pads: a key pair is drawn for who has begun to speak MSE.
            "silent" => (256, 256),
            // Two pads of at most 447 bytes.
            "a byte" => (1024, 2048),
            // What was read so far is kept until the SKEY is found.
            "public key" | "PadA" | "mark" | "SKEY" | "PadC" => (8 * 1024, 12 * 1024),
            // The payload is kept in one buffer, which doubles as it grows.
            _ => (40 * 1024, 64 * 1024),
        };
        assert!(held <= most_held, "{stage}: {held} bytes held");
        assert!(highest <= most, "{stage}: {highest} bytes at a time");
    }
}

#[tokio::test]
async fn futures_and_streams_are_small_enough_to_have_thousands() {
    let skey = Skey::from(SKEY);
    let accept = size_of_val(&MseAcceptor::default().accept(Far::new(), &skey));
    let lazy = size_of_val(&MseAcceptor::default().accept_lazy(Far::new()));
    let connect = size_of_val(&MseConnector::default().connect(SKEY, Far::new()));
    let stream = size_of::<tokio_mse::MseStream<Far>>();
    println!("accept {accept}, accept_lazy {lazy}, connect {connect}, stream {stream} bytes");
    assert!(accept <= 2048 && lazy <= 1024 && connect <= 2048 && stream <= 1024);
}

#[tokio::test]
async fn a_stranger_who_says_nothing_or_speaks_plaintext_costs_no_key() {
    let stranger = |bytes: &[u8]| {
        let far = Far::new();
        far.send(bytes);
        let skey = Skey::from(SKEY);
        let _ = poll(&mut MseAcceptor::default().timeout(None).accept(far, &skey));
    };
    let [key_pair, silent, plaintext] = costs([
        &|| drop(Randomness::generate(&mut rand::rng())),
        &|| stranger(b""),
        &|| stranger(b"\x13BitTorrent protocol"),
    ]);
    println!("key pair {key_pair:?}, silent {silent:?}, plaintext {plaintext:?}");
    assert!(silent < key_pair && plaintext < key_pair);
}

/// One private key makes one public key and, as `shared_secret` consumes it, at most one secret. The time confirms it:
/// whatever a stranger sends behind 96 bytes, no second exchange is on top.
#[tokio::test]
async fn a_probe_costs_one_key_exchange_and_no_more_bytes_cost_another() {
    let key = foreign::public_key(&THEIRS);
    let exchange = || {
        let randomness = Randomness::generate(&mut rand::rng());
        let responder = Responder::new(&Policy::accept_any(), randomness);
        let progress = responder.process(&key, &mut Vec::new());
        assert!(progress.is_ok());
    };
    let probe = |bytes: &[u8], polls: usize| {
        let far = Far::new();
        let skey = Skey::from(SKEY);
        let mut handshake = MseAcceptor::default().timeout(None).accept(far.clone(), &skey);
        for piece in bytes.chunks(bytes.len().div_ceil(polls).max(1)) {
            far.send(piece);
            assert!(poll(&mut handshake).is_pending());
        }
        assert!(far.received().len() >= 96);
    };
    let more = [&key[..], &[9; MAX_PAD]].concat();
    let [exchange, at_once, in_pieces, with_pad] =
        costs([&exchange, &|| probe(&key, 1), &|| probe(&key, 4), &|| {
            probe(&more, 3);
        }]);
    println!("exchange {exchange:?}, probe {at_once:?}, in pieces {in_pieces:?}, with padding {with_pad:?}");
    for probe in [at_once, in_pieces, with_pad] {
        assert!(probe < 2 * exchange, "{probe:?}, one exchange takes {exchange:?}");
    }
}
