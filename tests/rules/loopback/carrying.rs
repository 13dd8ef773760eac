//! Established streams in every mode.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_mse::{Mode, Policy, Role, Skey};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use super::{INFO_HASH, bittorrent_handshake, modes, pair};
use crate::support::spawn::spawn_boxed;

#[tokio::test]
async fn every_mode_carries_payload_both_ways() {
    for (policy, mode) in modes() {
        let (mut a, mut b) = pair(&policy).await;
        assert_eq!(a.negotiated().mode(), mode);
        assert_eq!(b.negotiated().mode(), mode);
        assert_eq!(
            (a.negotiated().role(), b.negotiated().role()),
            (Role::Initiator, Role::Responder)
        );
        assert_eq!((a.negotiated().attempts(), b.negotiated().attempts()), (1, 1));
        assert!(a.negotiated().elapsed().is_some() && b.negotiated().elapsed().is_some());
        // In plaintext, a dialled peer has not proved that it knows the info-hash.
        let skey = Skey::from(INFO_HASH);
        assert_eq!(a.negotiated().skey(), (mode != Mode::Plaintext).then_some(&skey));
        assert_eq!(b.negotiated().skey(), Some(&skey));

        let mut handshake = [0; 68];
        b.read_exact(&mut handshake).await.unwrap();
        assert_eq!(handshake[..], bittorrent_handshake(1));
        b.write_all(b"from the responder").await.unwrap();
        let mut bytes = [0; 18];
        a.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"from the responder");
        a.write_all(b"from the initiator").await.unwrap();
        b.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"from the initiator");
    }
}

/// Clients read the 68 bytes with one call, and some wait for the readiness of the socket first.
#[tokio::test]
async fn h17_r9_the_whole_handshake_of_a_peer_comes_in_one_read_and_is_unread_before() {
    for (policy, _) in modes() {
        let (_a, mut b) = pair(&policy).await;
        assert_eq!(b.unread(), bittorrent_handshake(1));
        // The socket has nothing more, and would never become ready.
        let nothing = b.get_ref().try_read(&mut [0; 1]).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
        let mut buffer = [0; 4096];
        assert_eq!(b.read(&mut buffer).await.unwrap(), 68);
        assert_eq!(b.unread(), b"");
    }
}

#[tokio::test]
async fn half_close_works_both_ways() {
    for (policy, _) in modes() {
        let (mut a, mut b) = pair(&policy).await;
        a.shutdown().await.unwrap();
        let mut all = Vec::new();
        b.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, bittorrent_handshake(1));
        b.write_all(b"after the peer's end").await.unwrap();
        b.shutdown().await.unwrap();
        let mut rest = Vec::new();
        a.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"after the peer's end");
    }
}

#[tokio::test]
async fn f4_copy_bidirectional_over_two_streams_ends() {
    for (policy, _) in modes() {
        let (mut near, mut middle_in) = pair(&policy).await;
        let (mut middle_out, mut far) = pair(&policy).await;
        let relay =
            spawn_boxed(async move { tokio::io::copy_bidirectional(&mut middle_in, &mut middle_out).await });
        let sent = vec![0xC3; 1 << 20];
        let payload = sent.clone();
        let far = spawn_boxed(async move {
            let mut received = Vec::new();
            far.read_to_end(&mut received).await.unwrap();
            far.write_all(b"done").await.unwrap();
            far.shutdown().await.unwrap();
            received
        });
        near.write_all(&payload).await.unwrap();
        near.shutdown().await.unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"done");
        let expected = [&bittorrent_handshake(1)[..], &bittorrent_handshake(1)[..], &sent].concat();
        assert!(far.await.unwrap() == expected);
        relay.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn split_halves_work_in_two_tasks_and_outlive_each_other() {
    for (policy, _) in modes() {
        let (a, b) = pair(&policy).await;
        let (mut read_a, mut write_a) = a.into_split_with(TcpStream::into_split);
        let (mut read_b, mut write_b) = b.into_split_with(tokio::io::split);
        let writer = spawn_boxed(async move {
            write_a.write_all(&vec![7; 3 << 20]).await.unwrap();
            write_a.shutdown().await.unwrap();
            // Dropped here, while the other half still reads.
        });
        let reader = spawn_boxed(async move {
            let mut received = Vec::new();
            read_b.read_to_end(&mut received).await.unwrap();
            received
        });
        write_b.write_all(b"meanwhile").await.unwrap();
        let mut meanwhile = [0; 9];
        read_a.read_exact(&mut meanwhile).await.unwrap();
        assert_eq!(&meanwhile, b"meanwhile");
        writer.await.unwrap();
        let received = reader.await.unwrap();
        // The bytes that came with the handshake survive the split.
        assert_eq!(received[..68], bittorrent_handshake(1));
        assert!(received[68..] == vec![7; 3 << 20]);
        write_b.shutdown().await.unwrap();
        assert_eq!(read_a.read(&mut meanwhile).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn framed_works_unchanged() {
    for (policy, _) in modes() {
        let (a, mut b) = pair(&policy).await;
        b.read_exact(&mut [0; 68]).await.unwrap();
        let mut a = Framed::new(a, LengthDelimitedCodec::new());
        let mut b = Framed::new(b, LengthDelimitedCodec::new());
        for len in [0, 1, 16_397, 100_000] {
            let message = Bytes::from(vec![0x11; len]);
            a.send(message.clone()).await.unwrap();
            assert_eq!(b.next().await.unwrap().unwrap(), message);
            b.send(message.clone()).await.unwrap();
            assert_eq!(a.next().await.unwrap().unwrap(), message);
        }
    }
}

#[tokio::test]
async fn parts_contain_the_unread_bytes_and_keystreams_that_continue() {
    let policy = Policy::full_rc4();
    let (a, b) = pair(&policy).await;
    let (mut a, mut b) = (a.into_parts(), b.into_parts());
    assert_eq!(b.unread, bittorrent_handshake(1));
    let mut bytes = *b"by hand";
    a.encrypt.as_mut().unwrap().as_mut().unwrap().apply(&mut bytes);
    a.io.write_all(&bytes).await.unwrap();
    b.io.read_exact(&mut bytes).await.unwrap();
    b.decrypt.as_mut().unwrap().as_mut().unwrap().apply(&mut bytes);
    assert_eq!(&bytes, b"by hand");
}
