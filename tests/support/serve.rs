//! Accepting as an application does that serves one torrent.

use std::future::Future;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_mse::{Error, MseAcceptor, MseStream, Skey};

/// Accepts a peer that asks for `skey`, sends `payload` first, and refuses every other peer.
pub(crate) fn serve<T, B>(
    acceptor: &MseAcceptor,
    io: T,
    skey: Skey,
    payload: B,
) -> impl Future<Output = Result<MseStream<T>, Error>> + use<T, B>
where
    T: AsyncRead + AsyncWrite + Unpin,
    B: Into<Bytes>,
{
    let (incoming, payload) = (acceptor.accept(io), payload.into());
    async move {
        let incoming = incoming.await?;
        if incoming.skey_hash().matches(&skey) {
            incoming.accept(skey, payload).await
        } else {
            Err(incoming.refuse().await)
        }
    }
}
