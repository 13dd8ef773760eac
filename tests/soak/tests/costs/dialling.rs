//! What is computed while a dial is in progress.

use std::future::pending;
use std::io;

use tokio::io::DuplexStream;
use tokio_mse::handshake::Randomness;
use tokio_mse::{MseConnector, Policy};
use tokio_test::{assert_pending, task::spawn};

use crate::time::costs;

/// Polls a dial that never ends.
fn dial(policy: Policy, polls: usize) {
    let connector = MseConnector::new(policy).no_timeout();
    let unreachable = |_| pending::<io::Result<DuplexStream>>();
    let mut dialling = spawn(connector.connect_with([7; 20], "", unreachable));
    for _ in 0..polls {
        assert_pending!(dialling.poll());
    }
}

/// Only the time shows it.
#[test]
fn a_key_pair_is_made_once_while_dialling_and_only_for_mse() {
    let [key_pair, mse, mse_for_long, plaintext] = costs([
        &|| drop(Randomness::generate()),
        &|| dial(Policy::full_rc4(), 1),
        &|| dial(Policy::full_rc4(), 5),
        &|| dial(Policy::plaintext_only(), 5),
    ]);
    println!("key pair {key_pair:?}, MSE {mse:?}, polled often {mse_for_long:?}, plaintext {plaintext:?}");
    assert!(2 * mse > key_pair);
    assert!(mse_for_long < 3 * key_pair);
    assert!(2 * plaintext < key_pair);
}
