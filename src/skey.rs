//! The shared secret that selects the stream, and how a responder finds it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroize;

use crate::crypto::derive;

/// SKEY: the secret both ends must share before they can talk. For BitTorrent, the 20-byte info-hash.
///
/// It is a *weak* secret: whoever knows the torrent knows it. `Debug` does not print it.
///
/// ```
/// use tokio_mse::Skey;
///
/// let of_a_torrent = Skey::from([0xAB; 20]);
/// let of_a_v2_torrent = Skey::from_v2_info_hash(&[0xAB; 32]);
/// assert_eq!(of_a_torrent, of_a_v2_torrent);
/// let of_another_protocol = Skey::from_shared_secret(b"any length will do");
/// assert_ne!(of_a_torrent, of_another_protocol);
/// ```
///
/// Bytes whose length is not known to be right are no SKEY:
///
/// ```compile_fail
/// let v2_info_hash = [0xAB; 32];
/// let wrong = tokio_mse::Skey::from(v2_info_hash.as_slice());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Skey(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    InfoHash([u8; 20]),
    Other(Arc<Secret>),
}

/// A secret that is no info-hash. Wiped when the last SKEY that has it is dropped.
#[derive(PartialEq, Eq, Hash)]
struct Secret(Box<[u8]>);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Skey {
    /// From the 32-byte info-hash of a BitTorrent v2 torrent: its first 20 bytes, as in the BitTorrent handshake.
    pub fn from_v2_info_hash(info_hash: &[u8; 32]) -> Self {
        let mut truncated = [0; 20];
        truncated.copy_from_slice(&info_hash[..20]);
        Self::from(truncated)
    }

    /// From a secret of any length, for a protocol other than BitTorrent. For BitTorrent, `Skey::from` takes the 20 bytes
    /// of an info-hash, and [`from_v2_info_hash`](Self::from_v2_info_hash) the 32 bytes of a v2 info-hash.
    ///
    /// 20 bytes give the same SKEY as `Skey::from`.
    pub fn from_shared_secret(secret: &[u8]) -> Self {
        <[u8; 20]>::try_from(secret)
            .map_or_else(|_| Self(Repr::Other(Arc::new(Secret(secret.into())))), Self::from)
    }

    /// The bytes of the secret.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::InfoHash(bytes) => bytes,
            Repr::Other(secret) => &secret.0,
        }
    }

    /// `HASH('req2', SKEY)`, by which a responder finds this SKEY. Worth keeping: it never changes.
    pub fn hash(&self) -> SkeyHash {
        SkeyHash(derive::req2(self.as_bytes()))
    }
}

impl From<[u8; 20]> for Skey {
    fn from(info_hash: [u8; 20]) -> Self {
        Self(Repr::InfoHash(info_hash))
    }
}

impl From<&[u8; 20]> for Skey {
    fn from(info_hash: &[u8; 20]) -> Self {
        Self::from(*info_hash)
    }
}

impl Drop for Skey {
    fn drop(&mut self) {
        if let Repr::InfoHash(bytes) = &mut self.0 {
            bytes.zeroize();
        }
    }
}

impl fmt::Debug for Skey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Skey(..)")
    }
}

/// `HASH('req2', SKEY)`: what an initiator reveals of the SKEY it wants.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SkeyHash([u8; 20]);

impl SkeyHash {
    pub(crate) const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Whether this is the hash of `skey`.
    pub fn matches(&self, skey: &Skey) -> bool {
        *self == skey.hash()
    }
}

impl fmt::Debug for SkeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SkeyHash(..)")
    }
}

/// Finds the SKEY that an incoming connection asks for.
///
/// Implemented by [`SkeyIndex`], by a single [`Skey`], by a closure in [`resolver_fn`], and by references, boxes and `Arc`s
/// of any resolver, `dyn SkeyResolver` included. It must answer without blocking; an application that has to ask an async
/// store uses [`MseAcceptor::accept_lazy`](crate::MseAcceptor::accept_lazy).
pub trait SkeyResolver {
    /// The SKEY with this hash, if it is served here.
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey>;
}

impl SkeyResolver for Skey {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        hash.matches(self).then(|| self.clone())
    }
}

