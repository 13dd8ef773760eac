//! Why this crate has arithmetic of its own, and how to do without it.
//!
//! A handshake is two exponentiations modulo a prime of 768 bits, and a bulk transfer is RC4. Nothing else costs
//! anything that matters. So the crate has its own implementation of both, in safe Rust, and the exponentiations in
//! constant time. It is **weak cryptography either way**: neither implementation makes MSE secure.
//!
//! # How to choose
//!
//! ```text
//! cargo add tokio-mse                                               # feature `fast`: ours
//! cargo add tokio-mse --no-default-features --features rustcrypto   # the crates `rc4` and `crypto-bigint`
//! ```
//!
//! | | `fast` (default) | `rustcrypto` |
//! |---|---|---|
//! | RC4 | ours | crate `rc4` |
//! | arithmetic modulo P | ours | crate `crypto-bigint` |
//! | table of powers of two, window, checks of the peer's key | the same code | the same code |
//! | constant time of the exponentiations | held by `tests/constant_time/run.sh` | held by the same script |
//! | tests | all of them | all of them |
//! | dependencies | fewer | these two more |
//!
//! With both features `fast` wins, so that a dependency elsewhere in the tree can only speed things up. A build with
//! neither stops with a sentence that says what to choose.
//!
//! Take `rustcrypto` if you would rather trust crates that many projects use and that others keep than code that only
//! this crate has. Take `fast` if your client moves much data or shakes hands often.
//!
//! # What each costs
//!
//! Ratios taken side by side in one process; higher means that ours is faster. Zen 5 and Zen 3 are of the first
//! version; on Zen 3 the cipher has changed since, and prototypes of today's reached 2.6 there for 16 KiB.
//!
//! | ours against | AMD Zen 4 (family 25, model 17) | Zen 5 (family 26) | Zen 3 (family 25, model 1) |
//! |---|---:|---:|---:|
//! | `rc4`, 16 KiB in place | 1.90 | 1.78 | 1.50 |
//! | `rc4`, 17 bytes (a request message) | 1.36 | 1.51 | 1.42 |
//! | `rc4`, set-up of both directions | 2.57 | 2.77 | 1.96 |
//! | `crypto-bigint`, `2^x` | 7.3 | 6.4 | 6.1 |
//! | `crypto-bigint`, `Y^x` | 1.68 | 1.51 | 1.51 |
//! | handshake without IO, put together simply from the crates | 2.61 | 2.35 | 2.04 |
//!
//! Most of the 6 at `2^x` is the table of powers, and not the arithmetic: with the same table, which the feature
//! `rustcrypto` has, `crypto-bigint` takes about twice our time. What is best on one processor is not best on another;
//! `benches/README.md` has a table for each on which the benchmarks were run, and says how to add yours.
//!
//! # How ours is held to be right
//!
//! Arithmetic that is only tested against itself can be wrong and never notice. **It has happened**: two published
//! Rust crates that speak MSE (`irontide-wire` 1.7.0 and `gosh-dl` 0.6.3) have a wrong prime. Both of their ends
//! compute the same secret with it, so all of their own tests pass, and no other client can shake hands with them. A
//! third implementation, in C++, multiplied where it should have exponentiated, and its test compared it with itself.
//!
//! Here:
//!
//! - **Known answers from elsewhere.** `tests/vectors` holds the prime and the key pairs, secrets, keystreams and whole
//!   transcripts of other implementations, and of real clients as they were recorded. Each names its source, and each was
//!   computed again with another tool. The two wrong primes are among them, as data that must not be met.
//! - **Another implementation beside it.** Random operands go through ours, through `crypto-bigint` and through
//!   `num-bigint`, and through the crate `rc4`; in debug and release builds.
//! - **Edges on purpose.** Keys and secrets with leading zeros, which a careless implementation strips (one handshake in 256
//!   fails); keys of 0, 1, P-1 and P, which are refused; values that just do and just do not need the last reduction.
//! - **Constant time, as compiled.** The script runs whole exchanges of the release build under valgrind, and compares every
//!   instruction and address. With the protection taken out of the source, it fails.
