//! MSE over the blocking sockets of the standard library, without a runtime. The machines of `tokio_mse::handshake` do no
//! IO, so `exchange.rs` feeds them. With `default-features = false`, tokio-mse does not depend on Tokio.

mod exchange;
mod peer;

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::thread;

use tokio_mse::{Policy, Skey};

use crate::exchange::{accept, dial};

const INFO_HASH: [u8; 20] = [0x55; 20];
const INTERESTED: [u8; 5] = [0, 0, 0, 1, 2];

fn handshake(peer_id: &[u8; 20]) -> Vec<u8> {
    [
        b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0",
        &INFO_HASH[..],
        peer_id,
    ]
    .concat()
}

/// Accepts until a handshake succeeds, and returns the peer's first message.
fn serve(listener: &TcpListener, policy: &Policy) -> io::Result<[u8; 5]> {
    loop {
        let (tcp, _) = listener.accept()?;
        let ours = handshake(b"-XX0100-listener....");
        match accept(tcp, policy, Skey::from(INFO_HASH), &ours) {
            Ok(mut peer) => {
                let (mut theirs, mut message) = ([0; 68], [0; 5]);
                peer.read_exact(&mut theirs)?;
                peer.read_exact(&mut message)?;
                return Ok(message);
            }
            Err(error) => say(format_args!("   listener: {error}")),
        }
    }
}

/// Unlike `println!`, this does not panic if nobody reads the output.
fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn main() -> io::Result<()> {
    let (policy, skey) = (Policy::default(), Skey::from(INFO_HASH));
    for listens in [Policy::full_rc4(), Policy::plaintext_only()] {
        say(format_args!(
            "The dialler's policy is {policy}, the listener's is {listens}:"
        ));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let serving = thread::spawn(move || serve(&listener, &listens));

        let mut peer = dial(address, &policy, &skey, &handshake(b"-XX0100-dialler....."))?;
        peer.write_all(&INTERESTED)?;
        let mut theirs = [0; 68];
        peer.read_exact(&mut theirs)?;
        assert_eq!(theirs[..], handshake(b"-XX0100-listener...."));
        say(format_args!("   dialler: {}", peer.negotiated()));

        let received = serving
            .join()
            .map_err(|_| io::Error::other("the listener panicked"))?;
        assert_eq!(received?, INTERESTED);
    }
    Ok(())
}
