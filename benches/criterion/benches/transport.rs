//! Established streams over loopback.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{MseStream, Policy, Skey};

const BLOCK: usize = 16 * 1024;

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dialled = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    dialled.set_nodelay(true).unwrap();
    (dialled, listener.accept().await.unwrap().0)
}

async fn shaken(policy: Policy) -> (MseStream<TcpStream>, MseStream<TcpStream>) {
    let skey = Skey::from([7; 20]);
    let (a, b) = sockets().await;
    tokio::try_join!(
        MseStream::connect(a, &skey, "", &policy),
        MseStream::accept(b, |_| Some(skey.clone()), &policy)
    )
    .unwrap()
}

async fn pass<A, B>((from, to): &mut (A, B), sent: &[u8], received: &mut [u8])
where
    A: AsyncWrite + Unpin,
    B: AsyncRead + Unpin,
{
    let (written, read) = tokio::join!(from.write_all(sent), to.read_exact(received));
    written.unwrap();
    read.unwrap();
}

fn transport(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut tcp = runtime.block_on(sockets());
    let mut header_only = runtime.block_on(shaken(Policy::header_only()));
    let mut rc4 = runtime.block_on(shaken(Policy::full_rc4()));
    let mut group = c.benchmark_group("transport");
    for size in [17, BLOCK, 16 * BLOCK] {
        let (sent, mut received) = (vec![1; size], vec![0; size]);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("bare TCP, {size} bytes"), |b| {
            b.iter(|| runtime.block_on(pass(&mut tcp, &sent, &mut received)));
        });
        group.bench_function(format!("header-only, {size} bytes"), |b| {
            b.iter(|| runtime.block_on(pass(&mut header_only, &sent, &mut received)));
        });
        group.bench_function(format!("RC4, {size} bytes"), |b| {
            b.iter(|| runtime.block_on(pass(&mut rc4, &sent, &mut received)));
        });
    }
}

criterion_group!(benches, transport);
criterion_main!(benches);
