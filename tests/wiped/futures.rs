//! The memory of futures and tasks: after a handshake, or when it is given up, no freed block holds a cipher state, an
//! exponent or S, nor PadC and IA where they were decrypted.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::{Builder, Runtime};
use tokio_mse::handshake::{Initiator, Padding, PrivateKey, Randomness};
use tokio_mse::{Error, Linger, MseAcceptor, MseConnector, MseStream, Policy, Skey};

use super::freed::Freed;
use super::support::foreign::{Offer, Shared, public_key, step_4};

const SKEY: [u8; 20] = [0x42; 20];
const NOT_SERVED: [u8; 20] = [0xEE; 20];
const THEIRS: [u8; 20] = [0x44; 20];
const PAD: &[u8] = b"whatever a peer says in its padding";
const IA: &[u8] = b"\x13BitTorrent protocol and all the rest of a handshake after it, up to 68";

/// The foreign implementation computes it slowly.
static THEIR_KEY: LazyLock<[u8; 96]> = LazyLock::new(|| public_key(&THEIRS));

/// What owns the memory of a future.
#[derive(Clone, Copy, Debug)]
enum Owner {
    Box,
    Task,
}

const OWNERS: [Owner; 2] = [Owner::Box, Owner::Task];

type Boxed<V> = Pin<Box<dyn Future<Output = V>>>;

/// A future that goes on step by step, while everything that is freed is collected.
struct Running<V> {
    freed: Freed,
    runtime: Runtime,
    future: Boxed<V>,
}

impl<V: Send + 'static> Running<V> {
    fn new<F: Future<Output = V> + Send + 'static>(owner: Owner, make: impl FnOnce() -> F) -> Self {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let mut freed = Freed::new();
        let future = freed.collect(|| -> Boxed<V> {
            match owner {
                Owner::Box => Box::pin(make()),
                Owner::Task => Box::pin(runtime.spawn(make()).map(Result::unwrap)),
            }
        });
        Self {
            freed,
            runtime,
            future,
        }
    }

    /// Goes on until it waits for its peer, or is done.
    fn run(&mut self) -> Option<V> {
        let Self {
            freed,
            runtime,
            future,
        } = self;
        freed.collect(|| {
            runtime.block_on(async {
                for _ in 0..20 {
                    if let Some(value) = future.as_mut().now_or_never() {
                        return Some(value);
                    }
                    tokio::task::yield_now().await;
                }
                None
            })
        })
    }

    /// Lets time pass until it is done.
    fn wait(&mut self) -> V {
        let Self {
            freed,
            runtime,
            future,
        } = self;
        freed.collect(|| runtime.block_on(future.as_mut()))
    }

    /// Frees the future, and the task if there is one.
    fn end(self) -> Freed {
        let Self {
            mut freed,
            runtime,
            future,
        } = self;
        freed.collect(|| {
            drop(future);
            drop(runtime);
        });
        freed
    }
}

/// The secrets of one handshake.
struct Secrets {
    our_key: [u8; 96],
    secret: [u8; 96],
}

impl Secrets {
    fn new(our_key: &[u8], shared: &Shared) -> Self {
        Self {
            our_key: our_key.try_into().unwrap(),
            secret: shared.secret,
        }
    }

    /// Which of them are left in freed memory.
    fn left_in(&self, freed: &Freed) -> Vec<&'static str> {
        let little_endian: Vec<u8> = self.secret.iter().rev().copied().collect();
        let mut left = Vec::new();
        if freed.contains(&self.secret) || freed.contains(&little_endian) {
            left.push("S");
        }
        if has_cipher_state(freed.bytes()) {
            left.push("cipher state");
        }
        if self.has_exponent(freed.bytes()) {
            left.push("exponent");
        }
        if freed.contains(PAD) {
            left.push("padding");
        }
        if freed.contains(IA) {
            left.push("IA");
        }
        left
    }

    /// Our exponent was drawn by the library: what it is can only be tried.
    fn has_exponent(&self, bytes: &[u8]) -> bool {
        let mut tried = HashSet::new();
        bytes.windows(PrivateKey::LEN).any(|window| {
            let window: [u8; PrivateKey::LEN] = window.try_into().unwrap();
            let mut reversed = window;
            reversed.reverse();
            // Random bytes are more varied than most of what is freed.
            let is_random = window.iter().collect::<HashSet<_>>().len() > 12;
            is_random
                && tried.insert(window)
                && [window, reversed]
                    .into_iter()
                    .any(|exponent| key_of(exponent) == self.our_key)
        })
    }
}

