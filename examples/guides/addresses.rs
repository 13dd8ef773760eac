//! A limit on connections per address, so that no single host uses up what all share.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many connections each address has. Shared by its clones.
#[derive(Clone)]
pub(crate) struct Addresses {
    limit: usize,
    connections: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection of an address. Keep it for as long as the connection: it is no longer counted once this is dropped.
pub(crate) struct Counted {
    addresses: Addresses,
    host: IpAddr,
}

impl Addresses {
    pub(crate) fn at_most(limit: usize) -> Self {
        let connections = Arc::default();
        Self { limit, connections }
    }

    /// Counts one more connection; `None` if its address has as many as it may.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Counted> {
        let host = host(address);
        let mut connections = self.lock();
        let count = connections.get(&host).copied().unwrap_or_default();
        if count >= self.limit {
            return None;
        }
        connections.insert(host, count + 1);
        drop(connections);
        let addresses = self.clone();
        Some(Counted { addresses, host })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut connections = self.addresses.lock();
        match connections.get_mut(&self.host) {
            Some(count) if *count > 1 => *count -= 1,
            // Nothing is kept of an address that has left.
            _ => drop(connections.remove(&self.host)),
        }
    }
}

/// One host. With IPv6 it usually has the last 64 bits to choose from.
fn host(address: IpAddr) -> IpAddr {
    const PREFIX: u128 = u128::MAX << 64;
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & PREFIX).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}
