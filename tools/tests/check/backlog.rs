//! Peers whose transport takes only a part of a write.

use std::time::Duration;

use mse_tools::check::arithmetic::Rc4;
use mse_tools::check::backlog::{Outcome, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const WAIT: Duration = Duration::from_secs(5);

fn ciphers() -> (Rc4, Rc4) {
    (Rc4::new(&[1; 20], true), Rc4::new(&[2; 20], true))
}

/// Our end, and the peer's.
fn connection() -> (Stream<DuplexStream>, DuplexStream) {
    let (ours, theirs) = duplex(64 * 1024);
    let (encrypt, decrypt) = ciphers();
    let stream = Stream {
        io: ours,
        encrypt: Some(encrypt),
        decrypt: Some(decrypt),
        received: Vec::new(),
    };
    (stream, theirs)
}

/// Echoes. After a short write, the cipher of a peer with the mistake has encrypted what was not written, too.
async fn echo(mut io: DuplexStream, most: usize, is_mistaken: bool) {
    let (mut decrypt, mut encrypt) = ciphers();
    let (mut piece, mut echoed) = (vec![0; 16 * 1024], 0);
    while let Ok(len @ 1..) = io.read(&mut piece).await {
        let plain = decrypt.apply(&piece[..len]);
        echoed += len;
        if echoed > most {
            return;
        }
        if !is_mistaken {
            let _ = io.write_all(&encrypt.apply(&plain)).await;
            continue;
        }
        let mut rest = &plain[..];
        while !rest.is_empty() {
            let Ok(len) = io.write(&encrypt.apply(rest)).await else {
                return;
            };
            rest = &rest[len..];
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_echo_in_step_is_right() {
    let (stream, theirs) = connection();
    tokio::spawn(echo(theirs, usize::MAX, false));
    assert_eq!(stream.echo(WAIT).await, Outcome::Right);
}

#[tokio::test(start_paused = true)]
async fn an_echo_whose_cipher_is_ahead_is_wrong_where_its_buffer_was_full() {
    let (stream, theirs) = connection();
    tokio::spawn(echo(theirs, usize::MAX, true));
    // The first short write is what our first read of 4 KiB made free.
    let (after, ahead) = (68 * 1024, Some(12 * 1024));
    assert_eq!(stream.echo(WAIT).await, Outcome::Wrong { after, ahead });
}

#[tokio::test(start_paused = true)]
async fn an_echo_that_ends_early_shows_nothing() {
    let (stream, theirs) = connection();
    tokio::spawn(echo(theirs, 256 * 1024, false));
    let outcome = stream.echo(WAIT).await;
    assert!(matches!(outcome, Outcome::TooLittle(_)), "{outcome:?}");
}
