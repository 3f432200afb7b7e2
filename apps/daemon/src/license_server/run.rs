//! The customer's license server, wired and run until it is told to stop.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use keyward_domain::document::RevocationReason;
use keyward_domain::names::{EntitlementId, ServerAddress};
use keyward_domain::pool::{Lending, Rhythm, Start};
use keyward_domain::refusal::Refusal;
use keyward_engine::license_server::{CatchUpError, Keepings, News, Premises};
use keyward_engine::{ActError, LicenseServer};
use keyward_host::SystemEntropy;
use keyward_ports::{Clock, Journal, JournalError};
use keyward_sql::SqlJournals;
use keyward_web::{AdminToken, Limits, ReplyHook, Running, SeatsConfig, Server};
use tokio::time::{MissedTickBehavior, interval};

use super::anchor::{PoolAnchor, Turn};
use super::closing::Notes;
use super::parts::Parts;
use super::site::Site;
use super::{LicenseServerLine, parts, what_to_do};
use crate::handles;
use crate::key_server::{GRACE, log, stop_signal};

/// How often time is let pass, the vault looked at and the anchor told: a beat is the least that anybody notices.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is seen whether the vendor is to be asked to renew.
const RENEW: Duration = Duration::from_secs(60);

/// The pools of a data folder, in the hands of this process.
pub(crate) struct Pools {
    server: LicenseServer,
    keepings: Keepings,
    anchor: PoolAnchor,
    journals: SqlJournals,
    profiles: Vec<String>,
    clock: Arc<dyn Clock>,
}

/// The pools once they run.
pub(crate) struct Kept {
    pub(crate) server: LicenseServer,
    anchor: PoolAnchor,
    journals: SqlJournals,
    profiles: Vec<String>,
    clock: Arc<dyn Clock>,
    site: Site,
    wrong: Wrong,
}

/// What is wrong and was told: it is looked at each second, and told again only when it is another.
#[derive(Default)]
struct Wrong {
    profiles: Told,
    vault: Told,
    notes: Told,
}

#[derive(Default)]
struct Told(Option<String>);

impl Told {
    /// What is to be told.
    fn news(&mut self, wrong: Option<String>) -> Option<&str> {
        let is_new = wrong != self.0;
        self.0 = wrong;
        self.0.as_deref().filter(|_| is_new)
    }

    fn warn(&mut self, wrong: Option<String>) {
        if let Some(text) = self.news(wrong) {
            tracing::warn!("{text}");
        }
    }
}

impl Pools {
    /// Takes the pools of a data folder up. Nothing is answered before the keepings run, and [`Self::take_up`] was called then.
    pub(crate) fn open(site: &Site, parts: Parts) -> Result<Self> {
        Self::open_lending(site, parts, Lending::default())
    }

    /// The same, which lend seats so.
    fn open_lending(site: &Site, parts: Parts, lending: Lending) -> Result<Self> {
        let Parts { clock, journals, between, .. } = parts;
        let journals =
            SqlJournals::open(&site.journal(), journals).with_context(|| format!("could not open {}", site.journal().display()))?;
        let anchor = PoolAnchor::open(site.anchor()?)?;
        let (known, ours) = (anchor.places(), journals.clone());
        let pools = move |license: EntitlementId| {
            let (journals, between, anchored) = (ours.clone(), Arc::clone(&between), known.get(&license).copied());
            let opened: futures_util::future::BoxFuture<'static, _> = Box::pin(async move {
                let journal = journals.of(license);
                let marked = journal.is_marked().await?;
                Ok::<(Arc<dyn Journal>, Start), JournalError>((between(Arc::new(journal)), Start { anchor: anchored, marked }))
            });
            opened
        };
        let premises = Premises {
            signer: Arc::new(site.signer()?),
            secret: site.secret()?,
            rhythm: Rhythm::default(),
            lending,
            clock: Arc::clone(&clock),
            pools: Arc::new(pools),
        };
        let (server, keepings) = LicenseServer::new(premises);
        Ok(Self { server, keepings, anchor, journals, profiles: Vec::new(), clock })
    }

    /// Runs them, with all that their journals and the vault know.
    pub(crate) async fn take_up(self, site: &Site) -> Result<(Kept, KeepingTask)> {
        let Self { server, keepings, anchor, journals, profiles, clock } = self;
        let anchored: BTreeSet<_> = anchor.places().into_keys().collect();
        let keeping = tokio::spawn(keepings.run());
        let mut kept = Kept { server, anchor, journals, profiles, clock, site: site.clone(), wrong: Wrong::default() };
        let managers = kept.attend()?;
        let pools = kept.journals.pools().await.context("could not read the journal")?;
        // A pool is kept also where the vault, for whatever reason, says nothing of it any more: what it signed goes on.
        if let Some(manager) = managers.first() {
            for license in pools {
                if !anchored.contains(&license) {
                    tracing::warn!(
                        %license,
                        "the anchor knows nothing of this license: if its folder is another than before, name that one with --anchor; \
                         that the data were put back would not be noticed"
                    );
                }
                kept.server.take_up(&license, manager).await.with_context(|| format!("could not take up the pool of {license}"))?;
            }
        }
        kept.look().await?;
        Ok((kept, keeping))
    }
}

