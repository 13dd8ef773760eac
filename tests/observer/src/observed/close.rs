//! Over real sockets a failed handshake ends with FIN, never with a reset.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{Linger, MseAcceptor, Policy};

use super::probes;
use super::session::{accept, skey};

#[tokio::test]
async fn every_probe_is_ended_with_fin() {
    let soon = Duration::from_millis(3000)..=Duration::from_millis(3300);
    let acceptor = MseAcceptor::new(Policy::full_rc4())
        .timeout(*soon.start())
        .linger(Linger::new().until(soon));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut probers = tokio::task::JoinSet::new();
    let replayed = vec![0x77; 700];
    for mut probe in probes::short(1)
        .into_iter()
        .chain(probes::long(1, &skey(), &replayed))
    {
        let mut prober = TcpStream::connect(address).await.unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        // Before the deadline starts.
        prober.write_all(&probe.opening).await.unwrap();
        let acceptor = acceptor.clone();
        tokio::spawn(async move { assert!(accept(&acceptor, tcp, skey(), "").await.is_err()) });
        probers.spawn(async move {
            let (mut answer, mut block) = (Vec::new(), [0; 4096]);
            loop {
                // A reset would be an error here.
                let len = prober
                    .read(&mut block)
                    .await
                    .unwrap_or_else(|error| panic!("{}: {error}", probe.name));
                if len == 0 {
                    break;
                }
                answer.extend_from_slice(&block[..len]);
                if answer.len() >= 96
                    && let Some(more) = probe.follow_up(&answer[..96])
                {
                    prober.write_all(&more).await.unwrap();
                }
            }
        });
    }
    while let Some(ended) = probers.join_next().await {
        ended.unwrap();
    }
}
