//! R9: what came with the handshake can be seen without reading it, because the socket does not become ready for it.

use tokio::io::AsyncReadExt;
use tokio_mse::{MseConnector, Policy};

use crate::dial::{DialMode, accept, dial, handshake_and_unchoke, seconds};

#[cfg(unix)]
#[tokio::test]
async fn r9_a_caller_that_waits_for_readiness_sees_what_is_unread() {
    let (near, far) = tokio::net::UnixStream::pair().unwrap();
    let connector = MseConnector::new(Policy::default());
    let (dialled, accepted) = tokio::join!(dial(&connector, [near]), accept(far, handshake_and_unchoke()));
    let mut near = dialled.only_stream(DialMode::Mse);
    // One write, which a read of the handshake took as a whole.
    let mut all = [0; 73];
    near.read_exact(&mut all[..0]).await.unwrap();
    let _waits = tokio::time::timeout(seconds(0), near.get_ref().readable()).await;
    assert_eq!(near.read(&mut all).await.unwrap(), 73);
    assert_eq!(all[..], handshake_and_unchoke());
    drop(accepted);
}
