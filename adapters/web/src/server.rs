//! Starting and stopping.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use keyward_engine::{Console, Issuer, LicenseServer};
use rustls::ServerConfig;
use tokio::task::JoinHandle;
use tower::util::MapFuture;

use crate::config::{Ceilings, Config, origin};
use crate::connections::{Connections, Doorkeeper};
use crate::gates::Callers;
use crate::house::House;
use crate::patience::Patience;
use crate::routes::router;
use crate::seats::{self, Desk, Doors, SeatsConfig};
use crate::site::Site;
use crate::tls::{TlsError, key_digest, server_config};

/// How often a silent HTTP/2 connection is asked whether it is still there.
const PING: Duration = Duration::from_secs(20);
/// Requests at once on one HTTP/2 connection.
const MOST_STREAMS: u32 = 128;
/// A request's head in bytes, as HTTP/2 has it too.
const MOST_HEAD: usize = 16 * 1024;

/// Serves a key server or a license server over HTTP.
#[derive(Debug)]
pub struct Server;

/// Why a server does not start. Fits after "could not start: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Plain HTTP, where others could listen.
    #[error("plain HTTP is served on loopback only, and {0} is not; give a TLS certificate and key, or listen on 127.0.0.1")]
    PlainHttp(SocketAddr),
    /// What profiles and letters would say of where the server is.
    #[error("{0:?} is not where a key server can be; give https://HOST or https://HOST:PORT, without a path")]
    PublicUrl(String),
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be had.
    #[error("cannot listen on {address}; choose another address or port, or stop what uses it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

/// A server that runs. It stops at once when this is dropped; [`Running::stop`] lets it finish.
pub struct Running {
    addr: SocketAddr,
    url: String,
    handle: Handle<SocketAddr>,
    connections: Arc<Connections>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Begins to listen, and serves from a task of its own on the runtime that this is called on. When this returns, connections are
    /// taken.
    pub async fn start(config: Config, issuer: Arc<Issuer>, console: Arc<Console>) -> Result<Running, StartError> {
        let Config { listen, tls, tokens, limits, timeouts, ceilings, public_servers, public_tls, portal, on_reply } = config;
        let mut public_servers =
            public_servers.into_iter().map(|url| origin(&url).ok_or(StartError::PublicUrl(url))).collect::<Result<Vec<_>, _>>()?;
        if tls.is_none() && !listen.ip().to_canonical().is_loopback() {
            return Err(StartError::PlainHttp(listen));
        }
        let tls = tls.as_ref().map(server_config).transpose()?;
        let premises = Listening::begin(listen, tls)?;
        let url = premises.url.clone();
        if public_servers.is_empty() {
            public_servers.push(url.clone());
        }
        let house = House::new(tokens, limits, timeouts, Callers::Households);
        let site = Arc::new(Site { house: Arc::clone(&house), issuer, console, url, public_servers, public_tls, on_reply });
        premises.serve(router(site, portal), house, ceilings)
    }

    /// Serves a license server: seats, loans, beats and the queue, over TLS alone. Otherwise as [`Server::start`].
    pub async fn start_seats(config: SeatsConfig, server: LicenseServer) -> Result<Running, StartError> {
        let SeatsConfig { listen, tls, tokens, limits, timeouts, ceilings, addresses, on_reply } = config;
        let (key, tls) = (key_digest(&tls)?, server_config(&tls)?);
        let premises = Listening::begin(listen, Some(tls))?;
        let house = House::new(tokens, limits, timeouts, Callers::Computers);
        let doors = Doors::new(&limits);
        let desk = Arc::new(Desk { house: Arc::clone(&house), doors, server, tls: key, addresses, on_reply });
        premises.serve(seats::router(desk), house, ceilings)
    }
}

/// A port that is had and not served yet.
struct Listening {
    listener: TcpListener,
    addr: SocketAddr,
    url: String,
    tls: Option<Arc<ServerConfig>>,
}

impl Listening {
    fn begin(address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> Result<Self, StartError> {
        let (listener, addr) = bind(address).map_err(|cause| StartError::Listen { address, cause })?;
        let url = url(addr, if tls.is_some() { "https" } else { "http" });
        Ok(Self { listener, addr, url, tls })
    }

    fn serve(self, router: Router, house: Arc<House>, ceilings: Ceilings) -> Result<Running, StartError> {
        let Self { listener, addr, url, tls } = self;
        let head = house.timeouts.head;
        let connections = Connections::new(ceilings, house);
        let before_the_door = Arc::clone(&connections);
        let service = MapFuture::new(router.into_make_service_with_connect_info::<SocketAddr>(), move |made| {
            let connections = Arc::clone(&before_the_door);
            async move {
                connections.comes_to_the_door().await;
                made.await
            }
        });
        let handle = Handle::new();
        let mut server =
            axum_server::from_tcp(listener).map_err(|cause| StartError::Listen { address: addr, cause })?.handle(handle.clone());
        let http = server.http_builder();
        http.http1().timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(MOST_HEAD);
        http.http2().timer(TokioTimer::new()).keep_alive_interval(PING).max_concurrent_streams(MOST_STREAMS);
        let task = match tls {
            None => {
                let acceptor = Patience::new(NoDelayAcceptor::new(), head);
                tokio::spawn(server.acceptor(Doorkeeper::new(acceptor, Arc::clone(&connections))).serve(service))
            }
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(tls)).handshake_timeout(head);
                let acceptor = Patience::new(acceptor.acceptor(NoDelayAcceptor::new()), head);
                tokio::spawn(server.acceptor(Doorkeeper::new(acceptor, Arc::clone(&connections))).serve(service))
            }
        };
        tracing::info!(%url, "listening");
        Ok(Running { addr, url, handle, connections, task })
    }
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it can be asked: `https://HOST:PORT`. HOST is the address it listens on, or `localhost` if that is every address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes no more connections, finishes what is in flight, closes: at once those on which nothing is. What is not finished within `grace` is
    /// cut off.
    pub async fn stop(mut self, grace: Duration) {
        self.connections.end();
        self.handle.graceful_shutdown(Some(grace));
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the server did not stop as it should");
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn url(address: SocketAddr, scheme: &str) -> String {
    if address.ip().is_unspecified() { format!("{scheme}://localhost:{}", address.port()) } else { format!("{scheme}://{address}") }
}