fn key_of(exponent: [u8; 20]) -> [u8; 96] {
    let randomness = Randomness::new(PrivateKey::from_bytes(exponent), Padding::none());
    let mut key = Vec::new();
    Initiator::new(Skey::from(SKEY), &Policy::full_rc4(), "", randomness, &mut key);
    key.try_into().unwrap()
}

/// At every moment, a state of RC4 has each byte once.
fn has_cipher_state(bytes: &[u8]) -> bool {
    let mut counts = [0_usize; 256];
    let mut distinct = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let count = &mut counts[usize::from(*byte)];
        *count += 1;
        distinct += usize::from(*count == 1);
        if let Some(left) = at.checked_sub(256) {
            let count = &mut counts[usize::from(bytes[left])];
            *count -= 1;
            distinct -= usize::from(*count == 0);
        }
        if distinct == 256 {
            return true;
        }
    }
    false
}

/// The peer's end of a connection.
struct Near(DuplexStream);

impl Near {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).now_or_never().unwrap().unwrap();
    }

    /// What has arrived.
    fn read(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        let len = self.0.read(&mut bytes).now_or_never().map_or(0, Result::unwrap);
        bytes.truncate(len);
        bytes
    }
}

type Accepted = Result<MseStream<DuplexStream>, Error>;

async fn serve(acceptor: MseAcceptor, far: DuplexStream) -> Accepted {
    let incoming = acceptor.accept(far).await?;
    if incoming.skey_hash().matches(&Skey::from(SKEY)) {
        incoming.accept(SKEY, Vec::new()).await
    } else {
        Err(incoming.refuse().await)
    }
}

/// An acceptor that has answered the peer's key, and the third message that it waits for.
fn half_accepted(
    owner: Owner,
    acceptor: MseAcceptor,
    skey: [u8; 20],
) -> (Running<Accepted>, Near, Secrets, Vec<u8>) {
    let (near, far) = duplex(1 << 16);
    let mut near = Near(near);
    let mut accept = Running::new(owner, || serve(acceptor, far));
    near.write(&*THEIR_KEY);
    assert!(accept.run().is_none());
    let ours = near.read();
    let (secrets, step_3) = elsewhere(|| {
        let mut shared = Shared::new(&THEIRS, &ours[..96], &skey);
        let offer = Offer {
            pad_c: PAD,
            ia: IA,
            ..Offer::default()
        };
        (Secrets::new(&ours[..96], &shared), offer.step_3(&mut shared))
    });
    (accept, near, secrets, step_3)
}

/// Computes what the peer computes on another thread. What it leaves on the stack could be copied into a future, as the
/// bytes of an enum that its variant does not use.
fn elsewhere<V: Send>(compute: impl FnOnce() -> V + Send) -> V {
    std::thread::scope(|scope| scope.spawn(compute).join().unwrap())
}

fn acceptor() -> MseAcceptor {
    MseAcceptor::new(Policy::full_rc4())
}

/// So that the other tests do not succeed because nothing is ever found.
#[test]
fn secrets_that_are_not_wiped_are_found() {
    let exponent = std::array::from_fn(|at| u8::try_from(7 * at + 1).unwrap());
    let secrets = Secrets {
        our_key: key_of(exponent),
        secret: std::array::from_fn(|at| u8::try_from(2 * at).unwrap()),
    };
    let state: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap().wrapping_mul(3));
    let rubbish = (
        Box::new(exponent),
        Box::new(secrets.secret),
        Box::new(state),
        PAD.to_vec(),
        IA.to_vec(),
    );
    let mut freed = Freed::new();
    assert!(secrets.left_in(&freed).is_empty());
    freed.collect(|| drop(rubbish));
    assert_eq!(
        secrets.left_in(&freed),
        ["S", "cipher state", "exponent", "padding", "IA"]
    );
}

