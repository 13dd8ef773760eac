//! Transparency: for any program of calls, a stream makes the same calls on its transport as a caller of the bare
//! transport, and returns what the transport returned. Only the bytes differ, by the keystream.

use std::io::ErrorKind;
use std::sync::LazyLock;
use std::task::Poll;

use rand::RngExt;
use rand::rngs::ChaCha20Rng;
use rand::seq::IndexedRandom;
use tokio::io::AsyncWrite;
use tokio_mse::{MseReadHalf, MseStream, MseWriteHalf, Role};

use crate::support::cases::cases;
use crate::support::fail_at::EVERY_KIND;
use crate::support::pair::{Mode, ciphers, established_with};
use crate::support::poll;
use crate::support::script::{Call, Outcome, Script, Scripted, Step};
use crate::support::write_limit::{WRITE_LIMIT, WriteLimit};

/// The most calls in a program.
const MAX_OPS: usize = 60;

/// One call of a program. Every write has data of its own, so a write after a pending one is a cancelled write followed
/// by another.
#[derive(Clone, Debug)]
enum Op {
    Read { capacity: usize },
    Write { len: usize },
    WriteVectored { lens: Vec<usize> },
    Flush,
    Shutdown,
    Split,
    AskVectored,
}

/// What the caller of an operation got.
#[derive(Debug, PartialEq, Eq)]
enum Got {
    Pending,
    Failed(ErrorKind),
    Number(usize),
    Bytes(Vec<u8>),
    Nothing,
    Answer(bool),
}

fn got<V>(poll: Poll<std::io::Result<V>>, value: impl FnOnce(V) -> Got) -> Got {
    match poll {
        Poll::Pending => Got::Pending,
        Poll::Ready(Ok(v)) => value(v),
        Poll::Ready(Err(error)) => Got::Failed(error.kind()),
    }
}

enum Either {
    Whole(MseStream<Scripted>),
    Halves(MseReadHalf<Scripted>, MseWriteHalf<Scripted>),
    Between,
}

/// Two writes never send the same bytes. Computed once, because a debug build is slow.
static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..4 * WRITE_LIMIT + 10_000)
        .map(|at| (at * 7 + at / 251) as u8)
        .collect()
});

/// The initiator's keystream in each mode, as much as the longest program can use.
static KEYSTREAMS: LazyLock<Vec<(Mode, Vec<u8>)>> = LazyLock::new(|| {
    let keystream = |mode: Mode| mode.wire(&mut ciphers().0, &vec![0; (MAX_OPS + 1) * WRITE_LIMIT]);
    Mode::ALL.iter().map(|mode| (*mode, keystream(*mode))).collect()
});

fn data(op: usize, at: usize, len: usize) -> Vec<u8> {
    PATTERN[op * 53 + at * 17..][..len].to_vec()
}

fn slices(op: usize, lens: &[usize]) -> Vec<Vec<u8>> {
    lens.iter()
        .enumerate()
        .map(|(at, len)| data(op, at, *len))
        .collect()
}

/// One call that both the stream and its write half offer.
fn write_to<W: AsyncWrite + Unpin>(writer: &mut W, number: usize, op: &Op) -> Got {
    match op {
        Op::Write { len } => got(poll::write(writer, &data(number, 0, *len)), Got::Number),
        Op::WriteVectored { lens } => got(poll::write_vectored(writer, &slices(number, lens)), Got::Number),
        Op::Flush => got(poll::flush(writer), |()| Got::Nothing),
        Op::Shutdown => got(poll::shutdown(writer), |()| Got::Nothing),
        Op::AskVectored => Got::Answer(writer.is_write_vectored()),
        Op::Read { .. } | Op::Split => unreachable!("not for a writer"),
    }
}

