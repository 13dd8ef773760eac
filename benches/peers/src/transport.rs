//! Bulk transfer over loopback: sender and receiver on one thread, which is all the processor time there is.

use mtorrent_base::pe::{DecryptingReader, EncryptingWriter};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_mse::{CryptoMethod, MseStream};

use crate::baseline;
use crate::mse;
use crate::report::{Goal, Report};
use crate::tcp::Loopback;
use crate::tls::Tls;
use mse_measure::race::{Outcome, Race, Spread};
use tokio_mse::internals::Rc4;

const KEYS: [&[u8; 20]; 2] = [b"0123456789abcdefghij", b"jihgfedcba9876543210"];
const RECEIVED_AT_ONCE: usize = 64 * 1024;

/// One BitTorrent block, as it is asked for nearly always.
const BLOCK: usize = 16 * 1024;

/// Throughput in MB/s at every write size, by name.
pub type Curves = Vec<(String, Vec<(usize, f64)>)>;

pub fn measure(report: &mut Report, runtime: &Runtime, rounds: usize, mib: usize) -> Curves {
    let connections = runtime.block_on(Connections::open());
    let mut connections = connections;
    let mut curves = Curves::new();
    for size in [17, 256, 1024, 4096, BLOCK, 65_536, 262_144] {
        let amount = (mib << 20).min(size * 4096);
        let outcome = connections.race(runtime, rounds, amount, size);
        if size == BLOCK {
            table(report, &outcome);
        }
        for name in outcome.names() {
            let point = (size, 1000.0 / outcome.median(name));
            match curves.iter_mut().find(|(known, _)| known == name) {
                Some((_, points)) => points.push(point),
                None => curves.push((name.to_owned(), vec![point])),
            }
        }
    }
    curves
}

fn table(report: &mut Report, outcome: &Outcome) {
    let what = "16 KiB writes, RC4";
    for (other, goal) in [
        (
            RC4_CRATE,
            Some(Goal {
                zen_3: 2.0,
                zen_5: 1.65,
            }),
        ),
        (MTORRENT, None),
        (RING, None),
        (AWS_LC_RS, None),
    ] {
        report.faster(what, other, outcome.ratio(other, OURS), goal);
    }
    for (other, least) in [(OURS, 4.0), (RING, 1.3), (AWS_LC_RS, 1.3)] {
        report.faster(
            "16 KiB writes, AES (unstable)",
            other,
            outcome.ratio(other, AES),
            Some(Goal::of(least)),
        );
    }
    report.costs(
        "16 KiB writes, RC4, CPU per byte",
        "plain TCP + bare cipher",
        outcome.ratio(OURS, BARE_CIPHER),
        Some(1.05),
    );
    let header_only: Spread = outcome.ratio(TCP, HEADER_ONLY);
    report.faster(
        "16 KiB writes, header-only",
        "bare TcpStream",
        header_only,
        Some(Goal::of(0.97)),
    );
    for name in outcome.names() {
        let megabytes = 1000.0 / outcome.median(name);
        report.sustains(
            &format!("16 KiB writes, sending and receiving: {name}"),
            &format!("{megabytes:.0} MB/s"),
        );
    }
}

const OURS: &str = "tokio-mse, RC4";
const AES: &str = "tokio-mse, AES (unstable)";
const HEADER_ONLY: &str = "tokio-mse, header-only";
const TCP: &str = "bare TcpStream";
const BARE_CIPHER: &str = "plain TCP + bare cipher";
const RC4_CRATE: &str = "a simple stream over the rc4 crate";
const MTORRENT: &str = "mtorrent";
const RING: &str = "tokio-rustls, ring";
const AWS_LC_RS: &str = "tokio-rustls, aws-lc-rs";

type Pair<A, B> = (A, B);
type BaselineStream = baseline::Stream<TcpStream>;

struct Connections {
    ours: Pair<MseStream<TcpStream>, MseStream<TcpStream>>,
    aes: Pair<MseStream<TcpStream>, MseStream<TcpStream>>,
    header_only: Pair<MseStream<TcpStream>, MseStream<TcpStream>>,
    tcp: Pair<TcpStream, TcpStream>,
    bare_cipher: Pair<(TcpStream, Rc4), (TcpStream, Rc4)>,
    rc4_crate: Pair<BaselineStream, BaselineStream>,
    mtorrent: Pair<EncryptingWriter<TcpStream>, DecryptingReader<TcpStream>>,
    ring: Pair<tokio_rustls::client::TlsStream<TcpStream>, tokio_rustls::server::TlsStream<TcpStream>>,
    aws_lc_rs: Pair<tokio_rustls::client::TlsStream<TcpStream>, tokio_rustls::server::TlsStream<TcpStream>>,
}

