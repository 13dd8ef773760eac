//! Info-hashes (SKEYs), and the index that finds them.

use std::sync::Arc;

use tokio_mse::{Skey, SkeyHash, SkeyIndex};

fn skey(byte: u8) -> Skey {
    Skey::from([byte; 20])
}

#[test]
fn an_index_counts_what_it_serves_and_knows_it() {
    let index = SkeyIndex::new();
    assert!(index.is_empty());
    assert_eq!(index.len(), 0);
    for byte in 1..=3 {
        assert_eq!(index.insert(skey(byte), byte), None);
    }
    assert_eq!(index.len(), 3);
    assert!(!index.is_empty());
    assert!(index.contains(&skey(2)) && !index.contains(&skey(4)));
    assert_eq!(index.remove(&skey(2)), Some(2));
    assert_eq!(index.remove(&skey(2)), None);
    assert_eq!(index.len(), 2);
    assert!(!index.contains(&skey(2)));
    index.clear();
    assert!(index.is_empty() && !index.contains(&skey(1)));
}

#[test]
fn a_lookup_returns_the_skey_and_its_value() {
    let index = SkeyIndex::from_iter([([1; 20], "one"), ([2; 20], "two")]);
    assert_eq!(index.get(skey(1).lookup_hash()), Some((skey(1), "one")));
    assert_eq!(index.skey(skey(2).lookup_hash()), Some(skey(2)));
    assert_eq!(index.get(skey(3).lookup_hash()), None);
    assert_eq!(index.skey(skey(3).lookup_hash()), None);
    assert_eq!(index.insert([1; 20], "another"), Some("one"));
    assert_eq!(index.get(skey(1).lookup_hash()), Some((skey(1), "another")));
    assert_eq!(index.len(), 2);
}

#[test]
fn both_info_hashes_of_a_hybrid_torrent_share_a_value_and_the_match_is_named() {
    struct Torrent;
    let torrent = Arc::new(Torrent);
    let v2 = Skey::from_v2_info_hash(&[9; 32]);
    let index = SkeyIndex::new();
    index.insert(skey(1), Arc::clone(&torrent));
    index.insert(&v2, Arc::clone(&torrent));
    for asked in [skey(1), v2] {
        let (matched, found) = index.get(asked.lookup_hash()).unwrap();
        assert_eq!(matched, asked);
        assert!(Arc::ptr_eq(&found, &torrent));
    }
}

#[test]
fn an_index_is_collected_and_iterated() {
    let index: SkeyIndex = [[1; 20], [2; 20], [1; 20]]
        .map(|skey| (skey, ()))
        .into_iter()
        .collect();
    assert_eq!(index.len(), 2);
    let mut served: Vec<u8> = index.iter().map(|(skey, ())| skey.as_bytes()[0]).collect();
    served.sort_unstable();
    assert_eq!(served, [1, 2]);
    // An iterator is a snapshot: the index may change meanwhile.
    for (skey, ()) in index.iter() {
        index.remove(&skey);
    }
    assert!(index.is_empty());
}

#[test]
fn a_value_whose_destructor_uses_the_index_may_be_replaced_removed_and_cleared() {
    struct Counts(Arc<SkeyIndex<Self>>);
    impl Drop for Counts {
        fn drop(&mut self) {
            assert!(self.0.len() < 3);
        }
    }
    let index = Arc::new(SkeyIndex::new());
    let value = || Counts(Arc::clone(&index));
    index.insert([1; 20], value());
    drop(index.insert([1; 20], value()));
    drop(index.remove(&skey(1)));
    index.insert([2; 20], value());
    index.clear();
    assert!(index.is_empty());
}

#[test]
fn skeys_of_20_bytes_are_the_same_whatever_they_are_made_from() {
    assert_eq!(Skey::from(&[7; 20]), skey(7));
    assert_eq!(Skey::from(&skey(7)), skey(7));
    assert_eq!(skey(7).as_bytes(), &[7; 20]);
}

#[test]
fn a_v2_info_hash_is_cut_to_the_20_bytes_that_the_bittorrent_handshake_has() {
    let info_hash: [u8; 32] = std::array::from_fn(|position| u8::try_from(position).unwrap());
    let skey = Skey::from_v2_info_hash(&info_hash);
    assert_eq!(skey.as_bytes(), &info_hash[..20]);
}

#[test]
fn a_hash_matches_its_own_skey_and_no_other() {
    for (one, other) in [(1, 1), (1, 2), (2, 1)] {
        assert_eq!(skey(one).lookup_hash().matches(&skey(other)), one == other);
    }
}

#[test]
fn a_hash_can_be_stored_as_20_bytes_and_read_back() {
    let hash = skey(7).lookup_hash();
    let stored: [u8; 20] = *hash.as_bytes();
    assert_eq!(stored, crate::support::foreign::sha1(&[b"req2", &[7; 20]]));
    assert_eq!(SkeyHash::from(stored), hash);
}

#[test]
fn an_index_is_read_while_another_thread_inserts_and_removes() {
    let index = SkeyIndex::from_iter([([1; 20], 0)]);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..200_u32 {
                let mut info_hash = [2; 20];
                info_hash[..4].copy_from_slice(&round.to_be_bytes());
                assert_eq!(index.insert(info_hash, round), None);
                assert!(round % 2 == 0 || index.remove(&Skey::from(info_hash)) == Some(round));
            }
        });
        // At least once, and until the other thread is done.
        loop {
            let done = writer.is_finished();
            assert_eq!(index.get(skey(1).lookup_hash()), Some((skey(1), 0)));
            assert_eq!(index.get(skey(9).lookup_hash()), None);
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
    assert_eq!(format!("{:?}", skey(0x41).lookup_hash()), "SkeyHash(..)");
    let index = SkeyIndex::from_iter([([0x41; 20], "secret")]);
    assert_eq!(format!("{index:?}"), "SkeyIndex { len: 1 }");
}
