//! How often somebody may try to sign in: few times for one account, more from one address. Tries
//! are counted before any password is looked at, so guessing costs us nothing. The counts are this
//! process's own.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::http::StatusCode;
use governor::{
    DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock, QuantaInstant},
};

use crate::http::Problem;

/// For one account: this many tries, then one in each of these times.
const ACCOUNT: (NonZeroU32, Duration) = (NonZeroU32::new(10).unwrap(), Duration::from_secs(30));

/// From one address.
const ADDRESS: (NonZeroU32, Duration) = (NonZeroU32::new(50).unwrap(), Duration::from_secs(2));

/// Letters to one account: nobody is flooded with them, whoever asks.
const LETTERS: (NonZeroU32, Duration) = (NonZeroU32::new(3).unwrap(), Duration::from_secs(600));

/// After this many tries, what was not tried for a while is forgotten.
const FORGET_EVERY: u32 = 10_000;

/// Counts of tries.
pub(crate) struct Throttle {
    account: DefaultKeyedRateLimiter<u64>,
    address: DefaultKeyedRateLimiter<IpAddr>,
    letters: DefaultKeyedRateLimiter<u64>,
    counted: AtomicU32,
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Throttle")
    }
}

fn quota((tries, every): (NonZeroU32, Duration)) -> Quota {
    let quota = Quota::with_period(every).unwrap_or_else(|| unreachable!("no time is empty"));
    quota.allow_burst(tries)
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self {
            account: RateLimiter::keyed(quota(ACCOUNT)),
            address: RateLimiter::keyed(quota(ADDRESS)),
            letters: RateLimiter::keyed(quota(LETTERS)),
            counted: AtomicU32::new(0),
        }
    }

    /// Counts a try at an account, or refuses it.
    pub(crate) fn count(&self, account: &str, address: Option<IpAddr>) -> Result<(), Problem> {
        self.count_address(address)?;
        self.account.check_key(&of_account(account)).map_err(|until| wait(&until, SIGN_IN))
    }

    /// Counts a letter that somebody asks for, or refuses it: whether there is such an account, or not.
    pub(crate) fn count_letter(
        &self,
        account: &str,
        address: Option<IpAddr>,
    ) -> Result<(), Problem> {
        self.count_address(address)?;
        let letters = self.letters.check_key(&of_account(account));
        letters.map_err(|until| wait(&until, "letters to this address were asked for"))
    }

    /// Counts a try from an address, or refuses it.
    pub(crate) fn count_address(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        if self.counted.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.account.retain_recent();
            self.address.retain_recent();
            self.letters.retain_recent();
        }
        let Some(address) = address else { return Ok(()) };
        self.address.check_key(&network(address)).map_err(|until| wait(&until, SIGN_IN))
    }
}

fn of_account(account: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    account.to_lowercase().hash(&mut hasher);
    hasher.finish()
}

/// Whoever has one IPv6 address has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

const SIGN_IN: &str = "tries to sign in";

fn wait(until: &NotUntil<QuantaInstant>, what: &str) -> Problem {
    let seconds = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
    let detail = format!("too many {what}; try again in {seconds} s");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "sign-in-throttled", detail).retry_after(seconds)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_account_is_tried_ten_times_from_wherever() {
        let throttle = Throttle::new();
        for n in 0..10 {
            let address = IpAddr::from([10, 0, 0, n]);
            assert!(throttle.count("jo@example.com", Some(address)).is_ok());
        }
        assert!(throttle.count("Jo@example.com", None).is_err());
        assert!(throttle.count("al@example.com", None).is_ok());
    }

    #[test]
    fn an_account_gets_three_letters_whoever_asks() {
        let throttle = Throttle::new();
        for n in 0..3 {
            let address = IpAddr::from([10, 0, 0, n]);
            assert!(throttle.count_letter("jo@example.com", Some(address)).is_ok());
        }
        assert!(throttle.count_letter("Jo@example.com", None).is_err());
        assert!(throttle.count("jo@example.com", None).is_ok(), "signing in is counted apart");
    }

    #[test]
    fn one_network_tries_fifty_accounts() {
        let throttle = Throttle::new();
        for n in 0..50 {
            let address = format!("2001:db8::{n}").parse().unwrap();
            assert!(throttle.count(&format!("{n}@example.com"), Some(address)).is_ok());
        }
        let address = Some("2001:db8::ffff".parse().unwrap());
        assert!(throttle.count("one-more@example.com", address).is_err());
        let elsewhere = Some("2001:db8:0:1::1".parse().unwrap());
        assert!(throttle.count("one-more@example.com", elsewhere).is_ok());
    }
}
