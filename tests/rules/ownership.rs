//! S2 and S3: auto traits, halves and parts.

use std::cell::Cell;
use std::rc::Rc;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio_mse::handshake::{
    Detection, Established, Initiator, Negotiation, PlaintextDial, Randomness, Responder, SkeyRequest,
};
use tokio_mse::{
    ConnectError, CryptoMethod, Dial, Disguise, Error, Incoming, Keystream, Linger, Mode as Agreed,
    MseAcceptor, MseConnector, MseReadHalf, MseStream, MseWriteHalf, Negotiated, Parts, Policy, Role, Skey,
    SkeyHash, SkeyIndex,
};

use crate::support::pair::{Mode, established, stream, streams};
use crate::support::poll::{self, ready};
use crate::support::script::{Scripted, Step};
use crate::support::spawn::spawn_boxed;

/// Neither `Send` nor `Sync`.
struct Local(#[allow(dead_code, reason = "for its auto traits")] Rc<()>);
/// `Send`, but not `Sync`.
struct Unshared(#[allow(dead_code, reason = "for its auto traits")] Cell<()>);
/// Not `Unpin`.
struct Pinned(#[allow(dead_code, reason = "for its auto traits")] std::marker::PhantomPinned);

macro_rules! follows_its_transport {
    ($name:ident) => {
        assert_impl_all!($name<DuplexStream>: Send, Sync, Unpin);
        assert_not_impl_any!($name<Local>: Send, Sync);
        assert_impl_all!($name<Local>: Unpin);
        assert_impl_all!($name<Unshared>: Send, Unpin);
        assert_not_impl_any!($name<Unshared>: Sync);
        assert_not_impl_any!($name<Pinned>: Unpin);
        assert_impl_all!($name<Pinned>: Send, Sync);
        const _: () = {
            // The transport may borrow.
            #[allow(dead_code, reason = "it only has to compile")]
            fn borrowed(_: $name<&mut DuplexStream>) {}
        };
    };
}

follows_its_transport!(MseStream);
follows_its_transport!(MseReadHalf);
follows_its_transport!(MseWriteHalf);
follows_its_transport!(Parts);
follows_its_transport!(Incoming);

assert_impl_all!(MseConnector: Send, Sync, Unpin, Clone);
assert_impl_all!(MseAcceptor: Send, Sync, Unpin, Clone);
assert_impl_all!(Keystream: Send, Sync, Unpin);
assert_impl_all!(Established: Send, Sync, Unpin);
assert_impl_all!(Initiator: Send, Sync, Unpin);
assert_impl_all!(Responder: Send, Sync, Unpin);
assert_impl_all!(Detection: Send, Sync, Unpin);
assert_impl_all!(PlaintextDial: Send, Sync, Unpin);
assert_impl_all!(Dial: Send, Sync, Unpin);
assert_impl_all!(Disguise: Send, Sync, Unpin, Clone);
assert_impl_all!(Linger: Send, Sync, Unpin, Clone);
assert_impl_all!(Negotiated: Send, Sync, Unpin, Clone);
assert_impl_all!(Negotiation: Send, Sync, Unpin);
assert_impl_all!(SkeyRequest: Send, Sync, Unpin);
assert_impl_all!(Randomness: Send, Sync, Unpin);
assert_impl_all!(SkeyIndex: Send, Sync, Unpin);
assert_impl_all!(Skey: Send, Sync, Unpin, Clone);
assert_impl_all!(SkeyHash: Send, Sync, Unpin, Copy);
assert_impl_all!(Error: Send, Sync, Unpin, std::error::Error);
assert_impl_all!(ConnectError<Error>: Send, Sync, Unpin, std::error::Error);
assert_not_impl_any!(ConnectError<Rc<()>>: Send, Sync);
assert_impl_all!(Error: Into<std::io::Error>);
// Two copies of a keystream would encrypt twice with the same bytes.
assert_not_impl_any!(Keystream: Clone);

#[tokio::test]
async fn s2_halves_work_on_after_the_other_was_dropped() {
    for mode in Mode::ALL.iter().copied() {
        let (a, b) = tokio::io::duplex(64);
        let (a, b) = streams(mode, a, b);
        let (read_a, mut write_a) = a.into_split_with(tokio::io::split);
        let (mut read_b, write_b) = b.into_split_with(tokio::io::split);
        drop(read_a);
        drop(write_b);
        let sender = spawn_boxed(async move {
            write_a.write_all(&[6; 4000]).await.unwrap();
            write_a.shutdown().await.unwrap();
        });
        let mut received = Vec::new();
        read_b.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, [6; 4000], "{mode:?}");
        sender.await.unwrap();
    }
}

#[test]
fn s2_a_half_that_waits_does_not_delay_the_other() {
    // The halves share nothing that changes, so two threads can use them at the same time without a lock.
    assert_impl_all!(MseReadHalf<ReadHalf<DuplexStream>>: Send);
    assert_impl_all!(MseWriteHalf<WriteHalf<DuplexStream>>: Send);
    let io = Scripted::writing(vec![Step::Pending; 4]);
    let (mut reader, mut writer) = stream(Mode::Rc4, io).into_split_with(|io| (io.clone(), io));
    let waiting = std::thread::spawn(move || {
        assert!(poll::write(&mut writer, b"data").is_pending());
        writer
    });
    assert_eq!(ready(poll::read(&mut reader, 5)), b"");
    drop(waiting.join().unwrap());
    assert_eq!(ready(poll::read(&mut reader, 5)), b"");
}

#[test]
fn s2_the_halves_give_back_what_they_are_made_of() {
    let io = Scripted::reading([], []);
    let (mut reader, mut writer) = stream(Mode::Rc4, io.clone()).into_split_with(|io| (io.clone(), io));
    assert_eq!(ready(poll::read(reader.get_mut(), 1)), b"");
    assert_eq!(reader.get_ref().calls().len(), 1);
    assert_eq!(ready(poll::write(writer.get_mut(), b"raw")), 3);
    assert_eq!(writer.get_ref().written(), b"raw");
    let (read, unread, decrypt) = reader.into_parts();
    let (write, encrypt) = writer.into_parts();
    assert_eq!((read.handles(), unread.len()), (3, 0));
    assert!(encrypt.unwrap().is_some() && decrypt.unwrap().is_some());
    drop((read, write));
    assert_eq!(io.handles(), 1);

    let (reader, writer) = stream(Mode::HeaderOnly, ()).into_split_with(|()| ((), ()));
    assert!(reader.into_parts().2.unwrap().is_none() && writer.into_parts().1.unwrap().is_none());
}

#[test]
fn s2_a_stream_gives_back_what_it_is_made_of() {
    let mut peer = stream(Mode::Rc4, 1);
    assert_eq!(*peer.get_ref(), 1);
    *peer.get_mut() += 1;
    assert_eq!(peer.negotiated().role(), Role::Initiator);
    assert_eq!(peer.negotiated().mode(), Agreed::Rc4);
    assert_eq!(peer.negotiated().attempts(), 1);
    // It was driven by hand.
    assert_eq!(peer.negotiated().elapsed(), None);
    let Parts {
        io,
        unread,
        decrypt,
        encrypt,
        negotiated,
        ..
    } = peer.into_parts();
    assert_eq!((io, unread.len()), (2, 0));
    assert!(decrypt.unwrap().is_some() && encrypt.unwrap().is_some());
    assert_eq!(negotiated.mode(), Agreed::Rc4);

    let parts = MseStream::plaintext((), Role::Responder).into_parts();
    assert!(parts.decrypt.unwrap().is_none() && parts.encrypt.unwrap().is_none());
    assert_eq!(parts.negotiated.role(), Role::Responder);
    assert_eq!(parts.negotiated.mode(), Agreed::Plaintext);
    assert_eq!(parts.negotiated.skey(), None);
}

#[tokio::test]
async fn s2_connect_and_accept_in_one_call() {
    let (a, b) = tokio::io::duplex(256);
    let (policy, skey) = (Policy::full_rc4(), Skey::from([3; 20]));
    let (mut a, mut b) = tokio::try_join!(
        MseStream::connect(a, &skey, "", &policy),
        MseStream::accept(b, |hash| hash.matches(&skey).then(|| skey.clone()), &policy),
    )
    .unwrap();
    a.write_all(b"ping").await.unwrap();
    let mut read = [0; 4];
    b.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"ping");
    assert_eq!(b.negotiated().role(), Role::Responder);
    assert_eq!(b.negotiated().skey(), Some(&skey));
}

#[test]
fn s2_both_keystreams_belong_to_their_own_direction() {
    let (a, b) = established(CryptoMethod::Rc4);
    let (mut a_sends, mut a_receives) = (a.encrypt.unwrap(), a.decrypt.unwrap());
    let (mut b_sends, mut b_receives) = (b.encrypt.unwrap(), b.decrypt.unwrap());
    let (mut there, mut back) = ([1; 40], [2; 40]);
    a_sends.apply(&mut there);
    b_sends.apply(&mut back);
    assert_ne!(there.map(|byte| byte ^ 1), back.map(|byte| byte ^ 2));
    b_receives.apply(&mut there);
    a_receives.apply(&mut back);
    assert_eq!((there, back), ([1; 40], [2; 40]));
}
