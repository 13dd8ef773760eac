//! R9: what came with the handshake can be seen without reading it, because the descriptor does not become ready for it.
#![cfg(unix)]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio_mse::{DialMode, MseConnector};

use super::dial::{accept, dial, handshake_and_unchoke};

#[tokio::test]
async fn r9_a_caller_that_waits_for_readiness_sees_what_is_unread() {
    let (near, far) = UnixStream::pair().unwrap();
    let connector = MseConnector::default();
    // Step 4 and what follows it are one write, which a read of the handshake takes as a whole.
    let (dialled, accepted) = tokio::join!(dial(&connector, [near]), accept(far, handshake_and_unchoke()));
    let (mut near, mut far) = (dialled.only_stream(DialMode::Mse), accepted.unwrap());
    assert_eq!(near.unread(), handshake_and_unchoke());
    // Nothing is left in the socket.
    let mut buffer = [0; 100];
    near.get_ref().try_read(&mut buffer).unwrap_err();
    // Looking takes nothing, and reading takes what it returns.
    near.read_exact(&mut buffer[..68]).await.unwrap();
    assert_eq!(near.unread(), &handshake_and_unchoke()[68..]);
    assert_eq!(near.read(&mut buffer).await.unwrap(), 5);
    assert_eq!(near.unread(), b"");
    // What comes later is announced by the socket.
    far.write_all(b"later").await.unwrap();
    near.get_ref().readable().await.unwrap();
    assert_eq!(near.unread(), b"");
    assert_eq!(near.read(&mut buffer).await.unwrap(), 5);
    assert_eq!(&buffer[..5], b"later");
}

/// Clients read their 68 bytes with one call.
#[tokio::test]
async fn h17_the_first_read_returns_all_that_came_with_the_handshake() {
    let (near, far) = UnixStream::pair().unwrap();
    let connector = MseConnector::default();
    let (dialled, accepted) = tokio::join!(dial(&connector, [near]), accept(far, handshake_and_unchoke()));
    let (mut near, _far) = (dialled.only_stream(DialMode::Mse), accepted.unwrap());
    let mut buffer = [0; 100];
    assert_eq!(near.read(&mut buffer).await.unwrap(), 73);
    assert_eq!(buffer[..73], handshake_and_unchoke());
}
