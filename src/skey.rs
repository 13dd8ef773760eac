//! SKEY, the shared secret of MSE (for BitTorrent the info-hash), and an index of the torrents that are served.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zeroize::Zeroize;

use crate::crypto::derive;

/// The info-hash of a torrent, which MSE calls SKEY: the secret that both ends must know before they connect.
///
/// It has 20 bytes. It is a *weak* secret, because everybody who knows the torrent knows it. `Debug` does not print it.
///
/// ```
/// use tokio_mse::Skey;
///
/// let torrent = Skey::from([0xAB; 20]);
/// let v2_torrent = Skey::from_v2_info_hash(&[0xAB; 32]);
/// assert_eq!(torrent, v2_torrent);
/// ```
///
/// There is no conversion from a slice, because its length may be wrong:
///
/// ```compile_fail
/// let v2_info_hash = [0xAB; 32];
/// let wrong = tokio_mse::Skey::from(v2_info_hash.as_slice());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Skey([u8; 20]);

impl Skey {
    /// From the 32-byte info-hash of a BitTorrent v2 torrent: its first 20 bytes, as in the BitTorrent handshake.
    pub fn from_v2_info_hash(info_hash: &[u8; 32]) -> Self {
        let mut truncated = [0; 20];
        truncated.copy_from_slice(&info_hash[..20]);
        Self(truncated)
    }

    /// The 20 bytes of the secret.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// `HASH('req2', SKEY)`, with which a responder looks up this SKEY. It never changes, so you can store it.
    pub fn lookup_hash(&self) -> SkeyHash {
        SkeyHash(derive::req2(&self.0))
    }
}

impl From<[u8; 20]> for Skey {
    fn from(info_hash: [u8; 20]) -> Self {
        Self(info_hash)
    }
}

impl From<&[u8; 20]> for Skey {
    fn from(info_hash: &[u8; 20]) -> Self {
        Self(*info_hash)
    }
}

impl From<&Self> for Skey {
    fn from(skey: &Self) -> Self {
        skey.clone()
    }
}

impl Drop for Skey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Skey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Skey(..)")
    }
}

/// The hash of an info-hash, `HASH('req2', SKEY)`, which an initiator sends instead of the info-hash.
///
/// Use it as the key of a map of torrents, or to look up a [`SkeyIndex`]. `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SkeyHash([u8; 20]);

impl SkeyHash {
    /// The 20 bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Whether this is the hash of `skey`.
    pub fn matches(&self, skey: &Skey) -> bool {
        *self == skey.lookup_hash()
    }
}

impl From<[u8; 20]> for SkeyHash {
    fn from(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for SkeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SkeyHash(..)")
    }
}

/// A table of the torrents that you serve, each with a value of your own, such as an `Arc` of the torrent.
///
/// A lookup takes constant time, however many torrents there are. All methods take `&self`, so an index in an `Arc` can
/// change while connections are accepted. For a hybrid torrent insert both info-hashes; [`get`](Self::get) returns the
/// one that the peer wants.
///
/// ```
/// use tokio_mse::{Skey, SkeyIndex};
///
/// let torrents = SkeyIndex::new();
/// let skey = Skey::from([7; 20]);
/// torrents.insert(&skey, "debian.iso");
/// assert_eq!(torrents.get(skey.lookup_hash()), Some((skey.clone(), "debian.iso")));
/// torrents.remove(&skey);
/// assert!(torrents.is_empty());
/// ```
///
/// Without values it is a set: `SkeyIndex::from_iter([(skey, ())])`.
pub struct SkeyIndex<V = ()> {
    by_hash: RwLock<HashMap<SkeyHash, (Skey, V)>>,
}

impl<V> SkeyIndex<V> {
    /// An index without torrents.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `skey` with a value. Returns its previous value, if it was in the index.
    pub fn insert(&self, skey: impl Into<Skey>, value: V) -> Option<V> {
        let (hash, entry) = hashed((skey, value));
        let before = self.write().insert(hash, entry);
        before.map(|(_, value)| value)
    }

    /// The SKEY with this hash, and its value.
    pub fn get(&self, hash: SkeyHash) -> Option<(Skey, V)>
    where
        V: Clone,
    {
        self.read().get(&hash).cloned()
    }

    /// The SKEY with this hash.
    pub fn skey(&self, hash: SkeyHash) -> Option<Skey> {
        self.read().get(&hash).map(|(skey, _)| skey.clone())
    }

    /// Removes `skey`, and returns its value. This does not affect established connections.
    pub fn remove(&self, skey: &Skey) -> Option<V> {
        let hash = skey.lookup_hash();
        self.write().remove(&hash).map(|(_, value)| value)
    }

    /// Whether `skey` is in the index.
    pub fn contains(&self, skey: &Skey) -> bool {
        let hash = skey.lookup_hash();
        self.read().contains_key(&hash)
    }

    /// The SKEYs and values that are in the index now, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Skey, V)> + use<V>
    where
        V: Clone,
    {
        let entries: Vec<_> = self.read().values().cloned().collect();
        entries.into_iter()
    }

    /// Removes all SKEYs.
    pub fn clear(&self) {
        // Drop the values after the lock is released: a destructor of the application may use the index.
        let served = std::mem::take(&mut *self.write());
        drop(served);
    }

    /// How many SKEYs are in the index.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether the index is empty.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    // No operation can panic halfway, so a poisoned lock is still consistent.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<SkeyHash, (Skey, V)>> {
        self.by_hash.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<SkeyHash, (Skey, V)>> {
        self.by_hash.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Default for SkeyIndex<V> {
    fn default() -> Self {
        Self {
            by_hash: RwLock::default(),
        }
    }
}

impl<S: Into<Skey>, V> FromIterator<(S, V)> for SkeyIndex<V> {
    fn from_iter<I: IntoIterator<Item = (S, V)>>(entries: I) -> Self {
        Self {
            by_hash: RwLock::new(entries.into_iter().map(hashed).collect()),
        }
    }
}

/// Hashes before a lock is taken.
fn hashed<V>((skey, value): (impl Into<Skey>, V)) -> (SkeyHash, (Skey, V)) {
    let skey = skey.into();
    (skey.lookup_hash(), (skey, value))
}

impl<V> fmt::Debug for SkeyIndex<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkeyIndex").field("len", &self.len()).finish()
    }
}
