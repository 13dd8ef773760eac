//! A small client, twice in one process: it listens, dials, redials, says what was negotiated, and keeps a limit for
//! each address.

mod client;
mod inbound;
mod outbound;
#[path = "../guides/usage.rs"]
mod usage;

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_mse::{Mode, Policy};

use client::Client;

const INFO_HASH: [u8; 20] = [0x66; 20];

#[tokio::main]
async fn main() -> io::Result<()> {
    if usage::answered("Runs two small clients that talk to each other.") {
        return Ok(());
    }
    let alice = Client::new("alice", Policy::default(), Policy::accept_any());
    // Dials with MSE and nothing else, and accepts plaintext and nothing else.
    let bob = Client::new("bob", Policy::full_rc4(), Policy::plaintext_only());
    let mut addresses = Vec::new();
    for client in [&alice, &bob] {
        client.torrents.insert(INFO_HASH);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        addresses.push(listener.local_addr()?);
        tokio::spawn(Arc::clone(client).listen(listener));
    }

    let first = bob.dial(addresses[0], INFO_HASH).await?;
    assert_eq!(first.negotiated().mode(), Mode::Rc4);

    let redialled = alice.dial(addresses[1], INFO_HASH).await?;
    assert_eq!(redialled.negotiated().mode(), Mode::Plaintext);
    assert_eq!(redialled.negotiated().attempts(), 2);

    let second = bob.dial(addresses[0], INFO_HASH).await?;
    let third = bob.dial(addresses[0], INFO_HASH).await; // more than two of one address
    println!("bob: a third connection: {}", third.is_ok());
    assert!(third.is_err());
    drop((first, second, redialled));
    Ok(())
}
