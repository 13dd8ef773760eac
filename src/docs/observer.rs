//! What an observer sees: the verdict, the figures, and what is new in 2025 and 2026.
//!
//! # The verdict
//!
//! | who watches | RC4 | header-only | a [`Disguise`](crate::Disguise) |
//! |---|---|---|---|
//! | a provider that recognises BitTorrent by its bytes and throttles it | **helps** | does not help | adds nothing |
//! | a filter that blocks random-looking traffic (the published rules of 2023) | does not help, and can fare worse than plaintext BitTorrent | does not help | exempts the connection from these rules, until they are changed |
//! | a filter with statistics of sizes, entropy or timing, or a trained classifier | does not help | does not help | does not help |
//! | an allow-list of destinations | does not help | does not help | does not help |
//! | someone on the path who knows the info-hash and intercepts the connection from its beginning | can decrypt everything | can decrypt everything | does not help |
//! | the peers of the same torrent | see your address, and what you share | the same | the same |
//!
//! **RC4-mode MSE keeps signature engines blind. That is all that can be claimed.** If you want privacy from your provider
//! or from peers, use a VPN or I2P.
//!
//! Users report success if their provider throttles plaintext BitTorrent. If your network blocks unknown random-looking
//! traffic and does not block BitTorrent, use plaintext.
//!
//! # What RC4 hides
//!
//! Every byte looks random, the BitTorrent handshakes and the info-hash included. No signature of nDPI 4.2 to 5.0, tshark or
//! Suricata matches. Under [`Encryption::Require`](crate::Encryption::Require) nothing is in the clear in any session,
//! however it fails.
//!
//! For every connection, without any option:
//!
//! - **No constant length.** PadA and PadB have random lengths and are sent in two parts: 1 to 320 bytes with the key, and 0
//!   to 127 before step 3 or 4. PadC and PadD have 0 to 255 bytes. No length of one of the four writes of a handshake has
//!   more than 2 % (0.6 % seen). Pass your BitTorrent handshake to
//!   [`Incoming::accept`](crate::Incoming::accept): a separate write of 68 bytes after step 4 has a constant length.
//! - **No constant bytes.** Keys and pads come from a cryptographic generator, public keys are quadratic residues in half
//!   of all cases (those of OpenSSL always are), and no key pair is used twice.
//! - **No downgrade by a flipped bit.** RC4 is offered alone. If both ends also accept header-only, a flip of the offer at
//!   the usual position hits one connection in 128, because the start of step 3 varies.
//!
//! # What is inherent
//!
//! - Any 96 bytes are answered with 96 to 608 bytes (97 to 416 here).
//! - Both sides send at least 96 bytes before anything else, first the initiator, then in turn.
//! - The bytes are random from the first to the last, and random bytes are a class of their own.
//! - Who talks to whom, how much, and when.
//!
//! # What each option changes
//!
//! Shares in per cent of 10,000 handshakes each, judged by rules that were written from their published descriptions.
//! *Tstat*: recognised as MSE by Tstat. *Bursts*: recognised by the rule of three bursts, below. *Exempt*: let pass by the
//! firewall rules of 2023; higher is better. *nDPI default*: the risk "suspicious entropy" of nDPI 5.0. *nDPI heuristic*: the
//! risk "obfuscated traffic" with its heuristic enabled. *Clear*: the signature `BitTorrent protocol` was seen.
//!
//! | both ends | Tstat | bursts | exempt | nDPI default | nDPI heuristic | clear |
//! |---|---:|---:|---:|---:|---:|---:|
//! | [`Disguise::none`](crate::Disguise::none), the default | 100 | 100 | 0.2 | 100 | 99.8 | 0 |
//! | the same, header-only | 100 | 100 | 0.3 | 100 | 99.7 | **100** |
//! | [`Disguise::exempt`](crate::Disguise::exempt) | 100 | 100 | **100** | 100 | **0** | 0 |
//! | [`Disguise::full`](crate::Disguise::full) | **0** | 100 | **100** | 45 | **0** | 0 |
//! | `Disguise::full` at the initiator alone | **0** | 100 | **100** | 47 | **0** | 0 |
//!
//! - **`exempt`** chooses the padding of the first message so that it has one of three properties, drawn anew for each
//!   connection: mostly printable bytes, a run of printable bytes, or clearly more or fewer bits set than half. The 2023
//!   rules let such messages pass.
//! - **`full`** sends the handshake in pieces of 20 to 47 bytes, and an initiator's key begins with six printable bytes. The
//!   pieces are for the rule of Tstat and for nothing else. They are writes, and become segments only if the socket has
//!   `TCP_NODELAY` set, which is the caller's to do. Without it Tstat recognises 100 % again; the exemption stays.
//! - Every client understands a disguised handshake. Neither option is a default: a trick that everyone uses becomes a rule.
//!
//! # The figures
//!
//! **A trained classifier.** 1,100 connections of five real clients against TLS, HTTP, SSH, mail, obfs4 and Shadowsocks, with
//! pairs of clients and kinds of background that the classifier had not seen:
//!
//! | sizes and directions of | accuracy | AUC |
//! |---|---:|---:|
//! | the first 100 segments | 0.94 to 0.97 | 0.992 to 0.997 |
//! | the first 10 | 0.985 | 0.9993 |
//! | the first 4 | | 0.9996 |
//! | segments 11 to 100 alone | 0.74 | 0.81 |
//!
//! This is the "over 96 %" of the literature. Trained with connections of this crate, the classifier has an AUC of 1.000 with
//! and without a disguise. Pieces, once they are known, are more visible than none. Cutting segments, joining them for up
//! to 60 ms, and padding within PadA to PadD leave the AUC at 0.99 or above. Only control of every segment in both
//! directions, with dummy data at both ends and six times the bytes, brought it down to 0.57, and no client would
//! understand the dummies.
//!
//! **The rule of three bursts** needs no training: how many bytes arrive until the other side speaks, 96 to 608, then 96 to
//! 608, then 80 to 1,636. It recognises 97.9 % of real clients and 98 to 100 % of this crate's connections, with every
//! disguise. Its false positives are resumed TLS, which begins with the bytes `16 03`, and Shadowsocks that carries resumed
//! TLS.
//!
//! **nDPI.** Since 5.0 its heuristic for fully encrypted flows is off by default. Without it, an unknown flow with high entropy
//! in its first four payloads gets the risk "suspicious entropy": 100 % of our handshakes, 45 % with pieces. A risk is not a
//! name: the flow stays "unknown". Asked about real transfers, nDPI 5.0.0 called none of 12 RC4 connections BitTorrent, and
//! all of 12 header-only and 12 plaintext connections.
//!
//! # Port hygiene
//!
//! Classifiers remember pairs of hosts, addresses and ports. **One readable packet marks the encrypted connections as well**,
//! so this matters more than any disguise:
//!
//! - A **plaintext redial** shows the info-hash, and nDPI then calls the next RC4 connection between the two hosts
//!   BitTorrent (12 of 12). Use `Require` if this matters. An acceptor that serves plaintext has the same effect for peers
//!   that dial it in plaintext.
//! - **DHT or uTP on the port number of the TCP listener**: one DHT packet is enough. Use another port for them.
//! - **Ports that are recognised by number**: 6881 to 6889, 51413, 53646.
//! - **Trackers over plain HTTP** carry the info-hash and the port in the clear.
//!
//! # Probing
//!
//! A prober connects, and looks at what comes back, when, and how the connection ends. Most clients close at once on an
//! unknown info-hash and wait on random bytes, so a list of info-hashes shows which torrents a host serves. By default this
//! crate is no better. With [lingering](super::listener) what a peer without the info-hash sees depends on the lengths and
//! times of what it sent, and not on its content. The [listener guide](super::listener) has the conditions and the price.
//!
//! **Probers can use the secret.** For MSE it is the info-hash: anyone can confirm that a listener serves a public torrent.
//! Lingering cannot hide that.
//!
//! # What is new in 2025 and 2026
//!
//! - **The 2023 rules are sold.** Documents of a vendor of filters that became public in September 2025 contain a detector for
//!   fully encrypted traffic that cites the 2023 paper and the `fet` analyzer of OpenGFW (apernet/OpenGFW issue 167,
//!   net4people/bbs issues 519 and 653). So the exemption aims at something that exists in products, and a customer can
//!   switch it.
//! - **Probers with the secret.** The same documents describe a prober that checks a bridge with the bridge's secret.
//! - **Russia**: filters with a switch for BitTorrent over uTP, recognition from sizes and timing, and blocking by address and
//!   port within 5 to 15 minutes (net4people/bbs 578); recognition of tunnelled TLS by packet sizes (363); connections that
//!   freeze after 15 to 20 KB (490); allow-lists of destinations (579).
//! - **Is obfuscation still useful?** A discussion in bittorrent.org pull request 179 (August 2026) asks exactly that, on the
//!   occasion of a draft for AES-128-CTR.
