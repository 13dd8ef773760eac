//! Put it into your client: where the handshake goes, timeouts, settings, counters, and what to do about errors.
//!
//! MSE adds one step to a client, between connecting and the BitTorrent handshake. After it the client uses an
//! [`MseStream`](crate::MseStream) like the connection itself. Two existing clients were ported like this. In one, 143 lines
//! were added and 27 removed. In the other, 116 lines were added, and its own 1,632 lines of MSE removed.
//!
//! **MSE is obfuscation, not security.** Do not tell your users that it protects them: see
//! [what an observer sees](super::observer).
//!
//! The example `guide_client` is a complete small client. `guide_halves`, `guide_framed`, `guide_hints` and `guide_blocking`
//! each show one thing from this page.
//!
//! # In a dial
//!
//! [`MseConnector::connect_with`](crate::MseConnector::connect_with) calls your dialler, shakes hands, and calls the
//! dialler again if the policy allows a redial. It works with any transport: TCP, uTP, SOCKS.
//!
//! ```no_run
//! use std::{io, net::SocketAddr};
//! use tokio::{io::AsyncReadExt, net::TcpStream};
//! use tokio_mse::{MseConnector, MseStream};
//!
//! async fn dial(
//!     connector: &MseConnector,
//!     peer: SocketAddr,
//!     info_hash: [u8; 20],
//!     handshake: Vec<u8>, // your 68-byte BitTorrent handshake
//! ) -> io::Result<MseStream<TcpStream>> {
//!     let mut stream = connector
//!         .connect_with(info_hash, handshake, |_mode| TcpStream::connect(peer))
//!         .await?;
//!     let mut theirs = [0; 68];
//!     stream.read_exact(&mut theirs).await?; // the peer's BitTorrent handshake, as without MSE
//!     Ok(stream)
//! }
//! ```
//!
//! - **Pass your BitTorrent handshake to the dial**, and do not send it again. The library sends it exactly once on the
//!   connection that it returns: inside the MSE handshake, or by itself in plaintext. KTorrent often closes if it is missing
//!   from the MSE handshake. You may add more bytes after the 68, such as an extension handshake. With MSE the library sends
//!   them as soon as the handshake is complete.
//! - **Pass the info-hash by value** (`[u8; 20]` or [`Skey`](crate::Skey)). If you pass a reference, you can spawn the future
//!   only if the reference is `'static`.
//! - **If you already have a transport**, use [`MseStream::connect`](crate::MseStream::connect), or
//!   [`MseConnector::connect`](crate::MseConnector::connect) for the connector's settings. Both make one attempt.
//! - **If you race several addresses or transports**, drive the redials yourself with
//!   [`MseConnector::dial`](crate::MseConnector::dial): [fallback](super::fallback) has the loop. Your code makes each
//!   connection, so it knows which address and transport won.
//!
//! # In an accept loop
//!
//! Shake hands in the task of the connection, never in the accept loop. An accept has two parts. First the library reads
//! which torrent the peer wants. Then you accept or refuse the peer.
//!
//! ```no_run
//! use std::{io, sync::Arc};
//! use tokio::net::TcpStream;
//! use tokio_mse::{MseAcceptor, MseStream, SkeyIndex};
//!
//! struct Torrent {
//!     handshake: Vec<u8>,
//! }
//!
//! async fn accept(
//!     acceptor: &MseAcceptor,
//!     torrents: &SkeyIndex<Arc<Torrent>>,
//!     tcp: TcpStream,
//! ) -> io::Result<(MseStream<TcpStream>, Arc<Torrent>)> {
//!     let incoming = acceptor.accept(tcp).await?;
//!     let Some((skey, torrent)) = torrents.get(incoming.skey_hash()) else {
//!         return Err(incoming.refuse().await.into());
//!     };
//!     let stream = incoming.accept(skey, torrent.handshake.clone()).await?;
//!     Ok((stream, torrent))
//! }
//! ```
//!
//! The second argument of [`Incoming::accept`](crate::Incoming::accept) is your BitTorrent handshake. Pass it there, and do
//! not write it later. The library then sends it in the same write as the end of the MSE handshake, which hides its length.
//!
//! [A listener on the internet](super::listener) has the complete loop with all limits.
//!
//! # Which torrent a peer wants
//!
//! An MSE peer does not send an info-hash, but a hash of it: [`Incoming::skey_hash`](crate::Incoming::skey_hash). Look it up
//! among your torrents. A plaintext peer sends the info-hash, and the library computes its hash. So one lookup serves both.
//!
//! - [`SkeyIndex`](crate::SkeyIndex) is a table for this lookup. [`insert`](crate::SkeyIndex::insert) each torrent with a
//!   value of yours (usually an `Arc`), and [`remove`](crate::SkeyIndex::remove) it when the torrent stops. You can change
//!   the index while connections are accepted.
//! - Your own map works as well: use [`Skey::lookup_hash`](crate::Skey::lookup_hash) as the key.
//! - If the lookup is slow, wrap it in `tokio::time::timeout_at` with [`Incoming::deadline`](crate::Incoming::deadline).
//!   `Incoming` itself runs no timer.
//! - **Check the info-hash in the peer's BitTorrent handshake.** With MSE the peer has proved that it knows the info-hash
//!   that you passed. In plaintext nothing is proved.
//!
//! # Boxed halves
//!
//! If your client keeps each peer as two boxed halves, join them for the handshake and split them again. This needs no lock:
//!
//! ```
//! use tokio::io::{AsyncRead, AsyncWrite, Join, join};
//! use tokio_mse::{Error, MseConnector};
//!
//! type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;
//! type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;
//!
//! async fn encrypt(
//!     connector: &MseConnector,
//!     reader: BoxedRead,
//!     writer: BoxedWrite,
//!     info_hash: [u8; 20],
//!     handshake: Vec<u8>,
//! ) -> Result<(BoxedRead, BoxedWrite), Error> {
//!     let stream = connector.connect(join(reader, writer), info_hash, handshake).await?;
//!     let (reader, writer) = stream.into_split_with(Join::into_inner);
//!     Ok((Box::new(reader), Box::new(writer)))
//! }
//! ```
//!
//! # A `Framed`
//!
//! A codec needs no change. Read the 68-byte handshake before you build the `Framed`.
//!
//! ```no_run
//! use tokio::{io::AsyncReadExt, net::TcpStream};
//! use tokio_mse::MseStream;
//! use tokio_util::codec::{Framed, LengthDelimitedCodec};
//!
//! async fn messages(
//!     mut stream: MseStream<TcpStream>,
//! ) -> std::io::Result<Framed<MseStream<TcpStream>, LengthDelimitedCodec>> {
//!     let mut handshake = [0; 68];
//!     stream.read_exact(&mut handshake).await?;
//!     let codec = LengthDelimitedCodec::builder().max_frame_length(1 << 20).new_codec();
//!     Ok(Framed::new(stream, codec))
//! }
//! ```
//!
//! Keep the limit on the length of a message. MSE does not detect changed bytes. Without the limit, a changed length could
//! make the reader wait for bytes that never come.
//!
//! # Timeouts
//!
//! | limit | default | covers | begins |
//! |---|---|---|---|
//! | [`dial_timeout`](crate::MseConnector::dial_timeout) | 10 s | each call of your dialler | when it is called |
//! | [`answer_timeout`](crate::MseConnector::answer_timeout) | 5 s for MSE, 10 s for plaintext | the time until the peer answers | when the connection exists |
//! | [`timeout`](crate::MseConnector::timeout) | 10 s | one handshake, the answer included | when the connection exists |
//! | [`MseAcceptor::timeout`](crate::MseAcceptor::timeout) | 10 s | one incoming handshake, your lookup included | when `accept` is first polled |
//!
//! How they add up:
//!
//! - The answer timeout runs within the handshake timeout, and is never longer. It applies only if a redial is possible.
//!   Under `Require` and `Forbid`, and in the redial itself, the peer may use the whole handshake timeout.
//! - Each attempt has its own limits. The time that dialling took does not shorten the handshake timeout.
//! - With a redial, `connect_with` takes at most 10 + 5 + 10 + 10 = 35 s under `Prefer` and 10 + 10 + 10 + 10 = 40 s under
//!   `Allow`. In general it takes at most 2 × (dial timeout + handshake timeout).
//!
//! **If you put your own timeout around `connect_with`, make it longer than that.** A shorter one can prevent the redial, and
//! you lose a peer that the other mode would have reached. To give up earlier, lower the three limits. Dropping the future
//! closes the connection.
//!
//! Timeouts need a runtime with time enabled. [`no_timeout`](crate::MseConnector::no_timeout) switches all of them off, for
//! runtimes without timers and for clients with their own limit.
//!
//! The library sets no limit after the handshake. Keep the limits that your client already has for silent peers.
//!
//! # One setting for your users
//!
//! Offer the four words of the table below. You can parse a policy from a string and print it as one, for a configuration
//! file or an option. With the feature `serde` it is serialised as that string.
//!
//! ```
//! use tokio_mse::{MseAcceptor, MseConnector, Policy};
//!
//! let policy: Policy = "prefer".parse()?; // forbid, allow, prefer, require; `prefer:rc4,header-only` with methods
//! assert_eq!(policy, Policy::default());
//! let connector = MseConnector::new(policy.clone());
//! let acceptor = MseAcceptor::new(policy); // one policy for both directions
//! # let _ = (connector, acceptor);
//! # Ok::<(), tokio_mse::ParsePolicyError>(())
//! ```
//!
//! | word | text for the settings page |
//! |---|---|
//! | `forbid` | Never use protocol encryption. |
//! | `allow` | Connect without encryption first. Accept both. |
//! | `prefer` | Connect with encryption first, and without if the peer does not answer. Accept both. |
//! | `require` | Use encryption only. Some peers become unreachable. |
//!
//! To dial only with MSE and accept anything, use two policies: `require` for the connector, `allow` for the acceptor.
//!
//! Keep RC4 as the only method. If a connector also offers header-only, several clients choose it, including libtorrent,
//! BiglyBT and aria2. An acceptor that accepts plaintext always accepts header-only too, as the last choice: otherwise it
//! would lose the peer, and header-only hides at least the handshake.
//!
//! # One policy per torrent
//!
//! Outgoing: [`MseConnector::with_policy`](crate::MseConnector::with_policy) returns a connector with the same settings and
//! another policy.
//!
//! Incoming: once you know the torrent, call [`Incoming::with_policy`](crate::Incoming::with_policy) with its policy. A
//! connection must then satisfy this policy and the acceptor's, so you can only narrow what the acceptor accepts. If no mode
//! or method satisfies both, `accept` fails. With MSE the library has sent its public key by then, so a prober can see that
//! you speak MSE.
//!
//! ```no_run
//! # use tokio::net::TcpStream;
//! use tokio_mse::{Error, Incoming, MseStream, Policy, Skey};
//!
//! async fn accept_private(incoming: Incoming<TcpStream>, skey: Skey) -> Result<MseStream<TcpStream>, Error> {
//!     incoming.with_policy(&Policy::full_rc4()).accept(skey, "").await
//! }
//! ```
//!
//! # Counters
//!
//! [`Error::label`](crate::Error::label), [`ConnectError::label`](crate::ConnectError::label) and the text of
//! [`Mode`](crate::Mode) are short words that never change. Use them as the labels of a counter:
//!
//! ```
//! use std::collections::HashMap;
//! use std::io;
//! use tokio_mse::{ConnectError, MseStream};
//!
//! fn count<T>(
//!     counters: &mut HashMap<String, u64>,
//!     outcome: &Result<MseStream<T>, ConnectError<io::Error>>,
//! ) {
//!     let label = match outcome {
//!         Ok(stream) => stream.negotiated().mode().to_string(), // rc4, header-only, plaintext
//!         Err(error) => error.label().to_owned(),
//!     };
//!     *counters.entry(label).or_default() += 1;
//! }
//! ```
//!
//! [`Negotiated`](crate::Negotiated) also has the number of attempts and the elapsed time, and its `Display` is one line for
//! a log.
//!
//! # Hints
//!
//! Trackers, peer exchange and extension handshakes say whether a peer supports MSE. Keep a
//! [`PeerHint`](crate::PeerHint) with each address and pass it to
//! [`MseConnector::for_peer`](crate::MseConnector::for_peer). It can save a first attempt in the wrong mode. A hint never
//! leads to plaintext if the policy prefers or requires MSE. See [trackers](super::trackers).
//!
//! # v2 and hybrid torrents
//!
//! - The SKEY of a v2 torrent is its 32-byte info-hash cut to 20 bytes:
//!   [`Skey::from_v2_info_hash`](crate::Skey::from_v2_info_hash).
//! - A hybrid torrent has two info-hashes. Insert both into the index. `SkeyIndex::get` returns the one that the peer used.
//! - Dial peers from the v2 swarm with the v2 hash, and all others with the v1 hash, as libtorrent does.
//! - If your handshake sets the reserved bit `0x10` of byte 7 (BEP 52), a peer that you dialled with the v1 hash may answer
//!   with the v2 hash in its BitTorrent handshake. So accept either hash of the torrent there, and do not compare it with the
//!   SKEY.
//!
//! # Where not to use it
//!
//! - **WebRTC and SSL torrents.** They are encrypted already. libtorrent switches MSE off for them.
//! - **Inside I2P or Tor.** These networks encrypt already. If you still use MSE there, raise the timeouts.
//! - **As a replacement for TLS.** Never.
//!
//! uTP and SOCKS work. Several clients accept only one connection per address, so they close the second peer that connects
//! through the same proxy (libtorrent has the setting `allow_multiple_connections_per_ip`).
//!
//! If your client waits for the readiness of a descriptor, check [`MseStream::unread`](crate::MseStream::unread) first: see
//! [the stream](super::stream).
//!
//! # Why can't I connect?
//!
//! Look up the [label](crate::Error::label) of the error. "Unanswered" means that the peer sent less than an answer;
//! [fallback](super::fallback) defines an answer.
//!
//! When you dial:
//!
//! | label | likely cause | what to do |
//! |---|---|---|
//! | `dial` | the address is unreachable, or nothing listens there | look at the source of the error |
//! | `dial-timed-out` | a firewall drops the packets, or the network is slow | raise `dial_timeout` for slow networks |
//! | `closed-unanswered` | the peer does not speak this mode, or has no free slots, or has banned you | `Prefer` or `Allow` if you want a redial; try again later |
//! | `timed-out-unanswered` | the peer does not speak this mode and waits, or is overloaded | as `closed-unanswered`; raise `answer_timeout` for slow networks |
//! | `transport-unanswered` | the peer reset the connection | as `closed-unanswered` |
//! | `closed` | the peer answered, and then closed: it usually does not serve the info-hash | check the info-hash; try another peer. A redial would not help |
//! | `timed-out` | the peer answered, and then waited instead of closing: it usually does not serve the info-hash | as `closed` |
//! | `transport` | the peer reset the connection after it had answered; or a failure of your own network: no route, no permission | look at the source of the error |
//! | `plaintext-answer` | the peer does not speak MSE | `Prefer`, if plaintext is acceptable |
//! | `not-plaintext` | the peer probably requires MSE | `Allow` or `Prefer` |
//! | `no-sync-mark` | the peer does not serve the info-hash, or does not speak MSE | try another peer |
//! | `bad-selection` | the peer chose a method that you did not offer | a broken client; try another peer |
//! | `degenerate-key`, `pad-too-long` | a broken client, or a prober | try another peer |
//! | `self-connection` | the address is your own | remove it from the list of peers |
//! | `another-dialler` | both ends dialled at the same time | keep the other connection, or dial again later |
//! | `mode-not-allowed` | `connect_as` was called with a mode that the policy forbids | fix the call |
//! | `no-initial-payload` | an `Allow` policy and an empty handshake | pass your BitTorrent handshake |
//!
//! When you accept:
//!
//! | label | likely cause | what to do |
//! |---|---|---|
//! | `closed`, `timed-out`, `transport` | a scanner, or a peer that gave up or will redial in the other mode | nothing |
//! | `unknown-skey`, `unknown-info-hash` | the peer wants a torrent that you do not serve | nothing; for a hybrid torrent, check that both hashes are in the index |
//! | `plaintext-refused` | a plaintext peer, and your policy is `Require` | nothing, or `Prefer` |
//! | `mse-refused` | an MSE peer or a scanner, and your policy is `Forbid` | nothing, or `Allow` |
//! | `no-common-method` | the peer offers only methods that your policy does not accept | nothing, or accept more methods |
//! | `no-sync-mark` | a scanner: any 96 bytes count as a key | nothing |
//! | `bad-vc` | a broken client: it knows the info-hash, but derived other keys | nothing |
//! | `payload-too-long`, `pad-too-long`, `degenerate-key` | a broken client, or a prober | nothing |
//! | `wrong-skey` | the peer did not ask for the SKEY that you passed to `Incoming::accept` | fix the lookup |
//!
//! To see the steps of a handshake, enable [`tracing`](super::logging) at `debug`. The program `mse-probe` in the
//! repository shows which modes a peer accepts.
//!
//! # Without Tokio
//!
//! The module [`handshake`](crate::handshake) has the handshake without IO, for blocking sockets, `io_uring` and other
//! runtimes. With `default-features = false` the crate does not depend on Tokio at all. The example `guide_blocking` uses
//! the sockets of the standard library.
