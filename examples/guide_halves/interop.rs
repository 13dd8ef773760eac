//! Runs the code of this guide against a real client, over TCP and uTP, for the interop suite.
//!
//! Do not copy this file. It uses `peer.rs`, with a real uTP library, and relays what the halves carry.

mod peer;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use librqbit_utp::{UtpSocket, UtpSocketUdp};
use mse_interop::{Arguments, Role, relay};
use tokio::net::TcpListener;
use tokio_mse::Policy;

use crate::peer::{BoxedRead, BoxedWrite, accept, dial};

mod utp {
    use std::io;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;

    use librqbit_utp::{UtpSocket, UtpSocketUdp};
    use tokio::sync::OnceCell;

    use super::{BoxedRead, BoxedWrite};

    /// The socket must live as long as its streams.
    static SOCKET: OnceCell<Arc<UtpSocketUdp>> = OnceCell::const_new();

    pub(super) async fn connect(address: SocketAddr) -> io::Result<(BoxedRead, BoxedWrite)> {
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let socket = SOCKET
            .get_or_try_init(|| UtpSocket::new_udp(any_port))
            .await
            .map_err(io::Error::other)?;
        let (reader, writer) = socket.connect(address).await.map_err(io::Error::other)?.split();
        Ok((Box::new(reader), Box::new(writer)))
    }
}

fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse()?;
    match arguments.role {
        Role::Dial(address) => {
            let (reader, writer, kind) = dial(address, arguments.info_hash).await?;
            say(format_args!("dialled over {kind:?}"));
            relay(reader, writer, arguments.relay).await?;
        }
        Role::Listen(address) => {
            let (tcp, utp) = bind(address).await?;
            say(format_args!("listening on {}", tcp.local_addr()?));
            listen(tcp, utp, &arguments).await?;
        }
    }
    Ok(())
}

/// Both transports have the same port. One that is free for TCP may be in use for UDP.
async fn bind(address: SocketAddr) -> io::Result<(TcpListener, Arc<UtpSocketUdp>)> {
    loop {
        let tcp = TcpListener::bind(address).await?;
        if let Ok(utp) = UtpSocket::new_udp(tcp.local_addr()?).await {
            return Ok((tcp, utp));
        }
    }
}

/// Accepts over both transports.
async fn listen(tcp: TcpListener, utp: Arc<UtpSocketUdp>, arguments: &Arguments) -> io::Result<()> {
    loop {
        let (kind, halves): (_, (BoxedRead, BoxedWrite)) = tokio::select! {
            accepted = tcp.accept() => {
                let (reader, writer) = accepted?.0.into_split();
                ("Tcp", (Box::new(reader), Box::new(writer)))
            }
            accepted = utp.accept() => {
                let (reader, writer) = accepted.map_err(io::Error::other)?.split();
                ("Utp", (Box::new(reader), Box::new(writer)))
            }
        };
        let (info_hash, to) = (arguments.info_hash, arguments.relay);
        tokio::spawn(async move {
            let outcome = async {
                let (reader, writer) = accept(halves, info_hash, Policy::default()).await?;
                say(format_args!("accepted over {kind}"));
                relay(reader, writer, to).await
            };
            if let Err(error) = outcome.await {
                say(format_args!("ended: {error}"));
            }
        });
    }
}
