//! Guides, and a list of the example programs.
//!
//! | you want to | read |
//! |---|---|
//! | understand the protocol and its terms | [How MSE works](how_mse_works) |
//! | use the crate in a BitTorrent client | [Put it into your client](client) |
//! | know when the library dials a peer again in the other mode | [Fallback](fallback) |
//! | know what the stream guarantees about flush, cancel safety, halves and readiness | [The stream](stream) |
//! | accept connections from strangers | [A listener on the internet](listener) |
//! | know what MSE hides, and from whom | [What an observer sees](observer) |
//! | write a tracker or a crawler, or use hints | [Trackers and crawlers](trackers) |
//! | read the log, or count errors | [Logging](logging) |
//! | test your own code against a peer | [Test your client](testing) |
//!
//! **MSE is obfuscation with weak cryptography, not security.** If you need a secure channel, use TLS.
//!
//! # Example programs
//!
//! Run one with `cargo run --release --example NAME`. Each prints what it does.
//!
//! | program | shows |
//! |---|---|
//! | `demo` | every mode over loopback, and which bytes are readable on the wire |
//! | `echo_server`, `echo_client` | a client and a server, with the settings as options |
//! | `guide_client` | a small client: limits, timeouts, policy per torrent, counters, shutdown |
//! | `guide_halves` | a client that races TCP against uTP, keeps each peer as two boxed halves, and redials by hand |
//! | `guide_framed` | a codec over the stream |
//! | `guide_hints` | hints from trackers and peers, which choose the mode of the first attempt |
//! | `guide_blocking` | sockets of the standard library, without a runtime |
//! | `guide_test` | a fake peer in a test, with paused time |

pub mod client;
pub mod fallback;
pub mod how_mse_works;
pub mod listener;
pub mod logging;
pub mod observer;
pub mod stream;
pub mod testing;
pub mod trackers;
