//! A prober that runs a program against an acceptor, on paused time, and writes down all that it sees.

use std::time::Duration;

use rand::Rng;
use rand::RngExt;
use rand::seq::IndexedRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};

use super::content::Content;

/// One action of a prober.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Writes so many bytes.
    Write(usize),
    /// Waits so many milliseconds.
    Wait(u64),
    /// Ends its own direction.
    HalfClose,
}

/// What the prober saw, and when, in milliseconds from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// All bytes of a write were accepted.
    Taken(u64),
    /// A write failed.
    Refused(u64),
    /// Bytes came. Their number and their content are drawn at random.
    Answer(u64),
    /// The end, orderly or not.
    End(u64),
}

/// Lengths of the parts of a handshake, and around its bounds.
const LENGTHS: [usize; 18] = [
    19, 20, 48, 68, 76, 95, 96, 97, 116, 136, 192, 512, 608, 627, 628, 629, 648, 704,
];

/// Moments around the acceptor's timeout and the end of lingering.
const MOMENTS: [u64; 7] = [9_999, 10_000, 10_001, 15_000, 29_999, 30_000, 31_000];

fn len(rng: &mut impl Rng) -> usize {
    match rng.random_range(0..10) {
        0..3 => rng.random_range(1..=40),
        3..6 => *LENGTHS.choose(rng).unwrap(),
        6..8 => rng.random_range(96..=800),
        8 => rng.random_range(1000..=3000),
        _ => 30_000,
    }
}

fn wait(rng: &mut impl Rng) -> u64 {
    match rng.random_range(0..7) {
        0..4 => rng.random_range(1..=60),
        4..6 => rng.random_range(60..=2000),
        _ => *MOMENTS.choose(rng).unwrap(),
    }
}

pub(crate) fn program(rng: &mut impl Rng) -> Vec<Action> {
    (0..rng.random_range(1..12))
        .map(|_| match rng.random_range(0..11) {
            0..6 => Action::Write(len(rng)),
            6..10 => Action::Wait(wait(rng)),
            _ => Action::HalfClose,
        })
        .collect()
}

/// Runs `program` over `io`, and watches until the other side ends it or an hour has passed. It begins to read after
/// `reads_after` milliseconds.
pub(crate) async fn probe(
    io: DuplexStream,
    program: &[Action],
    reads_after: u64,
    mut content: Content,
) -> Vec<Seen> {
    let start = Instant::now();
    let now = move || u64::try_from(start.elapsed().as_millis()).unwrap();
    let (mut read, mut write) = tokio::io::split(io);
    let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel::<Vec<u8>>();

    let reading = async move {
        let mut seen = Vec::new();
        let mut block = [0; 4096];
        sleep(Duration::from_millis(reads_after)).await;
        loop {
            match read.read(&mut block).await {
                Ok(0) | Err(_) => {
                    seen.push(Seen::End(now()));
                    return seen;
                }
                Ok(len) => {
                    let answer = Seen::Answer(now());
                    if seen.last() != Some(&answer) {
                        seen.push(answer);
                    }
                    let _ = answers.send(block[..len].to_vec());
                }
            }
        }
    };
    let writing = async {
        let mut seen = Vec::new();
        let mut open = true;
        for action in program {
            match *action {
                Action::Wait(millis) => sleep(Duration::from_millis(millis)).await,
                Action::Write(len) if open => {
                    // After this, an answer that the content depends on has arrived.
                    sleep(Duration::from_millis(1)).await;
                    while let Ok(answer) = answered.try_recv() {
                        content.hear(&answer);
                    }
                    let bytes = content.next(len);
                    open = write.write_all(&bytes).await.is_ok();
                    seen.push(if open {
                        Seen::Taken(now())
                    } else {
                        Seen::Refused(now())
                    });
                }
                Action::HalfClose if open => {
                    open = false;
                    let _ = write.shutdown().await;
                }
                Action::Write(_) | Action::HalfClose => {}
            }
        }
        // It never closes first.
        sleep(Duration::from_secs(3600)).await;
        seen
    };
    let (written, read) = tokio::join!(writing, reading);
    [written, read].concat()
}