impl Kept {
    /// Reads the products' profiles, where they are new.
    fn attend(&mut self) -> Result<Vec<Arc<keyward::LicenseManager>>> {
        let (_, texts) = self.site.profiles()?;
        if texts == self.profiles {
            return Ok(Vec::new());
        }
        let managers = self.site.managers(&self.clock)?;
        for manager in &managers {
            self.server.attend(Arc::clone(manager));
        }
        self.profiles = texts;
        Ok(managers)
    }

    /// Lets time pass, takes in what another process put into the vault, does what it asked for, and tells the anchor.
    pub(crate) async fn look(&mut self) -> Result<()> {
        self.server.tick().await.context("could not keep the pools")?;
        let attended = self.attend().err().map(|error| format!("{error:#}"));
        self.wrong.profiles.warn(attended);
        let caught_up = self.server.catch_up().await;
        tell(caught_up.as_ref().map_or_else(CatchUpError::news, Vec::as_slice));
        // What the pools have stands, whatever is wrong with the vault.
        let caught_up = caught_up.err().map(anyhow::Error::new);
        self.wrong.vault.warn(caught_up.map(|error| format!("could not take in what the vendor delegated: {error:#}")));
        let noted = Notes::of(&self.site).serve(&self.server).await.err().map(|error| format!("{error:#}"));
        self.wrong.notes.warn(noted);
        self.remember().await
    }

    async fn remember(&mut self) -> Result<()> {
        let places = self.server.anchored().await.context("could not look at the pools")?;
        match self.anchor.remember(places) {
            Turn::None => {}
            Turn::Fails(error) => {
                tracing::warn!(
                    "the anchor cannot be written, and is tried again each second; until then it notices less of a restore: {error:#}"
                );
            }
            Turn::Works => tracing::info!("the anchor can be written again"),
        }
        Ok(())
    }

    /// Keeps nothing any more: every pool makes its snapshot, and the journal is closed.
    pub(crate) async fn close(self, keeping: KeepingTask) -> Result<()> {
        let Self { server, journals, .. } = self;
        drop(server);
        // Whoever is still being answered when the time is up costs the next start a replay, and nothing else.
        if let Ok(ended) = tokio::time::timeout(GRACE, keeping).await {
            ended.context("could not stop the pools")?.context("could not keep the pools")?;
        }
        tokio::task::block_in_place(|| journals.close()).context("could not close the journal")
    }
}

fn tell(news: &[News]) {
    for News { license, what } in news {
        match what {
            Ok(_) => tracing::info!(%license, "took in what the vendor delegated"),
            Err(Refusal::ServerRevoked { why: RevocationReason::Returned }) => tracing::warn!(
                %license,
                "this server's data are of before it returned the license: nothing is granted any more; if it is to be had here, return it \
                 where it is now and activate it here again"
            ),
            Err(Refusal::OtherServer) => tracing::warn!(
                %license,
                "what the vendor delegated is for another key than this server's: keys and vault are of different servers; restore both from \
                 one backup, or activate again"
            ),
            Err(refusal) => tracing::warn!(%license, "what the vendor delegated is not taken in: {refusal}; {}", refusal.remedy()),
        }
    }
}

/// Runs a license server until a signal stops it. Its first line on standard output is `listening on URL`.
pub(crate) fn serve(options: &LicenseServerLine) -> Result<()> {
    log(options.log_json);
    let parts = parts(options);
    let on_reply = parts.on_reply.clone();
    let site = Site::open_or_make(&options.data, options.anchor.as_deref(), &SystemEntropy)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start")?;
    runtime.block_on(async {
        // Before anybody knows that it runs, it can be told to stop.
        let stop = stop_signal()?;
        let (mut kept, mut keeping) = Pools::open_lending(&site, parts, options.loans.into())?.take_up(&site).await?;
        let running = listen(&site, options, &kept.server, on_reply).await?;
        let mut out = std::io::stdout();
        writeln!(out, "listening on {}", running.url()).and_then(|()| out.flush()).context("could not say where the server listens")?;
        let mut renewing = tokio::spawn(renew(kept.server.clone()));
        let failed = tokio::select! {
            () = stop => None,
            ended = &mut keeping => Some(why_ended(ended)),
            ended = &mut renewing => Some(anyhow::anyhow!("nobody renews what the vendor delegated any more: {}", by_itself(&ended))),
            failed = keep_looking(&mut kept) => match failed {
                Ok(()) => None,
                Err(error) => Some(cause(error, &mut keeping, LOOK).await),
            },
        };
        tracing::info!("stopping");
        renewing.abort();
        // Once it has ended, nobody can ask any more.
        if !renewing.is_finished() {
            let _ = renewing.await;
        }
        running.stop(GRACE).await;
        match failed {
            Some(error) => Err(error),
            None => match kept.remember().await {
                Ok(()) => kept.close(keeping).await,
                Err(error) => Err(cause(error, &mut keeping, GRACE).await),
            },
        }
    })
}

