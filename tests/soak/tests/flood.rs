//! What a stranger costs a listener or a dialler: computation and memory of a half-open handshake at each stage, in
//! whatever portions his bytes come.

#![allow(clippy::unwrap_used)]

#[path = "handshake/foreign.rs"]
#[allow(dead_code)]
mod foreign;
#[path = "heap/counting.rs"]
mod heap;
#[path = "thread_time/costs.rs"]
mod thread_time;

use std::collections::VecDeque;
use std::future::IntoFuture;
use std::io;
use std::mem::size_of_val;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::handshake::{MAX_IA_ACCEPTED, MAX_PAD, Machine, Randomness, Responder};
use tokio_mse::{Disguise, Exemption, Incoming, MseAcceptor, MseConnector, Policy, Skey};

use foreign::{Offer, Shared, step_4};
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

/// The portions in which a stranger's bytes come: single bytes, a prime, an old MTU, a segment, all at once.
const PORTIONS: [usize; 5] = [1, 7, 536, 1448, usize::MAX];

/// The clock of a time-out, which tokio keeps on the heap.
const CLOCK: isize = size_of::<tokio::time::Sleep>().cast_signed();

/// The second part of our own pad, of random length.
const OUR_PAD: isize = 127;

/// What a machine reads is kept in steps of this.
const STEP: isize = 512;

/// The heap of a half-open handshake: at the end of a stage, and the most at any moment up to there.
struct Held<H> {
    handshake: H,
    far: Far,
    now: isize,
    highest: isize,
}

impl<H: Future + Unpin> Held<H> {
    fn begin(make: impl FnOnce(Far) -> H) -> Self {
        let far = Far::new();
        let (handshake, now, highest) = heap::measure(|| make(far.clone()));
        Self {
            handshake,
            far,
            now,
            highest,
        }
    }

    fn poll(&mut self) -> Poll<H::Output> {
        let (outcome, held, highest) = heap::measure(|| poll(&mut self.handshake));
        self.highest = self.highest.max(self.now + highest);
        self.now += held;
        outcome
    }

    /// Sends all of it, and what is held then is at most so much.
    fn send(&mut self, stage: &str, bytes: &[u8], portion: usize, most: isize) {
        for bytes in bytes.chunks(portion.min(bytes.len().max(1))) {
            self.far.send(bytes);
            assert!(self.poll().is_pending(), "{stage}");
        }
        assert!(self.poll().is_pending(), "{stage}");
        println!(
            "{stage} in {portion}s: {} bytes, {} at most",
            self.now, self.highest
        );
        assert!(self.now <= most, "{stage} in {portion}s: {} bytes held", self.now);
    }
}

/// The thread keeps some things from its first handshake on: these are no peer's.
fn warm_up() {
    drop(Randomness::generate());
    let mut handshake = Held::begin(|far| MseAcceptor::default().accept(far, Skey::from(SKEY)).into_future());
    handshake.send("warming up", &foreign::public_key(&THEIRS), 96, isize::MAX);
}

fn acceptors() -> [MseAcceptor; 3] {
    let searching = Disguise::none().pieces(20..=47).exempt(Exemption::PrintableStart);
    [
        MseAcceptor::default(),
        MseAcceptor::default().disguise(searching),
        MseAcceptor::new(Policy::full_rc4())
            .hide_plaintext(true)
            .max_handshakes(16),
    ]
}

#[tokio::test]
async fn l6_up_to_95_bytes_a_stranger_makes_a_listener_hold_a_clock_and_96_bytes_and_draw_nothing() {
    warm_up();
    let key = foreign::public_key(&THEIRS);
    for (number, acceptor) in acceptors().into_iter().enumerate() {
        for portion in PORTIONS {
            let mut stranger = Held::begin(|far| acceptor.accept(far, Skey::from(SKEY)).into_future());
            // A limit on handshakes has a list of those who wait, which is the listener's own.
            let own = if number == 2 { stranger.now } else { 0 };
            assert_eq!(stranger.now, own);
            stranger.send("silent", &[], portion, own + CLOCK + 96);
            stranger.send("95 bytes", &key[..95], portion, own + CLOCK + 96);
            // Every key pair is drawn with two pads, and a search would have left its own marks: not even for a moment.
            assert_eq!(
                (stranger.now, stranger.highest),
                (own + CLOCK + 96, own + CLOCK + 96)
            );
            assert!(stranger.far.received().is_empty());
            stranger.far.send(&key[95..]);
            assert!(stranger.poll().is_pending());
            assert!(
                stranger.highest > own + CLOCK + 96,
                "something is drawn for a whole key"
            );
            assert!(stranger.far.received().len() >= 20);
        }
    }
}

