//! What both tests have in common: a script is tried, and if it fails, it is tried with known mistakes.

use num_bigint::BigUint;

use super::arithmetic::{Group, Hand};
use super::case::Case;
use super::fault::Fault;
use super::wire::Pieces;
use super::{Findings, Level, Verdict};

/// One test of many connections. `S` is a script, and `E` what can be expected of the peer.
pub(crate) trait Tester<'a, S: Clone, E: Copy> {
    /// The rule and the name of the plain handshake.
    const PLAIN: (&'static str, &'static str);
    /// What is expected of it.
    const WORKS: E;
    /// Why nothing else can be tested if it fails.
    const NOTHING_ELSE: &'static str;

    /// Whether the peer does what is expected; if not, what it did.
    async fn attempt(&mut self, script: &S, expect: E) -> Result<Result<(), String>, String>;

    /// The mistakes that can explain that the plain handshake failed, each with a script that works with it.
    fn suspects(&self, base: &S) -> Suspects<S>;

    /// Whether the last failure was the peer's right, and why.
    fn excuse(&self, expect: E) -> Option<&'static str>;

    /// The pieces in which a script sends its messages.
    fn pieces(script: &S) -> &Pieces;

    /// Where findings go.
    fn findings(&mut self) -> &mut Findings<'a>;

    /// The plain handshake, without which no other test makes sense. Returns what every other test begins with: it makes
    /// the mistake in the arithmetic that the peer makes, if there is one.
    async fn baseline(&mut self, base: S) -> Option<S> {
        let mut found = None;
        let verdict = match self.attempt(&base, Self::WORKS).await {
            Err(error) => Verdict::NotShown(error),
            Ok(Ok(())) => {
                found = Some(base);
                Verdict::Held
            }
            Ok(Err(seen)) => {
                let (suspects, is_arithmetic) = match self.suspects(&base) {
                    Suspects::Arithmetic(suspects) => (suspects, true),
                    Suspects::Stream(suspects) => (suspects, false),
                };
                let confirmed = self.confirm(&suspects, Self::WORKS).await;
                let (fault, script) = confirmed.map(|at| suspects[at].clone()).unzip();
                found = script.filter(|_| is_arithmetic && goes_on(fault));
                Verdict::Broken { seen, fault }
            }
        };
        let (rule, what) = Self::PLAIN;
        self.findings().add(rule, Level::Required, what, verdict);
        if found.is_none() {
            let verdict = Verdict::NotShown(Self::NOTHING_ELSE.to_owned());
            self.findings()
                .add("S4.1", Level::Required, "everything else", verdict);
        }
        found
    }

    /// The first suspect with which the peer does what is expected.
    async fn confirm(&mut self, suspects: &[(Fault, S)], expect: E) -> Option<usize> {
        for (at, (_, script)) in suspects.iter().enumerate() {
            if matches!(self.attempt(script, expect).await, Ok(Ok(()))) {
                return Some(at);
            }
        }
        None
    }

    /// One test.
    async fn case(&mut self, base: &S, case: Case<S, E>) {
        let verdict = self.verdict(base, &case).await;
        self.findings()
            .add_with_advice(case.rule, case.level, case.what, verdict, case.advice);
    }

    async fn verdict(&mut self, base: &S, case: &Case<S, E>) -> Verdict {
        let seen = match self.attempt(&case.script, case.expect).await {
            Err(error) => return Verdict::NotShown(error),
            Ok(Ok(())) => return Verdict::Held,
            Ok(Err(seen)) => seen,
        };
        if let Some(excuse) = self.excuse(case.expect) {
            return Verdict::Skipped(excuse.to_owned());
        }
        if let Some(at) = self.confirm(&case.suspects, case.expect).await {
            let fault = Some(case.suspects[at].0);
            return Verdict::Broken { seen, fault };
        }
        // A busy peer is silent for other reasons.
        if !matches!(self.attempt(base, Self::WORKS).await, Ok(Ok(()))) {
            return Verdict::NotShown(format!("the plain handshake no longer works either; {seen}"));
        }
        let is_key_cut = is_key_cut(Self::pieces(&case.script));
        let fault = self.findings().blame(case.shows, is_key_cut);
        Verdict::Broken { seen, fault }
    }
}

/// Mistakes, each with a script that works with it.
pub(crate) enum Suspects<S> {
    /// In the arithmetic: all other tests may be carried out with the same mistake.
    Arithmetic(Vec<(Fault, S)>),
    /// With the stream.
    Stream(Vec<(Fault, S)>),
}

/// Mistakes in the arithmetic.
pub(crate) fn mistaken_hands() -> Vec<(Fault, Hand, Option<BigUint>)> {
    let with = |group| Hand {
        group,
        ..Hand::default()
    };
    vec![
        (Fault::PrimeOfRfc2409, with(Group::of_rfc_2409()), None),
        (Fault::PrimeOfOakley2, with(Group::of_oakley_2()), None),
        (Fault::Multiplied, with(Group::of_mse().multiplying()), None),
        (
            Fault::NothingDiscarded,
            Hand {
                discards: false,
                ..Hand::default()
            },
            None,
        ),
        (
            Fault::KeysExchanged,
            Hand {
                exchanged: true,
                ..Hand::default()
            },
            None,
        ),
        // Y is 2, and S is the other key, with any prime.
        (Fault::AnotherPrime, Hand::default(), Some(BigUint::from(1_u8))),
    ]
}

/// Whether the other tests make sense with this mistake: their keys need powers, and a prime that is known.
fn goes_on(fault: Option<Fault>) -> bool {
    !matches!(fault, Some(Fault::AnotherPrime | Fault::Multiplied))
}

/// Whether the key itself arrives in pieces.
pub(crate) fn is_key_cut(pieces: &Pieces) -> bool {
    let first = match pieces {
        Pieces::Whole => usize::MAX,
        Pieces::Each(len) => *len,
        Pieces::First(lens) => lens.first().copied().unwrap_or(usize::MAX),
    };
    first < 96
}
