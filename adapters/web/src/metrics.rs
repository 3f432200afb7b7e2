//! What is counted (OpenMetrics). Labels are few and fixed: no id, no address, no name of anybody. The pools of a license server alone are told
//! apart, by their license and product.

use std::time::Duration;

use keyward_domain::document::Kind;
use keyward_domain::pool::Overview;
use keyward_engine::Says;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::connections::Ceiling;

/// The counters.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Asked, Counter>,
    refusals: Family<Refused, Counter>,
    seconds: Histogram,
    responses: Family<Responded, Counter>,
    in_flight: Gauge,
    connections: Gauge,
    turned_away: Family<TurnedAway, Counter>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Granted,
    Refused(&'static str),
    Receipt,
    Revocation,
    /// It could not be opened, or was too large, too slow or of another type.
    Unreadable,
    Limited,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TurnedAway {
    ceiling: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Responded {
    /// The route, as the API's description writes it.
    path: String,
    status: u16,
}

/// One more request in flight, until it is dropped.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("keyward");
        let (requests, refusals, responses, in_flight) = (Family::default(), Family::default(), Family::default(), Gauge::default());
        let (connections, turned_away) = (Gauge::default(), Family::default());
        // From a tenth of a millisecond to 3.3 s.
        let seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
        registry.register("requests", "Requests of the exchange by kind and outcome", requests.clone());
        registry.register("refusals", "Refusals of the exchange by code", refusals.clone());
        registry.register_with_unit("exchange", "Time from a request's head to its answer", Unit::Seconds, seconds.clone());
        registry.register("http_responses", "HTTP responses by route and status", responses.clone());
        registry.register("requests_in_flight", "HTTP requests that are being served", in_flight.clone());
        registry.register("connections", "Connections that are open", connections.clone());
        registry.register("connections_turned_away", "Connections beyond a ceiling", turned_away.clone());
        Self { registry, requests, refusals, seconds, responses, in_flight, connections, turned_away }
    }

    /// Counts a request of the exchange; no kind = it was never opened.
    pub(crate) fn count(&self, kind: Option<Kind>, outcome: Outcome, took: Duration) {
        self.requests.get_or_create(&Asked { kind: kind.map_or("unknown", word), outcome: outcome.word() }).inc();
        if let Outcome::Refused(code) = outcome {
            self.refusals.get_or_create(&Refused { code }).inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts a response.
    pub(crate) fn responded(&self, path: &str, status: u16) {
        self.responses.get_or_create(&Responded { path: path.into(), status }).inc();
    }

    /// Counts a request in.
    pub(crate) fn enter(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts a connection in.
    pub(crate) fn connected(&self) {
        self.connections.inc();
    }

    /// Counts a connection out.
    pub(crate) fn disconnected(&self) {
        self.connections.dec();
    }

    /// Counts a connection for which there is no room.
    pub(crate) fn turned_away(&self, ceiling: Ceiling) {
        self.turned_away.get_or_create(&TurnedAway { ceiling: ceiling.word() }).inc();
    }

    /// Writes them all in the text format of OpenMetrics.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        self.text_with(&[])
    }

    /// The same, with the pools of a license server as they stand now.
    pub(crate) fn text_with(&self, pools: &[Overview]) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        if !pools.is_empty() {
            encode_registry(&mut text, &gauges(pools))?;
        }
        encode_eof(&mut text)?;
        Ok(text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pooled {
    license: String,
    product: String,
}

/// One figure of a pool: its name, what it is, where it stands.
type Figure = (&'static str, &'static str, fn(&Overview) -> u32);

const FIGURES: [Figure; 9] = [
    ("seats", "Seats of the license", |it| it.seats),
    ("overdraft", "Seats for emergencies", |it| it.overdraft),
    ("used", "Seats in use, loans among them", |it| it.used),
    ("free", "Seats that anybody can have now", |it| it.free),
    ("ready", "Seats held for somebody who waited", |it| it.ready),
    ("waiting", "Who waits for a seat", |it| it.waiting),
    ("loans", "Seats that are borrowed", |it| it.loans),
    ("stood_in_for", "Seats that a seat for emergencies stands in for", |it| it.stood_in_for),
    ("withheld", "Seats held back because the server was restored from a backup", |it| it.withheld),
];

/// Made anew each time: a license that was given back is in no later text.
fn gauges(pools: &[Overview]) -> Registry {
    let mut registry = Registry::with_prefix("keyward_pool");
    for (name, help, figure) in FIGURES {
        let family = Family::<Pooled, Gauge>::default();
        for pool in pools {
            let whose = Pooled { license: pool.license.to_string(), product: pool.product.to_string() };
            family.get_or_create(&whose).set(figure(pool).into());
        }
        registry.register(name, help, family);
    }
    registry
}

impl Outcome {
    pub(crate) fn of_answer(says: Says) -> Self {
        match says {
            Says::Granted => Self::Granted,
            Says::Receipt => Self::Receipt,
            Says::Revocation => Self::Revocation,
            Says::Refused(code) => Self::Refused(code),
        }
    }

    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Limited,
            400..500 => Self::Unreadable,
            _ => Self::Failed,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused(_) => "refused",
            Self::Receipt => "receipt",
            Self::Revocation => "revocation",
            Self::Unreadable => "unreadable",
            Self::Limited => "limited",
            Self::Failed => "failed",
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Trial => "trial",
        Kind::Activate => "activate",
        Kind::Delegate => "delegate",
        Kind::CheckOut => "check-out",
        Kind::Borrow => "borrow",
        Kind::Extend => "extend",
        Kind::Refresh => "refresh",
        Kind::Return => "return",
    }
}