/// Leads a listener's handshake up to an initial payload of the largest size, of which the last byte is missing.
fn half_open(portion: usize) -> Held<impl Future + Unpin> {
    let skey = Skey::from(SKEY);
    let mut stranger = Held::begin(|far| MseAcceptor::default().accept(far, skey).into_future());
    stranger.send(
        "public key",
        &foreign::public_key(&THEIRS),
        portion,
        CLOCK + 96 + OUR_PAD,
    );
    let ours = stranger.far.received();
    let mut shared = Shared::new(&THEIRS, &ours[..96], &SKEY);
    let ia = vec![7; usize::from(MAX_IA_ACCEPTED)];
    let pad_c = vec![8; MAX_PAD];
    let offer = Offer {
        pad_c: &pad_c,
        ia: &ia,
        ..Offer::default()
    };
    let step_3 = offer.step_3(&mut shared);
    let (skey_ends, ia_begins) = (40, 40 + 14 + MAX_PAD + 2);
    // PadA and a mark of which one byte is missing are 531 bytes, and so the second step.
    let unnamed = CLOCK + OUR_PAD + 2 * STEP;
    let unsynced = [&[9; MAX_PAD], &step_3[..19]].concat();
    stranger.send("PadA and half a mark", &unsynced, portion, unnamed);
    stranger.send("half a SKEY", &step_3[19..skey_ends - 1], portion, unnamed);
    stranger.send("PadC", &step_3[skey_ends - 1..ia_begins - 3], portion, unnamed);
    let ia_most = CLOCK + OUR_PAD + isize::try_from(ia.len()).unwrap();
    stranger.send(
        "IA but a byte",
        &step_3[ia_begins - 3..step_3.len() - 1],
        portion,
        ia_most,
    );
    // It was there all the time: in whatever portions, all of it is held, and nothing twice.
    assert!(stranger.now >= ia_most - OUR_PAD, "{} bytes", stranger.now);
    stranger
}

#[tokio::test]
async fn l6_a_half_open_handshake_holds_1_kib_before_the_skey_and_16_kib_before_the_end_of_ia_in_any_portions()
 {
    warm_up();
    for portion in PORTIONS {
        let stranger = half_open(portion);
        // While it grows by a step, old and new are there for a moment.
        let growing = CLOCK + OUR_PAD + 2 * isize::try_from(MAX_IA_ACCEPTED).unwrap();
        assert!(stranger.highest < growing, "{} bytes at a time", stranger.highest);
    }
}

#[tokio::test]
async fn l6_an_initial_payload_is_decrypted_where_it_is_whatever_its_portions() {
    warm_up();
    let ia = isize::try_from(MAX_IA_ACCEPTED).unwrap();
    for portion in PORTIONS {
        for surplus in [0, 2000] {
            let mut stranger = half_open(portion);
            let before = stranger.now;
            stranger.highest = 0;
            stranger.far.send(&vec![1; 1 + surplus]);
            assert!(stranger.poll().is_ready());
            // The last read is at most 2048 bytes, and PadD and the flight with it less than 1 KiB.
            let grown = before + ia + 2048 + STEP + 1024;
            assert!(stranger.highest <= grown, "{} bytes at a time", stranger.highest);
        }
    }
}

#[tokio::test]
async fn l6_a_lazy_listener_holds_what_one_read_brought_behind_the_skey() {
    warm_up();
    for portion in PORTIONS {
        let mut stranger = Held::begin(|far| MseAcceptor::default().accept_lazy(far).into_future());
        stranger.send(
            "public key",
            &foreign::public_key(&THEIRS),
            portion,
            CLOCK + 96 + OUR_PAD,
        );
        let mut shared = Shared::new(&THEIRS, &stranger.far.received()[..96], &SKEY);
        let ia = vec![7; usize::from(MAX_IA_ACCEPTED)];
        let offer = Offer {
            ia: &ia,
            ..Offer::default()
        };
        let step_3 = offer.step_3(&mut shared);
        let wire = [&[9; MAX_PAD][..], &step_3].concat();
        let mut pieces = wire.chunks(portion.min(wire.len()));
        let pending = loop {
            stranger.far.send(pieces.next().expect("a SKEY"));
            if let Poll::Ready(outcome) = stranger.poll() {
                break outcome.unwrap();
            }
        };
        assert!(matches!(pending, Incoming::Pending(_)));
        // 551 bytes that did not name a SKEY yet, and a read of 2048.
        println!("lazily in {portion}s: {} bytes", stranger.now);
        assert!(
            stranger.now <= CLOCK + OUR_PAD + 6 * STEP,
            "{} bytes",
            stranger.now
        );
    }
}

