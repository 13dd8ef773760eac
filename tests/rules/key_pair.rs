//! A key pair is generated while the dial is in progress. Memory shows it: the pads are on the heap.

use std::future::pending;
use std::io;

use tokio::io::DuplexStream;
use tokio_mse::handshake::Randomness;
use tokio_mse::{MseConnector, Policy};
use tokio_test::{assert_pending, task::spawn};

use crate::support::heap;

/// What the first poll of a dial that never ends leaves allocated, and what 20 more polls allocate.
fn allocated_while_dialling(policy: Policy) -> (isize, isize) {
    // The thread's random number generator is allocated once.
    drop(Randomness::generate());
    let connector = MseConnector::new(policy).no_timeout();
    let unreachable = |_| pending::<io::Result<DuplexStream>>();
    let mut dialling = spawn(connector.connect_with([7; 20], "", unreachable));
    let ((), held, _) = heap::measure(|| assert_pending!(dialling.poll()));
    let ((), _, later) = heap::measure(|| {
        for _ in 0..20 {
            assert_pending!(dialling.poll());
        }
    });
    (held, later)
}

#[test]
fn a_key_pair_is_generated_once_and_only_for_mse() {
    let (held, later) = allocated_while_dialling(Policy::full_rc4());
    assert!(held > 0);
    assert_eq!(later, 0);
    assert_eq!(allocated_while_dialling(Policy::plaintext_only()), (0, 0));
}
