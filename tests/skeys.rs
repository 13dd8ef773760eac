//! SKEYs, and everything that finds them.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    clippy::needless_borrows_for_generic_args
)]

use std::sync::Arc;

use tokio_mse::{Skey, SkeyHash, SkeyIndex, SkeyResolver};

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
    let closure = |hash: &SkeyHash| (*hash == skey(1).hash()).then(|| skey(1));
    check(&one);
    check(one.clone());
    check(closure);
    check(&closure);
    check(&*index);
    check(Arc::clone(&index));
    check(&index);
    check(Arc::new(closure) as Arc<dyn SkeyResolver>);
    check(&one as &dyn SkeyResolver);
    check(&*index as &(dyn SkeyResolver + Send + Sync));
}

#[test]
fn skeys_of_20_bytes_are_the_same_whatever_they_are_made_from() {
    let bytes: &[u8] = &[7; 20];
    assert_eq!(Skey::from(bytes), skey(7));
    assert_eq!(Skey::from(&[7; 20]), skey(7));
    assert_eq!(Skey::from(bytes).as_bytes(), bytes);
    let long: &[u8] = b"a secret of a protocol without info-hashes";
    assert_eq!(Skey::from(long).as_bytes(), long);
    assert_ne!(Skey::from(long).hash(), Skey::from(&long[1..]).hash());
    assert_eq!(skey(7).hash().as_bytes().len(), 20);
}

#[test]
fn s4_debug_output_names_the_type_and_tells_nothing() {
    assert_eq!(format!("{:?}", skey(0x41)), "Skey(..)");
    assert_eq!(format!("{:?}", skey(0x41).hash()), "SkeyHash(..)");
    let index = SkeyIndex::from_iter([[0x41; 20]]);
    assert_eq!(format!("{index:?}"), "SkeyIndex { len: 1 }");
}
