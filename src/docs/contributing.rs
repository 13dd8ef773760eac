//! How to change this crate: where things stand, and what a change has to hold.
//!
//! # Layers
//!
//! A file uses what stands above it in this list and nothing below. There is no circle.
//!
//! | where | what |
//! |---|---|
//! | `error/`, `skey.rs` | vocabulary |
//! | `policy/` | the decision table: what is dialled, admitted, offered, chosen, redialled |
//! | `crypto/` | derivation, Diffie-Hellman, ciphers, the keystream: pure |
//! | `handshake/` | initiator, responder, negotiation, detection: pure machines, used by value, without IO |
//! | `disguise/` | padding and pieces: pure |
//! | `stream/` | the established stream and its halves; knows nothing of how it came about |
//! | `link.rs` | a transport and what is still to be sent over it |
//! | `drive/` | the one poll loop that runs any machine over a link, with its deadline |
//! | `linger/` | what becomes of a connection whose handshake failed, if the caller asks for it |
//! | `connect/`, `accept/` | what applications call |
//! | `docs/` | these guides |
//!
//! `crypto/`, `handshake/` and `policy/` never import tokio.
//!
//! # How to find a rule
//!
//! Everything is named as in the specification: initiator, responder, SKEY, VC, PadA to PadD, IA, crypto_provide,
//! crypto_select. Search for that word. [`Step`](crate::Step) has one value for each place at which a handshake can
//! fail. The crate's own rules have a letter and a number, which stands in the names of their tests:
//!
//! | rules | about | tests |
//! |---|---|---|
//! | W1 to W10 | writing | `tests/rules/writing*.rs` |
//! | F1 to F4 | flush and shutdown | `tests/rules/flush_shutdown.rs` |
//! | R1 to R7 | reading | `tests/rules/reading.rs` |
//! | S1 to S4 | ownership, auto traits, secrets | `tests/rules/ownership.rs`, `saturation.rs`, `secrets.rs` |
//! | H1 to H11 | the handshake's driver | `tests/rules/handshake_*.rs`, `deadline.rs`, `redial.rs`, `other_mode.rs` |
//! | L1 to L6 | a listener among strangers | `tests/strangers` |
//!
//! # Tests
//!
//! ```text
//! cargo test                                   # needs no other program
//! cargo test --test rules -- w4_               # one rule
//! PROPTEST_CASES=100000 cargo test --release   # the properties in a nightly size
//! .ci/run                                      # everything that must hold before a change lands
//! ```
//!
//! A test is named after the rule that it holds. A property is better than an example, and somebody else's data or
//! implementation is better than our own code as an oracle. No test depends on the clock of the wall: time is paused.
//!
//! **Line coverage.** `.ci/coverage` prints it for each file of `src`, and no figure fails: that a line ran does not say that
//! a test would notice if it were wrong. `.ci/run` counts the unit tests and eight suites, which run 96 % of the lines:
//!
//! | what does not run there | where | why |
//! |---|---|---|
//! | constants that the compiler computes | `crypto/dh/field.rs` | they ran before the program did |
//! | the arm for the other kind of processor | `crypto/rc4/mod.rs`, `crypto/dh/field.rs` | unit tests race both formulations by name, the choice has one outcome a machine |
//! | arms that no caller can reach: `unreachable!`, a future polled after its end, a slice that is long enough | `accept/receive.rs`, `drive/mod.rs`, `stream/inbound.rs` | without `unsafe` and indexing the compiler asks for them |
//! | `Debug` of what holds nothing to show, `Default` and `From` that forward | `accept/`, `skey.rs`, `disguise/mod.rs` | one line each |
//! | a pad that misses its weight at the first draw | `disguise/padding.rs` | chance hardly ever asks for the second |
//! | a transport that breaks at one of a few places | `drive/mod.rs`, `linger/lingering.rs` | others stand for them |
//! | what unit tests in the same file need | `crypto/dh/search.rs` | not the library's |
//! | what only doctests and the suites left out here call | `skey.rs`, `handshake/randomness.rs` | doctests are not counted |
//!
//! A missed line that has no place in this table wants a test.
//!
//! **Mutants.** A test that cannot fail is none. `cargo mutants --file src/handshake/negotiation.rs` changes the code in
//! every way that it knows and says which changes no test noticed. Do so for what you changed.
//!
//! **Fuzzing.** `tests/fuzz/README.md` says how. The harness is `tests/fuzzed`, which `cargo test` runs on seeds. A finding
//! becomes a seed there before it is mended.
//!
//! **Real clients.** `tests/interop/README.md` says how: torrents through the example `bridge`, and a foreign peer in Python
//! that knows the specification alone. The suite writes `tests/interop/RESULTS.md`.
//!
//! **Speed.** `benches/README.md` says how, and has a table for each processor. Only ratios count that were taken side by
//! side in one run. Do not replace a formulation by one that was not raced on the processor that the first was made
//! for.
//!
//! # Style
//!
//! - `#![forbid(unsafe_code)]`. No `unwrap`, indexing or arithmetic that a peer's bytes can make panic.
//! - Small files with one responsibility each, which the name says.
//! - A comment says why, in plain English, with the section or the thread that taught it. The code says what.
//! - Public items say what they mean, their units, their errors, and whether a future is cancel safe.
//! - Every text says what MSE is not, wherever a reader could take it for security.
//! - `CHANGELOG.md` has what users notice.
