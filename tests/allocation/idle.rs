//! What an idle connection holds.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{MseStream, Policy, Skey};

use super::counting::held;

type Pair<T> = (T, T);

async fn sockets(listener: &TcpListener) -> Pair<TcpStream> {
    let dialled = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (dialled, listener.accept().await.unwrap().0)
}

async fn encrypted((a, b): Pair<TcpStream>) -> Pair<MseStream<TcpStream>> {
    let (skey, policy) = (Skey::from([7; 20]), Policy::full_rc4());
    let (a, b) = tokio::join!(
        MseStream::connect(a, skey.clone(), Vec::new(), &policy),
        MseStream::accept(b, |_| Some(skey), &policy)
    );
    (a.unwrap(), b.unwrap())
}

/// More than one write encrypts, so that the block is used and given back.
async fn send(from: &mut MseStream<TcpStream>, to: &mut MseStream<TcpStream>, data: &mut [u8]) {
    let sent = vec![3; data.len()];
    let (written, read) = tokio::join!(from.write_all(&sent), to.read_exact(data));
    written.unwrap();
    read.unwrap();
}

#[tokio::test]
async fn an_idle_rc4_connection_holds_at_most_1_kib_beyond_its_socket() {
    const CONNECTIONS: usize = 50;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut data = vec![0; 40_000];
    // What a thread allocates once belongs to no connection.
    let (mut a, mut b) = encrypted(sockets(&listener).await).await;
    send(&mut a, &mut b, &mut data).await;

    let mut bare = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        bare.push(sockets(&listener).await);
    }
    let mut idle = Vec::with_capacity(CONNECTIONS);
    let before = held();
    for sockets in bare.drain(..) {
        let (mut a, mut b) = encrypted(sockets).await;
        send(&mut a, &mut b, &mut data).await;
        send(&mut b, &mut a, &mut data).await;
        idle.push((a, b));
    }
    let heap = usize::try_from(held() - before).unwrap() / (2 * CONNECTIONS);
    let inline = size_of::<MseStream<TcpStream>>() - size_of::<TcpStream>();
    println!("an idle stream: {inline} bytes inline and {heap} on the heap");
    assert!(
        heap + inline <= 1024,
        "{inline} bytes inline and {heap} on the heap"
    );
}
