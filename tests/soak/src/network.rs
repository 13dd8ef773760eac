//! How the ends reach each other: over loopback TCP as far as descriptors allow, otherwise over pipes in memory.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{DuplexStream, duplex};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_util::either::Either;

pub(crate) type Link = Either<TcpStream, DuplexStream>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tcp,
    Pipe,
}

impl Kind {
    /// TCP if both ends of so many connections fit beside what is open already.
    pub(crate) fn for_connections(connections: usize, descriptors: u64) -> Self {
        if connections <= Self::most_over_tcp(descriptors) {
            Self::Tcp
        } else {
            Self::Pipe
        }
    }

    /// Both ends are in this process, beside what it has open anyway.
    pub(crate) fn most_over_tcp(descriptors: u64) -> usize {
        usize::try_from(descriptors.saturating_sub(100) / 2).unwrap_or(usize::MAX)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "loopback TCP",
            Self::Pipe => "pipes in memory",
        }
    }
}

/// How many descriptors this process may have, once it asked for `wanted`.
pub(crate) fn descriptors_allowed(wanted: u64) -> u64 {
    rlimit::increase_nofile_limit(wanted)
        .or_else(|_| rlimit::getrlimit(rlimit::Resource::NOFILE).map(|(soft, _)| soft))
        .unwrap_or(1024)
}

/// Bytes in flight in a pipe.
const PIPE: usize = 4096;

/// Makes connections to one listener.
pub(crate) struct Network {
    address: SocketAddr,
    pipes: mpsc::Sender<DuplexStream>,
}

pub(crate) struct Listener {
    tcp: TcpListener,
    pipes: mpsc::Receiver<DuplexStream>,
}

impl Network {
    pub(crate) async fn open() -> io::Result<(Self, Listener)> {
        let tcp = TcpListener::bind("127.0.0.1:0").await?;
        let (sender, pipes) = mpsc::channel(64);
        let network = Self {
            address: tcp.local_addr()?,
            pipes: sender,
        };
        Ok((network, Listener { tcp, pipes }))
    }

    /// To a listener in another process, over TCP only.
    pub(crate) fn to(address: SocketAddr) -> Self {
        let (pipes, _) = mpsc::channel(1);
        Self { address, pipes }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Over TCP, from an address that is not the one that everybody else here has.
    pub(crate) async fn dial_from(&self, address: Ipv4Addr) -> io::Result<Link> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((address, 0).into())?;
        socket.connect(self.address).await.map(Either::Left)
    }

    pub(crate) async fn dial(&self, kind: Kind) -> io::Result<Link> {
        match kind {
            Kind::Tcp => TcpStream::connect(self.address).await.map(Either::Left),
            Kind::Pipe => {
                let (near, far) = duplex(PIPE);
                let sent = self.pipes.send(far).await;
                sent.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
                Ok(Either::Right(near))
            }
        }
    }
}

impl Listener {
    /// `None` once nobody can dial any more.
    pub(crate) async fn accept(&mut self) -> io::Result<Option<Link>> {
        tokio::select! {
            accepted = self.tcp.accept() => accepted.map(|(tcp, _)| Some(Either::Left(tcp))),
            pipe = self.pipes.recv() => Ok(pipe.map(Either::Right)),
        }
    }
}
