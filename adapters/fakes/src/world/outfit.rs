//! What a test puts between the processes of a world and their ports.

use std::sync::Arc;

use keyward_domain::seal::Scheme;
use keyward_ports::{Anchor, Clock, KeyServer, Ledger, Secrets, Vault};

/// Decorates the ports of a world, each once, when a host or a server is made. Whoever is not interested in a port leaves it as it is.
pub trait Outfit: Send + Sync {
    /// A host's vault.
    fn vault(&self, _host: &str, vault: Arc<dyn Vault>) -> Arc<dyn Vault> {
        vault
    }

    /// A host's anchor.
    fn anchor(&self, _host: &str, anchor: Arc<dyn Anchor>) -> Arc<dyn Anchor> {
        anchor
    }

    /// A host's secrets.
    fn secrets(&self, _host: &str, secrets: Arc<dyn Secrets>) -> Arc<dyn Secrets> {
        secrets
    }

    /// A host's clocks.
    fn clock(&self, _host: &str, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        clock
    }

    /// How answers are opened on a host.
    fn scheme(&self, _host: &str, scheme: Arc<dyn Scheme>) -> Arc<dyn Scheme> {
        scheme
    }

    /// A host's carrier as its process sees it: before anything is lost on the way.
    fn carrier(&self, _host: &str, carrier: Arc<dyn KeyServer>) -> Arc<dyn KeyServer> {
        carrier
    }

    /// A key server as the carriers reach it: what arrives here has arrived.
    fn key_server(&self, _server: &str, key_server: Arc<dyn KeyServer>) -> Arc<dyn KeyServer> {
        key_server
    }

    /// The ledger as one key server sees it.
    fn ledger(&self, _server: &str, ledger: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        ledger
    }

    /// A key server's clock.
    fn server_clock(&self, _server: &str, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        clock
    }
}

/// Nothing in between.
pub(super) struct Plain;

impl Outfit for Plain {}
