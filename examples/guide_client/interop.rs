//! Runs the client of this guide against a real client, for the interop suite.
//!
//! Do not copy this file. It uses the modules of the guide, and puts a relay in the place of `session.rs`.

mod client;
mod listen;
mod per_address;

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;

use mse_interop::{Arguments, Role};
use tokio::net::TcpListener;
use tokio_mse::Policy;

use crate::client::{Client, Torrent};

mod session {
    use std::io;
    use std::net::SocketAddr;
    use std::sync::OnceLock;

    use crate::client::Peer;

    pub(super) static RELAY: OnceLock<SocketAddr> = OnceLock::new();

    pub(crate) async fn dialled(peer: &mut Peer) -> io::Result<String> {
        accepted(peer).await?;
        Ok("ended".to_owned())
    }

    pub(crate) async fn accepted(peer: &mut Peer) -> io::Result<()> {
        let to = RELAY.get().ok_or(io::ErrorKind::NotFound)?;
        let (reader, writer) = tokio::io::split(peer);
        mse_interop::relay(reader, writer, *to).await
    }
}

fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse()?;
    session::RELAY.get_or_init(|| arguments.relay);
    let client = Client::new("interop", Policy::default());
    let torrent = Arc::new(Torrent {
        info_hash: arguments.info_hash,
        policy: None,
    });
    match arguments.role {
        Role::Dial(peer) => drop(client.dial(peer, &torrent).await?),
        Role::Listen(address) => {
            client.torrents.insert(torrent.info_hash, torrent);
            let listener = TcpListener::bind(address).await?;
            say(format_args!("listening on {}", listener.local_addr()?));
            Arc::clone(&client).listen(listener).await;
        }
    }
    say(format_args!("{:?}", client.counters()));
    Ok(())
}
