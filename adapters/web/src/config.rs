//! What a server is told: plain data. Nothing here is read from a file or the environment.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use keyward_domain::profile::TlsTerms;
use keyward_domain::seal::Digest;
use keyward_engine::Portal;

/// How to serve.
#[derive(Clone)]
pub struct Config {
    /// Where to listen; port 0 = the system picks one.
    pub listen: SocketAddr,
    /// Certificate and key. None = plain HTTP, which is refused unless the address is loopback.
    pub tls: Option<Tls>,
    /// Who may administer, besides those whose tokens stand in the ledger.
    pub tokens: Vec<AdminToken>,
    /// How often who may ask.
    pub limits: Limits,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How many may be connected at once.
    pub ceilings: Ceilings,
    /// What product profiles say of where the key servers are: `https://HOST[:PORT]`, the first to be asked first (row O2).
    /// None = this server under its own URL. The server does not start with anything else than an origin.
    pub public_servers: Vec<String>,
    /// What product profiles say of how the servers' certificates are judged.
    pub public_tls: TlsTerms,
    /// What the portal asks. None = there is no portal.
    pub portal: Option<Arc<Portal>>,
    /// For simulations of crashes: called around each answer of the exchange. A default build has none.
    pub on_reply: Option<ReplyHook>,
}

impl Default for Config {
    /// Plain HTTP on a free port of 127.0.0.1, without administrators.
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            tls: None,
            tokens: Vec::new(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            ceilings: Ceilings::default(),
            public_servers: Vec::new(),
            public_tls: TlsTerms::default(),
            portal: None,
            on_reply: None,
        }
    }
}

/// A certificate and its key.
#[derive(Clone)]
pub struct Tls {
    /// The certificate and those between it and its authority, in PEM.
    pub cert_pem: Vec<u8>,
    /// Its private key, in PEM: PKCS #8, PKCS #1 or SEC 1.
    pub key_pem: Vec<u8>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// An administrator whose token does not stand in the ledger, and the digest of what they show. The token itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminToken {
    /// What the log calls whoever shows it.
    pub name: Box<str>,
    /// SHA-256 of the token's characters. The token must be random and long (256 bits): a digest without salt hides nothing else.
    pub digest: Digest,
}

impl AdminToken {
    /// Takes the digest of a token.
    pub fn of(name: &str, token: &str) -> Self {
        Self { name: name.into(), digest: Digest::of(token.as_bytes()) }
    }
}

/// A URL as an origin: `https://HOST[:PORT]`, or plain HTTP for what is on loopback. None = it is none, or has more than a `/` behind it.
pub(crate) fn origin(typed: &str) -> Option<String> {
    let url: Uri = typed.parse().ok()?;
    let (scheme, authority) = (url.scheme_str()?, url.authority()?);
    // A name and a password, or a port that is no number.
    let place = match authority.port_u16() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().into(),
    };
    let bare = matches!(scheme, "https" | "http") && url.path() == "/" && !typed.contains(['?', '#']);
    (bare && !authority.host().is_empty() && place == authority.as_str()).then(|| format!("{scheme}://{}", place.to_lowercase()))
}

/// How often who may ask. None = as often as they like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one license key.
    pub per_key: Option<Quota>,
    /// For one device key.
    pub per_device: Option<Quota>,
    /// For one address. A key server takes an IPv6 network (/64) for one address, the admin API included; a license server has 16 times as much
    /// for such a network, and none for whoever shows the right token. Behind a reverse proxy all have one address.
    pub per_address: Option<Quota>,
    /// For one token of the administration, of requests that are answered by hand.
    pub per_token: Option<Quota>,
}

/// So many at once, and so many a minute in the long run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In the long run.
    pub per_minute: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

impl Quota {
    /// So many a minute, and as many at once; 0 = no quota.
    fn even(per_minute: u32) -> Option<Self> {
        NonZeroU32::new(per_minute).map(|per_minute| Self { per_minute, burst: per_minute })
    }

    /// A quota; 0 counts as 1.
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let least = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self { per_minute: least(per_minute), burst: least(burst) }
    }
}

impl Quota {
    /// So many times as much.
    pub(crate) fn times(self, factor: NonZeroU32) -> Self {
        let more = |n: NonZeroU32| n.saturating_mul(factor);
        Self { per_minute: more(self.per_minute), burst: more(self.burst) }
    }
}

impl Limits {
    /// Requests a minute for one license key, if nobody says otherwise.
    pub const PER_KEY: u32 = 60;
    /// Requests a minute for one device, if nobody says otherwise: enough for a host whose user is impatient.
    pub const PER_DEVICE: u32 = 60;
    /// Requests a minute for one address, if nobody says otherwise: enough for a class room behind one address.
    pub const PER_ADDRESS: u32 = 600;