impl SkeyResolver for SkeyIndex {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        self.read().get(hash).cloned()
    }
}

impl<R: SkeyResolver + ?Sized> SkeyResolver for &R {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        (**self).resolve(hash)
    }
}

impl<R: SkeyResolver + ?Sized> SkeyResolver for Box<R> {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        (**self).resolve(hash)
    }
}

impl<R: SkeyResolver + ?Sized> SkeyResolver for Arc<R> {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        (**self).resolve(hash)
    }
}

/// A resolver from a closure.
///
/// ```
/// use tokio_mse::{Skey, SkeyResolver, resolver_fn};
///
/// let torrents = [Skey::from([1; 20]), Skey::from([2; 20])];
/// let resolver = resolver_fn(|hash| torrents.iter().find(|skey| hash.matches(skey)).cloned());
/// assert_eq!(resolver.resolve(&torrents[1].hash()).as_ref(), Some(&torrents[1]));
/// ```
pub const fn resolver_fn<F>(find: F) -> ResolverFn<F>
where
    F: Fn(&SkeyHash) -> Option<Skey>,
{
    ResolverFn(find)
}

/// A closure that resolves: what [`resolver_fn`] gives.
#[derive(Clone, Copy)]
pub struct ResolverFn<F>(F);

impl<F: Fn(&SkeyHash) -> Option<Skey>> SkeyResolver for ResolverFn<F> {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        (self.0)(hash)
    }
}

impl<F> fmt::Debug for ResolverFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResolverFn(..)")
    }
}

/// The SKEYs that are served here: found in constant time however many there are, added and removed while in use.
///
/// ```
/// use std::sync::Arc;
/// use tokio_mse::{Skey, SkeyIndex, SkeyResolver};
///
/// let torrents = Arc::new(SkeyIndex::new());
/// let skey = Skey::from([7; 20]);
/// torrents.insert(skey.clone());
/// assert_eq!(torrents.resolve(&skey.hash()), Some(skey.clone()));
/// torrents.remove(&skey);
/// assert!(torrents.is_empty());
/// ```
#[derive(Default)]
pub struct SkeyIndex {
    by_hash: RwLock<HashMap<SkeyHash, Skey>>,
}

impl SkeyIndex {
    /// An index that serves nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves `skey` from now on. Returns whether it was new.
    pub fn insert(&self, skey: impl Into<Skey>) -> bool {
        let skey = skey.into();
        // Two SHA-1 blocks; not while others wait for the lock.
        let hash = skey.hash();
        self.write().insert(hash, skey).is_none()
    }

    /// Stops serving `skey`. Established connections are not touched. Returns whether it was served.
    pub fn remove(&self, skey: &Skey) -> bool {
        let hash = skey.hash();
        self.write().remove(&hash).is_some()
    }

    /// Whether `skey` is served.
    pub fn contains(&self, skey: &Skey) -> bool {
        let hash = skey.hash();
        self.read().contains_key(&hash)
    }

    /// How many SKEYs are served.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether none is served.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    // A map whose writer panicked is still a map: no operation here leaves it half changed.
    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<SkeyHash, Skey>> {
        self.by_hash.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<SkeyHash, Skey>> {
        self.by_hash.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Into<Skey>> FromIterator<S> for SkeyIndex {
    fn from_iter<I: IntoIterator<Item = S>>(skeys: I) -> Self {
        Self {
            by_hash: RwLock::new(skeys.into_iter().map(hashed).collect()),
        }
    }
}

impl<S: Into<Skey>> Extend<S> for SkeyIndex {
    fn extend<I: IntoIterator<Item = S>>(&mut self, skeys: I) {
        // The lock is not taken, as nobody else can have the index.
        let by_hash = self.by_hash.get_mut().unwrap_or_else(PoisonError::into_inner);
        by_hash.extend(skeys.into_iter().map(hashed));
    }
}

fn hashed(skey: impl Into<Skey>) -> (SkeyHash, Skey) {
    let skey = skey.into();
    (skey.hash(), skey)
}

impl fmt::Debug for SkeyIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkeyIndex").field("len", &self.len()).finish()
    }
}
