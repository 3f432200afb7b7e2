//! What people see, told as stories in the words of the guides. Each test is named by what somebody sees; the row or promise it shows stands above it.
//!
//! Everything happens in one process ([`keyward_fakes::world`]): what TLS, disks and processes add is shown by the adapters' own tests.

#![expect(clippy::expect_used, reason = "a story's helpers say the step as its tests do")]

mod by_file;
mod clocks;
mod copies;
mod deaf;
mod delegating;
mod issuing;
mod keeping;
mod license_servers;
mod looking;
mod network;
mod network_lines;
mod network_loans;
mod network_trust;
mod network_wants;
mod older;
mod online;
mod order;
mod product;
mod products;
mod refreshing;
mod seats;
mod secrecy;
mod servers;
mod start;
mod toy;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::names::ActivationId;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::standing::{Reason, Status, Verdict};
use keyward_engine::ActError;
use keyward_fakes::world::{Host, Outfit, run};
use keyward_ports::{KeyServer, KeyServerError};

/// The issuer's no.
fn refusal<T: std::fmt::Debug>(result: Result<T, ActError>) -> Refusal {
    match result.expect_err("it is refused") {
        ActError::Refused(refusal) => refusal,
        other => panic!("not refused: {other}"),
    }
}

/// Enabled, Fully Trusted.
fn is_fully_trusted(host: &Host) -> bool {
    let standing = host.standing();
    let row = standing.speaking().cloned();
    matches!(standing.verdict, Verdict::Licensed { .. }) && row.is_some_and(|row| row.status == Status::Enabled && row.flags.is_empty())
}

/// Why the product is stopped.
fn reason(host: &Host) -> Reason {
    match host.standing().verdict {
        Verdict::Stopped { reason } => reason,
        other => panic!("it runs: {other:?}"),
    }
}

/// The codes of the doubts of the row that speaks.
fn flags(host: &Host) -> Vec<&'static str> {
    host.standing().speaking().map(|row| row.flags.iter().map(|flag| flag.code()).collect()).unwrap_or_default()
}

/// Somebody on the way who can send requests elsewhere, or bring other answers.
#[derive(Clone, Default)]
struct Detour {
    to: Arc<Mutex<Option<Arc<dyn KeyServer>>>>,
}

impl Detour {
    /// From now on every request goes there.
    fn lead_to(&self, key_server: Arc<dyn KeyServer>) {
        *self.to.lock().expect("nobody panicked") = Some(key_server);
    }
}

struct Diverted {
    inner: Arc<dyn KeyServer>,
    detour: Detour,
}

impl Outfit for Detour {
    fn carrier(&self, _host: &str, carrier: Arc<dyn KeyServer>) -> Arc<dyn KeyServer> {
        Arc::new(Diverted { inner: carrier, detour: self.clone() })
    }
}

#[async_trait]
impl KeyServer for Diverted {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        let to = self.detour.to.lock().expect("nobody panicked").clone();
        to.unwrap_or_else(|| Arc::clone(&self.inner)).exchange(request).await
    }
}
