//! Logging: the tracing span and events, the error labels, and what is never logged.
//!
//! All [`tracing`](https://docs.rs/tracing) spans and events of the library have the level `debug`, so a flood of strangers
//! does not fill a log at `info`. The library prints nothing and installs no subscriber. Your program gets what it needs as a
//! value: an [`Error`](crate::Error), or [`Negotiated`](crate::Negotiated), whose `Display` is one line for a log.
//!
//! # The span
//!
//! `mse_handshake` covers one attempt, from its first poll to its end, lingering included.
//!
//! | field | value |
//! |---|---|
//! | `role` | `initiator` or `responder` |
//! | `dial` | `MSE` or `plaintext`; initiator only |
//!
//! The library does not know the address of a transport. Put the handshake into your own span that has the address:
//!
//! ```
//! use tracing::Instrument;
//! # use tokio_mse::{MseAcceptor, Policy};
//! # async fn example(tcp: tokio::net::TcpStream, from: std::net::SocketAddr) -> Result<(), tokio_mse::Error> {
//! # let acceptor = MseAcceptor::new(Policy::default());
//! let incoming = acceptor.accept(tcp).instrument(tracing::debug_span!("peer", %from)).await?;
//! # let _ = incoming; Ok(()) }
//! ```
//!
//! # The events
//!
//! | message | fields | when |
//! |---|---|---|
//! | `responder's padding ends` | `pad_b`: bytes | the initiator has found the encrypted VC |
//! | `responder selected` | `selected`: a method, `pad_d`: bytes | crypto_select has arrived |
//! | `initiator's padding ends` | `pad_a`: bytes | the responder has found `HASH('req1', S)` |
//! | `initiator offers` | `offered`: methods, `pad_c`: bytes | crypto_provide has arrived |
//! | `initiator announces its initial payload` | `ia`: bytes | len(IA) has arrived |
//! | `established` | `mode`, `elapsed` | a handshake succeeded |
//! | `failed` | `error`, `label`, `step`, `elapsed` | a handshake failed; with lingering, before the connection closes |
//! | `the last message was not sent, the peer's bytes are kept` | `error` | the peer has completed the handshake, and our last write failed: see [the stream](super::stream) |
//! | `redialling` | `error`, `dial`: the next mode | the policy allows a redial |
//!
//! The fields `offered` and `selected` name the methods: `offered=rc4`, `offered=rc4,header-only`. Unknown bits follow as a
//! number: `offered=rc4,0x8`. `mode` is `rc4`, `header-only` or `plaintext`.
//!
//! # The labels
//!
//! [`Error::label`](crate::Error::label) returns one of these words. They never change. Use them for metrics and alerts; the
//! text of an error is for people and may change.
//!
//! | label | meaning |
//! |---|---|
//! | `closed`, `closed-unanswered` | the peer closed the connection, after or before it answered |
//! | `timed-out`, `timed-out-unanswered` | a timeout expired, after or before the peer answered |
//! | `transport`, `transport-unanswered` | the transport failed; the second form is a reset by a peer that had not answered |
//! | `mode-not-allowed` | the policy forbids the mode of the call |
//! | `no-initial-payload` | a plaintext attempt under `Allow` without an initial payload |
//! | `wrong-skey` | the peer did not ask for the SKEY that the caller passed to `Incoming::accept` |
//! | `plaintext-refused` | a plaintext peer connected, and the policy requires MSE |
//! | `mse-refused` | a peer connected that did not send plaintext BitTorrent, and the policy forbids MSE |
//! | `plaintext-answer` | the peer replied to MSE with plaintext |
//! | `not-plaintext` | the peer replied to plaintext with something else |
//! | `degenerate-key` | the peer's public key is not in `[2, P-2]` |
//! | `no-sync-mark` | the padding after the peer's key does not end within 512 bytes |
//! | `unknown-skey` | an MSE peer wants a torrent that is not served |
//! | `unknown-info-hash` | a plaintext peer wants a torrent that is not served |
//! | `bad-vc` | the peer has derived other keys |
//! | `no-common-method` | the peer offers no method that the policy accepts |
//! | `bad-selection` | the peer selected something that was not offered |
//! | `pad-too-long` | PadC or PadD is longer than 512 bytes |
//! | `payload-too-long` | the initial payload is longer than 16 KiB |
//! | `self-connection` | the connection leads back to this client |
//! | `another-dialler` | the other end is an initiator, too |
//! | `dial`, `dial-timed-out` | only [`ConnectError::label`](crate::ConnectError::label): the dialler failed, or took too long |
//!
//! The forms with `-unanswered` exist for outgoing connections only. The [client guide](super::client) has the likely causes.
//!
//! # What is never logged
//!
//! Private exponents, S, the SKEY and its hash, info-hashes, keystreams, payload, and bytes from the wire. `Debug` and error
//! texts do not show them either.
