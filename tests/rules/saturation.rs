//! S1: both directions are full at once, over transports that hold very few bytes.

use std::sync::LazyLock;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, split};

use crate::support::pair::{Mode, streams};

/// 8 MiB over a transport of 64 bytes fill it 131,072 times. Smaller transports are filled as often, so that a debug
/// build needs seconds only: 128 KiB over one byte.
const FILLS: usize = 8 * 1024 * 1024 / 64;

/// Computed once, because a debug build is slow. The period is a prime, so nothing is aligned with it.
static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..2 * PERIOD)
        .map(|at| ((at % PERIOD).wrapping_mul(0x9E37_79B1) >> 13) as u8)
        .collect()
});

const PERIOD: usize = 65_521;

/// What one side sends from `at` on. Both sides begin at different offsets.
fn pattern(from_a: bool, at: usize, len: usize) -> &'static [u8] {
    let start = (at + usize::from(from_a) * 777) % PERIOD;
    &PATTERN[start..start + len]
}

/// The length of one `write_all`. It is short, because every partial write costs a pass over everything that was offered.
const BLOCK: usize = 256;

async fn send(mut writer: impl AsyncWrite + Unpin, from_a: bool, len: usize) {
    let mut sent = 0;
    while sent < len {
        let block = pattern(from_a, sent, (len - sent).min(BLOCK));
        writer.write_all(block).await.unwrap();
        sent += block.len();
    }
    writer.shutdown().await.unwrap();
}

async fn receive(mut reader: impl AsyncRead + Unpin, from_a: bool, len: usize) {
    let mut block = vec![0; 4096];
    let mut received = 0;
    loop {
        let read = reader.read(&mut block).await.unwrap();
        if read == 0 {
            break;
        }
        assert!(block[..read] == *pattern(from_a, received, read), "at {received}");
        received += read;
    }
    assert_eq!(received, len);
}

/// Both ends write `len` bytes while they read as many, through `tokio::io::split` or through the stream's own halves.
async fn saturate(mode: Mode, size: usize, len: usize, own_halves: bool) {
    let (a, b) = duplex(size);
    let (a, b) = streams(mode, a, b);
    if own_halves {
        let (read_a, write_a) = a.into_split_with(split::<DuplexStream>);
        let (read_b, write_b) = b.into_split_with(split::<DuplexStream>);
        tokio::join!(
            send(write_a, true, len),
            receive(read_b, true, len),
            send(write_b, false, len),
            receive(read_a, false, len),
        );
    } else {
        let ((read_a, write_a), (read_b, write_b)) = (split(a), split(b));
        tokio::join!(
            send(write_a, true, len),
            receive(read_b, true, len),
            send(write_b, false, len),
            receive(read_a, false, len),
        );
    }
}

#[tokio::test]
async fn s1_saturated_full_duplex_of_8_mib_each_way_finishes() {
    saturate(Mode::Rc4, 64, FILLS * 64, false).await;
}

#[tokio::test]
async fn s1_saturated_full_duplex_of_8_mib_each_way_finishes_through_the_halves() {
    saturate(Mode::Rc4, 64, FILLS * 64, true).await;
}

#[tokio::test]
async fn s1_saturated_full_duplex_over_a_single_byte_finishes() {
    saturate(Mode::Rc4, 1, FILLS, false).await;
    saturate(Mode::Rc4, 1, FILLS, true).await;
}

#[tokio::test]
async fn s1_saturated_full_duplex_finishes_over_every_size_up_to_64() {
    for size in 1..=64 {
        for own_halves in [false, true] {
            saturate(Mode::Rc4, size, 500 + size * 100, own_halves).await;
        }
    }
    for mode in [Mode::HeaderOnly, Mode::Plaintext] {
        saturate(mode, 17, 100_000, true).await;
    }
}
