//! What is lost when a future is dropped before it is done.
//!
//! # Streams: nothing
//!
//! A write on an [`MseStream`](crate::MseStream) is either accepted by the transport or has not happened. If the
//! transport takes three bytes of a write, three bytes of keystream are used up, and the write returns three. If it
//! returns `Pending` or an error, or if the future of a `write` is dropped at an await point, nothing was used up, and
//! the next write may bring other data of another length. So `select!` over `write` is as safe as over the bare
//! transport.
//!
//! What holds for the bare transport's combinators holds here, too: `write_all`, `read_exact` and codecs are not cancel
//! safe, because a dropped future does not tell how far it had come. The stream itself is in step all the same.
//!
//! Why: a stream cipher is XOR with a keystream that does not depend on the data. If a write is not accepted, its
//! keystream is kept, and its ciphertext is not. An adapter that keeps ciphertext has to send the old data when it is
//! called with new data, or lose one of the two (tokio-rs/tls#41, paritytech/litep2p#518).
//!
//! Reads are decrypted in the caller's buffer, once, when the transport has filled it. There is no buffer in between
//! that a dropped read could take bytes into.
//!
//! # Handshakes: the connection
//!
//! The futures of [`MseConnector`](crate::MseConnector) and [`MseAcceptor`](crate::MseAcceptor) own the transport.
//! Dropping one before it is done drops the connection, which is what a `timeout` or a `select!` around it wants:
//! half a handshake is of no use to anybody. This holds with lingering, too: a future that was dropped lingers nowhere.
//!
//! What [`connect`](crate::MseConnector::connect) and [`accept`](crate::MseAcceptor::accept) return is not a future
//! yet. It is a builder, and the handshake and its deadline begin when it is awaited. Setters come before that, so
//! none can come too late. To poll it in a `select!` by reference, call
//! [`into_future`](std::future::IntoFuture::into_future) first.
//!
//! # What goes on without you
//!
//! Nothing, unless you ask for it. [`Accept::linger`](crate::Accept::linger) and
//! [`AcceptLazy::linger`](crate::AcceptLazy::linger) spawn a task for a connection whose handshake *failed*, and it
//! ends within the time that the [`Linger`](crate::Linger) says. To keep hold of it yourself, use `into_fallible` and
//! poll the future of [`Failed::linger`](crate::Failed::linger); dropping that closes the connection at once.
//!
//! A [`PendingAccept`](crate::PendingAccept) that is dropped refuses the SKEY that was asked for. With `linger` it is
//! left to a task like any refusal, and without it closes.