/// The pools in the hands of a task of their own.
type KeepingTask = tokio::task::JoinHandle<Result<(), JournalError>>;

/// Why the pools are kept no longer.
fn why_ended(ended: Result<Result<(), JournalError>, tokio::task::JoinError>) -> anyhow::Error {
    match ended {
        Ok(Err(error)) => anyhow::Error::new(error).context("could not write what happened; what was promised is kept"),
        ended => anyhow::anyhow!("the pools are kept no longer: {}", by_itself(&ended)),
    }
}

/// Of a task that was to go on for ever.
fn by_itself<T>(ended: &Result<T, tokio::task::JoinError>) -> String {
    let cause = ended.as_ref().err().map_or_else(|| "its task came to an end".into(), ToString::to_string);
    format!("{cause}; start the server again, and report this to whoever made it")
}

/// Why the server stops that could not look at its pools: where they ended, what ended them. Whoever waited for a write hears first that it
/// will not come, and then the task ends that knows why.
async fn cause(error: anyhow::Error, keeping: &mut KeepingTask, patience: Duration) -> anyhow::Error {
    match tokio::time::timeout(patience, keeping).await {
        Ok(ended) => why_ended(ended),
        Err(_) => error,
    }
}

async fn listen(site: &Site, options: &LicenseServerLine, server: &LicenseServer, on_reply: Option<ReplyHook>) -> Result<Running> {
    let config = SeatsConfig {
        listen: options.listen,
        limits: Limits::per_minute(Limits::PER_KEY, options.per_device, options.per_address, Limits::PER_TOKEN),
        tokens: site.tokens()?.iter().map(|token| AdminToken::of("first start", token)).collect(),
        ceilings: handles::ceilings(),
        addresses: addresses(options.listen),
        on_reply,
        ..SeatsConfig::new(site.tls()?)
    };
    Server::start_seats(config, server.clone()).await.context("could not start the server")
}

/// Where the server says that it can be found: by the computer's name, and by the address it listens on if that is one.
fn addresses(listen: SocketAddr) -> Vec<ServerAddress> {
    let named = format!("{}:{}", Site::host_name(), listen.port()).parse();
    let numbered = if listen.ip().is_unspecified() || listen.ip().is_loopback() { None } else { listen.to_string().parse().ok() };
    // Port 0 is picked when it listens: then whoever finds the server knows better.
    named.ok().into_iter().chain(numbered).filter(|_| listen.port() != 0).collect()
}

async fn keep_looking(kept: &mut Kept) -> Result<()> {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        kept.look().await?;
    }
}

async fn renew(server: LicenseServer) -> std::convert::Infallible {
    let mut times = interval(RENEW);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        match server.renew().await {
            Ok((news, wrong)) => {
                tell(&news);
                for (product, error) in wrong {
                    match &error {
                        ActError::Refused(refusal) => {
                            tracing::warn!(%product, "the vendor did not renew what it delegated: {refusal}; {}", what_to_do(refusal));
                        }
                        error => tracing::warn!(%product, "the vendor did not renew what it delegated: {error}"),
                    }
                }
            }
            Err(error) => tracing::warn!("the vendor could not be asked to renew: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both are told of a write that failed, and nobody knows who first.
    #[tokio::test]
    async fn a_server_whose_disk_is_full_stops_and_says_so() {
        let full = || JournalError::Full(std::io::Error::other("no space left").into());
        let (says, mut keeping) = (full().to_string(), tokio::spawn(async move { Err(full()) }));
        let stopped = anyhow::anyhow!("the license server is stopping");
        let error = cause(stopped, &mut keeping, GRACE).await;
        assert!(format!("{error:#}").contains(&says), "{error:#}");
    }

    #[test]
    fn what_is_wrong_is_told_once_and_again_when_it_is_another_or_comes_back() {
        let mut told = Told::default();
        let said = [None, Some("a"), Some("a"), Some("b"), None, Some("b"), Some("b")];
        let new = said.map(|wrong| told.news(wrong.map(Into::into)).is_some());
        assert_eq!(new, [false, true, false, true, false, true, false]);
    }

    #[tokio::test]
    async fn a_server_whose_pools_go_on_says_what_else_was_wrong() {
        let mut keeping = tokio::spawn(std::future::pending());
        let error = cause(anyhow::anyhow!("something else"), &mut keeping, Duration::ZERO).await;
        assert_eq!(error.to_string(), "something else");
    }
}
