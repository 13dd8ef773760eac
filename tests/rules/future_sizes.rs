//! S3: futures are `Send` exactly if the transport is, and can be spawned. How large they are.

use std::cell::Cell;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, duplex};
use tokio::task::JoinSet;
use tokio_mse::{DialMode, Incoming, MseAcceptor, MseConnector, MseStream, Policy, Skey};

use crate::support::exchange::{SKEY, skey};
use crate::support::peer::{Cut, Peer, fresh, short_padding};

/// A transport with the auto traits of `A`.
struct Transport<A>(PhantomData<A>);

impl<A: Unpin> AsyncRead for Transport<A> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl<A: Unpin> AsyncWrite for Transport<A> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

/// `Send`, but not `Sync`.
type Unshared = Transport<Cell<()>>;
/// Neither.
type Local = Transport<Rc<()>>;

/// Whether a value whose type has no name is `Send`: the inherent method exists only if it is, and is preferred.
struct Probe<'a, V>(&'a V);

impl<V: Send> Probe<'_, V> {
    fn is_send(&self) -> bool {
        let _ = self.0;
        true
    }
}

trait NotSend {
    fn is_send(&self) -> bool;
}

impl<V> NotSend for Probe<'_, V> {
    fn is_send(&self) -> bool {
        false
    }
}

/// Whether every future over this transport is `Send`, by name.
macro_rules! send {
    ($transport:ty) => {{
        let io = || -> $transport { Transport(PhantomData) };
        let (connector, acceptor) = (MseConnector::default(), MseAcceptor::default());
        let policy = Policy::default();
        let mut dial = connector.dial(SKEY, "");
        [
            ("connect", Probe(&connector.connect(io(), SKEY, "")).is_send()),
            (
                "connect_as",
                Probe(&connector.connect_as(DialMode::Mse, io(), SKEY, "")).is_send(),
            ),
            (
                "connect_with",
                Probe(&connector.connect_with(SKEY, "", |_| std::future::ready(io::Result::Ok(io()))))
                    .is_send(),
            ),
            ("attempt", Probe(&dial.attempt(io())).is_send()),
            ("accept", Probe(&acceptor.accept(io())).is_send()),
            (
                "MseStream::connect",
                Probe(&MseStream::connect(io(), SKEY, "", &policy)).is_send(),
            ),
            (
                "MseStream::accept",
                Probe(&MseStream::accept(io(), |_| None, &policy)).is_send(),
            ),
            ("Incoming", Probe(&None::<Incoming<$transport>>).is_send()),
            (
                "Incoming::accept",
                Probe(&|incoming: Incoming<$transport>| incoming).is_send()
                    && Probe(&None::<Incoming<$transport>>.map(|incoming| incoming.accept(SKEY, "")))
                        .is_send(),
            ),
            (
                "Incoming::refuse",
                Probe(&None::<Incoming<$transport>>.map(Incoming::refuse)).is_send(),
            ),
        ]
    }};
}

#[test]
fn s3_futures_are_send_exactly_if_the_transport_is() {
    for (name, is_send) in send!(Transport<()>).into_iter().chain(send!(Unshared)) {
        assert!(is_send, "{name}");
    }
    for (name, is_send) in send!(Local) {
        assert!(!is_send, "{name}");
    }
}

/// Connectors, acceptors and policies are borrowed for the call alone.
#[tokio::test]
async fn s3_futures_can_be_spawned() {
    let (a, b) = duplex(256);
    let mut tasks = JoinSet::new();
    {
        let (connector, acceptor) = (MseConnector::default(), MseAcceptor::default());
        let handshake = b"handshake".to_vec();
        let incoming = tokio::spawn(acceptor.accept(b));
        tasks.spawn(connector.connect(a, SKEY, handshake));
        let incoming = incoming.await.unwrap().unwrap();
        tasks.spawn(incoming.accept(skey(), "answer"));
    }
    while let Some(stream) = tasks.join_next().await {
        stream.unwrap().unwrap();
    }

    let (a, b) = duplex(256);
    let dialled = MseConnector::default().connect_with(SKEY, "", |_| {
        let io = duplex(1).0;
        async { io::Result::Ok(io) }
    });
    drop(dialled);
    let connecting = tokio::spawn(MseStream::connect(a, SKEY, "", &Policy::full_rc4()));
    let accepting = tokio::spawn(MseStream::accept(b, |_| Some(skey()), &Policy::full_rc4()));
    let (mut a, mut b) = (
        connecting.await.unwrap().unwrap(),
        accepting.await.unwrap().unwrap(),
    );
    a.write_all(b"ping").await.unwrap();
    let mut read = [0; 4];
    b.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"ping");

    let (a, b) = duplex(256);
    let dialled = tokio::spawn(MseConnector::default().connect(a, SKEY, ""));
    let incoming = MseAcceptor::default().accept(b).await.unwrap();
    tokio::spawn(incoming.refuse()).await.unwrap();
    dialled.await.unwrap().unwrap_err();

    let mut unreached = MseConnector::new(Policy::plaintext_only()).dial(SKEY, "");
    tokio::spawn(async move { unreached.attempt(duplex(1).0).await.map(drop) })
        .await
        .unwrap()
        .unwrap();
}

/// One for each connection in progress, over a transport of two words. The limits are those of 64 bits.
#[tokio::test]
async fn l6_futures_are_no_larger_than_is_documented() {
    let io = || duplex(1).0;
    assert_eq!(size_of_val(&io()), 2 * size_of::<usize>());
    let (connector, acceptor) = (MseConnector::default(), MseAcceptor::default());
    let connect = size_of_val(&connector.connect(io(), SKEY, ""));
    let accept = size_of_val(&acceptor.accept(io()));
    let policy = Policy::full_rc4();
    let peer = Peer::initiator(skey(), &policy, "", fresh(short_padding()), Cut::NEVER);
    let incoming = acceptor.accept(peer).await.unwrap();
    let request = size_of_val(&incoming);
    let serve = size_of_val(&incoming.accept(Skey::from(SKEY), ""));
    println!("connect {connect}, accept {accept}, incoming {request}, Incoming::accept {serve}");
    assert!(connect <= 848, "{connect}");
    assert!(accept <= 632, "{accept}");
    // With AES, S is needed until the fourth message.
    let aes = if cfg!(feature = "unstable-aes") { 8 } else { 0 };
    assert!(serve <= 640 + aes, "{serve}");
}
