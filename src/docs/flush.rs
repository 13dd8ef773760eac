//! What flush and shutdown do.
//!
//! # Flush
//!
//! [`MseStream`](crate::MseStream) holds no ciphertext back, so there is nothing in it that only a flush would send:
//! what a write has accepted, the transport has. A client that never flushes its peer connections, like one that
//! writes to the bare `TcpStream`, never stalls (libp2p/rust-libp2p#1385). `flush` is passed on to the transport,
//! which may have a buffer of its own (`BufWriter`, uTP).
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
//! MSE has no close record. An end of stream is the transport's, passed on every time it is asked for. A connection
//! that was cut by someone in the middle looks like one that the peer has closed: **truncation cannot be detected
//! here**. The protocol above has to know when it has everything.
//!
//! # When the transport breaks its word
//!
//! A transport that reports more bytes written than it was given is out of step with the keystream for good. That
//! write is an error, and so is every later one: anything else would be garbage to the peer. The same holds for a
//! vectored read that reports too much, for a read that takes back bytes of the reader's buffer, and for a call that
//! panicked. Only that direction is lost, and every later error names the cause: a
//! [`BrokenStream`](crate::BrokenStream) is inside the `io::Error`, and in [`Parts`](crate::Parts) it stands in the
//! place of the keystream.
//!
//! # When the ciphertext was changed on the way
//!
//! MSE has no checksum. After the handshake a changed byte of ciphertext is a changed byte of payload, at the same
//! place, and every other byte is right: RC4 does not spread an error. **The adapter does nothing that can be seen**:
//! it returns the bytes, logs nothing and closes nothing. In the handshake a changed byte leads to an error of the
//! step that it hit, or is not noticed where it hit padding.
//!
//! What the protocol above does with it: BitTorrent throws away a piece whose hash is wrong, and asks for it again,
//! elsewhere. A changed length or message id ends the connection, or, where the length became large, makes the reader
//! wait for bytes that never come. So give your codec a bound on the length of a message, and a time-out.
