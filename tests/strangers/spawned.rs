//! L1: nothing is spawned, held or kept alive that the caller did not ask for.

use std::rc::Rc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, join};
use tokio_mse::{Linger, MseStream, Policy};

use super::{require, skey};

pub(super) fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// A transport that no task can have.
fn not_send(io: DuplexStream) -> impl AsyncRead + AsyncWrite + Unpin {
    let (read, write) = tokio::io::split(io);
    let marked = (Rc::new(()), write);
    let (_, write) = marked;
    join(read, write)
}

#[tokio::test(start_paused = true)]
async fn l1_a_failed_handshake_spawns_nothing_and_closes_at_once() {
    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    let before = tasks();
    require().accept(far, skey()).await.unwrap_err();
    assert_eq!(tasks(), before);
    assert_eq!(near.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn l1_lingering_spawns_one_task_where_it_is_asked_for() {
    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    let before = tasks();
    require()
        .accept(far, skey())
        .linger(&Linger::new())
        .await
        .unwrap_err();
    assert_eq!(tasks(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn l1_a_future_that_is_dropped_lingers_nowhere() {
    let (mut near, far) = duplex(4096);
    near.write_all(&[0xA5; 96]).await.unwrap();
    let linger = Linger::new();
    let accept = require().accept(far, skey()).linger(&linger);
    let waiting = tokio::time::timeout(std::time::Duration::from_secs(1), accept);
    assert!(waiting.await.is_err());
    assert_eq!(tasks(), 0);
    near.read_to_end(&mut Vec::new()).await.unwrap();
}

#[tokio::test]
async fn l1_a_transport_need_not_be_send_unless_it_lingers() {
    let (near, far) = duplex(4096);
    let skey = skey();
    let policy = Policy::full_rc4();
    let accept = MseStream::accept(not_send(far), &skey, &policy).into_future();
    let connect = MseStream::connect(near, skey.clone(), &policy).into_future();
    let (accepted, connected) = tokio::join!(accept, connect);
    accepted.unwrap();
    connected.unwrap();
}
