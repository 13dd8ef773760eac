//! What an observer sees: the verdict, the figures, and what is new in 2025 and 2026.
//!
//! # The verdict
//!
//! | who watches | RC4 | header-only | a [`Disguise`](crate::Disguise) |
//! |---|---|---|---|
//! | a provider that recognises BitTorrent by its bytes and throttles it | **helps** | does not help | adds nothing |
//! | a filter that blocks random-looking traffic (the rules published in 2023) | does not help, and can be worse than plaintext BitTorrent | does not help | exempts the connection from these rules, until they change |
//! | a filter that uses statistics of sizes, entropy or timing, or a trained classifier | does not help | does not help | does not help |
//! | an allow-list of destinations | does not help | does not help | does not help |
//! | someone on the path who knows the info-hash and intercepts the connection from its beginning | can decrypt everything | can decrypt everything | does not help |
//! | the peers of the same torrent | see your address, and what you share | the same | the same |
//!
//! **MSE in RC4 mode defeats engines that search for signatures, and nothing more.** It is not security: its cryptography is
//! weak, and it authenticates nobody. If you want privacy from your provider or from peers, use a VPN or I2P.
//!
//! Users whose provider throttles plaintext BitTorrent report that MSE helps. If your network blocks random-looking traffic
//! and does not block BitTorrent, use plaintext.
//!
//! # What RC4 hides
//!
//! Every byte looks random, including the BitTorrent handshakes and the info-hash. No signature of nDPI 4.2 to 5.0, tshark or
//! Suricata matches. Under [`Encryption::Require`](crate::Encryption::Require) no session shows anything in the clear, even
//! if it fails.
//!
//! This holds for every connection, without any option:
//!
//! - **No constant length.** PadA and PadB have random lengths and are sent in two parts: 1 to 320 bytes with the key, and 0
//!   to 127 before the third or fourth message. PadC and PadD have 0 to 255 bytes. A handshake has four writes. No length of
//!   a write occurs in more than 2 % of all handshakes (0.6 % measured). Pass your BitTorrent handshake to
//!   [`Incoming::accept`](crate::Incoming::accept): if you write it later, that write always has 68 bytes.
//! - **No constant bytes.** Keys and pads come from a cryptographic generator. Half of the public keys are quadratic residues,
//!   as half of all random numbers are (with OpenSSL, all are). No key pair is used twice.
//! - **No downgrade by a flipped bit.** By default the connector offers RC4 alone, and refuses everything else. An acceptor
//!   that accepts plaintext also accepts header-only, so an attacker who flips bits of the offer can make it select
//!   header-only. The connector then refuses. Under `Require` with RC4, the acceptor refuses, too. The position of the offer
//!   varies, so a flip at a fixed position hits one connection in 128.
//!
//! # What is inherent
//!
//! No implementation of MSE can avoid these:
//!
//! - A listener answers any 96 bytes with 96 to 608 bytes (this crate: 97 to 416).
//! - First the initiator sends at least 96 bytes, then the responder does, and then they alternate.
//! - All bytes are random from the first one on. Few other protocols look like this.
//! - An observer sees who talks to whom, how much, and when.
//!
//! # What each option changes
//!
//! Each row shows 10,000 handshakes. The figures are per cent. The rules were written from their published descriptions.
//!
//! - *Tstat*: Tstat recognises MSE.
//! - *Bursts*: the rule of three bursts, below, recognises MSE.
//! - *Exempt*: the firewall rules of 2023 let the connection pass. Higher is better.
//! - *nDPI default*: nDPI 5.0 reports the risk "suspicious entropy".
//! - *nDPI heuristic*: nDPI 5.0 with its heuristic enabled reports the risk "obfuscated traffic".
//! - *Clear*: the signature `BitTorrent protocol` is readable.
//!
//! | both ends | Tstat | bursts | exempt | nDPI default | nDPI heuristic | clear |
//! |---|---:|---:|---:|---:|---:|---:|
//! | [`Disguise::none`](crate::Disguise::none), the default | 100 | 100 | 0.2 | 100 | 99.8 | 0 |
//! | `Disguise::none`, header-only | 100 | 100 | 0.3 | 100 | 99.7 | **100** |
//! | [`Disguise::exempt`](crate::Disguise::exempt) | 100 | 100 | **100** | 100 | **0** | 0 |
//! | [`Disguise::full`](crate::Disguise::full) | **0** | 100 | **100** | 45 | **0** | 0 |
//! | `Disguise::full` at the initiator alone | **0** | 100 | **100** | 47 | **0** | 0 |
//!
//! - **`exempt`** chooses the padding so that the first message has one of three properties, drawn for each connection: mostly
//!   printable bytes, a run of printable bytes, or clearly more or fewer than half of all bits set. The 2023 rules let such
//!   messages pass.
//! - **`full`** sends the handshake in pieces of 20 to 47 bytes, and an initiator's key begins with six printable bytes. The
//!   pieces only help against the rule of Tstat. Each piece is a write. It becomes a segment only if you set `TCP_NODELAY` on
//!   the socket. Without it Tstat recognises 100 %, and the exemption stays.
//! - Every client understands a disguised handshake. There is no disguise by default, because filters learn a trick that
//!   everyone uses.
//!
//! # The figures
//!
//! **A trained classifier** had to distinguish 1,100 connections of five real clients from TLS, HTTP, SSH, mail, obfs4 and
//! Shadowsocks. It was tested on pairs of clients and kinds of other traffic that it had not been trained with:
//!
//! | sizes and directions of | accuracy | AUC |
//! |---|---:|---:|
//! | the first 100 segments | 0.94 to 0.97 | 0.992 to 0.997 |
//! | the first 10 | 0.985 | 0.9993 |
//! | the first 4 | - | 0.9996 |
//! | segments 11 to 100 alone | 0.74 | 0.81 |
//!
//! The literature reports "over 96 %". A classifier that was trained with connections of this crate has an AUC of 1.000, with
//! and without a disguise. A classifier that was trained with pieces recognises them more easily than whole messages.
//!
//! Three changes leave the AUC at 0.99 or above: cutting segments, joining segments for up to 60 ms, and padding within PadA
//! to PadD. One experiment lowered it to 0.57. It controlled every segment in both directions, with dummy data from both ends
//! and six times the bytes. No client would understand the dummy data.
//!
//! **The rule of three bursts** needs no training. It counts the bytes that one side sends before the other side sends. MSE
//! has 96 to 608, then 96 to 608, then 80 to 1,636. The rule recognises 97.9 % of the connections of real clients, and 98 to
//! 100 % of this crate's connections with any disguise. Its false positives are resumed TLS, which begins with the bytes
//! `16 03`, and Shadowsocks that carries resumed TLS.
//!
//! **nDPI.** Since 5.0 its heuristic for fully encrypted flows is off by default. Without it, nDPI still reports the risk
//! "suspicious entropy" for an unknown flow with high entropy in its first four payloads: for 100 % of our handshakes, and
//! for 45 % of those in pieces. It calls the protocol of such a flow "unknown". In a test with real transfers, nDPI 5.0.0
//! called none of 12 RC4 connections BitTorrent, and all of 12 header-only and 12 plaintext connections.
//!
//! # Port hygiene
//!
//! Classifiers remember pairs of hosts, addresses and ports. **After one readable packet they also recognise the encrypted
//! connections**, so this matters more than any disguise:
//!
//! - A **plaintext redial** shows the info-hash, and nDPI then calls the next RC4 connection between the two hosts
//!   BitTorrent (12 of 12). Use `Require` if this matters. A peer that dials your acceptor in plaintext has the same effect.
//! - **DHT or uTP on the port number of the TCP listener**: one DHT packet is enough. Use another port for them.
//! - **Known port numbers**: some classifiers recognise 6881 to 6889, 51413 and 53646 by the number alone.
//! - **Trackers over plain HTTP**: an announce shows the info-hash and the port in the clear.
//!
//! # Probing
//!
//! A prober connects, sends something, and observes what comes back, when, and how the connection ends. Most clients close at
//! once if the info-hash is unknown, and wait if the bytes are random. So a prober with a list of info-hashes learns which
//! torrents a host serves. By default this crate is no better. With [lingering](super::listener), what a prober without the
//! info-hash sees depends only on the lengths and times of what it sent. The [listener guide](super::listener) has the
//! conditions and the price.
//!
//! **A prober can know the secret.** For MSE the secret is the info-hash, so anyone can confirm that a listener serves a
//! public torrent. Lingering cannot hide that.
//!
//! # What is new in 2025 and 2026
//!
//! - **Products use the 2023 rules.** In September 2025, documents of a vendor of filters became public. They contain a detector
//!   for fully encrypted traffic that cites the 2023 paper and the `fet` analyzer of OpenGFW (apernet/OpenGFW issue 167,
//!   net4people/bbs issues 519 and 653). A customer can switch it on and off. So `Disguise::exempt` helps against real
//!   products.
//! - **Probers use secrets.** The same documents describe a prober that checks a proxy with the proxy's own secret.
//! - **Filters in Russia** (issues of net4people/bbs in parentheses) have a switch for BitTorrent over uTP, recognise protocols
//!   from sizes and timing, and block an address and port within 5 to 15 minutes (578). They recognise tunnelled TLS by packet
//!   sizes (363), freeze connections after 15 to 20 KB (490), and use allow-lists of destinations (579).
//! - **Is obfuscation still useful?** The discussion of a draft for AES-128-CTR asks this question (bittorrent.org pull request
//!   179, August 2026).
