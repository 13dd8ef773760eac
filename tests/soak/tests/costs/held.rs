//! The heap of a half-open handshake at each stage, in whatever portions the peer's bytes come.

use std::pin::Pin;
use std::task::Poll;

use mse_oracle::{Offer, Shared, heap, public_key, step_4};
use tokio_mse::handshake::{MAX_IA_ACCEPTED, MAX_PAD, Randomness};
use tokio_mse::{Disguise, MseAcceptor, MseConnector, Policy};

use crate::{Far, SKEY, THEIRS, accept, poll};

/// The portions in which bytes come: single bytes, a prime, an old MTU, a segment, all at once.
const PORTIONS: [usize; 5] = [1, 7, 536, 1448, usize::MAX];

/// The timer of a timeout.
const CLOCK: isize = size_of::<tokio::time::Sleep>().cast_signed();

/// The second part of our own pad, of random length.
const OUR_PAD: isize = 127;

/// The capacity for what a machine has read grows in steps of this.
const STEP: isize = 512;

/// The private exponent or S, in a box of its own.
const SECRET: isize = 96;

/// Both keystreams, each in a box of its own.
const KEYSTREAMS: isize = 576;

/// The heap of a half-open handshake: at the end of a stage, and the most at any moment up to there.
struct Held<H> {
    handshake: Pin<Box<H>>,
    far: Far,
    now: isize,
    highest: isize,
}

impl<H: Future> Held<H> {
    fn begin(make: impl FnOnce(Far) -> H) -> Self {
        let far = Far::new();
        let (handshake, now, highest) = heap::measure(|| make(far.clone()));
        Self {
            handshake: Box::pin(handshake),
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

    /// Sends all of it. What is held then is at most `most`.
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

/// The thread keeps some things from its first handshake on, which do not belong to a peer.
fn warm_up() {
    drop(Randomness::generate());
    let mut handshake = Held::begin(|far| accept(MseAcceptor::default(), far));
    handshake.send("warming up", &public_key(&THEIRS), 96, isize::MAX);
}

fn acceptors() -> [MseAcceptor; 3] {
    [
        MseAcceptor::default(),
        MseAcceptor::default().disguise(Disguise::full()),
        MseAcceptor::new(Policy::full_rc4()).hide_plaintext(true),
    ]
}

#[tokio::test]
async fn l6_up_to_95_bytes_a_stranger_makes_a_listener_hold_a_timer_and_96_bytes_and_draw_nothing() {
    warm_up();
    let key = public_key(&THEIRS);
    for acceptor in acceptors() {
        for portion in PORTIONS {
            let mut stranger = Held::begin(|far| accept(acceptor.clone(), far));
            assert_eq!(stranger.now, 0);
            stranger.send("silent", &[], portion, CLOCK + 96);
            stranger.send("95 bytes", &key[..95], portion, CLOCK + 96);
            // Every key pair is drawn with two pads: not even for a moment.
            assert!(stranger.highest <= CLOCK + 96, "{}", stranger.highest);
            assert!(stranger.far.received().is_empty());
            stranger.far.send(&key[95..]);
            assert!(stranger.poll().is_pending());
            assert!(stranger.highest > CLOCK + 96, "nothing is drawn for a whole key");
            assert!(stranger.far.received().len() >= 20);
        }
    }
}

/// A listener's handshake up to the last byte but one of the longest initial payload.
fn half_open(portion: usize) -> Held<impl Future> {
    let mut stranger = Held::begin(|far| accept(MseAcceptor::default(), far));
    stranger.send(
        "public key",
        &public_key(&THEIRS),
        portion,
        CLOCK + 96 + OUR_PAD + SECRET,
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
    let unnamed = CLOCK + OUR_PAD + SECRET + 2 * STEP;
    let unsynced = [&[9; MAX_PAD], &step_3[..19]].concat();
    stranger.send("PadA and half a mark", &unsynced, portion, unnamed);
    stranger.send("half a SKEY", &step_3[19..skey_ends - 1], portion, unnamed);
    let named = unnamed + KEYSTREAMS;
    stranger.send("PadC", &step_3[skey_ends - 1..ia_begins - 3], portion, named);
    let ia_most = CLOCK + OUR_PAD + KEYSTREAMS + isize::try_from(ia.len()).unwrap();
    stranger.send(
        "IA but a byte",
        &step_3[ia_begins - 3..step_3.len() - 1],
        portion,
        ia_most,
    );
    // All of it is held, and nothing twice.
    let ia_least = isize::try_from(ia.len()).unwrap();
    assert!(stranger.now >= ia_least, "{} bytes", stranger.now);
    stranger
}

#[tokio::test]
async fn l6_a_half_open_handshake_holds_1_kib_before_the_skey_and_16_kib_before_the_end_of_ia() {
    warm_up();
    for portion in PORTIONS {
        let stranger = half_open(portion);
        // While the buffer grows, the old one and the new one exist for a moment.
        let growing = CLOCK + OUR_PAD + KEYSTREAMS + 2 * isize::try_from(MAX_IA_ACCEPTED).unwrap();
        assert!(stranger.highest < growing, "{} bytes at a time", stranger.highest);
    }
}

#[tokio::test]
async fn l6_an_initial_payload_is_decrypted_in_place() {
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
async fn l6_a_half_open_attempt_holds_1536_bytes_of_the_peer() {
    warm_up();
    let key = public_key(&THEIRS);
    for portion in PORTIONS {
        let connector = MseConnector::new(Policy::full_rc4());
        let mut peer = Held::begin(|far| connector.connect(far, SKEY, ""));
        peer.send("dialled", &[], portion, CLOCK + OUR_PAD + SECRET + 96 + 320);
        peer.send("95 bytes", &key[..95], portion, CLOCK + OUR_PAD + SECRET + STEP);
        peer.send("public key", &key[95..], portion, CLOCK + KEYSTREAMS + STEP);
        let ours = peer.far.received();
        let mut shared = Shared::new(&THEIRS, &ours[..96], &SKEY);
        let step_4 = step_4(&mut shared, [0; 8], 2, &[8; MAX_PAD], 512);
        let wire = [&[9; MAX_PAD], &step_4[..7]].concat();
        peer.send(
            "PadB and half a VC",
            &wire,
            portion,
            CLOCK + KEYSTREAMS + 2 * STEP,
        );
        // 519 bytes without a VC, and 518 more, which may come at once.
        let ends = &step_4[7..step_4.len() - 1];
        peer.send("PadD but a byte", ends, portion, CLOCK + KEYSTREAMS + 3 * STEP);
        // While the buffer grows, the old one and the new one exist for a moment.
        let growing = CLOCK + KEYSTREAMS + 5 * STEP;
        assert!(peer.highest <= growing, "{} bytes at a time", peer.highest);
    }
}
