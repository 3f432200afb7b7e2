//! What a license server is told: plain data.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use keyward_domain::names::ServerAddress;

use crate::config::{AdminToken, Ceilings, Limits, ReplyHook, Timeouts, Tls};

/// How to serve a license server.
#[derive(Clone)]
pub struct SeatsConfig {
    /// Where to listen; port 0 = the system picks one.
    pub listen: SocketAddr,
    /// Certificate and key. Clients hold on to the key; no authority need have signed the certificate, and nobody looks at its names.
    pub tls: Tls,
    /// Who may administer.
    pub tokens: Vec<AdminToken>,
    /// How often who may ask.
    pub limits: Limits,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How many may be connected at once.
    pub ceilings: Ceilings,
    /// Where the server says that it can be found, the best first.
    pub addresses: Vec<ServerAddress>,
    /// For simulations of crashes: called around each signed answer. A default build has none.
    pub on_reply: Option<ReplyHook>,
}

impl SeatsConfig {
    /// Requests a minute for one address, if nobody says otherwise: a terminal server's users and the offices behind one router beat from one.
    pub const PER_ADDRESS: u32 = 6_000;

    /// Clients keep a connection for half an hour that they do not use, and use it for each beat.
    const IDLE: Duration = Duration::from_secs(31 * 60);

    /// On a free port of 127.0.0.1, without administrators.
    pub fn new(tls: Tls) -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            tls,
            tokens: Vec::new(),
            limits: Limits::per_minute(Limits::PER_KEY, Limits::PER_DEVICE, Self::PER_ADDRESS, Limits::PER_TOKEN),
            timeouts: Timeouts { idle: Self::IDLE, ..Timeouts::default() },
            ceilings: Ceilings::default(),
            addresses: Vec::new(),
            on_reply: None,
        }
    }
}