impl Either {
    fn run(&mut self, number: usize, op: &Op) -> Got {
        match (&mut *self, op) {
            (Self::Whole(peer), Op::Read { capacity }) => got(poll::read(peer, *capacity), Got::Bytes),
            (Self::Halves(reader, _), Op::Read { capacity }) => {
                got(poll::read(reader, *capacity), Got::Bytes)
            }
            (_, Op::Split) => {
                *self = match std::mem::replace(self, Self::Between) {
                    Self::Whole(stream) => {
                        let (read, write) = stream.into_split_with(|io| (io.clone(), io));
                        Self::Halves(read, write)
                    }
                    split => split,
                };
                Got::Nothing
            }
            (Self::Whole(peer), op) => write_to(peer, number, op),
            (Self::Halves(_, writer), op) => write_to(writer, number, op),
            (Self::Between, _) => unreachable!("only while it is being split"),
        }
    }
}

/// The bare transport, with the exceptions that the rules name and no others.
struct Bare {
    io: Scripted,
    encrypts: bool,
    limit: WriteLimit,
    left_over: Vec<u8>,
}

impl Bare {
    fn run(&mut self, number: usize, op: &Op) -> Got {
        match op {
            Op::Read { capacity: 0 } => Got::Bytes(vec![]),
            Op::Read { capacity } if !self.left_over.is_empty() => {
                let len = self.left_over.len().min(*capacity);
                Got::Bytes(self.left_over.drain(..len).collect())
            }
            Op::Read { capacity } => got(poll::read(&mut self.io, *capacity), Got::Bytes),
            Op::Write { len: 0 } => Got::Number(0),
            Op::Write { len } => self.write(data(number, 0, *len)),
            Op::WriteVectored { lens } if lens.iter().sum::<usize>() == 0 => Got::Number(0),
            Op::WriteVectored { lens } if self.encrypts => self.write(slices(number, lens).concat()),
            Op::WriteVectored { lens } => got(
                poll::write_vectored(&mut self.io, &slices(number, lens)),
                Got::Number,
            ),
            Op::Flush => got(poll::flush(&mut self.io), |()| Got::Nothing),
            Op::Shutdown => got(poll::shutdown(&mut self.io), |()| Got::Nothing),
            Op::AskVectored => Got::Answer(self.encrypts || self.io.is_write_vectored()),
            Op::Split => Got::Nothing,
        }
    }

    fn write(&mut self, mut data: Vec<u8>) -> Got {
        if self.encrypts {
            data.truncate(self.limit.of(data.len()));
        }
        let written = poll::write(&mut self.io, &data);
        if let Poll::Ready(Ok(accepted)) = written {
            self.limit.took(accepted, data.len());
        }
        got(written, Got::Number)
    }
}

/// The calls on the bare transport with their bytes encrypted: every write begins at the end of the accepted bytes.
fn encrypted(calls: Vec<Call>, keystream: &[u8]) -> Vec<Call> {
    let mut at = 0;
    calls
        .into_iter()
        .map(|call| match call {
            Call::Write { offered, outcome } => {
                let offered = offered.iter().zip(&keystream[at..]).map(|(a, b)| a ^ b).collect();
                if let Outcome::Moved(len) = outcome {
                    at += len;
                }
                Call::Write { offered, outcome }
            }
            other => other,
        })
        .collect()
}

/// A number drawn from one of these ranges, each as likely as its weight.
fn one_of(rng: &mut ChaCha20Rng, ranges: &[(u32, std::ops::Range<usize>)]) -> usize {
    let mut left = rng.random_range(0..ranges.iter().map(|(weight, _)| weight).sum());
    for (weight, range) in ranges {
        if left < *weight {
            return rng.random_range(range.clone());
        }
        left -= weight;
    }
    unreachable!("less than the sum")
}

fn len(rng: &mut ChaCha20Rng) -> usize {
    one_of(
        rng,
        &[
            (2, 0..1),
            (10, 1..100),
            (2, 100..3000),
            (1, WRITE_LIMIT - 2..WRITE_LIMIT + 3),
            (1, WRITE_LIMIT..3 * WRITE_LIMIT),
        ],
    )
}

