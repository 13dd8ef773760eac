//! What is logged, at which level, and what never is.
//!
//! The crate emits [`tracing`](https://docs.rs/tracing) spans and events, and nothing else: it prints nothing, and it
//! installs no subscriber. A remote peer cannot make it log above `debug`, so a flood of strangers does not fill a log
//! that is kept at `info`. What matters to you comes back as a value: the error, or [`Negotiated`](crate::Negotiated),
//! whose `Display` is a line for a log.
//!
//! | level | what |
//! |---|---|
//! | `error`, `warn`, `info` | nothing |
//! | `debug` | one span for each handshake, and the events below |
//! | `trace` | nothing |
//!
//! # The span
//!
//! `mse_handshake` covers one attempt, from its first poll to its end, the lingering included if there is any.
//!
//! | field | value |
//! |---|---|
//! | `role` | `initiator` or `responder` |
//! | `attempt` | `MSE` or `plaintext`; at an initiator only |
//!
//! It has no address, as the crate knows only a transport. Put the handshake into a span of your own that has one:
//!
//! ```
//! use tracing::Instrument;
//! # use tokio_mse::{MseAcceptor, Skey};
//! # async fn example(tcp: tokio::net::TcpStream, from: std::net::SocketAddr) -> std::io::Result<()> {
//! # let acceptor = MseAcceptor::default();
//! let handshake = async { acceptor.accept(tcp, &Skey::from([0xAB; 20])).await };
//! let peer = handshake.instrument(tracing::debug_span!("peer", %from)).await?;
//! # let _ = peer; Ok(()) }
//! ```
//!
//! # The events
//!
//! | message | fields | when |
//! |---|---|---|
//! | `responder's padding ends` | `pad_b`: bytes | the initiator has found ENCRYPT(VC) |
//! | `responder selected` | `selected`: in words, `pad_d`: bytes | crypto_select is there |
//! | `initiator's padding ends` | `pad_a`: bytes | the responder has found HASH('req1', S) |
//! | `initiator offers` | `offered`: in words, `pad_c`: bytes | crypto_provide is there |
//! | `initiator announces its initial payload` | `ia`: bytes | len(IA) is there |
//! | `established` | `mode`, `elapsed` | a handshake succeeded |
//! | `failed` | `error`, `step`, `elapsed` | a handshake failed |
//! | `redialling` | `error`, `attempt`: the next one | the policy dials again |
//! | `no runtime to linger on, closing` | | lingering was asked for where no task can be spawned |
//!
//! Methods are written in words: `offered=rc4`, `offered=rc4,plaintext`. Bits without a name are written as a number
//! behind them: `offered=rc4,0x8`. `mode` is `plaintext`, `header-only` or `rc4`, as everywhere.
//!
//! # What is never logged
//!
//! Private keys, S, the SKEY or its hash, keystreams, payload, and bytes of the wire. An info-hash is in no event
//! either: it tells what somebody shares. The same holds for `Debug` and for the text of errors;
//! `tests/rules/secrets.rs` looks for them in all three.
