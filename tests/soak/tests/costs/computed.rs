//! What a stranger can make a listener compute.

use mse_oracle::public_key;
use tokio_mse::handshake::{MAX_PAD, Machine, Randomness, Responder};
use tokio_mse::{Disguise, MseAcceptor, Policy};

use crate::time::costs;
use crate::{Far, THEIRS, accept, poll};

#[tokio::test]
async fn l6_a_stranger_without_96_bytes_or_in_plaintext_costs_no_key_pair() {
    let acceptor = MseAcceptor::default().no_timeout().disguise(Disguise::full());
    let stranger = |bytes: &[u8]| {
        let far = Far::new();
        far.send(bytes);
        let _ = poll(&mut Box::pin(accept(acceptor.clone(), far)));
    };
    let key = public_key(&THEIRS);
    let [key_pair, silent, plaintext, almost] = costs([
        &|| drop(Randomness::generate()),
        &|| stranger(b""),
        &|| stranger(b"\x13BitTorrent protocol"),
        &|| stranger(&key[..95]),
    ]);
    println!("key pair {key_pair:?}, silent {silent:?}, plaintext {plaintext:?}, 95 bytes {almost:?}");
    assert!(silent < key_pair && plaintext < key_pair && almost < key_pair);
}

/// A private key makes one public key and, because `shared_secret` consumes it, at most one secret. The time confirms it:
/// whatever follows the 96 bytes, there is no second exchange.
#[tokio::test]
async fn l6_a_probe_costs_one_key_exchange_and_no_more_bytes_cost_another() {
    let key = public_key(&THEIRS);
    let exchange = || {
        let randomness = Randomness::generate();
        let responder = Responder::new(&Policy::default(), randomness);
        let progress = responder.process(&key, &mut Vec::new());
        assert!(progress.is_ok());
    };
    let probe = |bytes: &[u8], polls: usize| {
        let far = Far::new();
        let acceptor = MseAcceptor::default().no_timeout();
        let mut handshake = Box::pin(accept(acceptor, far.clone()));
        for piece in bytes.chunks(bytes.len().div_ceil(polls).max(1)) {
            far.send(piece);
            assert!(poll(&mut handshake).is_pending());
        }
        assert!(far.received().len() >= 96);
    };
    let more = [&key[..], &[9; MAX_PAD]].concat();
    let [exchange, at_once, in_pieces, with_pad] =
        costs([&exchange, &|| probe(&key, 1), &|| probe(&key, 4), &|| {
            probe(&more, 3);
        }]);
    println!("exchange {exchange:?}, probe {at_once:?}, in pieces {in_pieces:?}, with padding {with_pad:?}");
    for probe in [at_once, in_pieces, with_pad] {
        assert!(probe < 2 * exchange, "{probe:?}, one exchange takes {exchange:?}");
    }
}
