//! The stream: flush, cancel safety, halves, readiness, broken transports, and what is wiped.
//!
//! An [`MseStream`](crate::MseStream) behaves like the transport inside it. Each call on the stream makes the same call on
//! the transport and returns what the transport returned. Only the bytes are encrypted or decrypted.
//!
//! The exceptions:
//!
//! - Empty writes and reads without free space in the buffer never reach the transport.
//! - Bytes that arrived with the handshake are returned before the transport is read.
//! - A vectored write on an encrypted stream reaches the transport as one ordinary write.
//! - One write passes on about 16 KiB at most (a BitTorrent block and its header), and less to a transport that recently
//!   accepted only a part of a write.
//! - A transport that breaks its contract gets an error instead of being called again.
//!
//! # Flush
//!
//! **No flush is needed.** The stream holds no ciphertext back: what a write accepted, the transport has. A client that
//! never flushes a `TcpStream` does not have to flush an `MseStream`. `flush` is passed on to the transport, which may have
//! a buffer of its own (`BufWriter`, uTP).
//!
//! In the handshake the library flushes each message, and it keeps reading while a flush is pending. Some transports need
//! that: a flush over uTP may wait for the peer's acknowledgement, which arrives with its next bytes.
//!
//! # Cancel safety
//!
//! **Reads and writes on the stream are as cancel safe as on the transport.** If the transport accepts three bytes of a
//! write, three bytes of keystream are used, and the write returns 3. If it returns `Pending` or an error, or if the future
//! of a `write` is dropped, no keystream is used. The next write may have other data of another length. Received bytes are
//! decrypted once, in the caller's buffer.
//!
//! `write_all` and `read_exact` are not cancel safe, as on any transport: a dropped future does not say how many bytes it
//! had written or read. The keystream stays synchronised all the same.
//!
//! **Handshakes are not cancel safe.** The futures of connector and acceptor own the transport. If you drop one, the
//! connection is closed. This is what a `timeout` or `select!` around a handshake wants. A dropped handshake does not
//! linger, and the library spawns no task that would continue it.
//!
//! # Shutdown and the end of the stream
//!
//! `shutdown` is passed on, any number of times. All accepted bytes precede it, because the transport already has them. Each
//! direction ends on its own: you can read after `shutdown`, and write after the peer's end of stream.
//!
//! MSE has no close record. An end of stream is the transport's. If someone on the path cuts the connection, it looks as if
//! the peer had closed it: **truncation cannot be detected**. The protocol above has to know when it has everything.
//!
//! # Halves
//!
//! [`into_split_with`](crate::MseStream::into_split_with) splits the stream into owned halves without a lock, by splitting
//! the transport: `TcpStream::into_split`, [`tokio::io::split`], or `Join::into_inner` for a transport that was joined from
//! two halves. Each half works after the other was dropped.
//! [`MseReadHalf::reunite`](crate::MseReadHalf::reunite) is the inverse.
//!
//! [`into_parts`](crate::MseStream::into_parts) returns the transport, the bytes that were received and not read, and one
//! [`Keystream`](crate::Keystream) for each direction. [`from_parts`](crate::MseStream::from_parts) is the inverse.
//! [`map_io`](crate::MseStream::map_io) replaces the transport, by a boxed one for example.
//!
//! # Readiness
//!
//! Bytes of the peer's stream often arrive in the same segment as the end of the handshake. The library has read them, so
//! the descriptor does not become readable for them. Code that waits for the readiness of the descriptor
//! (`get_ref().readable()`, epoll on `AsFd`) would wait for bytes that it could already read.
//!
//! [`MseStream::unread`](crate::MseStream::unread) shows these bytes. If it is not empty, read before you wait.
//! Ordinary `AsyncRead` calls need no such check.
//!
//! # The first bytes
//!
//! - The first read after a handshake returns everything that the peer sent of its stream in the same segment, if the buffer
//!   is large enough. A client that reads the 68 bytes of the BitTorrent handshake with one `read` gets them if the peer
//!   sent them in one piece. `read_exact` is safer.
//! - If the handshake has ended for the peer and our last message cannot be written, because the peer has reset the
//!   connection for example, the stream is returned all the same. What the peer sent can be read, and every write
//!   fails.
//!
//! # A transport that breaks its contract
//!
//! A transport may report more bytes written than it was given, fill a buffer and then return `Pending` or an error, remove
//! bytes from the reader's buffer, or panic. After that the keystream position is unknown. The library then returns an
//! error that names the cause, and so does every later call in the same direction. The other direction keeps working. No
//! wrong byte is ever returned.
//!
//! # Bytes that were changed on the way
//!
//! MSE has no checksum. A changed byte of ciphertext is a changed byte of payload at the same position, and all other bytes
//! are right. The library cannot notice it. BitTorrent discards a piece with a wrong hash. A changed message length can make
//! a reader wait for bytes that never come, so give your codec a limit on the length and your connection a timeout.
//!
//! During the handshake a changed byte causes an error, or has no effect if it is in the padding.
//!
//! # What is wiped
//!
//! **No freed heap memory of this crate holds a cipher state, a private exponent or S.** They are stored in boxed allocations
//! that are overwritten before they are freed, so that moving a stream or a future copies a pointer and not the secret.
//!
//! Not promised:
//!
//! - temporary values on the stack and in registers;
//! - copies that other crates make inside their functions;
//! - the SKEY in your own data, the payload, and memory that the operating system swaps or dumps.
//!
//! `Debug`, error texts and `tracing` events contain no key, keystream, S, SKEY or payload.
