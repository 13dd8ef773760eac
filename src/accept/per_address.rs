//! How many connections one address may hold.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The bits of an IPv6 address that are one subscriber's: he may have every address behind them.
const SUBSCRIBER_BITS: u32 = 64;

/// A limit on what one address may hold at a time: connections, or handshakes.
///
/// [`max_handshakes`](crate::MseAcceptor::max_handshakes) bounds what everybody holds together. A peer that sends 96
/// bytes on each of many connections can take all of these places for a whole time-out; this keeps one address from doing
/// so. What is counted is for the caller to decide: a permit is held for as long as it is kept.
///
/// IPv6 addresses count together by their first 64 bits, IPv4 addresses that are written as IPv6 as what they are. An
/// address is remembered only while permits for it are held. Many peers may share one address behind a NAT: a limit of
/// one or two locks honest peers out.
///
/// Clones count together.
///
/// ```
/// use std::net::SocketAddr;
/// use tokio::net::TcpStream;
/// use tokio_mse::{MseAcceptor, MseStream, PerAddress, SkeyIndex};
///
/// # fn open(_: MseStream<TcpStream>) {}
/// /// Counts the handshake only: the peer that is established is counted by the application.
/// async fn serve(
///     tcp: TcpStream, from: SocketAddr, acceptor: &MseAcceptor, torrents: &SkeyIndex, limit: &PerAddress,
/// ) -> Result<(), tokio_mse::Error> {
///     // Beyond the limit it closes at once.
///     let Some(permit) = limit.enter(from.ip()) else { return Ok(()) };
///     let peer = acceptor.accept(tcp, torrents).await?;
///     drop(permit);
///     open(peer);
///     Ok(())
/// }
/// # let _ = serve;
/// let limit = PerAddress::new(8);
/// # let _ = limit;
/// ```
#[derive(Clone)]
pub struct PerAddress {
    limit: usize,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl PerAddress {
    /// At most so many permits for each address at a time.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            held: Arc::default(),
        }
    }

    /// A permit for one more from `address`; `None` if it holds as many as it may.
    pub fn enter(&self, address: IpAddr) -> Option<AddressPermit> {
        let subscriber = subscriber(address);
        let mut held = self.lock();
        let count = held.get(&subscriber).copied().unwrap_or_default();
        if count >= self.limit {
            return None;
        }
        held.insert(subscriber, count + 1);
        drop(held);
        Some(AddressPermit {
            of: self.clone(),
            subscriber,
        })
    }

    // Nothing here leaves the map half changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whom somebody is connected to does not belong into a log.
        f.debug_struct("PerAddress")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// One address's permit; given back when dropped.
#[must_use = "a permit that is dropped is given back"]
pub struct AddressPermit {
    of: PerAddress,
    subscriber: IpAddr,
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let mut held = self.of.lock();
        let left = held.get(&self.subscriber).map_or(0, |count| count - 1);
        if left == 0 {
            held.remove(&self.subscriber);
        } else {
            held.insert(self.subscriber, left);
        }
    }
}

impl fmt::Debug for AddressPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressPermit").finish_non_exhaustive()
    }
}

/// The address that stands for all that one subscriber has.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = v6.to_bits() & (u128::MAX << (Ipv6Addr::BITS - SUBSCRIBER_BITS));
            Ipv6Addr::from_bits(prefix).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(limit: &PerAddress, address: &str) -> Option<AddressPermit> {
        limit.enter(address.parse().unwrap())
    }

    #[test]
    fn one_address_holds_no_more_than_the_limit_and_others_are_not_concerned() {
        let limit = PerAddress::new(2);
        let held = [enter(&limit, "192.0.2.1"), enter(&limit.clone(), "192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(enter(&limit, "192.0.2.1").is_none());
        assert!(enter(&limit, "192.0.2.2").is_some());
    }

    #[test]
    fn a_permit_that_is_dropped_is_free_again() {
        let limit = PerAddress::new(2);
        let first = enter(&limit, "192.0.2.1");
        let _second = enter(&limit, "192.0.2.1");
        drop(first);
        assert!(enter(&limit, "192.0.2.1").is_some());
    }

    #[test]
    fn ipv6_counts_by_64_bits_and_mapped_ipv4_as_ipv4() {
        for (one, other, together) in [
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
        ] {
            let limit = PerAddress::new(1);
            let held = enter(&limit, one);
            assert!(held.is_some());
            assert_eq!(enter(&limit, other).is_none(), together, "{one} and {other}");
        }
    }

    #[test]
    fn an_address_is_remembered_only_while_it_holds_permits() {
        let limit = PerAddress::new(3);
        for host in 0..10_000_u32 {
            let permits = [(); 4].map(|()| limit.enter(IpAddr::from(host.to_be_bytes())));
            assert_eq!(permits.iter().flatten().count(), 3);
            assert_eq!(limit.lock().len(), 1);
        }
        assert!(limit.lock().is_empty());
    }

    #[test]
    fn a_limit_of_none_lets_nobody_in_and_no_limit_is_no_panic() {
        assert!(enter(&PerAddress::new(0), "192.0.2.1").is_none());
        assert!(enter(&PerAddress::new(usize::MAX), "192.0.2.1").is_some());
    }

    #[test]
    fn no_address_is_printed() {
        let limit = PerAddress::new(1);
        let permit = enter(&limit, "192.0.2.1").unwrap();
        assert_eq!(format!("{limit:?}"), "PerAddress { limit: 1, .. }");
        assert_eq!(format!("{permit:?}"), "AddressPermit { .. }");
    }
}
