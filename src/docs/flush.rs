//! What flush and shutdown do.
//!
//! # Flush
//!
//! [`MseStream`](crate::MseStream) holds no ciphertext back, so there is nothing in it that only a flush would send: what
//! a write has accepted, the transport has. A client that never flushes its peer connections, like one that writes to
//! the bare `TcpStream`, never stalls (libp2p/rust-libp2p#1385). `flush` is passed on to the transport, which may have a
//! buffer of its own (`BufWriter`, uTP).
//!
//! In the handshake every flight is flushed before the answer is waited for, and reading goes on while a flush is
//! pending: over uTP, where flushed means acknowledged, it may be the peer's next bytes that complete it.
//!
//! # How much of a write is offered at once
//!
//! An encrypting stream offers its transport at most 16,512 bytes (a BitTorrent block and its header) of a write. After
//! a write that the transport took in part, it offers twice as much as was taken, 128 bytes at least, and four times as
//! much again after every write that was taken as a whole: what is not taken has been encrypted in vain. A stream whose
//! transport takes nothing holds 256 bytes, or up to twice what it offered.
//!
//! # Shutdown
//!
//! `shutdown` is passed on to the transport, any number of times. All ciphertext that was accepted precedes it, because
//! the transport has it already; nothing is written or flushed on its behalf. Each direction is closed on its own:
//! after `shutdown` one can still read, and after the peer's end of stream one can still write.
//!
//! # The end of the stream
//!
//! MSE has no close record. An end of stream is the transport's, passed on every time it is asked for. A connection that
//! was cut by someone in the middle looks like one that the peer has closed: **truncation cannot be detected here**. The
//! protocol above has to know when it has everything.
//!
//! # When the transport breaks its word
//!
//! A transport that reports more bytes written than it was given is out of step with the keystream for good. That
//! write is an error, and so is every later one: anything else would be garbage to the peer.
