//! S2 for a client that splits and boxes its transports before the handshake: they are joined for the handshake, and
//! split again without a lock.

use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use std::future::poll_fn;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Join, ReadBuf, join};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{CryptoMethod, MseReadHalf, MseStream};

use crate::support::pair::{Mode, established_with, streams};
use crate::support::spawn::spawn_boxed;

/// A client's own trait for transports that read into several buffers.
trait AsyncReadVectored: AsyncRead + Unpin {
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>>;
}

impl<R: AsyncReadVectored> AsyncReadVectored for MseReadHalf<R> {
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_vectored_with(cx, bufs, R::poll_read_vectored)
    }
}

impl<R: AsyncReadVectored + ?Sized> AsyncReadVectored for Box<R> {
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self.get_mut()).poll_read_vectored(cx, bufs)
    }
}

type BoxedRead = Box<dyn AsyncReadVectored + Send>;
type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;

/// How a client does it over TCP.
impl AsyncReadVectored for OwnedReadHalf {
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let tcp: &TcpStream = (*self).as_ref();
        loop {
            ready!(tcp.poll_read_ready(cx))?;
            match tcp.try_read_vectored(bufs) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

/// Fills one buffer after the other, each with a read of its own.
struct OneByOne<R>(R);

impl<R: AsyncRead + Unpin> AsyncRead for OneByOne<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl<R: AsyncRead + Unpin> AsyncReadVectored for OneByOne<R> {
    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = 0;
        for buf in bufs {
            let mut buf = ReadBuf::new(buf);
            match self.as_mut().poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) => filled += buf.filled().len(),
                Poll::Pending if filled > 0 => break,
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
            if buf.remaining() > 0 {
                break;
            }
        }
        Poll::Ready(Ok(filled))
    }
}

fn boxed(io: tokio::io::DuplexStream) -> Join<BoxedRead, BoxedWrite> {
    let (r, w) = tokio::io::split(io);
    join(Box::new(OneByOne(r)), Box::new(w))
}

fn apart(peer: MseStream<Join<BoxedRead, BoxedWrite>>) -> (BoxedRead, BoxedWrite) {
    let (reader, writer) = peer.into_split_with(Join::into_inner);
    (Box::new(reader), Box::new(writer))
}

async fn read_all(mut reader: BoxedRead) -> Vec<u8> {
    let mut received = Vec::new();
    loop {
        // A ring buffer that has wrapped around: two pieces, with other lengths each time.
        let (mut one, mut two) = (vec![0; 1 + received.len() % 7], vec![0; received.len() % 11]);
        let len = poll_fn(|cx| {
            let mut bufs = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
            Pin::new(&mut reader).poll_read_vectored(cx, &mut bufs)
        });
        let len = len.await.unwrap();
        if len == 0 {
            return received;
        }
        received.extend([one, two].concat().get(..len).unwrap());
    }
}

#[tokio::test]
async fn s2_halves_that_were_boxed_before_the_handshake_are_boxed_halves_after_it() {
    for mode in Mode::ALL.iter().copied() {
        let (a, b) = tokio::io::duplex(50);
        let (a, b) = streams(mode, boxed(a), boxed(b));
        let ((read_a, mut write_a), (read_b, mut write_b)) = (apart(a), apart(b));
        let data: Vec<u8> = (0..20_000_u32).map(|at| (at * 5) as u8).collect();
        let there = data.clone();
        let send_a = spawn_boxed(async move {
            write_a.write_all(&there).await.unwrap();
            write_a.shutdown().await.unwrap();
        });
        let send_b = spawn_boxed(async move {
            write_b.write_all(b"to and fro").await.unwrap();
            write_b.shutdown().await.unwrap();
        });
        let (to_b, to_a) = tokio::join!(read_all(read_b), read_all(read_a));
        assert!(to_b == data, "{mode:?}");
        assert_eq!(to_a, b"to and fro", "{mode:?}");
        send_a.await.unwrap();
        send_b.await.unwrap();
    }
}

#[tokio::test]
async fn r5_left_over_bytes_survive_the_boxes() {
    let (_, responder) = established_with(CryptoMethod::Rc4, "left over", "");
    let (io, other) = tokio::io::duplex(50);
    let (mut reader, _writer) = apart(MseStream::from_established(boxed(io), responder));
    let mut read = [0; 4];
    reader.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"left");
    drop(other);
    assert_eq!(read_all(reader).await, b" over");
}

#[tokio::test]
async fn s2_joined_halves_can_be_joined_again() {
    let (io, _other) = tokio::io::duplex(50);
    let (peer, _) = streams(Mode::Rc4, boxed(io), ());
    let (reader, writer) = peer.into_split_with(Join::into_inner);
    let peer = reader.reunite(writer, |r, w| Ok(join(r, w))).unwrap();
    let _: MseStream<Join<BoxedRead, BoxedWrite>> = peer;
}

#[tokio::test]
async fn r1_a_socket_is_read_into_several_buffers_at_once() {
    for mode in Mode::ALL.iter().copied() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dialled = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let (mut a, b) = streams(mode, dialled, accepted);
        let data: Vec<u8> = (0..100_000_u32).map(|at| (at * 5) as u8).collect();
        let there = data.clone();
        let send = spawn_boxed(async move {
            a.write_all(&there).await.unwrap();
            a.shutdown().await.unwrap();
        });
        let (reader, _writer) = b.into_split_with(TcpStream::into_split);
        assert!(read_all(Box::new(reader)).await == data, "{mode:?}");
        send.await.unwrap();
    }
}
