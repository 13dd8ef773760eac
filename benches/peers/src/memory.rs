//! What idle connections hold, counted by the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::sync::atomic::{AtomicIsize, Ordering};

use mtorrent_base::pe::{DecryptingReader, EncryptingWriter};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::runtime::Runtime;
use tokio_mse::CryptoMethod;

use crate::mse;
use crate::report::Report;
use crate::tcp::Loopback;
use crate::tls::Tls;
use mse_measure::race::Spread;

static LIVE: AtomicIsize = AtomicIsize::new(0);

pub struct Counting;

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(memory, layout) }
    }
}

const CONNECTIONS: usize = 100;

/// Bytes beyond the socket for each end, after some traffic both ways.
async fn of_each<S, H>(shake: impl Fn((TcpStream, TcpStream)) -> H) -> f64
where
    H: Future<Output = (S, S)>,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let loopback = Loopback::new().await;
    // What is made once in a process is none of the connections' business.
    let mut warm_up = shake(loopback.pair().await).await;
    talk(&mut warm_up).await;
    let mut sockets = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        sockets.push(loopback.pair().await);
    }
    let mut streams = Vec::with_capacity(CONNECTIONS);
    let before = LIVE.load(Ordering::Relaxed);
    for pair in sockets.drain(..) {
        let mut pair = shake(pair).await;
        talk(&mut pair).await;
        streams.push(pair);
    }
    let heap = (LIVE.load(Ordering::Relaxed) - before) as f64 / (2 * CONNECTIONS) as f64;
    heap + (size_of::<S>() - size_of::<TcpStream>()) as f64
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>((a, b): &mut (S, S)) {
    let mut data = vec![1; 20_000];
    for _ in 0..2 {
        let sent = data.clone();
        let (_, received) = tokio::join!(
            async {
                a.write_all(&sent).await.unwrap();
                a.flush().await.unwrap();
            },
            b.read_exact(&mut data)
        );
        received.unwrap();
        std::mem::swap(a, b);
    }
}

/// Both of its types, joined: it has no stream that reads and writes.
struct Mtorrent {
    reader: DecryptingReader<OwnedReadHalf>,
    writer: EncryptingWriter<OwnedWriteHalf>,
}

impl AsyncRead for Mtorrent {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.get_mut().reader).poll_read(cx, buf)
    }
}

impl AsyncWrite for Mtorrent {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.get_mut().writer).poll_write(cx, buf)
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.get_mut().writer).poll_flush(cx)
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.get_mut().writer).poll_shutdown(cx)
    }
}

impl Mtorrent {
    fn new(io: TcpStream, crypto: mtorrent_base::pe::Crypto) -> Self {
        let (read, write) = io.into_split();
        Self {
            reader: DecryptingReader::new(read, crypto.decryptor),
            writer: EncryptingWriter::new(write, crypto.encryptor),
        }
    }
}

pub fn measure(report: &mut Report, runtime: &Runtime) {
    let ours = runtime.block_on(of_each(|pair| mse::ours(CryptoMethod::Rc4, pair)));
    let mtorrent = runtime.block_on(of_each(async |(mut a, mut b)| {
        let (crypto_a, crypto_b) = mse::mtorrent(&mut a, &mut b).await;
        (Mtorrent::new(a, crypto_a), Mtorrent::new(b, crypto_b))
    }));
    let ring = runtime.block_on(of_each(async |pair| {
        let (a, b) = Tls::ring().shake(pair).await;
        (tokio_rustls::TlsStream::from(a), tokio_rustls::TlsStream::from(b))
    }));
    let what = "memory per idle connection beyond the socket";
    report.costs(what, "1 KiB", Spread::exactly(ours / 1024.0), Some(1.0));
    report.costs(what, "mtorrent", Spread::exactly(ours / mtorrent), None);
    report.costs(what, "tokio-rustls, ring", Spread::exactly(ours / ring), None);
    for (name, bytes) in [
        ("tokio-mse, RC4", ours),
        ("mtorrent", mtorrent),
        ("tokio-rustls, ring", ring),
    ] {
        let connections = f64::from(1u32 << 30) / bytes;
        report.sustains(
            &format!("idle connections in 1 GiB, beyond their sockets: {name}"),
            &format!("{connections:.0}, of {bytes:.0} bytes each"),
        );
    }
}
