//! How many connections each address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone)]
pub(crate) struct PerAddress {
    limit: Option<usize>,
    connections: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection of an address. Drop it after the connection has closed.
pub(crate) struct Permit(PerAddress, IpAddr);

impl PerAddress {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self {
            limit,
            connections: Arc::default(),
        }
    }

    /// `None` if the address has too many connections already.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Permit> {
        let host = host(address);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connections.get(&host).copied().unwrap_or(0);
        if self.limit.is_some_and(|limit| count >= limit) {
            return None;
        }
        connections.insert(host, count + 1);
        Some(Permit(self.clone(), host))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Self(addresses, host) = self;
        let mut connections = addresses
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match connections.get_mut(host) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                connections.remove(host);
            }
        }
    }
}

/// The address under which a host is counted: an IPv4 address, or the network of an IPv6 address.
fn host(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address.to_canonical() else {
        return address.to_canonical();
    };
    let [.., high, low] = v6.segments();
    let last = (u32::from(high) << 16) | u32::from(low);
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Ipv4Addr::from(last).into(), // NAT64
        [0x2001, 0, ..] => Ipv4Addr::from(!last).into(),               // Teredo
        [first, ..] if first & 0xffc0 == 0xfe80 => address,            // link-local
        [a, b, c, d, ..] => Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into(),
    }
}