    /// Requests a minute that are answered by hand with one token, if nobody says otherwise: a reseller answers one after the other.
    pub const PER_TOKEN: u32 = 60;

    /// No limits, as a load run needs it.
    pub const NONE: Self = Self { per_key: None, per_device: None, per_address: None, per_token: None };

    /// So many requests a minute for one license key, one device, one address and one token, and as many at once; 0 = no limit.
    pub fn per_minute(key: u32, device: u32, address: u32, token: u32) -> Self {
        let [per_key, per_device, per_address, per_token] = [key, device, address, token].map(Quota::even);
        Self { per_key, per_device, per_address, per_token }
    }
}

impl Default for Limits {
    /// What a server has that is told nothing of limits.
    fn default() -> Self {
        Self::per_minute(Self::PER_KEY, Self::PER_DEVICE, Self::PER_ADDRESS, Self::PER_TOKEN)
    }
}

/// How many connections at once. One beyond is told so (503) and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    /// From one address. Processes on the server's own host count in all alone; the addresses of one IPv6 network (/64) have half of all together.
    pub per_address: usize,
    /// In all.
    pub all: usize,
    /// Beyond these, so many are told at once that there are too many; whoever else connects is hung up on.
    pub told: usize,
}

impl Ceilings {
    /// As many as a process has room for that may have so many files open. A quarter of these, and at most so many, is left to journal, anchor and
    /// whatever else is opened.
    pub fn within(files: u64) -> Self {
        let Self { per_address, all, told } = Self::default();
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let room = files - (files / 4).min(Self::RESERVE);
        let told = told.min(room / 8);
        // One more is in the hand of whoever takes them from the system.
        let all = all.min((room - told).saturating_sub(Self::BEFORE_THE_DOOR + 1)).max(1);
        Self { per_address: per_address.min(all / 2), all, told }
    }

    /// Files that are never a connection's.
    const RESERVE: usize = 256;

    /// So many are open at once that nobody has looked at yet: one of a crowd is an open file from the moment that the server takes it from the
    /// system, which may be long before its turn comes.
    pub(crate) const BEFORE_THE_DOOR: usize = 8;
}

impl Default for Ceilings {
    /// Enough for a terminal server's users or an office behind one router, and for many of these.
    fn default() -> Self {
        Self { per_address: 2_048, all: 16_384, told: 64 }
    }
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a TLS handshake, then for the first bytes, then for each request's head. An idle connection of HTTP/1.1 is closed after it.
    pub head: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For all of a request, from its head to its answer.
    pub request: Duration,
    /// For the next request on a connection of HTTP/2, on which many can be under way. Longer than clients keep one that they do not use.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            body: Duration::from_secs(10),
            request: Duration::from_secs(30),
            idle: Duration::from_secs(60),
        }
    }
}

/// Where in the giving of an answer a simulation may strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyPoint {
    /// The answer is durable; none of it was sent.
    BeforeReply,
    /// Its head and the first half of its body were sent.
    MidReply,
    /// All of it was sent.
    AfterReply,
}

/// Called at each [`ReplyPoint`], on a thread that serves: whoever blocks in it, blocks others.
pub type ReplyHook = Arc<dyn Fn(ReplyPoint) + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_journal_and_half_of_their_room_to_other_addresses() {
        let within = |files| Ceilings::within(files);
        for (files, per_address, all, told) in
            [(300, 94, 188, 28), (1_024, 347, 695, 64), (65_536, 2_048, 16_384, 64), (u64::MAX, 2_048, 16_384, 64)]
        {
            assert_eq!(within(files), Ceilings { per_address, all, told }, "{files}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_place_and_nothing_more() {
        for (url, expected) in [
            ("https://keys.example.com", Some("https://keys.example.com")),
            ("https://keys.example.com/", Some("https://keys.example.com")),
            ("HTTPS://Keys.Example.com:8443/", Some("https://keys.example.com:8443")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("https://[::1]:8443", Some("https://[::1]:8443")),
            ("https://keys.example.com/keyward", None),
            ("https://keys.example.com//", None),
            ("https://keys.example.com?a", None),
            ("https://keys.example.com/#a", None),
            ("https://ada@keys.example.com", None),
            ("https://keys.example.com:port", None),
            ("https://keys.example.com:", None),
            ("ftp://keys.example.com", None),
            ("keys.example.com", None),
            ("//keys.example.com", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(origin(url).as_deref(), expected, "{url}");
        }
    }
}
