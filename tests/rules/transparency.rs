//! The master property: for any program of calls, a stream makes the same calls on its transport as the bare transport
//! would have got, and returns what it returned; only the bytes are XORed.

use std::io::ErrorKind;
use std::sync::LazyLock;
use std::task::Poll;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::AsyncWrite;
use tokio_mse::{MseReadHalf, MseStream, MseWriteHalf, Role};

use crate::support::pair::{Mode, ciphers, established_with};
use crate::support::poll;
use crate::support::reach::{Reach, WINDOW};
use crate::support::script::{Call, Outcome, Script, Scripted, Step};

/// The most calls in a program.
const MAX_OPS: usize = 60;

/// One call of a program. Every write brings data of its own, so that a write after one that was pending is a
/// cancelled write followed by another.
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

/// Bytes that no two writes have in common, made once: a debug build is slow at making bytes.
static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..4 * WINDOW + 10_000)
        .map(|at| (at * 7 + at / 251) as u8)
        .collect()
});

/// The initiator's keystream in each mode, as far as the longest program can use it.
static KEYSTREAMS: LazyLock<Vec<(Mode, Vec<u8>)>> = LazyLock::new(|| {
    let keystream = |mode: Mode| mode.wire(&mut ciphers().0, &vec![0; (MAX_OPS + 1) * WINDOW]);
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

/// The bare stream, with the exceptions that the rules name and nothing else.
struct Bare {
    io: Scripted,
    encrypts: bool,
    reach: Reach,
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
            data.truncate(self.reach.of(data.len()));
        }
        let written = poll::write(&mut self.io, &data);
        if let Poll::Ready(Ok(accepted)) = written {
            self.reach.took(accepted, data.len());
        }
        got(written, Got::Number)
    }
}

/// What the bare transport's calls look like once their bytes are encrypted: every write begins where the accepted
/// ones ended.
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

fn len() -> impl Strategy<Value = usize> {
    prop_oneof![
        2 => Just(0_usize),
        10 => 1..100_usize,
        2 => 100..3000_usize,
        1 => WINDOW - 2..WINDOW + 3,
        1 => WINDOW..3 * WINDOW,
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => prop_oneof![Just(0), 1..40_usize, 40..5000_usize].prop_map(|capacity| Op::Read { capacity }),
        8 => len().prop_map(|len| Op::Write { len }),
        3 => vec(prop_oneof![Just(0), 0..9_usize, len()], 0..6)
            .prop_map(|lens| Op::WriteVectored { lens }),
        1 => vec(0..4_usize, 60..90).prop_map(|lens| Op::WriteVectored { lens }),
        2 => Just(Op::Flush),
        1 => Just(Op::Shutdown),
        1 => Just(Op::Split),
        1 => Just(Op::AskVectored),
    ]
}

fn kind() -> impl Strategy<Value = ErrorKind> {
    select(&crate::support::fail_at::EVERY_KIND[..])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Pending),
        1 => Just(Step::Move(0)),
        6 => (1..30_usize).prop_map(Step::Move),
        3 => (30..40_000_usize).prop_map(Step::Move),
        1 => kind().prop_map(Step::Fail),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    (
        vec(step(), 0..30),
        vec(step(), 0..40),
        vec(step(), 0..5),
        vec(step(), 0..5),
        0..3000_usize,
        any::<bool>(),
    )
        .prop_map(|(reads, writes, flushes, shutdowns, incoming, vectored)| Script {
            reads,
            writes,
            flushes,
            shutdowns,
            incoming: data(0, 0, incoming),
            vectored,
        })
}

const FROM_RESPONDER: &str = "bytes that came with step 4";

fn open(mode: Mode, payload: &'static str, io: Scripted) -> MseStream<Scripted> {
    let Some(method) = mode.method() else {
        return MseStream::plaintext(io, Role::Initiator);
    };
    MseStream::from_established(io, established_with(method, "", payload).0)
}

fn compare(mode: Mode, left_over: bool, script: &Script, program: &[Op]) -> Result<(), TestCaseError> {
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
        reach: Reach::new(),
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

    prop_assert_eq!(results, expected);
    if encrypts {
        let (_, keystream) = KEYSTREAMS
            .iter()
            .find(|(of, _)| *of == mode)
            .expect("one for each mode");
        expected_calls = encrypted(expected_calls, keystream);
    }
    let calls = wire.calls();
    prop_assert_eq!(calls.len(), expected_calls.len());
    for (number, (call, expected)) in calls.iter().zip(&expected_calls).enumerate() {
        prop_assert!(call == expected, "call {} differs", number);
    }
    Ok(())
}

fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(2000)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn w4_r7_f2_any_program_makes_the_calls_of_a_bare_stream(
        mode in prop_oneof![3 => Just(Mode::Rc4), 3 => select(Mode::ALL)],
        left_over in any::<bool>(),
        script in script(),
        program in vec(op(), 0..MAX_OPS),
    ) {
        compare(mode, left_over, &script, &program)?;
    }
}
