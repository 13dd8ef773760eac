//! L6: the heap of a half-open handshake at each stage, however the peer cuts its bytes.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::handshake::{MAX_IA_ACCEPTED, MAX_PAD, Randomness};
use tokio_mse::{Disguise, Error, Incoming, Linger, MseAcceptor, MseConnector, MseStream, Policy, Skey};

use super::counting::measure;
use super::support::foreign::{Offer, Shared, public_key, step_4};

const SKEY: [u8; 20] = [0x42; 20];
const THEIRS: [u8; 20] = [0x44; 20];

/// More bytes than the peer or we send in any test.
const CAPACITY: usize = 64 * 1024;

/// The far end of a connection: what it has sent, and what was written to it. Does not allocate while it is used.
#[derive(Clone)]
struct Far(Arc<Mutex<(VecDeque<u8>, Vec<u8>)>>);

impl Far {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((
            VecDeque::with_capacity(CAPACITY),
            Vec::with_capacity(CAPACITY),
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

/// How the peer's bytes are cut: single bytes, a prime, an old MTU, a segment, all at once.
const PORTIONS: [usize; 5] = [1, 7, 536, 1448, usize::MAX];

/// The timer of a timeout, which is on the heap.
const TIMER: isize = size_of::<tokio::time::Sleep>().cast_signed();

/// The second part of our own padding, of random length.
const OUR_PADDING: isize = 127;

/// The exponent and S, in boxes of their own.
const SECRETS: isize = 20 + 96;

/// The keystreams of both directions, in boxes of their own.
const KEYSTREAMS: isize = 2 * if cfg!(feature = "unstable-aes") { 384 } else { 320 };

/// The capacity of what a machine keeps grows in steps of this.
const STEP: isize = 512;

/// What any half-open handshake may hold until the torrent is known.
const LIMIT: isize = 2048;

/// The heap of a handshake, the future itself apart: at the end of a stage, and the most at any moment up to there.
struct Held<F> {
    handshake: Pin<Box<F>>,
    far: Far,
    now: isize,
    most: isize,
}

impl<F: Future> Held<F> {
    fn begin(make: impl FnOnce(Far) -> F) -> Self {
        let far = Far::new();
        let begun = measure(|| make(far.clone()));
        Self {
            handshake: Box::pin(begun.value),
            far,
            now: begun.held,
            most: begun.most_held,
        }
    }

    fn poll(&mut self) -> Poll<F::Output> {
        let mut cx = Context::from_waker(Waker::noop());
        let polled = measure(|| self.handshake.as_mut().poll(&mut cx));
        self.most = self.most.max(self.now + polled.most_held);
        self.now += polled.held;
        polled.value
    }

    /// Sends `bytes`, after which at most `limit` bytes are held.
    fn send(&mut self, stage: &str, bytes: &[u8], portion: usize, limit: isize) {
        for bytes in bytes.chunks(portion.min(bytes.len().max(1))) {
            self.far.send(bytes);
            assert!(self.poll().is_pending(), "{stage}");
        }
        assert!(self.poll().is_pending(), "{stage}");
        let Self { now, most, .. } = self;
        println!("{stage} in {portion}s: {now} bytes, {most} at most");
        assert!(*now <= limit, "{stage} in {portion}s: {now} bytes held");
    }
}

/// A thread keeps some things from its first handshake on. They do not belong to a peer.
fn warm_up() {
    drop(Randomness::generate());
    let mut handshake = Held::begin(|far| MseAcceptor::default().accept(far));
    handshake.send("warming up", &public_key(&THEIRS), 96, isize::MAX);
}

async fn serve(acceptor: MseAcceptor, far: Far) -> Result<MseStream<Far>, Error> {
    acceptor.accept(far).await?.accept(SKEY, Vec::new()).await
}

fn acceptors() -> [MseAcceptor; 4] {
    [
        MseAcceptor::default(),
        MseAcceptor::default().disguise(Disguise::full()),
        MseAcceptor::new(Policy::full_rc4()).hide_plaintext(true),
        MseAcceptor::default().linger(Linger::new()),
    ]
}

#[tokio::test]
async fn l6_up_to_95_bytes_a_stranger_makes_a_listener_hold_a_clock_and_96_bytes_and_draw_nothing() {
    warm_up();
    let key = public_key(&THEIRS);
    for acceptor in acceptors() {
        for portion in PORTIONS {
            let mut stranger = Held::begin(|far| acceptor.accept(far));
            assert_eq!(stranger.now, 0);
            stranger.send("silent", &[], portion, TIMER + 96);
            stranger.send("95 bytes", &key[..95], portion, TIMER + 96);
            // A key pair is drawn with two pads, which would be seen here: not even for a moment.
            assert_eq!((stranger.now, stranger.most), (TIMER + 96, TIMER + 96));
            assert!(stranger.far.received().is_empty());
            stranger.far.send(&key[95..]);
            assert!(stranger.poll().is_pending());
            assert!(stranger.most > TIMER + 96, "padding is drawn for a whole key");
            assert!(stranger.far.received().len() >= 20);
        }
    }
}

/// The future that keeps a refused connection open, which is allocated when lingering begins.
const CLOSES_LATE: isize = 384;

/// 30,000 bytes of anything after the key: refused, and then discarded if the acceptor lingers.
#[tokio::test(start_paused = true)]
async fn l6_a_stranger_that_goes_on_sending_makes_a_lingering_listener_hold_no_more() {
    warm_up();
    for portion in PORTIONS {
        let acceptor = MseAcceptor::default().linger(Linger::new());
        let mut stranger = Held::begin(|far| acceptor.accept(far));
        stranger.send(
            "30,000 bytes",
            &vec![0xA5; 30_000],
            portion,
            2 * TIMER + CLOSES_LATE,
        );
        // One read of 2048 bytes after those of a handshake without a mark.
        let limit = TIMER + OUR_PADDING + SECRETS + 6 * STEP + CLOSES_LATE;
        assert!(stranger.most <= limit, "{} bytes at a time", stranger.most);
        // After the timeout it has a slot among those that linger.
        tokio::time::advance(std::time::Duration::from_secs(11)).await;
        for _ in 0..20 {
            assert!(stranger.poll().is_pending());
        }
        println!("lingering: {} bytes", stranger.now);
        assert!(stranger.now <= 512 + CLOSES_LATE, "{} bytes held", stranger.now);
    }
}

/// Continues a listener's handshake up to an initial payload of the largest size, of which the last byte is missing.
fn half_open(portion: usize) -> Held<impl Future<Output = Result<MseStream<Far>, Error>>> {
    let mut stranger = Held::begin(|far| serve(MseAcceptor::default(), far));
    let key = public_key(&THEIRS);
    stranger.send("public key", &key, portion, TIMER + 96 + OUR_PADDING + SECRETS);
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
    // PadA and a mark of which one byte is missing are 531 bytes: two steps.
    let before_skey = TIMER + OUR_PADDING + SECRETS + 2 * STEP;
    assert!(before_skey <= LIMIT);
    let unsynced = [&[9; MAX_PAD], &step_3[..19]].concat();
    stranger.send("PadA and half a mark", &unsynced, portion, before_skey);
    stranger.send("half a SKEY", &step_3[19..skey_ends - 1], portion, before_skey);
    stranger.send("PadC", &step_3[skey_ends - 1..ia_begins - 3], portion, LIMIT);
    let limit = TIMER + OUR_PADDING + isize::try_from(ia.len()).unwrap();
    let ia_but_a_byte = &step_3[ia_begins - 3..step_3.len() - 1];
    stranger.send("IA but a byte", ia_but_a_byte, portion, limit + LIMIT);
    // However it was cut: all of it is held, and nothing twice.
    assert!(stranger.now >= limit - OUR_PADDING, "{} bytes", stranger.now);
    stranger
}

#[tokio::test]
async fn l6_a_half_open_handshake_holds_2_kib_before_the_skey_and_16_kib_before_the_end_of_ia_in_any_portions()
 {
    warm_up();
    for portion in PORTIONS {
        let stranger = half_open(portion);
        // While it grows by a step, the old and the new buffer exist for a moment.
        let growing = LIMIT + 2 * isize::try_from(MAX_IA_ACCEPTED).unwrap();
        assert!(stranger.most < growing, "{} bytes at a time", stranger.most);
    }
}

/// Single bytes cost no more than one step beyond what all of them at once cost.
#[tokio::test]
async fn l6_single_bytes_cost_no_more_memory_than_whole_messages() {
    warm_up();
    let whole = half_open(usize::MAX);
    for portion in PORTIONS {
        let cut = half_open(portion);
        let difference = (cut.now - whole.now).abs();
        // Our own padding is drawn for each.
        assert!(
            difference <= STEP + OUR_PADDING,
            "{difference} bytes in {portion}s"
        );
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
            stranger.most = 0;
            stranger.far.send(&vec![1; 1 + surplus]);
            assert!(stranger.poll().is_ready());
            // The last read is at most 2048 bytes; PadD and our message with it are less than 1 KiB.
            let limit = before + ia + 2048 + STEP + 1024;
            assert!(stranger.most <= limit, "{} bytes at a time", stranger.most);
        }
    }
}

#[tokio::test]
async fn l6_an_incoming_holds_what_one_read_brought_after_the_skey() {
    warm_up();
    // The last one is the worst case: a byte is missing at a mark after the longest PadA, and a whole read follows.
    let cuts = PORTIONS.map(|portion| (portion, portion));
    for (first, portion) in cuts.into_iter().chain([(MAX_PAD + 39, usize::MAX)]) {
        let mut stranger = Held::begin(|far| MseAcceptor::default().accept(far));
        stranger.send(
            "public key",
            &public_key(&THEIRS),
            portion,
            TIMER + 96 + OUR_PADDING + SECRETS,
        );
        let mut shared = Shared::new(&THEIRS, &stranger.far.received()[..96], &SKEY);
        let ia = vec![7; usize::from(MAX_IA_ACCEPTED)];
        let offer = Offer {
            ia: &ia,
            ..Offer::default()
        };
        let wire = [&[9; MAX_PAD][..], &offer.step_3(&mut shared)].concat();
        let (first, rest) = wire.split_at(first.min(wire.len()));
        let mut pieces = std::iter::once(first).chain(rest.chunks(portion.min(wire.len())));
        let incoming: Incoming<Far> = loop {
            stranger.far.send(pieces.next().expect("a SKEY"));
            if let Poll::Ready(outcome) = stranger.poll() {
                break outcome.unwrap();
            }
        };
        assert!(incoming.skey_hash().matches(&Skey::from(SKEY)));
        println!(
            "incoming in {}, then {portion}s: {} bytes",
            first.len(),
            stranger.now
        );
        // One read of 2048 bytes, and no more.
        let limit = TIMER + OUR_PADDING + SECRETS + 4 * STEP;
        assert!(stranger.now <= limit, "{} bytes", stranger.now);
    }
}

#[tokio::test]
async fn l6_a_plaintext_peer_makes_a_listener_hold_what_one_read_brought() {
    warm_up();
    let handshake = [b"\x13BitTorrent protocol", &[0; 8][..], &SKEY, &[b'-'; 20]].concat();
    for portion in PORTIONS {
        let mut stranger = Held::begin(|far| MseAcceptor::default().accept(far));
        stranger.send("plaintext, but a byte", &handshake[..47], portion, TIMER + 96);
        stranger.far.send(&handshake[47..]);
        assert!(stranger.poll().is_ready());
        assert!(stranger.now <= TIMER + 96, "{} bytes", stranger.now);
    }
}

#[tokio::test]
async fn l6_a_half_open_attempt_holds_1536_bytes_of_the_peer_in_any_portions() {
    warm_up();
    let key = public_key(&THEIRS);
    for portion in PORTIONS {
        let keys = SECRETS + KEYSTREAMS;
        let connector = MseConnector::new(Policy::full_rc4());
        let mut peer = Held::begin(|far| connector.connect(far, SKEY, Vec::new()));
        peer.send("dialled", &[], portion, TIMER + OUR_PADDING + SECRETS + 96 + 320);
        peer.send(
            "95 bytes",
            &key[..95],
            portion,
            TIMER + OUR_PADDING + SECRETS + STEP,
        );
        peer.send("public key", &key[95..], portion, TIMER + keys + STEP);
        let ours = peer.far.received();
        let mut shared = Shared::new(&THEIRS, &ours[..96], &SKEY);
        let step_4 = step_4(&mut shared, [0; 8], 2, &[8; MAX_PAD], 512);
        let wire = [&[9; MAX_PAD], &step_4[..7]].concat();
        peer.send("PadB and half a VC", &wire, portion, TIMER + keys + 2 * STEP);
        // 519 bytes without a VC, and 518 more, which may come at once.
        let ends = &step_4[7..step_4.len() - 1];
        peer.send("PadD but a byte", ends, portion, TIMER + keys + 3 * STEP);
        // While it grows, the old and the new buffer exist for a moment.
        let growing = TIMER + keys + 5 * STEP;
        assert!(peer.most <= growing, "{} bytes at a time", peer.most);
    }
}

/// A key pair serves one exchange, because computing S consumes it. Another one would be sent, and seen here.
#[tokio::test]
async fn l6_no_more_bytes_lead_to_another_key_pair() {
    warm_up();
    for acceptor in acceptors() {
        let mut stranger = Held::begin(|far| acceptor.accept(far));
        stranger.send("public key", &public_key(&THEIRS), 96, LIMIT);
        let ours = stranger.far.received();
        assert!((97..=96 + 320).contains(&ours.len()));
        stranger.send("PadA", &[9; MAX_PAD], 1, LIMIT);
        assert_eq!(stranger.far.received(), ours);
    }
}
