//! Connections over loopback, both ends in this process, by tokio-mse or bare.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{Mode, MseStream, Policy, Skey};

/// How many are opened at once, each over a listener of its own: one that others use would give away their connections, and
/// one for each connection would use up the ports.
const AT_ONCE: usize = 64;

/// One BitTorrent block.
pub const BLOCK: usize = 16 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tcp,
    Rc4,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Rc4];

    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "plain TCP",
            Self::Rc4 => "tokio-mse, RC4",
        }
    }
}

/// Both ends.
pub enum Pair {
    Tcp(TcpStream, TcpStream),
    Rc4(Box<(MseStream<TcpStream>, MseStream<TcpStream>)>),
}

/// Connects, and shakes hands if there is something to shake hands for.
pub async fn open(kind: Kind, count: usize) -> Vec<Pair> {
    let opening: Vec<_> = (0..AT_ONCE.min(count))
        .map(|n| {
            // The first ones open what does not come out even.
            let share = count / AT_ONCE + usize::from(n < count % AT_ONCE);
            tokio::spawn(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let mut pairs = Vec::with_capacity(share);
                for _ in 0..share {
                    pairs.push(open_one(kind, &listener).await);
                }
                pairs
            })
        })
        .collect();
    let mut pairs = Vec::with_capacity(count);
    for opened in opening {
        pairs.extend(opened.await.unwrap());
    }
    pairs
}

async fn open_one(kind: Kind, listener: &TcpListener) -> Pair {
    let address = listener.local_addr().unwrap();
    let (a, (b, _)) = tokio::try_join!(TcpStream::connect(address), listener.accept()).unwrap();
    a.set_nodelay(true).unwrap();
    b.set_nodelay(true).unwrap();
    if kind == Kind::Tcp {
        return Pair::Tcp(a, b);
    }
    let (policy, skey) = (Policy::full_rc4(), Skey::from([7; 20]));
    let (a, b) = tokio::try_join!(
        MseStream::connect(a, &skey, "", &policy),
        MseStream::accept(b, |_| Some(skey.clone()), &policy),
    )
    .unwrap();
    assert_eq!(a.negotiated().mode(), Mode::Rc4);
    Pair::Rc4(Box::new((a, b)))
}

/// Sends so many blocks over each, all at the same time.
pub async fn pump(pairs: Vec<Pair>, blocks: usize) -> Vec<Pair> {
    let pumping: Vec<_> = pairs
        .into_iter()
        .map(|pair| {
            tokio::spawn(async move {
                match pair {
                    Pair::Tcp(mut a, mut b) => {
                        transfer(&mut a, &mut b, blocks).await;
                        Pair::Tcp(a, b)
                    }
                    Pair::Rc4(mut pair) => {
                        let (a, b) = &mut *pair;
                        transfer(a, b, blocks).await;
                        Pair::Rc4(pair)
                    }
                }
            })
        })
        .collect();
    let mut pairs = Vec::with_capacity(pumping.len());
    for pair in pumping {
        pairs.push(pair.await.unwrap());
    }
    pairs
}

async fn transfer<S>(sender: &mut S, receiver: &mut S, blocks: usize)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let send = async {
        let block = [0x5A; BLOCK];
        for _ in 0..blocks {
            sender.write_all(&block).await.unwrap();
        }
        sender.flush().await.unwrap();
    };
    let receive = async {
        let mut block = [0; BLOCK];
        for _ in 0..blocks {
            receiver.read_exact(&mut block).await.unwrap();
        }
        assert_eq!(block, [0x5A; BLOCK]);
    };
    tokio::join!(send, receive);
}
