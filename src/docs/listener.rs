//! A listener on the internet: one complete accept loop, its limits, and lingering.
//!
//! Honest peers connect to a listener on the internet. So do scanners, probers that want to know which protocol it speaks,
//! and attackers that try to exhaust it. The library limits what one handshake can cost. Your accept loop limits how many
//! connections there are.
//!
//! Nothing on this page makes a connection secure.
//!
//! # The complete loop
//!
//! Every wait in it has a limit, including the waits after the handshake.
//!
//! ```no_run
//! use std::collections::HashMap;
//! use std::io;
//! use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
//! use std::sync::{Arc, Mutex, PoisonError};
//! use std::time::Duration;
//!
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio::sync::Semaphore;
//! use tokio::time::{sleep, timeout};
//! use tokio_mse::{MseAcceptor, Policy, SkeyIndex};
//!
//! struct Torrent {
//!     handshake: Vec<u8>, // 68 bytes
//! }
//!
//! struct Client {
//!     acceptor: MseAcceptor,
//!     torrents: SkeyIndex<Arc<Torrent>>,
//!     addresses: PerAddress,
//! }
//!
//! async fn listen(client: Arc<Client>, listener: TcpListener) {
//!     let connections = Arc::new(Semaphore::new(500)); // below the limit of descriptors
//!     loop {
//!         // While all slots are taken, new peers wait in the kernel's queue.
//!         let Ok(slot) = Arc::clone(&connections).acquire_owned().await else { return };
//!         let (tcp, from) = match listener.accept().await {
//!             Ok(accepted) => accepted,
//!             Err(_) => {
//!                 sleep(Duration::from_millis(100)).await; // EMFILE: wait until a descriptor is free
//!                 continue;
//!             }
//!         };
//!         let Some(permit) = client.addresses.enter(from.ip(), 20) else { continue }; // closes at once
//!         let client = Arc::clone(&client);
//!         tokio::spawn(async move {
//!             if let Err(error) = client.serve(tcp).await {
//!                 eprintln!("{from}: {error}");
//!             }
//!             drop((slot, permit)); // the connection has ended
//!         });
//!     }
//! }
//!
//! impl Client {
//!     async fn serve(&self, tcp: TcpStream) -> io::Result<()> {
//!         // The acceptor's timeout limits both awaits of the handshake, and the lookup between them.
//!         let incoming = self.acceptor.accept(tcp).await?;
//!         let Some((skey, torrent)) = self.torrents.get(incoming.skey_hash()) else {
//!             return Err(incoming.refuse().await.into());
//!         };
//!         let mut peer = incoming.accept(skey, torrent.handshake.clone()).await?;
//!
//!         // From here on the limits are yours.
//!         let mut handshake = [0; 68];
//!         timeout(Duration::from_secs(10), peer.read_exact(&mut handshake)).await??;
//!         let mut buffer = vec![0; 16 * 1024];
//!         loop {
//!             let idle = Duration::from_secs(180); // peers send a keep-alive every two minutes
//!             if timeout(idle, peer.read(&mut buffer)).await?? == 0 {
//!                 return Ok(());
//!             }
//!             // A write waits as long as the peer does not read.
//!             timeout(idle, peer.write_all(&[0, 0, 0, 0])).await??;
//!         }
//!     }
//! }
//!
//! /// How many connections each address has.
//! #[derive(Clone, Default)]
//! struct PerAddress(Arc<Mutex<HashMap<IpAddr, usize>>>);
//!
//! struct Permit(PerAddress, IpAddr);
//!
//! impl PerAddress {
//!     fn enter(&self, address: IpAddr, limit: usize) -> Option<Permit> {
//!         let host = host(address);
//!         let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
//!         let count = held.entry(host).or_default();
//!         if *count >= limit {
//!             return None;
//!         }
//!         *count += 1;
//!         Some(Permit(self.clone(), host))
//!     }
//! }
//!
//! impl Drop for Permit {
//!     fn drop(&mut self) {
//!         let mut held = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
//!         if let Some(count) = held.get_mut(&self.1) {
//!             *count -= 1;
//!             if *count == 0 {
//!                 held.remove(&self.1);
//!             }
//!         }
//!     }
//! }
//!
//! /// The address under which a host is counted.
//! fn host(address: IpAddr) -> IpAddr {
//!     let IpAddr::V6(v6) = address.to_canonical() else { return address.to_canonical() };
//!     let [.., high, low] = v6.segments();
//!     let last = (u32::from(high) << 16) | u32::from(low);
//!     match v6.segments() {
//!         [0x64, 0xff9b, 0, 0, 0, 0, ..] => Ipv4Addr::from(last).into(), // NAT64
//!         [0x2001, 0, ..] => Ipv4Addr::from(!last).into(),               // Teredo
//!         [first, ..] if first & 0xffc0 == 0xfe80 => address,            // link-local
//!         [a, b, c, d, ..] => Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into(),
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> io::Result<()> {
//!     let client = Arc::new(Client {
//!         acceptor: MseAcceptor::new(Policy::default()),
//!         torrents: SkeyIndex::new(),
//!         addresses: PerAddress::default(),
//!     });
//!     let listener = TcpListener::bind("[::]:51414").await?;
//!     listen(client, listener).await;
//!     Ok(())
//! }
//! ```
//!
//! - **Wait for a slot before you accept.** If you accept and then close at once, an honest peer may redial in plaintext and
//!   show the info-hash: see [fallback](super::fallback). A peer in the kernel's queue only waits.
//! - **An error of `accept` must not end the loop.** `EMFILE` lasts only until a descriptor is free.
//! - **Shake hands in the task of the connection.** In the accept loop, one silent peer would delay all others.
//! - **Choose the port with care.** Some classifiers recognise 6881 to 6889 and 51413 by the number alone.
//!
//! # Addresses
//!
//! - An IPv6 host usually has all addresses with the same first 64 bits, so the example counts these together.
//! - `[::]` accepts IPv4 as well on most systems, as `::ffff:a.b.c.d`. `to_canonical` turns that into IPv4.
//! - **NAT64** (`64:ff9b::/96`) and **Teredo** (`2001::/32`): unrelated hosts share the first 64 bits, so the example counts
//!   the IPv4 address in the last 32 bits. If your network uses another NAT64 prefix, add it.
//! - **Link-local** (`fe80::/10`): all hosts of a network segment share the first 64 bits, so the example counts the whole
//!   address.
//! - Many peers can share one IPv4 address because of a carrier's NAT, so do not set the limit much lower than 20. If peers
//!   connect through your own proxy, they all have its address: exempt it.
//!
//! # Which limit helps against what
//!
//! | attack | limit | figures |
//! |---|---|---|
//! | connect and send nothing, or one byte a second | [`MseAcceptor::timeout`](crate::MseAcceptor::timeout), 10 s. Bytes do not extend it | 50 silent connections a second fill 500 slots; with at most 20 per address, that needs 25 addresses |
//! | the same, from one address | the limit per address | one address holds 20 of 500 slots |
//! | send any 96 bytes | limit on connections; timeout | about 0.1 ms of processor time for each connection, so 10,000 a second use one core. More bytes cost no second key exchange |
//! | use up memory with half-open handshakes | the library's limits | about 1 KiB for the future, and at most 2 KiB on the heap; 2.5 KiB while you look up the torrent |
//! | announce the longest initial payload | [`MAX_IA_ACCEPTED`](crate::handshake::MAX_IA_ACCEPTED), 16 KiB | 500 connections hold 8 MB; the attacker needs an info-hash that you serve |
//! | finish the handshake and then send nothing | your timeout on reads | |
//! | stop reading, so that writes wait | your timeout on writes | |
//! | use up descriptors | limit on connections | one descriptor each; the usual limit of a process is 1,024 |
//!
//! If an attacker has enough addresses to take all slots, no limit helps honest peers. Then a shorter timeout of the acceptor
//! helps most. An honest handshake takes two round trips, and KTorrent itself gives up after five seconds.
//!
//! A failed handshake affects one peer only. Count its [label](crate::Error::label) and continue.
//!
//! # Lingering
//!
//! By default, if a handshake fails, the library closes the connection at once and the future returns the error. This is
//! simple and costs nothing. But it shows a prober why the handshake failed: if the info-hash is unknown, the connection
//! closes at once, and if the bytes are random, it stays open at first. So a prober with a list of info-hashes learns which
//! torrents you serve.
//!
//! [`MseAcceptor::linger`](crate::MseAcceptor::linger) hides the difference. After a failure the library reads and discards
//! what the peer sends, as if the handshake were not complete yet. After a random time, 20 to 40 seconds from the first poll
//! of `accept`, it closes the connection. Then [`accept`](crate::MseAcceptor::accept),
//! [`Incoming::accept`](crate::Incoming::accept) or [`Incoming::refuse`](crate::Incoming::refuse) returns the error, at most
//! two seconds later. The library spawns no task. A [`tracing`](super::logging) event reports the failure at once.
//!
//! ```no_run
//! use tokio_mse::{Linger, MseAcceptor, Policy};
//!
//! let acceptor = MseAcceptor::new(Policy::default()).linger(Linger::new());
//! # let _ = acceptor;
//! ```
//!
//! The price, and the conditions:
//!
//! - **Each failed connection keeps its slot and its descriptor for up to 42 seconds.** At most 96 connections linger beyond
//!   the handshake timeout, counted over all clones of the acceptor. If one more does, the library closes the oldest early.
//!   Add 96 to your limit on connections. Keep the slot until the future returns, as the example above does.
//! - **Use the acceptor's own timeout.** If you drop the future or put a timeout around it, the connection closes at that
//!   moment, and a prober can see that.
//! - **Your lookup of a torrent must not wait.** If it takes longer for some info-hashes, a prober can measure that.
//! - **Some connections still close at once**: plaintext if you require MSE or do not serve the info-hash, and MSE if you forbid
//!   it. Honest peers wait for the close before they redial in the other mode. A prober learns from this that you speak
//!   BitTorrent. If a peer has not sent a whole key within the timeout, the connection closes at the timeout.
//!
//! **Strict: [`hide_plaintext`](crate::MseAcceptor::hide_plaintext).** Under `Require`, with lingering, this hides that you
//! understand plaintext. The listener does not look for plaintext at all: it treats the first 96 bytes as a key, whatever they
//! are. The price: some honest peers dial in plaintext first. Such a peer waits until the lingering ends or its own timeout
//! expires before it dials with MSE, and many never do. The setting has no effect under the other policies.
//!
//! # What lingering cannot hide
//!
//! - The listener answers any 96 bytes with a key, because it cannot distinguish a key from random bytes.
//! - **A prober can know the secret.** For MSE the secret is the info-hash, so anyone can confirm that a listener serves a
//!   public torrent. Lingering cannot hide that.
//! - If more than 96 connections linger, the oldest closes early, and a prober can see that.