fn op(rng: &mut ChaCha20Rng) -> Op {
    match rng.random_range(0..23) {
        0..6 => Op::Read {
            capacity: one_of(rng, &[(1, 0..1), (1, 1..40), (1, 40..5000)]),
        },
        6..14 => Op::Write { len: len(rng) },
        14..17 => {
            let count = rng.random_range(0..6);
            let slice = |_| match rng.random_range(0..3) {
                0 => 0,
                1 => rng.random_range(0..9),
                _ => len(rng),
            };
            Op::WriteVectored {
                lens: (0..count).map(slice).collect(),
            }
        }
        17 => {
            let count = rng.random_range(60..90);
            Op::WriteVectored {
                lens: (0..count).map(|_| rng.random_range(0..4)).collect(),
            }
        }
        18 | 19 => Op::Flush,
        20 => Op::Shutdown,
        21 => Op::Split,
        _ => Op::AskVectored,
    }
}

fn step(rng: &mut ChaCha20Rng) -> Step {
    match rng.random_range(0..15) {
        0..4 => Step::Pending,
        4 => Step::Move(0),
        5..11 => Step::Move(rng.random_range(1..30)),
        11..14 => Step::Move(rng.random_range(30..40_000)),
        _ => Step::Fail(*EVERY_KIND.choose(rng).expect("not empty")),
    }
}

fn script(rng: &mut ChaCha20Rng) -> Script {
    let mut steps = |most| {
        let count = rng.random_range(0..most);
        (0..count).map(|_| step(rng)).collect()
    };
    let (reads, writes, flushes, shutdowns) = (steps(30), steps(40), steps(5), steps(5));
    Script {
        reads,
        writes,
        flushes,
        shutdowns,
        incoming: data(0, 0, rng.random_range(0..3000)),
        vectored: rng.random(),
    }
}

const FROM_RESPONDER: &str = "bytes that came with step 4";

fn open(mode: Mode, payload: &'static str, io: Scripted) -> MseStream<Scripted> {
    let Some(method) = mode.method() else {
        return MseStream::plaintext(io, Role::Initiator);
    };
    MseStream::from_established(io, established_with(method, "", payload).0)
}

fn compare(mode: Mode, left_over: bool, script: &Script, program: &[Op]) {
    let encrypts = mode.encrypts();
    let left_over = if left_over && mode != Mode::Plaintext {
        FROM_RESPONDER
    } else {
        ""
    };

    let io = Scripted::new(script.clone());
    let mut bare = Bare {
        io: io.clone(),
        encrypts,
        limit: WriteLimit::new(),
        left_over: left_over.into(),
    };
    let expected: Vec<Got> = program
        .iter()
        .enumerate()
        .map(|(at, op)| bare.run(at, op))
        .collect();
    let mut expected_calls = io.calls();

    let (_, mut b) = ciphers();
    mode.wire(&mut b, left_over.as_bytes());
    let incoming = mode.wire(&mut b, &script.incoming);
    let wire = Scripted::new(Script {
        incoming,
        ..script.clone()
    });
    let stream = open(mode, left_over, wire.clone());
    let mut stream = Either::Whole(stream);
    let results: Vec<Got> = program
        .iter()
        .enumerate()
        .map(|(at, op)| stream.run(at, op))
        .collect();

    assert_eq!(results, expected);
    if encrypts {
        let (_, keystream) = KEYSTREAMS
            .iter()
            .find(|(of, _)| *of == mode)
            .expect("one for each mode");
        expected_calls = encrypted(expected_calls, keystream);
    }
    let calls = wire.calls();
    assert_eq!(calls.len(), expected_calls.len());
    for (number, (call, expected)) in calls.iter().zip(&expected_calls).enumerate() {
        assert!(call == expected, "call {number} differs");
    }
}

#[test]
fn w4_r7_f2_any_program_makes_the_calls_of_a_bare_stream() {
    cases(2000, |rng| {
        // RC4 more often than the others.
        let mode = if rng.random() {
            Mode::Rc4
        } else {
            *Mode::ALL.choose(rng).expect("not empty")
        };
        let (left_over, script) = (rng.random(), script(rng));
        let count = rng.random_range(0..MAX_OPS);
        let program: Vec<Op> = (0..count).map(|_| op(rng)).collect();
        compare(mode, left_over, &script, &program);
    });
}
