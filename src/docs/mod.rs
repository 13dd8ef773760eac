//! Guides: what holds for every connection, why, and how to use it.
//!
//! | if you want to know | read |
//! |---|---|
//! | what you can rely on, and which test holds it | [`promises`] |
//! | when a peer is dialled again, and when not | [`fallback`] |
//! | what is lost when a future is dropped | [`cancel_safety`] |
//! | why no flush is needed, and what happens to damaged bytes | [`flush`] |
//! | how to listen where everybody can connect | [`listener`] |
//! | what trackers and other peers say of a peer | [`trackers`] |
//! | what somebody on the path sees | [`observer`] |
//! | what a thousand or a million connections cost | [`capacity`] |
//! | what is logged | [`logging`] |
//! | why there is own arithmetic, and how to do without it | [`arithmetic`] |
//! | how to change this crate | [`contributing`] |
//!
//! **MSE is obfuscation, not security.** Nothing in these pages turns it into anything else. If you need a secure channel,
//! use TLS.
//!
//! # Guides that run
//!
//! Each of these is an example program of a screen, which prints what it does: `cargo run --example guide_client`.
//!
//! | program | shows |
//! |---|---|
//! | `guide_client` | a small client: it listens, dials, redials and keeps a limit per address |
//! | `guide_dial` | dialling with a redial in plaintext |
//! | `guide_listen` | an accept loop over an index of torrents |
//! | `guide_lazy` | the same where the torrents are looked up asynchronously |
//! | `guide_halves` | halves that are split and boxed before the handshake |
//! | `guide_framed` | a codec over the stream, and an initial payload longer than 68 bytes |
//! | `guide_hints` | what trackers and peers say decides the first attempt |

pub mod arithmetic;
pub mod cancel_safety;
pub mod capacity;
pub mod contributing;
pub mod fallback;
pub mod flush;
pub mod listener;
pub mod logging;
pub mod observer;
pub mod promises;
pub mod trackers;
