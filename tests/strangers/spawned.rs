//! L1: nothing is spawned, held or kept alive that the caller did not ask for.

use std::rc::Rc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, join};
use tokio_mse::{Incoming, Linger, MseConnector, MseStream, Policy};

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
async fn an_answer_is_not_later_for_the_task_that_is_spawned() {
    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    let accept = require().accept(far, skey()).linger(&Linger::new());
    accept.await.unwrap_err();
    // No task has run since.
    let mut answer = [0; 96];
    let read = near.read_exact(&mut answer);
    assert!(futures_util::FutureExt::now_or_never(read).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_lazy_accept_that_is_dropped_at_the_skey_lingers_if_that_was_asked_for() {
    for lingers in [false, true] {
        let (near, far) = duplex(4096);
        let near = tokio::spawn(async move {
            let connect = MseConnector::new(Policy::full_rc4()).connect(near, [0xEE; 20]);
            connect.into_fallible().await
        });
        let mut accept = require().accept_lazy(far);
        if lingers {
            accept = accept.linger(&Linger::new());
        }
        let Incoming::Pending(pending) = accept.await.unwrap() else {
            panic!("it is MSE");
        };
        let before = tasks();
        drop(pending);
        assert_eq!(tasks(), before + usize::from(lingers));
        near.abort();
    }
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
