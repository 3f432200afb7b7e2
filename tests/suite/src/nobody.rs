//! A port that nobody answers on.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port of this computer that nobody listens on, and that nobody else is given while this is held.
pub struct Nobody {
    at: SocketAddr,
    _held: TcpSocket,
}

impl Nobody {
    /// One that was free.
    ///
    /// # Panics
    /// If the system has none.
    #[expect(clippy::expect_used, clippy::new_without_default, reason = "for tests, and each expect says the step")]
    pub fn new() -> Self {
        let held = TcpSocket::new_v4().expect("a socket");
        held.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
        Self { at: held.local_addr().expect("an address"), _held: held }
    }

    /// Where nobody answers.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// The same as a server's address.
    pub fn url(&self) -> String {
        format!("https://{}", self.at)
    }
}