impl Connections {
    async fn open() -> Self {
        let loopback = Loopback::new().await;
        let (a, b) = loopback.pair().await;
        let (sending, _) = Rc4::pair(KEYS[0], KEYS[1]);
        let (receiving, _) = Rc4::pair(KEYS[0], KEYS[1]);
        let bare_cipher = ((a, sending), (b, receiving));
        let (a, b) = loopback.pair().await;
        let rc4_crate = (
            baseline::Stream::new(a, KEYS[0], KEYS[1]),
            baseline::Stream::new(b, KEYS[1], KEYS[0]),
        );
        let (mut a, mut b) = loopback.pair().await;
        let (crypto_a, crypto_b) = mse::mtorrent(&mut a, &mut b).await;
        let mtorrent = (
            EncryptingWriter::new(a, crypto_a.encryptor),
            DecryptingReader::new(b, crypto_b.decryptor),
        );
        Self {
            ours: mse::ours(CryptoMethod::Rc4, loopback.pair().await).await,
            aes: mse::ours(CryptoMethod::Aes128Ctr, loopback.pair().await).await,
            header_only: mse::ours(CryptoMethod::HeaderOnly, loopback.pair().await).await,
            tcp: loopback.pair().await,
            bare_cipher,
            rc4_crate,
            mtorrent,
            ring: Tls::ring().shake(loopback.pair().await).await,
            aws_lc_rs: Tls::aws_lc_rs().shake(loopback.pair().await).await,
        }
    }

    fn race(&mut self, runtime: &Runtime, rounds: usize, amount: usize, size: usize) -> Outcome {
        let run = Pump {
            runtime,
            amount,
            size,
        };
        let ((sender, encrypt), (receiver, decrypt)) = &mut self.bare_cipher;
        Race::new()
            .enter(OURS, || run.through(&mut self.ours))
            .enter(RC4_CRATE, || run.through(&mut self.rc4_crate))
            .enter(BARE_CIPHER, || {
                run.changing(
                    (&mut *sender, &mut *receiver),
                    |data| encrypt.apply(data),
                    |data| decrypt.apply(data),
                );
            })
            .enter(AES, || run.through(&mut self.aes))
            .enter(HEADER_ONLY, || run.through(&mut self.header_only))
            .enter(TCP, || run.through(&mut self.tcp))
            .enter(MTORRENT, || run.through(&mut self.mtorrent))
            .enter(RING, || run.through(&mut self.ring))
            .enter(AWS_LC_RS, || run.through(&mut self.aws_lc_rs))
            .run(rounds, amount as f64)
    }
}

struct Pump<'a> {
    runtime: &'a Runtime,
    amount: usize,
    size: usize,
}

impl Pump<'_> {
    fn through<A, B>(&self, (sender, receiver): &mut Pair<A, B>)
    where
        A: AsyncWrite + Unpin,
        B: AsyncRead + Unpin,
    {
        self.changing((sender, receiver), |_| (), |_| ());
    }

    fn changing<A, B>(
        &self,
        (sender, receiver): (&mut A, &mut B),
        mut before: impl FnMut(&mut [u8]),
        mut after: impl FnMut(&mut [u8]),
    ) where
        A: AsyncWrite + Unpin,
        B: AsyncRead + Unpin,
    {
        let send = async {
            let mut data = vec![0x5A; self.size];
            let mut left = self.amount;
            while left > 0 {
                let len = left.min(self.size);
                before(&mut data[..len]);
                sender.write_all(&data[..len]).await.unwrap();
                left -= len;
            }
            sender.flush().await.unwrap();
        };
        let receive = async {
            let mut data = vec![0; RECEIVED_AT_ONCE];
            let mut left = self.amount;
            while left > 0 {
                let len = receiver.read(&mut data).await.unwrap();
                assert_ne!(len, 0, "closed");
                after(&mut data[..len]);
                left -= len;
            }
        };
        self.runtime.block_on(async { tokio::join!(send, receive) });
    }
}
