//! The way to a license server's administration.

use std::fs;
use std::path::Path;

use keyward::vendor::wire::seats::{AcceptRestore, AcceptReturn, POOL_PATH, PoolActed, PoolLog, PoolStatus, ReleaseSeat};
use keyward::vendor::{AdminError, AdminToken, HttpsConsole, Method};
use keyward::{EntitlementId, ProductProfile, ServerAddress, license_servers};
use keyward_domain::document::Place;
use keyward_domain::pool::{Acted, Release, Seat};
use keyward_domain::seal::{Envelope, Statement};
use keyward_ports::LicenseServers as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::pin::Pin;
use crate::exit::{Failure, told};
use crate::progress::wait;

/// A license server that was named, and who it must be.
pub(super) struct Line {
    at: ServerAddress,
    token: AdminToken,
    pin: Pin,
    trust: keyward_domain::seal::Trust,
}

impl Line {
    pub(super) fn to(url: &str, token: &Path, profile: &ProductProfile) -> Result<Self, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::usage(format!("could not read the admin token {}: {error}; name the right file", token.display()))
        };
        let text = Zeroizing::new(fs::read_to_string(token).map_err(unreadable)?);
        let (text, pin) = Pin::of(token, &text);
        let token = AdminToken::parse(text).map_err(|error| Failure::usage(error.to_string()))?;
        let at = url.strip_prefix("https://").map_or(url, |rest| rest.trim_end_matches('/'));
        let at = at.parse::<ServerAddress>().map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Self { at, token, pin, trust: profile.trust() })
    }

    pub(super) fn address(&self) -> String {
        self.at.to_string()
    }

    pub(super) fn status(&self) -> Result<PoolStatus, Failure> {
        self.call(Method::GET, "", None::<&()>)
    }

    /// The seat at a place of the journal: its position, or epoch and position where two seats have the same one.
    pub(super) fn seat(&self, typed: &str) -> Result<(EntitlementId, Seat), Failure> {
        let status = self.status()?;
        let all = status.pools.into_iter().flat_map(|pool| {
            let license = pool.overview.license;
            pool.holders.into_iter().map(move |seat| (license.clone(), seat))
        });
        let mut found: Vec<_> = all.filter(|(_, seat)| names(typed, &seat.place)).collect();
        match (found.pop(), found.is_empty()) {
            (Some(seat), true) => Ok(seat),
            (Some(_), false) => Err(Failure::usage(format!(
                "several seats are at place {typed}; write it as EPOCH-POSITION, two numbers that `server status --json` has of each"
            ))),
            (None, _) => {
                Err(Failure::refused("no-such-seat", format!("nobody has a seat at place {typed}; look the place up with `server status`")))
            }
        }
    }

    pub(super) fn release(&self, license: EntitlementId, place: Place, how: Release) -> Result<Acted, Failure> {
        self.act("/release", &ReleaseSeat { license: Some(license), place, how })
    }

    pub(super) fn accept_return(&self, license: EntitlementId, place: Place) -> Result<Acted, Failure> {
        self.act("/accept-return", &AcceptReturn { license: Some(license), place })
    }

    pub(super) fn accept_restore(&self, license: Option<EntitlementId>) -> Result<Acted, Failure> {
        self.act("/accept-restore", &AcceptRestore { license })
    }

    pub(super) fn log(&self, license: Option<&EntitlementId>, before: Option<u64>) -> Result<PoolLog, Failure> {
        let license = license.map(|id| format!("license={id}"));
        let before = before.map(|position| format!("before={position}"));
        let query: Vec<_> = license.into_iter().chain(before).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        self.call(Method::GET, &format!("/log{query}"), None::<&()>)
    }

    pub(super) fn answer(&self, request: &Envelope) -> Result<Statement, Failure> {
        wait(async { self.met().await?.answer(&format!("{POOL_PATH}/answer"), request).await.map_err(failed) })
    }

    fn act(&self, path: &str, what: &impl Serialize) -> Result<Acted, Failure> {
        let PoolActed { came } = self.call(Method::POST, path, Some(what))?;
        Ok(came)
    }

    fn call<Req: Serialize, Res: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&Req>) -> Result<Res, Failure> {
        wait(async { self.met().await?.call(method, &format!("{POOL_PATH}{path}"), body).await.map_err(failed) })
    }

    async fn met(&self) -> Result<HttpsConsole, Failure> {
        let servers = license_servers();
        let server = servers.meet(&self.at, &self.trust).await?.introduced.identity.server.id();
        self.pin.check(server, &self.address())?;
        // Another that answers there by now is not believed.
        let trust = self.trust.clone().in_license_server(server);
        Ok(servers.administration(&self.at, &trust, self.token.clone()).await?)
    }
}

fn names(typed: &str, place: &Place) -> bool {
    typed == place.position.to_string() || typed == format!("{}-{}", place.epoch, place.position)
}

/// The vendor's words for it name a key server.
fn failed(error: AdminError) -> Failure {
    match error {
        AdminError::Unreachable(attempt) => Failure::no_answer("no-answer", format!("the license server could not be reached: {attempt}")),
        AdminError::Silent(attempt) => Failure::no_answer(
            "no-answer",
            format!("the license server did not answer: {attempt}; look whether it was done before doing it again"),
        ),
        AdminError::Rejected { server, status, code, detail, next, .. } => {
            let code = code.unwrap_or_else(|| format!("status-{status}"));
            Failure::refused(code, format!("{detail}; {} (by {server})", next.replace("key server", "license server")))
        }
        error => Failure::failed("answer-not-read", told(&error).replace("key server", "license server")),
    }
}
