//! What an observer of the wire sees, what each option changes, and what no option can.
//!
//! **What may honestly be claimed: RC4-mode MSE keeps signature engines blind, and that is all.** It is obfuscation. Whoever
//! knows the info-hash can sit in the middle and decrypt the stream, whoever can change bytes can change them
//! unnoticed, and a classifier recognises the shape of a connection.
//!
//! The table of options comes from 10,000 handshakes of each profile, judged by rules that were written from their
//! published descriptions; `cargo run --release --example observer` makes it again, and the tests hold it. The other
//! figures come from recorded flows of real clients over a link with delay.
//!
//! # What no option changes
//!
//! **A trained classifier.** 1,100 flows of five real clients were told from flows of TLS, HTTP, SSH, mail, obfs4 and
//! Shadowsocks, of pairs of clients and kinds of background that the classifier had not seen:
//!
//! | what it looked at | accuracy | AUC |
//! |---|---:|---:|
//! | sizes and directions of the first 100 segments | 0.94 to 0.97 | 0.992 to 0.997 |
//! | of the first 10 | 0.985 | 0.9993 |
//! | of the first 4 | | 0.9996 |
//! | of segments 11 to 100 alone | 0.74 | 0.81 |
//!
//! This is the "over 96 %" of the literature, and it holds. Trained with handshakes of this crate it reaches an AUC of
//! 1.000, **with every disguise and without**. Pieces, once they are known, are more visible than none.
//!
//! **A rule of three bursts**, without any training: how many bytes come until the other side speaks, 96 to 608, then 96
//! to 608, then 80 to 1636. Cutting and joining do not change that, and the protocol bounds PadA and PadB so that they
//! cannot lead out of it. **It finds this crate in spite of every option below**: 99.99 to 100 % of the handshakes of each
//! row of the table, and 98 to 100 % of transfers over a link with delay. It finds real clients as well: 97.9 % of their
//! connections over that link, and all 38 recorded handshakes of seven clients that the tests replay. What else it found
//! is resumed TLS, which its first bytes `16 03` tell apart (the rule here leaves those out), and Shadowsocks that
//! carries such TLS. An application that sends more than 1636 bytes at once with step 3 is outside the third bound, until
//! somebody widens it.
//!
//! **nDPI as it comes.** Since 5.0 its heuristic for fully encrypted flows is off unless `fully_encrypted_heuristic` is
//! enabled (nDPI pull request 2779; it was on from 4.8 to 4.14). But the entropy of the first four payloads is computed
//! by default, and an unknown flow that has more than text carries the risk "suspicious entropy". That is so for 100 % of
//! the handshakes, **with each exemption, too**: what passes for text to the firewall rules does not to this one. Pieces
//! are short, and short payloads have little entropy: with them it is 45 % instead, where the socket keeps them apart. With
//! the heuristic enabled the risk is "obfuscated traffic" for 99.8 %, and where an exemption evades that, it is
//! "suspicious entropy" again. A risk is not a name: in both settings the flow stays "unknown".
//!
//! **An allow-list.** Where only known destinations are reached, no disguise helps at all.
//!
//! Cutting, joining for up to 60 ms, and padding within PadA to PadD leave the AUC at 0.99 or above. Only steering
//! every segment of both directions, with dummies at both ends and six times the bytes, brought it down (0.57), and
//! that against the one class that was imitated. No client would understand the dummies.
//!
//! # What is hidden
//!
//! With RC4 every byte after the padding is ciphertext, the BitTorrent handshakes and the info-hash included. No signature
//! of nDPI, tshark or Suricata fits it. Under [`Encryption::Require`](crate::Encryption::Require) nothing is in the
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
//!   side admits RC4 alone. Where both admit header-only, a flip at the usual place hits one connection in 128, because
//!   the place where step 3 begins varies.
//!
//! # What is inherent
//!
//! - Any 96 bytes are answered with 96 to 608 (97 to 416 here): a responder cannot tell a key from garbage.
//! - Both sides send at least 96 bytes before anything else, the initiator first, then in turn: the sizes 96 to 608 and
//!   the order C-S-C-S are the protocol's. [Tstat](http://tstat.polito.it)'s rule is made of them.
//! - The bytes are random from the first to the last, and random bytes are a class of their own. The firewall rules of 2023
//!   (Wu et al.) block them, and nDPI gives them a risk in either setting.
//! - Who talks to whom, how much and how fast.
//!
//! # What each option changes
//!
//! Shares in per cent: **Tstat** found it to be MSE; so did the rule of three **bursts**; **exempt** from the firewall
//! rules, the higher the better; **nDPI off**, the risk "suspicious entropy" that nDPI 5.0 gives by default; **nDPI on**, the
//! risk "obfuscated traffic" with its heuristic enabled; **clear**, the signature `BitTorrent protocol` was seen.
//!
//! | both ends | Tstat | bursts | exempt | nDPI off | nDPI on | clear |
//! |---|---:|---:|---:|---:|---:|---:|
//! | default | 100 | 100 | 0.2 | 100 | 99.8 | 0 |
//! | header-only ([`Policy::header_only`](crate::Policy::header_only)) | 100 | 100 | 0.3 | 100 | 99.7 | **100** |
//! | [`Disguise::pieces`](crate::Disguise::pieces)`(20..=47)` | **0** | 100 | 8.0 | 45 | 92.2 | 0 |
//! | [`Exemption::PrintableStart`](crate::Exemption::PrintableStart) | 100 | 100 | **100** | 100 | **0** | 0 |
//! | [`Exemption::MostlyPrintable`](crate::Exemption::MostlyPrintable) | 100 | 100 | **100** | 100 | **0** | 0 |
//! | [`Exemption::SkewedBits`](crate::Exemption::SkewedBits) | 100 | 100 | **100** | 100 | **0** | 0 |
//! | [`Exemption::PrintableRun`](crate::Exemption::PrintableRun) | 100 | 100 | **100** | 100 | **0** | 0 |
//! | [`Disguise::vary`](crate::Disguise::vary): one of the four for each connection | 100 | 100 | **100** | 100 | **0** | 0 |
//! | [`Disguise::full`](crate::Disguise::full): pieces, and one of three | **0** | 100 | **100** | 45 | **0** | 0 |
//! | `Disguise::full` at the initiator alone | **0** | 100 | **100** | 47 | **0** | 0 |
//!
//! **Pieces are for Tstat's rule, and for nothing else.** They beat no classifier and no rule of bursts, and flights of many
//! small segments are rare in themselves. They are writes, and a write is a segment only where the socket has
//! `TCP_NODELAY` set, which is for its owner to do. Without it the kernel may join all pieces but the first of a
//! flight: then Tstat and the entropy find 100 % again (50 % the entropy, if the initiator alone has pieces), while the
//! exemption, which is in the first piece, stays.
//!
//! None of this is a default. A trick that everybody uses becomes a rule: an endpoint that
//! [varies](crate::Disguise::vary) draws among the exemptions with weights of its own.
//!
//! nDPI 5.0.0 itself was asked about real transfers over a link with delay and real segments
//! (`tests/interop/classify.py`). It calls none of 12 RC4 connections BitTorrent on a neutral port, and all of 12 with
//! header-only and 12 in plaintext. The 12 carry the risk "suspicious entropy" by default, and "obfuscated traffic" with
//! the heuristic enabled. It sees the signature at the start of a packet alone: header-only flows whose responder sends its
//! handshake in step 4, as those of the table do, are unknown to it. Do not count on that; other engines look further.
//!
//! # Probing
//!
//! A prober connects and looks what comes back, and when and how it ends. Clients close at once on an unknown SKEY and
//! wait on garbage, so that a list of info-hashes tells which torrents a host serves. They reset where bytes were left
//! unread, and each has a time-out of its own. Some 34 probes sort clients into 4 to 8 classes.
//!
//! **By default this crate is no better**: a failed handshake closes at once, which harms nobody. With
//! [`Accept::linger`](crate::Accept::linger) it goes on as if it waited for the rest, and ends with a FIN at a moment
//! that is drawn for each connection, 20 to 40 seconds after it came in. What a peer without the info-hash sees is
//! then a function of the lengths and times of what it sent, and not of the content: garbage of any length, other
//! protocols, degenerate keys, an unknown SKEY, a wrong VC and a replay look the same. What is left:
//!
//! - Any 96 bytes are answered with a key. Whoever has not sent 96 bytes within the time-out is closed at that moment.
//! - **A plaintext handshake that is refused closes at once**, and so does MSE where it is forbidden, for the sake of honest
//!   peers that dial again. [`hide_plaintext`](crate::MseAcceptor::hide_plaintext) hides it, and names its price.
//! - Over its [limit](crate::Linger::at_most), the oldest connection that lingers closes early.
//! - A future that is dropped drops its transport. So give the acceptor a time-out, and do not put one of your own around
//!   [`accept`](crate::MseAcceptor::accept).
//! - A prober who knows an info-hash that *is* served gets an answer to it. SKEYs are weak secrets.
//!
//! [A listener](super::listener) says how to use this and what it costs.
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
