//! SKEYs, and everything that finds them.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    clippy::needless_borrows_for_generic_args
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_mse::{Skey, SkeyIndex, SkeyResolver, resolver_fn};

fn skey(byte: u8) -> Skey {
    Skey::from([byte; 20])
}

#[test]
fn an_index_counts_what_it_serves_and_knows_it() {
    let index = SkeyIndex::new();
    assert!(index.is_empty());
    assert_eq!(index.len(), 0);
    assert!(index.insert(skey(1)) && index.insert(skey(2)) && index.insert(skey(3)));
    assert!(!index.insert(skey(1)));
    assert_eq!(index.len(), 3);
    assert!(!index.is_empty());
    assert!(index.contains(&skey(2)) && !index.contains(&skey(4)));
    assert!(index.remove(&skey(2)) && !index.remove(&skey(2)));
    assert_eq!(index.len(), 2);
    assert!(!index.contains(&skey(2)));
    assert_eq!(index.resolve(&skey(1).hash()), Some(skey(1)));
    assert_eq!(index.resolve(&skey(2).hash()), None);
}

#[test]
fn an_index_is_collected_and_extended() {
    let mut index: SkeyIndex = [[1; 20], [2; 20], [1; 20]].into_iter().collect();
    assert_eq!(index.len(), 2);
    index.extend([[2; 20], [3; 20]]);
    assert_eq!(index.len(), 3);
    assert!((1..=3).all(|byte| index.contains(&skey(byte))));
}

#[test]
fn everything_that_resolves_finds_its_own_and_nothing_else() {
    fn check(resolver: impl SkeyResolver) {
        assert_eq!(resolver.resolve(&skey(1).hash()), Some(skey(1)));
        assert_eq!(resolver.resolve(&skey(2).hash()), None);
    }
    let one = skey(1);
    let index = Arc::new(SkeyIndex::from_iter([[1; 20]]));
    let closure = resolver_fn(|hash| hash.matches(&one).then(|| one.clone()));
    check(&one);
    check(one.clone());
    check(closure);
    check(&closure);
    check(&&closure);
    check(&*index);
    check(Arc::clone(&index));
    check(&index);
    check(&Arc::new(&index));
    check(Box::new(one.clone()));
    check(&Box::new(closure));
    check(Box::new(closure) as Box<dyn SkeyResolver>);
    check(Arc::clone(&index) as Arc<dyn SkeyResolver + Send + Sync>);
    check(&one as &dyn SkeyResolver);
    check(&*index as &(dyn SkeyResolver + Send + Sync));
}

#[test]
fn a_closure_with_state_needs_no_type_annotation() {
    let asked = AtomicUsize::new(0);
    let counting = resolver_fn(|_| {
        asked.fetch_add(1, Ordering::Relaxed);
        None
    });
    assert_eq!(counting.resolve(&skey(1).hash()), None);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(format!("{counting:?}"), "ResolverFn(..)");
}

#[test]
fn skeys_of_20_bytes_are_the_same_whatever_they_are_made_from() {
    assert_eq!(Skey::from(&[7; 20]), skey(7));
    assert_eq!(Skey::from_shared_secret(&[7; 20]), skey(7));
    assert_eq!(Skey::from_shared_secret(&[7; 20]).hash(), skey(7).hash());
    assert_eq!(skey(7).as_bytes(), [7; 20]);
    assert_eq!(skey(7).hash().as_bytes().len(), 20);
}

#[test]
fn a_v2_info_hash_is_cut_to_the_20_bytes_that_the_bittorrent_handshake_has() {
    let info_hash: [u8; 32] = std::array::from_fn(|position| u8::try_from(position).unwrap());
    let skey = Skey::from_v2_info_hash(&info_hash);
    assert_eq!(skey.as_bytes(), &info_hash[..20]);
    assert_ne!(skey, Skey::from_shared_secret(&info_hash));
}

#[test]
fn a_shared_secret_of_any_length_is_kept_whole() {
    for len in [0, 1, 19, 20, 21, 32, 600] {
        let secret: Vec<u8> = (0..len).map(|n: usize| n.to_le_bytes()[0]).collect();
        let skey = Skey::from_shared_secret(&secret);
        assert_eq!(skey.as_bytes(), secret);
        assert_eq!(skey.clone(), skey);
        let longer = Skey::from_shared_secret(&[&secret[..], &[0]].concat());
        assert!(skey.hash().matches(&skey) && !skey.hash().matches(&longer));
    }
}

#[test]
fn a_hash_matches_its_own_skey_and_no_other() {
    for (one, other) in [(1, 1), (1, 2), (2, 1)] {
        assert_eq!(skey(one).hash().matches(&skey(other)), one == other);
    }
}

#[test]
fn a_resolver_is_used_while_another_thread_inserts_and_removes() {
    let index = SkeyIndex::from_iter([[1; 20]]);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..200_u32 {
                let mut info_hash = [2; 20];
                info_hash[..4].copy_from_slice(&round.to_be_bytes());
                assert!(index.insert(info_hash));
                assert!(round % 2 == 0 || index.remove(&Skey::from(info_hash)));
            }
        });
        // At least once, and until the other thread is done.
        loop {
            let done = writer.is_finished();
            assert_eq!(index.resolve(&skey(1).hash()), Some(skey(1)));
            assert_eq!(index.resolve(&skey(9).hash()), None);
            if done {
                break;
            }
        }
    });
    assert_eq!(index.len(), 1 + 100);
}

#[test]
fn s4_debug_output_names_the_type_and_tells_nothing() {
    assert_eq!(format!("{:?}", skey(0x41)), "Skey(..)");
    assert_eq!(format!("{:?}", skey(0x41).hash()), "SkeyHash(..)");
    let index = SkeyIndex::from_iter([[0x41; 20]]);
    assert_eq!(format!("{index:?}"), "SkeyIndex { len: 1 }");
}
