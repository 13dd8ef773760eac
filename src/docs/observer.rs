//! What an observer of the wire sees, what each option changes, and what no option can.
//!
//! MSE hides the protocol from signature engines. It is obfuscation: whoever knows the info-hash and sees the handshake
//! can decrypt the stream, whoever can change bytes can change them unnoticed, and the shape of a connection stays its
//! own. The figures below come from 10,000 handshakes of each profile, judged by rules that were written from their
//! published descriptions; `cargo run --release --example observer` makes the table again, and the tests hold it.
//!
//! # What is hidden
//!
//! With RC4 every byte after the padding is ciphertext, the BitTorrent handshakes and the info-hash included. No rule of
//! nDPI, tshark or Suricata touches it. Under [`Encryption::Require`](crate::Encryption::Require) nothing is in the
//! clear in any session, however it fails.
//!
//! By default, for everybody:
//!
//! - **No constant length.** PadA and PadB are of random length and travel in two parts: 1 to 320 bytes with the key, and
//!   0 to 127 in front of step 3 or 4. PadC and PadD have 0 to 255 bytes. So the start of step 3 is hidden, steps 3 and 4
//!   have more than 8 bits of entropy in their lengths (8.3 by calculation), and no length of one of the four writes of a
//!   handshake has more than 2 % (0.6 % seen). Give the responder's own handshake as initial payload
//!   ([`Accept::initial_payload`](crate::Accept::initial_payload)), or a write of 68 bytes follows step 4 that gives it
//!   away; what is written after the handshake is the application's.
//! - **No constant bytes.** Keys and pads come from the cryptographic generator; public keys are squares modulo P in half
//!   of all cases (those made by OpenSSL always are), and no key pair is used twice.
//! - **No downgrade.** RC4 is offered alone. Whoever flips the bit of the offer breaks the handshake, as long as either
//!   side admits RC4 alone; where both admit header-only, a flip at the usual place hits one connection in 128, for step
//!   3 begins somewhere else.
//! - **No telling end.** A failed incoming handshake ends as any other does: see below.
//!
//! # What is inherent
//!
//! - Any 96 bytes are answered with 96 to 608 (97 to 416 here): a responder cannot tell a key from garbage.
//! - Both sides send at least 96 bytes before anything else, the initiator first, then in turn: the sizes 96 to 608 and
//!   the order C-S-C-S are the protocol's. [Tstat](http://tstat.polito.it)'s rule is made of them.
//! - The bytes are random from the first to the last, and random bytes are a class of their own: nDPI (4.8 and later) gives such
//!   flows the risk "fully encrypted", and the firewall rules of 2023 (Wu et al.) block them.
//! - Who talks to whom, how much and how fast.
//!
//! # What each option changes
//!
//! Shares in per cent: **Tstat** found it to be MSE; **exempt** from the firewall rules, the higher the better; **FET**,
//! nDPI's condition for "fully encrypted"; **clear**, the signature `BitTorrent protocol` was seen.
//!
//! | both ends | Tstat | exempt | FET | clear |
//! |---|---:|---:|---:|---:|
//! | default | 100 | 0.3 | 99.7 | 0 |
//! | header-only ([`Policy::header_only`](crate::Policy::header_only)) | 100 | 0.2 | 99.8 | **100** |
//! | [`Disguise::pieces`](crate::Disguise::pieces)`(20..=47)` | **0** | 8.0 | 92.1 | 0 |
//! | [`Exemption::PrintableStart`](crate::Exemption::PrintableStart) | 100 | **100** | **0** | 0 |
//! | [`Exemption::MostlyPrintable`](crate::Exemption::MostlyPrintable) | 100 | **100** | **0** | 0 |
//! | [`Exemption::SkewedBits`](crate::Exemption::SkewedBits) | 100 | **100** | **0** | 0 |
//! | [`Exemption::PrintableRun`](crate::Exemption::PrintableRun) | 100 | **100** | **0** | 0 |
//! | [`Disguise::vary`](crate::Disguise::vary): one of the four for each connection | 100 | **100** | **0** | 0 |
//! | [`Disguise::full`](crate::Disguise::full): pieces, and one of three | **0** | **100** | **0** | 0 |
//! | `Disguise::full` at the initiator alone | **0** | **100** | **0** | 0 |
//!
//! Pieces are writes, and a write is a segment only where the socket has `TCP_NODELAY` set, which is for its owner to do.
//! Without it the kernel may join all pieces but the first of a flight: then Tstat finds 100 % again, while the
//! exemption, which is in the first piece, stays. Pieces have their price in shape, too: of 28 sizes each has 3.6 %, and
//! flights of many small segments are rare in themselves.
//!
//! None of this is a default. A trick that everybody uses becomes a rule: an endpoint that
//! [varies](crate::Disguise::vary) draws among the exemptions with weights of its own.
//!
//! nDPI 5.0 itself, asked about real transfers over a link with delay and real segments (`tests/interop/classify.py`),
//! calls none of 12 RC4 connections BitTorrent on a neutral port, and all of 12 with header-only and 12 in plaintext.
//!
//! What may be claimed is that these rules, and engines that look for signatures, do not find it. A classifier that is
//! trained on traffic is another matter.
//!
//! # Probing
//!
//! A prober connects and looks what comes back, and when and how it ends. Clients close at once on an unknown SKEY and
//! wait on garbage, so that a list of info-hashes tells which torrents a host serves; they reset where bytes were left
//! unread, and each has a time-out of its own.
//!
//! An [`MseAcceptor`](crate::MseAcceptor) [lingers](crate::Linger): silence, garbage of any length, other protocols,
//! degenerate keys, an unknown SKEY, a wrong VC, a replay, a plaintext handshake where MSE is required: everything that
//! fails ends with a FIN at one moment, drawn from 20 to 40 seconds after the start. Two outcomes are left: below 96
//! bytes nothing comes back, from 96 bytes on a key does. The error is returned at once, whatever becomes of the
//! connection. What a prober who knows an info-hash that *is* served gets is an answer: SKEYs are weak secrets.
//!
//! Over its [limit](crate::Linger::at_most) of connections an acceptor closes at once, and a future that is dropped drops
//! its transport: do not put a time-out of your own around [`accept`](crate::MseAcceptor::accept).
//!
//! # Port hygiene
//!
//! Classifiers remember pairs of hosts and ports, and one plain packet colours the rest:
//!
//! - A **plaintext fallback** shows the info-hash, and nDPI takes the next RC4 flow between the two hosts for BitTorrent
//!   (12 of 12). Use [`Encryption::Require`](crate::Encryption::Require) or
//!   [`Policy::forbid_fallback`](crate::Policy::forbid_fallback) where it matters. An acceptor that takes plaintext, too,
//!   has the same effect for whoever dials it so.
//! - **DHT and uTP on the number of the TCP port** do the same: one DHT packet on it is enough. Give them another port.
//! - **Ports that are guessed by number**: 6881 to 6889, 51413, 53646. Listen elsewhere.
//! - **Trackers over plain HTTP** carry the info-hash and the port in the clear.
