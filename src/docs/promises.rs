//! What is promised, and how each promise is tested.
//!
//! The paths are those of the repository and of the package. A test is named after the rule that it holds, so
//! `cargo test -- h9_` runs every test of rule H9.
//!
//! # The stream
//!
//! | promise | how it is tested |
//! |---|---|
//! | **A drop-in.** Every call on the stream is the same call on the transport, and returns what the transport returned. Vectored writes, half-close, `copy_bidirectional` and `Framed` work. | `tests/rules/transparency.rs`: random calls on the stream and on a bare transport leave the same trace. |
//! | **No flush is needed.** What a write accepted, the transport has. | W2 in `tests/rules/writing.rs`; F1 to F3 in `tests/rules/flush_shutdown.rs`. |
//! | **Never a wrong byte.** Short, failing, pending and lying calls of the transport leave the stream in step, or end the direction with an error that names the cause. | W1 to W10 and R1 to R7 in `tests/rules`; the fuzz target `stream`; `tests/stream/broken.rs`. |
//! | **A dropped future of a read or write loses nothing**, and sends nothing twice. | W4 in `tests/rules/writing.rs`. |
//! | **Nothing lost at the beginning.** The peer's first bytes are the first bytes read, wherever they came in: the plaintext handshake, the initial payload, payload in one segment with the handshake. | R5 in `tests/rules/reading.rs`; `tests/handshake/recorded.rs`. |
//! | **Owned halves without a lock.** Each works on after the other was dropped. | S1 to S3 in `tests/rules`; `tests/stream/halves.rs`. |
//! | **At most 1 KiB for an idle stream** beside its transport. | `tests/memory.rs`, with an allocator that counts. |
//!
//! # The handshake
//!
//! | promise | how it is tested |
//! |---|---|
//! | **No panic by a peer.** No byte, length or order of events on the wire makes a panic. There is no unsafe code. | Four coverage-guided fuzz targets (`tests/fuzz`) against a reference that was written from the specification; the same functions in `cargo test --test fuzzed`; broken handshakes by the hundred thousand in the example `soak`. |
//! | **One deadline** over detection, the wait for a place, and the handshake. Trickled bytes do not extend it. | H7 in `tests/rules/deadline.rs`; `tests/strangers/places.rs`; on paused time. |
//! | **No downgrade under `Require`**, and under no policy once the peer answered. A redial is a new connection with fresh keys. | H9 in `tests/loopback/` and `tests/rules/redial.rs`; every opening against every policy in the fuzz target `detector`. |
//! | **Only an answer counts as one** (H11). A plaintext attempt is answered by `0x13 "BitTorrent protocol"` alone, and an MSE attempt that is answered so fails at once. | H11 in `tests/rules/other_mode.rs` and `tests/loopback/`; the reference of the fuzz targets. |
//! | **The initial payload is sent exactly once** on the connection that is returned. | H9; `tests/rules/handshake_flights.rs`. |
//! | **Constant time** of both exponentiations: no branch and no address depends on the private exponent. RC4 makes no such claim, and cannot. | `tests/constant_time/run.sh` compares every instruction, load and store of whole key exchanges in the release build, whatever the exponent. |
//! | **Secrets stay inside.** No key, keystream, SKEY or payload in `Debug`, errors or `tracing`; exponents, S and cipher states are wiped when they are dropped. | S4 in `tests/rules/secrets.rs`; `tests/wiped.rs` looks for them in freed memory. |
//! | **It speaks with real clients**, and byte for byte as the specification says. | `tests/interop` (torrents through `bridge`, a foreign peer in Python); recorded and foreign transcripts in `tests/handshake`. |
//!
//! # A listener among strangers
//!
//! | promise | how it is tested |
//! |---|---|
//! | **No memory growth by a peer.** Every length is capped before anything is allocated. The future of a half-open handshake takes about 1 KiB, and what it holds on the heap is stated at L6. | H8; `tests/flood.rs` and `tests/surplus.rs` with an allocator that counts; the fuzz targets check it in every case. |
//! | **One key exchange for a stranger.** 96 bytes cost one `2^x` and one `Y^x`. No further byte costs another, and silence or plaintext costs none. | `tests/flood.rs`, by the time that the thread was running. A private key is consumed by its one use. |
//! | **A bounded number of handshakes**, if you say so: [`MseAcceptor::max_handshakes`](crate::MseAcceptor::max_handshakes), shared by clones. A place is free again however a handshake ends. | `tests/strangers/places.rs`. |
//! | **L1: nothing that you did not ask for.** A failed handshake ends at once, and nothing is spawned or held, unless you ask for lingering. | `tests/strangers/spawned.rs`. |
//! | **L2: what lingers is bounded.** At most 96 connections unless told; the oldest makes room for the newest. | `tests/strangers/seats.rs`. |
//! | **L3: whoever would redial is let go.** A plaintext handshake where MSE is required, and MSE where it is forbidden, close at once even with lingering. | `tests/strangers/let_go.rs`. |
//! | **L4: a place is for who has paid.** It is taken when the 96 bytes of a key are there. Fifty silent or trickling connections a second do not lock honest peers out of 16 places. | `tests/strangers/admission.rs`. |
//! | **L5: no tell, with lingering.** What a peer without the info-hash sees depends on the lengths and times of what it sent, and not on its content. | `tests/strangers/no_tell.rs`: random programs of a prober, each with content that means something and with random bytes, leave the same trace. |
//! | **L6: what a stranger makes us hold is stated to the byte**, in whatever portions its bytes come. On the heap, tokio's timer of 112 bytes included: 208 bytes until 96 bytes are there; at most 1,263 until its SKEY is known; at most 239 more than the longest initial payload (16 KiB) until that is whole, and less than that and 16 KiB more for the moment in which the buffer grows. | The tests of L6 in `tests/flood.rs` and `src/linger/lingering.rs`. |
//!
//! # What is not promised
//!
//! - **Security.** Whoever knows the info-hash can be the man in the middle. Bytes can be changed unnoticed, an end of
//!   stream can be forged, and nobody is authenticated.
//! - **Invisibility.** See [what an observer sees](super::observer).
//! - **Room for everybody.** A stranger who connects and says nothing costs no key exchange, but holds a descriptor until
//!   the deadline. Limit connections per address where you accept them: see [a listener](super::listener).
//! - **The features whose names begin with `unstable`.** They may change in any release.
//!
//! # Longer runs
//!
//! ```text
//! cargo run --release --example soak              # load and abuse, a report, status 0 only if all held
//! cargo run --release --example soak -- --short   # a second
//! PROPTEST_CASES=100000 cargo test --release      # the properties in a nightly size
//! tests/constant_time/run.sh                      # needs valgrind, which it installs
//! ```