#[tokio::test]
async fn l6_a_half_open_attempt_holds_1536_bytes_of_the_peer_in_any_portions() {
    warm_up();
    let key = foreign::public_key(&THEIRS);
    for portion in PORTIONS {
        let connector = MseConnector::new(Policy::full_rc4());
        let mut peer = Held::begin(|far| connector.connect(far, SKEY).into_future());
        peer.send("dialled", &[], portion, CLOCK + OUR_PAD + 96 + 320);
        peer.send("95 bytes", &key[..95], portion, CLOCK + OUR_PAD + STEP);
        peer.send("public key", &key[95..], portion, CLOCK + STEP);
        let ours = peer.far.received();
        let mut shared = Shared::new(&THEIRS, &ours[..96], &SKEY);
        let step_4 = step_4(&mut shared, [0; 8], 2, &[8; MAX_PAD], 512);
        let wire = [&[9; MAX_PAD], &step_4[..7]].concat();
        peer.send("PadB and half a VC", &wire, portion, CLOCK + 2 * STEP);
        // 519 bytes without a VC, and 518 more, which may come at once.
        let ends = &step_4[7..step_4.len() - 1];
        peer.send("PadD but a byte", ends, portion, CLOCK + 3 * STEP);
        // While it grows, old and new are there for a moment.
        let growing = CLOCK + 5 * STEP;
        assert!(peer.highest <= growing, "{} bytes at a time", peer.highest);
    }
}

#[tokio::test]
async fn futures_and_streams_are_small_enough_to_have_thousands() {
    let skey = Skey::from(SKEY);
    let accept = size_of_val(&MseAcceptor::default().accept(Far::new(), &skey).into_future());
    let lazy = size_of_val(&MseAcceptor::default().accept_lazy(Far::new()).into_future());
    let connect = size_of_val(&MseConnector::default().connect(Far::new(), SKEY).into_future());
    let stream = size_of::<tokio_mse::MseStream<Far>>();
    println!("accept {accept}, accept_lazy {lazy}, connect {connect}, stream {stream} bytes");
    assert!(accept <= 2048 && lazy <= 1024 && connect <= 2048 && stream <= 1024);
}

#[tokio::test]
async fn l6_a_stranger_without_96_bytes_or_in_plaintext_costs_no_key_pair() {
    let searching = Disguise::none().pieces(20..=47).exempt(Exemption::PrintableStart);
    let acceptor = MseAcceptor::default().timeout(None).disguise(searching);
    let stranger = |bytes: &[u8]| {
        let far = Far::new();
        far.send(bytes);
        let _ = poll(&mut acceptor.accept(far, Skey::from(SKEY)).into_future());
    };
    let key = foreign::public_key(&THEIRS);
    let [key_pair, silent, plaintext, almost] = costs([
        &|| drop(Randomness::generate()),
        &|| stranger(b""),
        &|| stranger(b"\x13BitTorrent protocol"),
        &|| stranger(&key[..95]),
    ]);
    println!("key pair {key_pair:?}, silent {silent:?}, plaintext {plaintext:?}, 95 bytes {almost:?}");
    assert!(silent < key_pair && plaintext < key_pair && almost < key_pair);
}

/// One private key makes one public key and, as `shared_secret` consumes it, at most one secret. The time confirms it:
/// whatever a stranger sends behind 96 bytes, no second exchange is on top.
#[tokio::test]
async fn l6_a_probe_costs_one_key_exchange_and_no_more_bytes_cost_another() {
    let key = foreign::public_key(&THEIRS);
    let exchange = || {
        let randomness = Randomness::generate();
        let responder = Responder::new(&Policy::accept_any(), randomness);
        let progress = responder.process(&key, &mut Vec::new());
        assert!(progress.is_ok());
    };
    let probe = |bytes: &[u8], polls: usize| {
        let far = Far::new();
        let skey = Skey::from(SKEY);
        let accept = MseAcceptor::default().timeout(None).accept(far.clone(), &skey);
        let mut handshake = accept.into_future();
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
