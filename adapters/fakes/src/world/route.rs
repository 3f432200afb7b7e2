//! The way from a host to the vendor's servers (row O2).

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::seal::{Sealed, Statement};
use keyward_ports::{KeyServer, KeyServerError};

use super::server::Server;
use crate::locked;

/// An ordered list of servers: the first that runs is asked.
#[derive(Clone, Default)]
pub(super) struct Route {
    servers: Arc<Mutex<Vec<Arc<Server>>>>,
    first: Arc<Mutex<Option<String>>>,
}

impl Route {
    pub(super) fn to(servers: Arc<Mutex<Vec<Arc<Server>>>>) -> Self {
        Self { servers, first: Arc::default() }
    }

    pub(super) fn prefer(&self, server: &str) {
        *locked(&self.first) = Some(server.into());
    }

    fn in_order(&self) -> Vec<Arc<Server>> {
        let mut servers = locked(&self.servers).clone();
        if let Some(first) = &*locked(&self.first) {
            servers.sort_by_key(|server| server.name() != first);
        }
        servers
    }
}

#[async_trait]
impl KeyServer for Route {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let mut attempts = Vec::new();
        for server in self.in_order() {
            match server.exchange(request).await {
                Err(KeyServerError::Unreachable { attempts: more }) => attempts.extend(more),
                other => return other,
            }
        }
        Err(KeyServerError::Unreachable { attempts })
    }
}
