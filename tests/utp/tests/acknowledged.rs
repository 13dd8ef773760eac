//! The library over uTP: a transport whose flush waits for the peer's acknowledgement, and whose packets can be counted.

#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use librqbit_utp::{UtpSocket, UtpSocketUdp, UtpStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_mse::{Mode, MseAcceptor, MseConnector, MseStream, Policy};

const INFO_HASH: [u8; 20] = [0x07; 20];
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Beyond any time that a test takes.
const STALLED: Duration = Duration::from_secs(60);

fn bittorrent_handshake(peer_id: u8) -> Bytes {
    let parts = [
        &b"\x13BitTorrent protocol"[..],
        &[0; 8],
        &INFO_HASH,
        &[peer_id; 20],
    ];
    parts.concat().into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    FromInitiator,
    FromResponder,
}

/// A packet of uTP that carries payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Data {
    direction: Direction,
    sequence: u16,
    payload: usize,
}

/// A relay of datagrams that keeps the packets with payload, each once however often it was sent.
struct Relay {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Data>>>,
    _tasks: JoinSet<()>,
}

impl Relay {
    async fn to(responder: SocketAddr) -> Self {
        let front = Arc::new(UdpSocket::bind(ANY_PORT).await.unwrap());
        let back = Arc::new(UdpSocket::bind(ANY_PORT).await.unwrap());
        back.connect(responder).await.unwrap();
        let address = front.local_addr().unwrap();
        let initiator = Arc::new(Mutex::new(None));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn({
            let (front, back, seen) = (Arc::clone(&front), Arc::clone(&back), Arc::clone(&seen));
            let initiator = Arc::clone(&initiator);
            async move {
                let mut packet = vec![0; 65536];
                loop {
                    let (len, from) = front.recv_from(&mut packet).await.unwrap();
                    *initiator.lock().unwrap() = Some(from);
                    note(&seen, Direction::FromInitiator, &packet[..len]);
                    let _ = back.send(&packet[..len]).await;
                }
            }
        });
        tasks.spawn({
            let seen = Arc::clone(&seen);
            async move {
                let mut packet = vec![0; 65536];
                loop {
                    let len = back.recv(&mut packet).await.unwrap();
                    note(&seen, Direction::FromResponder, &packet[..len]);
                    let to = initiator.lock().unwrap().unwrap();
                    let _ = front.send_to(&packet[..len], to).await;
                }
            }
        });
        Self {
            address,
            seen,
            _tasks: tasks,
        }
    }

    fn seen(&self) -> Vec<Data> {
        self.seen.lock().unwrap().clone()
    }
}

fn note(seen: &Mutex<Vec<Data>>, direction: Direction, packet: &[u8]) {
    /// Type ST_DATA, version 1.
    const DATA: u8 = 0x01;
    const HEADER: usize = 20;
    // Nothing is lost on loopback, so no packet has an extension that tells what is missing.
    if packet[0] != DATA || packet[1] != 0 || packet.len() <= HEADER {
        return;
    }
    let data = Data {
        direction,
        sequence: u16::from_be_bytes([packet[16], packet[17]]),
        payload: packet.len() - HEADER,
    };
    let mut seen = seen.lock().unwrap();
    if !seen.contains(&data) {
        seen.push(data);
    }
}

/// The payload of each turn, and how many packets it took.
fn turns(seen: &[Data]) -> Vec<(Direction, usize, usize)> {
    let mut turns: Vec<(Direction, usize, usize)> = Vec::new();
    for data in seen {
        match turns.last_mut() {
            Some((direction, payload, packets)) if *direction == data.direction => {
                *payload += data.payload;
                *packets += 1;
            }
            _ => turns.push((data.direction, data.payload, 1)),
        }
    }
    turns
}

async fn socket() -> Arc<UtpSocketUdp> {
    UtpSocket::new_udp(ANY_PORT).await.unwrap()
}

/// Two sockets with a relay between them. They have to live as long as their streams.
struct Net {
    dialling: Arc<UtpSocketUdp>,
    listening: Arc<UtpSocketUdp>,
    relay: Relay,
}

impl Net {
    async fn new() -> Self {
        let (dialling, listening) = (socket().await, socket().await);
        let relay = Relay::to(listening.bind_addr()).await;
        Self {
            dialling,
            listening,
            relay,
        }
    }

    /// A bare connection.
    async fn streams(&self) -> (UtpStream, UtpStream) {
        let connect = self.dialling.connect(self.relay.address);
        let (a, b) = tokio::join!(connect, self.listening.accept());
        (a.unwrap(), b.unwrap())
    }

    /// A connection after the handshake, each side's BitTorrent handshake being its initial payload.
    async fn peers(&self, policy: Policy) -> (MseStream<UtpStream>, MseStream<UtpStream>) {
        let (a, b) = self.streams().await;
        let (connector, acceptor) = (MseConnector::new(policy.clone()), MseAcceptor::new(policy));
        let dial = connector.connect(a, INFO_HASH, bittorrent_handshake(1));
        let accept = async {
            let incoming = acceptor.accept(b).await?;
            incoming.accept(INFO_HASH, bittorrent_handshake(2)).await
        };
        let (a, b) = tokio::join!(dial, accept);
        (a.unwrap(), b.unwrap())
    }
}