#[test]
fn an_accepted_connection_leaves_no_secret_in_the_memory_of_its_future() {
    for owner in OWNERS {
        for portion in [1, 50, 2000] {
            let (mut accept, mut near, secrets, step_3) = half_accepted(owner, acceptor(), SKEY);
            let mut done = None;
            for piece in step_3.chunks(portion) {
                near.write(piece);
                done = accept.run();
            }
            let mut stream = done.unwrap().unwrap();
            let left = secrets.left_in(&accept.end());
            assert!(left.is_empty(), "{owner:?}, in {portion}s: {left:?}");
            let mut received = [0; IA.len()];
            stream.read_exact(&mut received).now_or_never().unwrap().unwrap();
            assert_eq!(received, IA);
            let (mut freed, stream) = (Freed::new(), Box::new(stream));
            freed.collect(|| drop(stream));
            let left = secrets.left_in(&freed);
            assert!(left.is_empty(), "a stream in a box: {left:?}");
        }
    }
}

#[test]
fn an_accept_that_is_given_up_leaves_no_secret_in_the_memory_of_its_future() {
    for owner in OWNERS {
        // Before the mark, at VC, in PadC, and in IA.
        for len in [0, 10, 44, 70, 100] {
            let (mut accept, mut near, secrets, step_3) = half_accepted(owner, acceptor(), SKEY);
            near.write(&step_3[..len]);
            assert!(accept.run().is_none());
            let left = secrets.left_in(&accept.end());
            assert!(left.is_empty(), "{owner:?} after {len} bytes: {left:?}");
        }
    }
}

#[test]
fn a_refused_connection_leaves_no_secret_in_the_memory_of_its_future() {
    for owner in OWNERS {
        for lingers in [false, true] {
            let acceptor = if lingers {
                acceptor().linger(Linger::new())
            } else {
                acceptor()
            };
            let (mut accept, mut near, secrets, step_3) = half_accepted(owner, acceptor, NOT_SERVED);
            near.write(&step_3);
            assert_eq!(accept.run().is_none(), lingers);
            if lingers {
                assert!(accept.wait().is_err());
            }
            let left = secrets.left_in(&accept.end());
            assert!(left.is_empty(), "{owner:?}: {left:?}");
        }
    }
}

#[test]
fn a_dialled_connection_leaves_no_secret_in_the_memory_of_its_future() {
    for owner in OWNERS {
        for given_up in [0, 1, 2, 3] {
            let (near, far) = duplex(1 << 16);
            let mut near = Near(near);
            let connector = MseConnector::new(Policy::full_rc4());
            let mut connect = Running::new(owner, || connector.connect(far, SKEY, Vec::new()));
            assert!(connect.run().is_none());
            let ours = near.read();
            let (secrets, step_4) = elsewhere(|| {
                let mut shared = Shared::new(&THEIRS, &ours[..96], &SKEY);
                let pad_len = u16::try_from(PAD.len()).unwrap();
                let secrets = Secrets::new(&ours[..96], &shared);
                (secrets, step_4(&mut shared, [0; 8], 2, PAD, pad_len))
            });
            let messages = [&THEIR_KEY[..], &step_4[..30], &step_4[30..]];
            let mut stream = None;
            for message in &messages[..given_up] {
                near.write(message);
                stream = connect.run();
            }
            assert_eq!(stream.is_some(), given_up == 3);
            let left = secrets.left_in(&connect.end());
            assert!(left.is_empty(), "{owner:?}, {given_up} messages: {left:?}");
            drop(stream.map(Result::unwrap));
        }
    }
}
