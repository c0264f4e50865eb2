//! How many requests one client may make: whoever makes more is told when to come back. What is remembered of clients
//! is bounded, however many there are.

use super::limits::{CLIENTS_MAX, Limits};
use super::trust::{Denied, Pass};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::Ipv6Net;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// One household's share of the internet: its machines are one client.
const NET_BITS_V6: u8 = 64;
/// Clients of whom nothing was heard for a while are forgotten after so many requests.
const PRUNE_EVERY: usize = 1024;

/// The counts of all clients.
#[derive(Debug)]
pub(super) struct Rates(Option<Counts>);

/// Strangers do not take from those who may ask, not even at the same address.
#[derive(Debug)]
struct Counts {
    known: Count,
    strangers: Count,
}

#[derive(Debug)]
struct Count {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clients_max: usize,
    asked: AtomicUsize,
}

impl Rates {
    /// As the limits say.
    pub(super) fn new(limits: &Limits) -> Rates {
        Rates(limits.rate_per_minute.map(|rate| {
            let quota = Quota::per_minute(rate);
            Counts {
                known: Count::new(quota, CLIENTS_MAX),
                strangers: Count::new(quota, CLIENTS_MAX),
            }
        }))
    }

    /// Counts a request.
    ///
    /// # Errors
    /// Where it is one too many: when to come back.
    pub(super) fn count(
        &self,
        peer: IpAddr,
        judged: &Result<Pass, Denied>,
    ) -> Result<(), Duration> {
        let Some(counts) = &self.0 else { return Ok(()) };
        match judged {
            Ok(Pass::Here) => Ok(()),
            Ok(Pass::Known) => counts.known.one(peer),
            Ok(Pass::Anybody) | Err(_) => counts.strangers.one(peer),
        }
    }
}

impl Count {
    fn new(quota: Quota, clients_max: usize) -> Count {
        Count { limiter: RateLimiter::keyed(quota), clients_max, asked: AtomicUsize::new(0) }
    }

    fn one(&self, peer: IpAddr) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % PRUNE_EVERY == PRUNE_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let full = self.clients_max <= self.limiter.len();
        let client = if full { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { client(peer) };
        self.limiter
            .check_key(&client)
            .map_err(|early| early.wait_time_from(DefaultClock::default().now()))
    }
}

/// Who counts as one.
fn client(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        ip @ IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Net::new(ip, NET_BITS_V6).map_or(ip, |net| net.network())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::num::NonZeroU32;

    fn rates(per_minute: u32) -> Rates {
        Rates::new(&Limits { rate_per_minute: NonZeroU32::new(per_minute), ..Limits::default() })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_client_has_its_own_count() {
        let rates = rates(3);
        for _ in 0..3 {
            assert_eq!(rates.count(ip("10.0.0.1"), &Ok(Pass::Known)), Ok(()));
        }
        let wait = rates.count(ip("10.0.0.1"), &Ok(Pass::Known)).unwrap_err();
        assert!(wait <= Duration::from_secs(20) && wait > Duration::from_secs(15), "{wait:?}");
        // A name that is not believed does not take from one that is, and the other way round.
        assert_eq!(rates.count(ip("10.0.0.1"), &Err(Denied::NoToken)), Ok(()));
        assert_eq!(rates.count(ip("10.0.0.2"), &Ok(Pass::Known)), Ok(()));
        for _ in 0..100 {
            assert_eq!(rates.count(ip("127.0.0.1"), &Ok(Pass::Here)), Ok(()));
        }
    }

    #[test]
    fn a_household_is_one_client() {
        let rates = rates(2);
        for (address, may) in [
            ("2001:db8:1:2::1", true),
            ("2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::3", false),
            ("2001:db8:1:3::1", true),
            ("::ffff:10.0.0.1", true),
            ("10.0.0.1", true),
            ("10.0.0.1", false),
        ] {
            let judged = Err(Denied::WrongToken);
            assert_eq!(rates.count(ip(address), &judged).is_ok(), may, "{address}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let count = Count::new(Quota::per_minute(NonZeroU32::new(2).unwrap()), 100);
        let mut refused = 0;
        for number in 0..10_000_u32 {
            refused += usize::from(count.one(IpAddr::V4(Ipv4Addr::from(number))).is_err());
        }
        assert!(count.limiter.len() <= 101, "{}", count.limiter.len());
        assert!(refused > 9_000, "the others share one count: {refused}");
    }

    #[test]
    fn without_a_rate_nobody_is_counted() {
        let rates = rates(0);
        assert!((0..10_000).all(|_| rates.count(ip("10.0.0.1"), &Err(Denied::NoToken)).is_ok()));
    }
}
