//! S2 and S3: halves that become a stream again.

use std::convert::Infallible;
use std::error::Error;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{CryptoMethod, MseReadHalf, MseStream, MseWriteHalf, ReuniteError, Role};

use crate::support::pair::{Mode, established_with, facts, stream, streams};
use crate::support::poll::{self, ready};
use crate::support::script::{Scripted, Step};

type Local = std::rc::Rc<()>;

assert_impl_all!(ReuniteError<TcpStream, TcpStream>: Send, Sync, Unpin, Error);
assert_not_impl_any!(ReuniteError<Local, ()>: Send, Sync);
assert_not_impl_any!(ReuniteError<(), Local>: Send, Sync);
// It is an error, whatever the types of the halves.
assert_impl_all!(ReuniteError<Box<dyn AsyncRead + Send>, Box<dyn AsyncWrite>>: Error);
// The halves share the result of the handshake. This makes no half depend on the other's transport.
assert_impl_all!(MseReadHalf<TcpStream>: Send, Sync, Unpin);
assert_impl_all!(MseWriteHalf<TcpStream>: Send, Sync, Unpin);
assert_not_impl_any!(MseReadHalf<Local>: Send, Sync);
assert_not_impl_any!(MseWriteHalf<Local>: Send, Sync);

#[test]
fn s2_both_halves_know_the_result_of_the_handshake() {
    for mode in Mode::ALL.iter().copied() {
        let (_, peer) = streams(mode, (), ());
        let negotiated = facts(peer.negotiated());
        assert_eq!(negotiated.0, Role::Responder);
        let (reader, writer) = peer.into_split_with(|()| ((), ()));
        assert_eq!(facts(reader.negotiated()), negotiated);
        drop(reader);
        assert_eq!(facts(writer.negotiated()), negotiated, "{mode:?}");
    }
}

#[tokio::test]
async fn s2_reunited_halves_continue() {
    for mode in Mode::ALL.iter().copied() {
        let (a, b) = tokio::io::duplex(4096);
        let (mut a, mut b) = streams(mode, a, b);
        a.write_all(b"whole, ").await.unwrap();
        b.write_all(b"to whole, ").await.unwrap();
        let negotiated = facts(a.negotiated());
        let (mut reader, mut writer) = a.into_split_with(tokio::io::split);
        writer.write_all(b"halved, ").await.unwrap();
        let mut read = [0; 5];
        reader.read_exact(&mut read).await.unwrap();
        b.write_all(b"to half").await.unwrap();
        let mut a = reader.reunite(writer, |r, w| Ok(r.unsplit(w))).unwrap();
        assert_eq!(facts(a.negotiated()), negotiated);
        a.write_all(b"whole again").await.unwrap();
        a.shutdown().await.unwrap();
        b.shutdown().await.unwrap();
        let (mut to_b, mut to_a) = (String::new(), String::from_utf8(read.to_vec()).unwrap());
        b.read_to_string(&mut to_b).await.unwrap();
        a.read_to_string(&mut to_a).await.unwrap();
        assert_eq!(to_b, "whole, halved, whole again", "{mode:?}");
        assert_eq!(to_a, "to whole, to half", "{mode:?}");
    }
}

#[tokio::test]
async fn s2_the_halves_of_a_socket_become_a_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dialled = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut there, _) = listener.accept().await.unwrap();
    let local = dialled.local_addr().unwrap();
    let (reader, writer) = stream(Mode::HeaderOnly, dialled).into_split_with(TcpStream::into_split);
    let joined = reader.reunite(writer, |r, w| r.reunite(w).map_err(|error| (error.0, error.1)));
    let mut peer: MseStream<TcpStream> = joined.unwrap();
    assert_eq!(peer.get_ref().local_addr().unwrap(), local);
    peer.write_all(b"still the same").await.unwrap();
    peer.shutdown().await.unwrap();
    let mut received = Vec::new();
    there.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"still the same");
}

#[test]
fn s2_unread_bytes_and_generated_keystream_survive() {
    let (_, responder) = established_with(CryptoMethod::Rc4, "left over", "");
    let io = Scripted::writing([Step::Pending]);
    let mut peer = MseStream::from_established(io.clone(), responder);
    assert!(poll::write(&mut peer, b"refused").is_pending());
    let (reader, writer) = peer.into_split_with(|io| (io.clone(), io));
    let mut peer = reader.reunite(writer, |io, _| Ok(io)).unwrap();
    assert_eq!(ready(poll::read(&mut peer, 40)), b"left over");
    assert_eq!(ready(poll::write(&mut peer, b"accepted")), 8);
    let mut cipher = crate::support::pair::ciphers().1;
    assert_eq!(io.written(), cipher.apply(b"accepted"));
}

#[test]
fn s2_halves_of_different_streams_are_returned_as_they_were() {
    for mode in Mode::ALL.iter().copied() {
        let (ours, theirs) = (Scripted::writing([]), Scripted::writing([]));
        let split = |io: &Scripted| stream(mode, io.clone()).into_split_with(|io| (io.clone(), io));
        let ((reader, our_writer), (_, their_writer)) = (split(&ours), split(&theirs));
        assert!(reader.is_pair_of(&our_writer));
        assert!(!reader.is_pair_of(&their_writer));
        let refused = reader.reunite(their_writer, |_, _| -> Result<Infallible, _> {
            panic!("halves of different streams must not be joined")
        });
        let error = refused.err().unwrap();
        assert_eq!(error.to_string(), "the halves come from different streams");
        assert!(error.source().is_none());
        let (reader, mut their_writer) = error.into_halves();
        assert_eq!(ready(poll::write(&mut their_writer, b"works on")), 8);
        assert!(reader.is_pair_of(&our_writer), "{mode:?}");
        let mut peer = reader.reunite(our_writer, |io, _| Ok(io)).unwrap();
        assert_eq!(ready(poll::write(&mut peer, b"works on")), 8);
        assert_eq!(ours.written(), theirs.written());
    }
}

#[test]
fn s2_halves_are_returned_as_they_were_if_the_transport_cannot_be_joined() {
    for mode in Mode::ALL.iter().copied() {
        let io = Scripted::writing([]);
        let (reader, writer) = stream(mode, io.clone()).into_split_with(|io| (io.clone(), io));
        let refused = reader.reunite(writer, |r, w| Err::<Infallible, _>((r, w)));
        let error = refused.err().unwrap();
        assert_eq!(error.to_string(), "the halves of the transport cannot be joined");
        let (reader, mut writer) = error.into_halves();
        assert_eq!(ready(poll::write(&mut writer, b"goes ")), 5);
        let mut peer = reader.reunite(writer, |io, _| Ok(io)).unwrap();
        assert_eq!(ready(poll::write(&mut peer, b"on")), 2);
        let expected = mode.wire(&mut crate::support::pair::ciphers().0, b"goes on");
        assert_eq!(io.written(), expected, "{mode:?}");
    }
}

#[test]
fn s4_debug_of_the_error_shows_nothing_of_the_halves() {
    let (_, responder) = established_with(CryptoMethod::Rc4, "left over", "");
    let (reader, writer) = MseStream::from_established((), responder).into_split_with(|()| ((), ()));
    let text = format!("{reader:?} {writer:?}");
    for part in ["unread: 9", "Some(Keystream(..))", "Some(Skey(..))"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let error = reader
        .reunite(writer, |r, w| Err::<Infallible, _>((r, w)))
        .err()
        .unwrap();
    let cause = "the halves of the transport cannot be joined";
    assert_eq!(
        format!("{error:?}"),
        format!("ReuniteError {{ cause: {cause:?}, .. }}")
    );
}
