//! What is lost when a future is dropped before it is done.
//!
//! # Streams: nothing
//!
//! A write on an [`MseStream`](crate::MseStream) is either accepted by the transport or has not happened. If the
//! transport takes three bytes of a write, three bytes of keystream are used up, and the write returns three. If it
//! returns `Pending` or an error, or if the future of a `write` is dropped at an await point, nothing was used up, and the
//! next write may bring other data of another length. So `select!` over `write` is as safe as over the bare transport.
//!
//! What holds for the bare transport's combinators holds here, too: `write_all`, `read_exact` and codecs are not cancel
//! safe, because a dropped future does not tell how far it had come.
//!
//! Why: encrypting is XOR with a keystream that does not depend on the data. Keystream that was generated for a write
//! that was not accepted is kept; ciphertext never is. Adapters that keep ciphertext instead have to send the old data
//! when they are called with new data, or lose one of them (tokio-rs/tls#41, paritytech/litep2p#518).
//!
//! Reads are decrypted in the caller's buffer, once, when the transport has filled it. There is no buffer in between
//! that a dropped read could take bytes into.
//!
//! # Handshakes: the connection
//!
//! The futures of [`MseConnector`](crate::MseConnector) and [`MseAcceptor`](crate::MseAcceptor) own the transport.
//! Dropping one before it is done drops the connection, which is what a `timeout` or a `select!` around it wants:
//! half a handshake is of no use to anybody. No task goes on behind your back.