async fn within_time<T>(test: impl Future<Output = T>) -> T {
    timeout(STALLED, test).await.expect("stalled")
}

fn modes() -> [(Policy, Mode); 2] {
    [
        (Policy::full_rc4(), Mode::Rc4),
        (Policy::header_only(), Mode::HeaderOnly),
    ]
}

#[tokio::test]
async fn h2_the_handshake_over_a_transport_whose_flush_is_an_acknowledgement() {
    for (policy, mode) in modes() {
        within_time(async {
            let net = Net::new().await;
            let (mut a, mut b) = net.peers(policy).await;
            assert_eq!(a.negotiated().mode(), mode);
            let mut received = [0; 68];
            a.read_exact(&mut received).await.unwrap();
            assert_eq!(received[..], bittorrent_handshake(2));
            b.read_exact(&mut received).await.unwrap();
            assert_eq!(received[..], bittorrent_handshake(1));
        })
        .await;
    }
}

#[tokio::test]
async fn four_turns_and_the_packets_of_a_plain_connection_with_the_same_flights() {
    use Direction::{FromInitiator, FromResponder};
    for (policy, _) in modes() {
        within_time(async {
            let net = Net::new().await;
            let _peers = net.peers(policy).await;
            let with_mse = turns(&net.relay.seen());
            let directions: Vec<_> = with_mse.iter().map(|turn| turn.0).collect();
            assert_eq!(
                directions,
                [FromInitiator, FromResponder, FromInitiator, FromResponder]
            );

            // The same flights without MSE: what the transport itself makes of them.
            let net = Net::new().await;
            let (mut a, mut b) = net.streams().await;
            for (direction, payload, _) in &with_mse {
                let (from, to) = match direction {
                    FromInitiator => (&mut a, &mut b),
                    FromResponder => (&mut b, &mut a),
                };
                from.write_all(&vec![0x55; *payload]).await.unwrap();
                to.read_exact(&mut vec![0; *payload]).await.unwrap();
            }
            assert_eq!(with_mse, turns(&net.relay.seen()));
        })
        .await;
    }
}

#[tokio::test]
async fn bulk_both_ways_at_once_through_the_transports_own_halves() {
    for (policy, _) in modes() {
        within_time(async {
            let net = Net::new().await;
            let (a, b) = net.peers(policy).await;
            let (mut read_a, mut write_a) = a.into_split_with(UtpStream::split);
            let (mut read_b, mut write_b) = b.into_split_with(UtpStream::split);
            let from_a: Bytes = (0..2 << 20).map(|i: u32| i.to_le_bytes()[1]).collect();
            let from_b: Bytes = (0..2 << 20).map(|i: u32| i.to_le_bytes()[2]).collect();
            let (to_send_a, to_send_b) = (from_a.clone(), from_b.clone());
            let all_of_b = from_b.len() + 68;
            let a = tokio::spawn(async move {
                let mut received = vec![0; all_of_b];
                let sent = write_a.write_all(&to_send_a);
                let (sent, read) = tokio::join!(sent, read_a.read_exact(&mut received));
                sent.unwrap();
                read.unwrap();
                assert_eq!(received[..68], bittorrent_handshake(2));
                assert!(received[68..] == from_b);
                write_a.shutdown().await.unwrap();
            });
            let mut received = Vec::new();
            let sent = write_b.write_all(&to_send_b);
            let (sent, read) = tokio::join!(sent, read_b.read_to_end(&mut received));
            sent.unwrap();
            read.unwrap();
            assert_eq!(received[..68], bittorrent_handshake(1));
            assert!(received[68..] == from_a);
            a.await.unwrap();
        })
        .await;
    }
}

/// A says goodbye, B reads to the end and goes on writing, A goes on reading: what became of each.
async fn half_close<R, W>(
    (mut read_a, mut write_a): (R, W),
    (mut read_b, mut write_b): (R, W),
) -> (Vec<u8>, Result<(), ErrorKind>, Vec<u8>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    write_a.write_all(b"goodbye").await.unwrap();
    // It may wait for the other end's goodbye.
    let goodbye = tokio::spawn(async move { write_a.shutdown().await });
    let (mut at_b, mut at_a) = (Vec::new(), Vec::new());
    read_b.read_to_end(&mut at_b).await.unwrap();
    let answered = write_b.write_all(b"still here").await;
    let _ = write_b.shutdown().await;
    read_a.read_to_end(&mut at_a).await.unwrap();
    goodbye.await.unwrap().unwrap();
    (at_b, answered.map_err(|error| error.kind()), at_a)
}

#[tokio::test]
async fn f4_half_close_is_what_the_transport_makes_of_it() {
    within_time(async {
        let net = Net::new().await;
        let (a, b) = net.streams().await;
        let bare = half_close(a.split(), b.split()).await;
        assert_eq!(bare.0, b"goodbye");
        for (policy, _) in modes() {
            let net = Net::new().await;
            let (mut a, mut b) = net.peers(policy).await;
            a.read_exact(&mut [0; 68]).await.unwrap();
            b.read_exact(&mut [0; 68]).await.unwrap();
            let a = a.into_split_with(UtpStream::split);
            let b = b.into_split_with(UtpStream::split);
            assert_eq!(half_close(a, b).await, bare);
        }
    })
    .await;
}
