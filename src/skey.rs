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
/// let from_info_hash = Skey::from([0xAB; 20]);
/// let of_another_protocol = Skey::from(b"any length will do".as_slice());
/// assert_ne!(from_info_hash.hash(), of_another_protocol.hash());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Skey(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    InfoHash([u8; 20]),
    Other(Arc<[u8]>),
}

impl Skey {
    /// The bytes of the secret.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::InfoHash(bytes) => bytes,
            Repr::Other(bytes) => bytes,
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

impl From<&[u8]> for Skey {
    fn from(bytes: &[u8]) -> Self {
        <[u8; 20]>::try_from(bytes).map_or_else(|_| Self(Repr::Other(bytes.into())), Self::from)
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
}

impl fmt::Debug for SkeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SkeyHash(..)")
    }
}

/// Finds the SKEY that an incoming connection asks for.
///
/// Implemented by [`SkeyIndex`], by a single [`Skey`] and by closures `Fn(&SkeyHash) -> Option<Skey>`, by references to
/// these, by `Arc`s of any resolver and by `&dyn SkeyResolver`. It must answer without blocking; an application that has to ask an async store uses
/// [`MseAcceptor::accept_lazy`](crate::MseAcceptor::accept_lazy).
pub trait SkeyResolver {
    /// The SKEY with this hash, if it is served here.
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey>;
}

impl<F> SkeyResolver for F
where
    F: Fn(&SkeyHash) -> Option<Skey> + ?Sized,
{
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        self(hash)
    }
}

impl SkeyResolver for Skey {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        (self.hash() == *hash).then(|| self.clone())
    }
}

impl SkeyResolver for SkeyIndex {
    fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
        self.read().get(hash).cloned()
    }
}

// References cannot be covered by one blanket impl: a reference to a closure is itself a closure.
macro_rules! resolve_through_pointer {
    ($(<$($parameter:ident)?> $pointer:ty),* $(,)?) => {$(
        impl<$($parameter: SkeyResolver + ?Sized)?> SkeyResolver for $pointer {
            fn resolve(&self, hash: &SkeyHash) -> Option<Skey> {
                (**self).resolve(hash)
            }
        }
    )*};
}

resolve_through_pointer!(
    <R> Arc<R>,
    <R> &Arc<R>,
    <> &SkeyIndex,
    <> &Skey,
    <> &(dyn SkeyResolver + '_),
    <> &(dyn SkeyResolver + Send + Sync + '_),
);

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
        self.write().insert(skey.hash(), skey).is_none()
    }

    /// Stops serving `skey`. Established connections are not touched. Returns whether it was served.
    pub fn remove(&self, skey: &Skey) -> bool {
        self.write().remove(&skey.hash()).is_some()
    }

    /// Whether `skey` is served.
    pub fn contains(&self, skey: &Skey) -> bool {
        self.read().contains_key(&skey.hash())
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
        let by_hash = skeys
            .into_iter()
            .map(Into::into)
            .map(|skey: Skey| (skey.hash(), skey))
            .collect();
        Self {
            by_hash: RwLock::new(by_hash),
        }
    }
}

impl<S: Into<Skey>> Extend<S> for SkeyIndex {
    fn extend<I: IntoIterator<Item = S>>(&mut self, skeys: I) {
        for skey in skeys {
            self.insert(skey);
        }
    }
}

impl fmt::Debug for SkeyIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkeyIndex").field("len", &self.len()).finish()
    }
}
