//! Writes of which a transport takes a part: what the sending direction of a stream costs for each byte that goes out.

use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::AsyncWrite;

use crate::crypto::keystream::Keystream;
use crate::stream::outbound::Outbound;
use crate::race::Race;
use crate::report::Report;

const KEYS: [&[u8; 20]; 2] = [b"0123456789abcdefghij", b"jihgfedcba9876543210"];

/// One BitTorrent block, offered again and again until all of it is taken.
const BLOCK: usize = 16 * 1024;

/// A transport that takes so much of every write, and does nothing with it.
struct Takes(usize);

impl AsyncWrite for Takes {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(black_box(buf).len().min(self.0)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn send(outbound: &mut Outbound, transport: &mut Takes, mut data: &[u8]) {
    let mut context = Context::from_waker(Waker::noop());
    while !data.is_empty() {
        match outbound.poll_write(Pin::new(transport), &mut context, data) {
            Poll::Ready(Ok(taken)) => data = &data[taken..],
            other => panic!("{other:?}"),
        }
    }
}

fn outbound() -> Outbound {
    let (encrypt, _) = Keystream::pair(KEYS[0], KEYS[1]);
    Outbound::new(Some(encrypt))
}

const WHOLE: &str = "a whole one";

pub fn measure(report: &mut Report, rounds: usize) {
    let parts = [(1460, None), (256, None), (64, Some(2.0))];
    let data = [0x5A; BLOCK];
    let repeats = 4;
    let mut race = Race::new();
    let (mut whole, mut all) = (outbound(), Takes(usize::MAX));
    race = race.enter(WHOLE, move || {
        (0..repeats).for_each(|_| send(&mut whole, &mut all, black_box(&data)));
    });
    for (len, _) in parts {
        let (mut outbound, mut transport) = (outbound(), Takes(len));
        race = race.enter(&len.to_string(), move || {
            (0..repeats).for_each(|_| send(&mut outbound, &mut transport, black_box(&data)));
        });
    }
    let outcome = race.run(rounds, (repeats * BLOCK) as f64);
    for (len, goal) in parts {
        report.costs(
            &format!("a write of 16 KiB of which the transport takes {len} bytes, per byte"),
            WHOLE,
            outcome.ratio(&len.to_string(), WHOLE),
            goal,
        );
    }
}
