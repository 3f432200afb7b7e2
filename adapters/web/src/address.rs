//! Who is at the other end, as far as limits are concerned.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An address that limits go by. A household has a whole /64 of IPv6 addresses and is one caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Caller(IpAddr);

impl Caller {
    /// The caller behind an address. Headers that claim another one are not believed.
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self(match address.ip().to_canonical() {
            IpAddr::V6(ip) if !ip.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
            ip => ip,
        })
    }

    /// The caller at an address and nowhere else.
    pub(crate) fn exactly(address: SocketAddr) -> Self {
        Self(address.ip().to_canonical())
    }

    /// Whether it is a process on this very host.
    pub(crate) fn is_here(self) -> bool {
        self.0.is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_caller_and_its_neighbours_are_others() {
        let caller = |address: &str| Caller::of(address.parse().expect("an address"));
        assert_eq!(caller("[2001:db8::1]:1"), caller("[2001:db8::2:3:4:5]:2"));
        assert_ne!(caller("[2001:db8::1]:1"), caller("[2001:db8:0:1::1]:1"));
        assert_eq!(caller("192.0.2.1:1"), caller("[::ffff:192.0.2.1]:2"));
        assert_ne!(caller("192.0.2.1:1"), caller("192.0.2.2:1"));
        assert!(caller("[::1]:1").is_here() && caller("127.0.0.2:1").is_here() && !caller("192.0.2.1:1").is_here());
    }
}
