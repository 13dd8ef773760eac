//! The stream: flush, cancel safety, halves, readiness, broken transports, and what is wiped.
//!
//! An [`MseStream`](crate::MseStream) behaves like the transport inside it. Each call on the stream makes the same call on
//! the transport and returns what the transport returned. The only difference is that the bytes are encrypted or decrypted.
//!
//! The exceptions:
//!
//! - An empty write, or a read into a buffer without free space, never reaches the transport.
//! - The first reads return the bytes that arrived with the handshake. They do not reach the transport.
//! - A vectored write on an encrypted stream becomes one ordinary write of the transport.
//! - One write on an encrypted stream passes on at most 16 KiB and 128 bytes (a BitTorrent block and its header). It passes on
//!   less if the transport recently accepted only a part of a write.
//! - After a transport has broken its contract, the stream returns an error and does not call the transport again.
//!
//! # Flush
//!
//! **No flush is needed.** The stream holds no ciphertext back: it accepts a byte only if the transport has accepted it. If
//! your client never flushes a `TcpStream`, it does not have to flush an `MseStream`. `flush` calls the `flush` of the
//! transport, which may have its own buffer (`BufWriter`, uTP).
//!
//! In the handshake the library flushes each message, and it keeps reading while a flush is pending. Some transports need
//! this: a flush over uTP may wait for an acknowledgement that arrives with the peer's next bytes.
//!
//! # Cancel safety
//!
//! **Reads and writes on the stream are as cancel safe as on the transport.** If the transport accepts three bytes of a
//! write, the stream uses three bytes of keystream and the write returns 3. If the transport returns `Pending` or an error, or
//! if you drop the future of a `write`, the stream uses no keystream. Your next write may have other data of another length.
//! Received bytes are decrypted once, in the caller's buffer.
//!
//! `write_all` and `read_exact` are not cancel safe, as on any transport: if you drop the future, you do not know how many
//! bytes it has written or read. But the keystream stays synchronised.
//!
//! **Handshakes are not cancel safe.** The futures of connector and acceptor own the transport. If you drop one, the
//! connection closes. So a `timeout` or `select!` around a handshake works as you expect. A dropped handshake does not
//! linger, and the library spawns no task that would continue it.
//!
//! # Shutdown and the end of the stream
//!
//! Each `shutdown` calls the `shutdown` of the transport, which already has all accepted bytes. Each direction ends on its
//! own: you can read after `shutdown`, and write after the peer's end of stream.
//!
//! MSE has no close message, so the stream ends when the transport does. If someone on the path forges the end of the
//! connection, it looks as if the peer had closed it: **you cannot detect truncation**. Your protocol has to know when it has
//! everything.
//!
//! # Halves
//!
//! [`into_split_with`](crate::MseStream::into_split_with) splits the stream into owned halves without a lock, by splitting
//! the transport: `TcpStream::into_split`, [`tokio::io::split`], or `Join::into_inner` for a transport that was joined from
//! two halves. Each half keeps working after you drop the other.
//! [`MseReadHalf::reunite`](crate::MseReadHalf::reunite) is the inverse.
//!
//! [`into_parts`](crate::MseStream::into_parts) returns the transport, the received bytes that you have not read, and one
//! [`Keystream`](crate::Keystream) for each direction. [`from_parts`](crate::MseStream::from_parts) is the inverse.
//! [`map_io`](crate::MseStream::map_io) replaces the transport, for example to box it.
//!
//! # Readiness
//!
//! Bytes of the peer's stream often arrive in the same segment as the end of the handshake. The library has read them, so
//! they do not make the descriptor readable. Code that waits for the readiness of the descriptor
//! (`get_ref().readable()`, epoll on `AsFd`) would wait although it could already read them.
//!
//! [`MseStream::unread`](crate::MseStream::unread) returns these bytes. If there are any, read them before you wait.
//! Ordinary `AsyncRead` calls need no such check.
//!
//! # The first bytes
//!
//! - The peer may send the beginning of its stream in the same segment as the end of the handshake. The first read returns all
//!   of it, if the buffer is large enough. So one `read` of 68 bytes gets the BitTorrent handshake if the peer sent it in one
//!   piece. `read_exact` is safer.
//! - The peer may complete the handshake and then reset the connection before our last message is written. The library still
//!   returns a stream. You can read what the peer sent, and every write fails.
//!
//! # A transport that breaks its contract
//!
//! A broken transport may report more bytes written than it was given, fill a buffer and then return `Pending` or an error,
//! remove bytes from the reader's buffer, or panic. After that the keystream position is unknown. The stream then returns an
//! error that names the cause, and so does every later call in the same direction. It never returns a wrong byte. The other
//! direction keeps working.
//!
//! # Bytes that were changed on the way
//!
//! MSE has no checksum. If someone changes a byte of ciphertext, the byte of payload at the same position changes, and all
//! other bytes are right. The library cannot notice it. BitTorrent discards a piece with a wrong hash. A changed message
//! length can make a reader wait for bytes that never come, so give your codec a limit on the length and your connection a
//! timeout.
//!
//! During the handshake a changed byte causes an error, or has no effect if it is in the padding.
//!
//! # What is wiped
//!
//! **No heap memory that this crate frees holds a cipher state, a private exponent or S.** They are in boxed allocations, so
//! moving a stream or a future copies a pointer and not the secret. The crate overwrites them before it frees them.
//!
//! It does not wipe:
//!
//! - temporary values on the stack and in registers;
//! - copies that other crates make inside their functions;
//! - the SKEY in your own data, the payload, and memory that the operating system swaps or dumps.
//!
//! `Debug`, error texts and `tracing` events contain no key, keystream, S, SKEY or payload.
