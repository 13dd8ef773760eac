//! Test your client: a fake peer over an in-memory pipe, paused time, and what goes wrong with real sockets.
//!
//! You can test your own code without a network and without another client. The example `guide_test` is a file of such tests
//! to copy from. For all tests here, enable the features `macros` and `test-util` of tokio in your dev-dependencies.
//!
//! # A fake peer
//!
//! Write the functions of your client for any transport (`T: AsyncRead + AsyncWrite + Unpin`). In the test the transport is
//! one end of [`tokio::io::duplex`], and a fake peer has the other end:
//!
//! ```
//! use std::io;
//! use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
//! use tokio_mse::{Mode, MseAcceptor, MseConnector, MseStream, Policy, Skey};
//!
//! const INFO_HASH: [u8; 20] = [0xAB; 20];
//!
//! fn handshake(peer_id: [u8; 20]) -> Vec<u8> {
//!     [b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0", &INFO_HASH[..], &peer_id].concat()
//! }
//!
//! /// The code under test: dials, and reads the peer's handshake.
//! async fn join_swarm<T>(connector: &MseConnector, io: T) -> io::Result<MseStream<T>>
//! where
//!     T: AsyncRead + AsyncWrite + Unpin,
//! {
//!     let mut peer = connector.connect(io, INFO_HASH, handshake([b'A'; 20])).await?;
//!     peer.read_exact(&mut [0; 68]).await?;
//!     peer.write_all(b"\0\0\0\x01\x02").await?; // interested
//!     Ok(peer)
//! }
//!
//! /// The peer: accepts with the given policy, and expects a message.
//! async fn fake_peer<T>(io: T, policy: Policy) -> io::Result<Mode>
//! where
//!     T: AsyncRead + AsyncWrite + Unpin,
//! {
//!     let incoming = MseAcceptor::new(policy).accept(io).await?;
//!     let mut stream = incoming.accept(Skey::from(INFO_HASH), handshake([b'B'; 20])).await?;
//!     let mut received = [0; 73];
//!     stream.read_exact(&mut received).await?;
//!     assert_eq!(&received[68..], b"\0\0\0\x01\x02");
//!     Ok(stream.negotiated().mode())
//! }
//!
//! #[tokio::main(flavor = "current_thread", start_paused = true)] // in a test: #[tokio::test(start_paused = true)]
//! async fn main() -> io::Result<()> {
//!     for (policy, mode) in [
//!         (Policy::full_rc4(), Mode::Rc4),
//!         (Policy::header_only(), Mode::HeaderOnly),
//!         (Policy::plaintext_only(), Mode::Plaintext),
//!     ] {
//!         let (ours, theirs) = duplex(64); // a small pipe cuts the messages into pieces
//!         let connector = MseConnector::new(policy.clone());
//!         let (_, seen) = tokio::try_join!(join_swarm(&connector, ours), fake_peer(theirs, policy))?;
//!         assert_eq!(seen, mode);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Test these cases in a client:
//!
//! - a peer for each mode, as above;
//! - a pipe of one byte (`duplex(1)`): does your code read the handshake with `read_exact`?
//! - a peer that closes after the handshake, or in the middle of a message;
//! - a peer that is silent, at each point at which your code waits: does every wait have a limit?
//! - a peer that wants a torrent that you do not serve;
//! - a redial: is your dialler called twice, and is the second result used?
//! - the bytes on the wire: record them between the two ends. Under `Require` they must not contain your info-hash.
//!
//! # Paused time
//!
//! With `start_paused = true` the clock of tokio is paused. It jumps to the next timer as soon as all tasks wait. So a timeout
//! of 30 seconds takes no real time, and the measured times are exact:
//!
//! ```
//! use std::io;
//! use std::time::Duration;
//! use tokio::io::duplex;
//! use tokio::time::Instant;
//! use tokio_mse::{DialMode, MseConnector, Policy};
//!
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() {
//!     let (mut modes, mut silent_peers) = (Vec::new(), Vec::new());
//!     let start = Instant::now();
//!     let handshake = vec![b'A'; 68]; // stands for your BitTorrent handshake
//!     let stream = MseConnector::new(Policy::default())
//!         .answer_timeout(Duration::from_secs(3))
//!         .connect_with([0xAB; 20], handshake, |mode| {
//!             modes.push(mode);
//!             let (ours, theirs) = duplex(4096);
//!             silent_peers.push(theirs); // stays open, and sends nothing
//!             async move { Ok::<_, io::Error>(ours) }
//!         })
//!         .await
//!         .expect("the redial is in plaintext, and needs no answer");
//!
//!     assert_eq!(stream.negotiated().attempts(), 2);
//!     assert!(start.elapsed() >= Duration::from_secs(3));
//!     assert_eq!(modes, [DialMode::Mse, DialMode::Plaintext]);
//! }
//! ```
//!
//! # Why paused time and real sockets do not mix
//!
//! Tokio advances a paused clock when every task waits. This includes a task that waits for a socket, because tokio does not
//! see bytes that are still in the kernel. So the clock jumps to the next timer at once, and every timeout expires although
//! the peer is about to answer. With real sockets use real time with short timeouts, and assert bounds instead of exact
//! times. With `duplex` use paused time.
//!
//! The same happens with everything outside the runtime: threads, `spawn_blocking`, child processes.
//!
//! # Errors without a peer
//!
//! Code that only handles errors, such as counters or back-off, needs no connection. The constructors of
//! [`Error`](crate::Error) are public:
//!
//! ```
//! use tokio_mse::{DialMode, Error, Policy, Role, Step};
//!
//! let error = Error::closed(Role::Initiator, Step::PublicKey, false);
//! assert_eq!(error.label(), "closed-unanswered");
//! assert_eq!(Policy::default().redial(DialMode::Mse, &error), Some(DialMode::Plaintext));
//! assert_eq!(Policy::full_rc4().redial(DialMode::Mse, &error), None);
//! ```
//!
//! # Against real clients
//!
//! If your own code is on both ends, a test shows that both ends agree. It does not show that they are right: two published
//! implementations of MSE have a wrong prime and pass all of their own tests. Two programs of this repository can be
//! the other end: `mse-probe` dials, and `echo_server` accepts. For a test with a real client, force encryption in it
//! (libtorrent: `out_enc_policy`, `in_enc_policy` and `allowed_enc_level`), switch uTP off, and transfer a small torrent.
