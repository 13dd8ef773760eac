//! A prober that runs a program against an acceptor, on paused time, and writes down all that it sees.

use std::time::Duration;

use proptest::prelude::*;
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
    /// A write was taken, all of it.
    Taken(u64),
    /// A write failed.
    Refused(u64),
    /// Bytes came. How many it is in all is drawn at random, and so is what they are.
    Answer(u64),
    /// The end, orderly or not.
    End(u64),
}

/// Lengths of a handshake's parts, and of what stands around its bounds.
fn len() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => 1..=40usize,
        3 => prop::sample::select(vec![
            19, 20, 48, 68, 76, 95, 96, 97, 116, 136, 192, 512, 608, 627, 628, 629, 648, 704,
        ]),
        2 => 96..=800usize,
        1 => 1000..=3000usize,
        1 => Just(30_000),
    ]
}

fn wait() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 1..=60u64,
        2 => 60..=2000u64,
        1 => prop::sample::select(vec![9_999, 10_000, 10_001, 15_000, 29_999, 30_000, 31_000]),
    ]
}

pub(crate) fn program() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        6 => len().prop_map(Action::Write),
        4 => wait().prop_map(Action::Wait),
        1 => Just(Action::HalfClose),
    ];
    prop::collection::vec(action, 1..12)
}

/// Runs `program` over `io`, and watches until the other side ends it or an hour has passed.
pub(crate) async fn probe(io: DuplexStream, program: &[Action], mut content: Content) -> Vec<Seen> {
    let start = Instant::now();
    let now = move || u64::try_from(start.elapsed().as_millis()).unwrap();
    let (mut read, mut write) = tokio::io::split(io);
    let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel::<Vec<u8>>();

    let reading = async move {
        let mut seen = Vec::new();
        let mut block = [0; 4096];
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
                    // Whatever was answered is there by now, for content that depends on it.
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
        // It stays on the line for as long as it is let.
        sleep(Duration::from_secs(3600)).await;
        seen
    };
    let (written, read) = tokio::join!(writing, reading);
    [written, read].concat()
}
