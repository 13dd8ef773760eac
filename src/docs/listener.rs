//! How to listen where everybody can connect.
//!
//! A listener on the internet is reached by honest peers, by scanners, by probers that want to know what it is, and by
//! those who want to use it up. This page says what the crate does about each, what you have to ask for, and what is
//! yours to do. `guide_listen` and `guide_client` show all of it in running code.
//!
//! Nothing here makes a connection secure. It keeps a listener alive, and hides what can be hidden.
//!
//! # The accept loop survives
//!
//! - **`accept` fails when descriptors run out** (`EMFILE`), and succeeds again when peers leave. Wait a moment, a tenth of
//!   a second, and go on. A loop that ends with `?` ends the client.
//! - **A failed handshake is one peer's affair.** Print or count its error, and go on. The error says what happened and at
//!   which step; see [`Error`](crate::Error).
//! - **Shake hands in a task of the connection**, never in the accept loop, where one silent peer would hold up all others.
//!
//! # Limits
//!
//! | what is limited | by whom | how |
//! |---|---|---|
//! | time of a handshake | the crate | [`MseAcceptor::timeout`](crate::MseAcceptor::timeout): 10 seconds unless told |
//! | handshakes at once | the crate, if asked | [`MseAcceptor::max_handshakes`](crate::MseAcceptor::max_handshakes) |
//! | connections that linger | the crate | [`Linger::at_most`](crate::Linger::at_most): 96 unless told |
//! | connections per address | you, with the crate's help | [`PerAddress`](crate::PerAddress) |
//! | connections at all | you | a semaphore in the accept loop, below the limit of descriptors |
//!
//! **`max_handshakes`** bounds key exchanges and what they hold. A connection takes a place when the 96 bytes of its key
//! are there. Before that it holds none: as many silent connections as there are places, and at least 64, are kept
//! besides, and the oldest of them closes for the newest ([`Error::Crowded`](crate::Error::Crowded)). So peers that say
//! nothing, or one byte a second, cannot keep honest peers out. 256 is a good start: a handshake takes less than a
//! millisecond of processor time, and most of its duration is the peer's round trip.
//!
//! **A limit per address** keeps one host from using up what all share. [`PerAddress`](crate::PerAddress) gives a permit
//! for each connection, or for each handshake, and the permit counts for as long as you keep it. IPv6 addresses count
//! together by their first 64 bits, as a host usually has that many to choose from. Many peers may share one address
//! behind a carrier's NAT, so allow several: some tens. `guide_listen` keeps the permit from accept to close.
//!
//! **Descriptors.** Each connection holds one, in a handshake, lingering or established. The usual limit is 1024 for a
//! process (`ulimit -n`). Keep the sum of your limits below it, with room for files.
//!
//! # What becomes of a failed handshake
//!
//! By default the connection closes at once, with the error. That is simple, harms nobody, and tells a prober what was
//! wrong: it closes at once on an unknown SKEY, and waits on garbage.
//!
//! **[`Accept::linger`](crate::Accept::linger)** lets the connection go on as if the handshake still waited for the peer:
//! what comes is thrown away, nothing is answered, and a FIN ends it at a random moment, 20 to 40 seconds after it
//! came in. The error is returned at once all the same. A task is spawned for the connection. Whoever keeps count of
//! tasks takes [`into_fallible`](crate::Accept::into_fallible) and polls the future of
//! [`Failed::linger`](crate::Failed::linger) instead: aborting it closes the connection.
//!
//! The price: each connection that lingers holds a descriptor. At most 96 do, over everything that is given the same
//! [`Linger`](crate::Linger), and the oldest makes room for the newest.
//!
//! **Who would dial again is let go even so.** A plaintext handshake where MSE is required, or for an info-hash that is not
//! served, and MSE where it is forbidden, close at once: honest peers wait for the close before they redial in the
//! other mode. So a prober learns that you understood its plaintext, and thus that you speak BitTorrent.
//!
//! **[`hide_plaintext`](crate::MseAcceptor::hide_plaintext)** hides this, too, and has its price: an honest peer that dials
//! in plaintext first waits as long as the lingering lasts, or for its own time-out, before it dials with MSE. Many
//! never do. Use it only where being recognised is worse than losing peers.
//!
//! # What is left to a prober
//!
//! Any 96 bytes are answered with a key: a responder cannot tell a key from garbage. Whoever knows an info-hash that
//! you serve gets an answer to it. See [what an observer sees](super::observer).
