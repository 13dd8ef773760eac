//! How many connections each address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

const LIMIT: usize = 2; // about 20 on the internet

#[derive(Clone, Default)]
pub(crate) struct PerAddress(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of an address. Drop it after the connection has closed.
pub(crate) struct Permit(PerAddress, IpAddr);

impl PerAddress {
    /// `None` if the address has too many connections already.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Permit> {
        let host = host(address);
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connections.entry(host).or_default();
        if *count >= LIMIT {
            return None;
        }
        *count += 1;
        Some(Permit(self.clone(), host))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut connections = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connections.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.1);
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
