//! H15: a connection to ourselves, and one between two that dial, end at once and say so.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, duplex};
use tokio::time::Instant;
use tokio_mse::{DialMode, Error, HandshakeError, Mode, MseConnector};

use super::dial::{INFO_HASH, allow, assert_answered, dial, handshake, handshake_error, seconds};
use super::wire::{closed_duplex, wire};

/// Gives back everything that is written to it, this many bytes at a time.
#[derive(Debug)]
struct Echo {
    bytes: VecDeque<u8>,
    reader: Option<Waker>,
    at_most: usize,
}

impl Echo {
    fn new(at_most: usize) -> Self {
        let (bytes, reader) = (VecDeque::new(), None);
        Self {
            bytes,
            reader,
            at_most,
        }
    }
}

impl AsyncRead for Echo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.bytes.is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let len = self.bytes.len().min(buf.remaining()).min(self.at_most);
        let bytes: Vec<u8> = self.bytes.drain(..len).collect();
        buf.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Echo {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.bytes.extend(buf);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn h15_our_own_key_is_a_connection_to_ourselves() {
    for at_most in [1, 95, 96, usize::MAX] {
        let started = Instant::now();
        let dialled = dial(&MseConnector::default(), [Echo::new(at_most), Echo::new(at_most)]).await;
        let error = dialled.only_error(DialMode::Mse);
        assert_self_connection(&error);
        assert_eq!(started.elapsed(), seconds(0));
    }
}

#[tokio::test(start_paused = true)]
async fn h15_our_own_plaintext_handshake_is_a_connection_to_ourselves() {
    let started = Instant::now();
    let dialled = dial(
        &MseConnector::new(allow()),
        [Echo::new(usize::MAX), Echo::new(usize::MAX)],
    )
    .await;
    let error = dialled.only_error(DialMode::Plaintext);
    assert_self_connection(&error);
    assert_eq!(started.elapsed(), seconds(0));
}

/// Peers of the same torrent with the same extensions share the first 48 bytes. The others are not waited for.
#[tokio::test(start_paused = true)]
async fn h15_what_honest_peers_share_is_no_connection_to_ourselves() {
    let mut almost_ours = handshake(1);
    almost_ours[67] ^= 1;
    for says in [
        &handshake(1)[..20],
        &handshake(1)[..48],
        &handshake(1)[..67],
        &handshake(2),
        &almost_ours,
    ] {
        let started = Instant::now();
        let (near, mut far) = wire();
        far.deliver(says);
        let dialled = dial(&MseConnector::new(allow()), [near]).await;
        let mut stream = dialled.only_stream(DialMode::Plaintext);
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
        let mut read = vec![0; says.len()];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, says);
        assert_eq!(
            started.elapsed(),
            seconds(0),
            "{} bytes were not enough",
            says.len()
        );
    }
}

/// More than a handshake, which the peer echoes as well.
#[tokio::test(start_paused = true)]
async fn h15_a_longer_payload_is_recognised_by_its_first_68_bytes() {
    let mut echo = Some(Echo::new(usize::MAX));
    let payload = [handshake(1), vec![0; 32]].concat();
    let outcome = MseConnector::new(allow())
        .connect_with(INFO_HASH, payload, |_| std::future::ready(echo.take().ok_or(())))
        .await;
    assert_self_connection(&handshake_error(outcome));
}

#[tokio::test(start_paused = true)]
async fn h15_two_that_dial_each_other_with_mse_end_at_once() {
    let started = Instant::now();
    let (a, b) = duplex(1 << 16);
    let connector = MseConnector::default();
    let (a, b) = tokio::join!(
        dial(&connector, [a, closed_duplex()]),
        dial(&connector, [b, closed_duplex()])
    );
    // The first to notice closes. The other has read the mark as well, or sees the end.
    let errors = [a.only_error(DialMode::Mse), b.only_error(DialMode::Mse)];
    assert!(errors.iter().any(is_another_dialler), "{errors:?}");
    errors.iter().for_each(assert_answered);
    assert_eq!(started.elapsed(), seconds(0));
}

/// Plaintext BitTorrent has no roles.
#[tokio::test(start_paused = true)]
async fn h15_two_that_dial_each_other_in_plaintext_are_connected() {
    let (a, b) = duplex(1 << 16);
    let connector = MseConnector::new(allow());
    let dial_b = connector.connect_with(INFO_HASH, handshake(2), {
        let mut b = Some(b);
        move |_| std::future::ready(b.take().ok_or(()))
    });
    let (a, b) = tokio::join!(dial(&connector, [a]), dial_b);
    assert_eq!(
        a.only_stream(DialMode::Plaintext).negotiated().mode(),
        Mode::Plaintext
    );
    assert_eq!(b.unwrap().negotiated().mode(), Mode::Plaintext);
}

/// A socket that connects to its own port, which TCP allows, is connected to itself.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn h15_a_socket_that_is_connected_to_itself_is_recognised() {
    for (policy, mode) in [
        (tokio_mse::Policy::default(), DialMode::Mse),
        (tokio_mse::Policy::full_rc4(), DialMode::Mse),
        (allow(), DialMode::Plaintext),
    ] {
        let transports = [itself().await, itself().await];
        let connector = MseConnector::new(policy);
        let error = dial(&connector, transports).await.only_error(mode);
        assert_self_connection(&error);
    }
}

#[cfg(target_os = "linux")]
async fn itself() -> tokio::net::TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let tcp = socket.connect(address).await.unwrap();
    assert_eq!(tcp.peer_addr().unwrap(), address);
    tcp
}

/// It is told from every other failure, and blames no info-hash.
#[track_caller]
fn assert_self_connection(error: &Error) {
    assert_answered(error);
    assert_eq!(error.refusal(), Some(&HandshakeError::SelfConnection));
    assert!(!error.to_string().contains("info-hash"), "{error}");
}

fn is_another_dialler(error: &Error) -> bool {
    error.refusal() == Some(&HandshakeError::AnotherDialler)
}
