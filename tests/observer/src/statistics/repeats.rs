//! Things that must never be seen twice: public keys, pads.

use std::{collections::HashSet, hash::Hash};

/// How many items had been seen before.
pub fn count<T: Eq + Hash>(items: impl IntoIterator<Item = T>) -> usize {
    let mut seen = HashSet::new();
    items
        .into_iter()
        .map(|item| !seen.insert(item))
        .filter(|repeated| *repeated)
        .count()
}

#[cfg(test)]
mod tests {
    use super::count;
    use crate::seeded::Seeded;

    #[test]
    fn honest_keys_never_repeat() {
        let mut random = Seeded::new(11);
        assert_eq!(count((0..20_000).map(|_| random.array::<96>())), 0);
    }

    #[test]
    fn one_key_shown_again_is_found() {
        let mut random = Seeded::new(12);
        let mut keys: Vec<[u8; 96]> = (0..20_000).map(|_| random.array()).collect();
        keys[19_999] = keys[4];
        assert_eq!(count(&keys), 1);
        keys[19_998] = keys[4];
        assert_eq!(count(&keys), 2);
    }
}
