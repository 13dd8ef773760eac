//! What a thousand, ten thousand, a hundred thousand and a million connections cost, and what runs out first.
//!
//! Each figure was measured where it says, on two shared cores and over loopback; `benches/README.md` in the repository
//! has the tables. What the kernel needs for a socket comes on top of everything here. None of it makes MSE more than
//! obfuscation: a larger machine does not make its cryptography stronger.
//!
//! # Memory
//!
//! An idle encrypted stream takes 672 bytes beside its transport (792 with the feature `unstable-aes`) and nothing on the
//! heap. A handshake takes about 1 KiB for its future, and on the heap 208 bytes while the peer is silent, 1.3 KB until
//! the SKEY is known, and 16.6 KB if the peer announces the longest initial payload that is accepted (`tests/flood.rs`
//! holds these to the byte).
//!
//! | connections | idle streams | all of them in a handshake | the same, if every peer announces the most |
//! |---|---|---|---|
//! | 10^3 | 0.7 MB | 2.3 MB | 18 MB |
//! | 10^4 | 6.7 MB | 23 MB | 176 MB |
//! | 10^5 | 67 MB | 230 MB | 1.8 GB |
//! | 10^6 | 672 MB | 2.3 GB | 18 GB |
//!
//! The last column is why an acceptor that strangers can reach should have a bound:
//! [`MseAcceptor::max_handshakes`](crate::MseAcceptor::max_handshakes) of 256 makes it 5 MB, however many come.
//!
//! # Handshakes
//!
//! A handshake is one `2^x` and one `Y^x` on each side. Connections a second that one core can open, one side of each,
//! connecting over loopback included:
//!
//! | | one core, a second | 10^3 | 10^4 | 10^5 | 10^6 |
//! |---|---|---|---|---|---|
//! | Zen 5 (first version) | 13,100 | 0.08 s | 0.8 s | 8 s | 76 s |
//! | Zen 4 (today) | 11,300 | 0.09 s | 0.9 s | 9 s | 88 s |
//!
//! Absolute figures of Zen 3 were not taken. Without IO a core of Zen 5 does 27,600 a second, one
//! of Zen 4 21,900.
//!
//! # Bytes
//!
//! In RC4 mode the cipher is everything; in header-only and in plaintext mode a stream costs what the bare transport
//! costs. Cores that are busy per Gbit/s that one end sends or receives:
//!
//! | | the cipher alone | one end, RC4 | one end, header-only or plaintext |
//! |---|---|---|---|
//! | Zen 5 (first version) | 0.12 | 0.14 | 0.02 |
//! | Zen 4 (today) | 0.13 | 0.15 | 0.02 |
//! | Zen 3 (prototype of today's cipher) | 0.15 | not measured | not measured |
//!
//! The last two columns are for up to a thousand connections at work. An end over loopback is half of what sending and
//! receiving take together. A real network interface costs something else than loopback; what the cipher adds stays.
//! Writes of a few bytes cost a call of the system each, in any mode.
//!
//! # It is a constant, not a slope
//!
//! From 10 to 9,800 connections, with one worker thread or two, tokio-mse adds about the same to what plain TCP takes:
//! 134 to 141 us for a connection, both ends together, and 2.0 to 2.3 ns for a byte, sent and received (2.3 and 2.7 with
//! 9,800; Zen 4). Plain TCP itself grows dearer, from 0.6 ns a byte with ten connections to 1.4 to 2.0 with 9,800 that
//! send a block each. A stream knows nothing of other streams:
//! there is no table, no lock and no task behind it (`benches/scale`).
//!
//! # What runs out first
//!
//! - **Descriptors.** One for each connection, and the usual limit is 1024. A connection that lingers keeps its own until
//!   it has lingered; how many may is [`Linger::at_most`](crate::Linger::at_most), for the whole process.
//! - **Places.** With a bound on handshakes, a stranger who sends 96 bytes and nothing more holds a place until the
//!   deadline: places divided by the deadline is how many of those a second an acceptor bears before others wait.
//!   [`PerAddress`](crate::PerAddress) bounds what one address may hold. Who sends fewer bytes holds no place.
//! - **Ports.** From one address to one address and port there are at most 65,535 connections, and usually 28,000. That is
//!   a limit of those who dial through one proxy, not of those who listen.
//! - **The kernel's memory.** What a socket and its buffers take was not measured here, and does not depend on the mode.
//! - **The processor**, only where all of them are busy: 10 Gbit/s in RC4 mode take one to two cores.
