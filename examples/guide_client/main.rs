//! Three small clients in one process dial each other. Copy from `client.rs` and `listen.rs`. The interop suite of the
//! repository runs these files against real clients.

mod client;
mod listen;
mod per_address;
mod session;

use std::fmt::Display;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_mse::{Mode, Policy};

use crate::client::{Client, Torrent};

/// Unlike `println!`, this does not panic if nobody reads the output.
fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

async fn start(client: &Arc<Client>) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?; // "[::]:PORT" in a client, and not port 6881
    let address = listener.local_addr()?;
    Ok((address, tokio::spawn(Arc::clone(client).listen(listener))))
}

#[tokio::main(flavor = "current_thread")] // one thread: the output has the same order each time
async fn main() -> io::Result<()> {
    let torrent = |byte, policy| {
        let info_hash = [byte; 20];
        Arc::new(Torrent { info_hash, policy })
    };
    let public = torrent(0x11, None);
    let private = torrent(0x22, Some(Policy::full_rc4()));
    let carols_private = torrent(0x22, None);
    let unknown = torrent(0x33, None);

    let alice = Client::new("alice", Policy::default());
    let bob = Client::new("bob", Policy::full_rc4());
    let carol = Client::new("carol", Policy::plaintext_only());
    for (client, torrent) in [(&alice, &public), (&alice, &private), (&carol, &public)] {
        client.torrents.insert(torrent.info_hash, Arc::clone(torrent));
    }
    let (to_alice, alice_listens) = start(&alice).await?;
    let (to_carol, _) = start(&carol).await?;

    say("1. bob dials alice. Both speak MSE.");
    let mut first = bob.dial(to_alice, &public).await?;
    assert_eq!(first.negotiated().mode(), Mode::Rc4);

    say("\n2. alice dials carol, who does not speak MSE. Her policy allows a redial in plaintext.");
    let redialled = alice.dial(to_carol, &public).await?;
    assert_eq!(redialled.negotiated().mode(), Mode::Plaintext);
    assert_eq!(redialled.negotiated().attempts(), 2);

    say("\n3. carol dials alice in plaintext for a torrent that accepts MSE only. This must fail.");
    assert!(carol.dial(to_alice, &carols_private).await.is_err());

    say("\n4. bob asks alice for a torrent that she does not serve. This must fail.");
    assert!(bob.dial(to_alice, &unknown).await.is_err());

    say("\n5. bob opens three connections, and alice allows two per address. The third must fail.");
    let second = bob.dial(to_alice, &private).await?;
    assert!(bob.dial(to_alice, &public).await.is_err());

    say("\n6. alice shuts down. Her peers see the end of the connection.");
    alice.stop.cancel();
    alice_listens.await?;
    assert!(matches!(first.read(&mut [0]).await, Ok(0) | Err(_)));
    drop(second);

    say("\nWhat happened, by label:");
    for client in [alice, bob, carol] {
        say(format_args!("{}: {:?}", client.name, client.counters()));
    }
    Ok(())
}
