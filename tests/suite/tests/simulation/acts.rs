//! Acts of people at hosts, and what the observer makes of their outcome.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyward_domain::host::Fingerprint;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::{ActivationId, Edition};
use keyward_domain::record::{Record, RecordKey};
use keyward_domain::seal::SealError;
use keyward_domain::signers::KeyStatement;
use keyward_domain::time::{between, days};
use keyward_domain::vault::{NotTaken, Taken};
use keyward_engine::license_manager::{Steps, TrialBegun};
use keyward_engine::{ActError, LicenseManager, Step};
use keyward_fakes::world::{Host, Refreshed, run};
use keyward_fakes::{Fate, Tally};
use keyward_ports::{HostProbe as _, Ledger as _};
use rand::RngExt as _;

use crate::observer::shared;
use crate::simulation::{SERVERS, Simulation};
use crate::tap::{Brought, Mischief};

/// What somebody does at a host.
#[derive(Clone)]
pub(crate) enum Deed {
    Activate(Arc<LicenseKey>),
    Refresh,
    Return(ActivationId),
    Try(Edition),
    BecomeNew,
}

/// What came of it.
pub(crate) enum Said {
    Granted(ActivationId),
    Tried,
    Returned,
    Refreshed(Refreshed),
    Done,
}

/// What was heard of an act's steps.
#[derive(Default)]
pub(crate) struct Progress(Mutex<Vec<Step>>);

impl Progress {
    pub(crate) fn hear(&self, step: Step) {
        self.0.lock().expect("nobody panicked").push(step);
    }

    pub(crate) fn reached(&self, step: Step) -> bool {
        self.0.lock().expect("nobody panicked").contains(&step)
    }
}

impl Deed {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Activate(_) => "activate",
            Self::Refresh => "refresh",
            Self::Return(_) => "return",
            Self::Try(_) => "try",
            Self::BecomeNew => "become new",
        }
    }

    pub(crate) async fn perform(self, licenses: Arc<LicenseManager>, steps: Steps<'_>) -> Result<Said, ActError> {
        match self {
            Self::Activate(key) => licenses.activate(key, steps).await.map(Said::Granted),
            Self::Refresh => licenses.refresh(steps).await.map(Said::Refreshed),
            Self::Return(activation) => licenses.return_license(activation.as_str(), steps).await.map(|_| Said::Returned),
            Self::Try(edition) => match licenses.start_trial(&edition, steps).await? {
                TrialBegun::Verified => Ok(Said::Tried),
                TrialBegun::Local { .. } => Ok(Said::Done),
            },
            Self::BecomeNew => licenses.become_new_host().await.map(|()| Said::Done),
        }
    }
}

fn lost(tally: Tally) -> u64 {
    tally.unreachable + tally.request_lost + tally.reply_lost
}

impl Simulation {
    /// Whatever this host can sensibly be asked for.
    pub(crate) fn a_deed(&mut self, host: &Host) -> Deed {
        if self.model(host).is_foreign() && self.chance(40) {
            return Deed::BecomeNew;
        }
        match self.dice.random_range(0..100) {
            0..40 => Deed::Refresh,
            40..75 => self.an_activation(host),
            75..93 => self.a_return(host),
            93..98 => Deed::Try(self.pick(&["Standard", "Professional"]).parse().expect("an edition")),
            _ => Deed::BecomeNew,
        }
    }

    pub(crate) fn an_activation(&mut self, host: &Host) -> Deed {
        // A host goes on with a few keys, so that it meets its own slots again.
        let own = usize::from(host.name().as_bytes()[0]);
        let place = (own + self.dice.random_range(0..3)) % self.keys.len();
        let old = self.chance(5);
        let key = &self.keys[place];
        let key = key.replaced.last().filter(|_| old).unwrap_or(&key.key);
        Deed::Activate(Arc::clone(key))
    }

    pub(crate) fn a_return(&mut self, host: &Host) -> Deed {
        let held: Vec<_> = self.model(host).held.keys().cloned().collect();
        if held.is_empty() { Deed::Refresh } else { Deed::Return(self.pick(&held).clone()) }
    }

    /// Lets things go wrong on the way of the next exchange, or not.
    pub(crate) fn arm(&mut self, host: &Host) {
        let mischief = match self.dice.random_range(0..100) {
            0..6 => Some(Mischief::Tamper),
            6..10 => Some(Mischief::Swap),
            _ => None,
        };
        self.tap.heard().mischief = mischief;
        if self.chance(16) {
            let slow = Fate::Slow(days(0));
            let fate = *self.pick(&[Fate::Unreachable, Fate::RequestLost, Fate::ReplyLost, Fate::ReplyLost, Fate::Twice, slow]);
            host.carrier().script([fate]);
        }
    }

    /// Somebody does something at a host, to its end.
    pub(crate) fn act(&mut self, host: &Arc<Host>, deed: &Deed) {
        let before = host.carrier().tally();
        let progress = Progress::default();
        let result = run(deed.clone().perform(host.licenses(), &|step| progress.hear(step)));
        let up = SERVERS.iter().any(|server| self.world.vendor().server(server).is_up());
        let clean = up && !host.is_dead() && lost(before) == lost(host.carrier().tally());
        self.after(host, deed, &progress, Some(result), clean);
    }

    /// What the observer makes of an act; no result = it was dropped midway.
    pub(crate) fn after(&mut self, host: &Host, deed: &Deed, progress: &Progress, result: Option<Result<Said, ActError>>, clean: bool) {
        let brought = {
            let mut heard = self.tap.heard();
            heard.mischief = None;
            std::mem::take(&mut heard.brought)
        };
        let clean = clean && brought.iter().all(|brought| !brought.meddled);
        let outcome = match &result {
            None => "dropped midway".into(),
            Some(Err(error)) => error.code().to_owned(),
            Some(Ok(Said::Refreshed(all))) => {
                all.iter().map(|(_, one)| one.as_ref().map_or_else(ActError::code, |_| "ok")).collect::<Vec<_>>().join(" ")
            }
            Some(Ok(_)) => "ok".into(),
        };
        self.note(format_args!(
            "{}: {}: {outcome}{}",
            host.name(),
            deed.name(),
            if clean { "" } else { " (something went wrong on the way)" }
        ));
        if let Deed::Return(activation) = deed
            && progress.reached(Step::Saved)
            && let Some(device) = self.model(host).device
        {
            self.model(host).off.insert((activation.clone(), device));
        }
        let Some(result) = result else {
            self.tally.outcome("dropped midway");
            return;
        };
        self.count(&result);
        self.heard_of(host, &result, &brought);
        if clean {
            self.nothing_failed(host, &result);
            self.what_was_granted_works(host, &result, &brought);
        }
    }

    fn count(&mut self, result: &Result<Said, ActError>) {
        match result {
            Ok(Said::Refreshed(all)) => {
                for (_, one) in all {
                    match one {
                        Ok(Taken::Refused(refusal)) => self.tally.outcome(format!("refused {}", refusal.code())),
                        Ok(Taken::Granted(_)) => self.tally.outcome("refreshed"),
                        Ok(Taken::Returned(_)) => self.tally.outcome("returned"),
                        Ok(Taken::Revoked(_)) => self.tally.outcome("told of a revocation"),
                        Err(error) => self.tally.outcome(error.code()),
                    }
                }
            }
            Ok(Said::Granted(_)) => self.tally.outcome("activated"),
            Ok(Said::Tried) => self.tally.outcome("tried"),
            Ok(Said::Returned) => self.tally.outcome("returned"),
            Ok(Said::Done) => self.tally.outcome("done without a server"),
            Err(ActError::Refused(refusal)) => self.tally.outcome(format!("refused {}", refusal.code())),
            Err(error) => self.tally.outcome(error.code()),
        }
    }

    /// A contact: from now on the host knows of every revocation that its server knew of.
    pub(crate) fn heard_of(&mut self, host: &Host, result: &Result<Said, ActError>, brought: &[Brought]) {
        let taken = match result {
            Ok(Said::Refreshed(all)) => all.iter().all(|(_, one)| one.is_ok()),
            Ok(_) | Err(ActError::Refused(_)) => true,
            Err(_) => false,
        };
        let issued = brought.iter().filter(|it| !it.meddled).filter_map(|it| it.answer.as_ref()).map(|answer| answer.issued).max();
        let (true, Some(issued)) = (taken && brought.iter().all(|it| !it.meddled), issued) else { return };
        self.model(host).slept = Duration::ZERO;
        let minute = days(1) / 1440;
        let mut told = Vec::new();
        let model = self.model(host).clone();
        for (activation, held) in &model.held {
            let Some(entitlement) = &held.entitlement else { continue };
            let revoked = self.server.revoked.get(entitlement).is_some_and(|at| between(*at, issued) > minute);
            let slot = self.books.entitlements.get(entitlement).and_then(|it| it.slots.iter().find(|slot| slot.activation == *activation));
            if let (true, Some(slot)) =
                (revoked, slot.filter(|slot| Some(slot.device) == model.device && slot.generation >= held.generation))
            {
                told.push((activation.clone(), slot.generation));
            }
        }
        self.model(host).told.extend(told);
    }

    /// Where nothing went wrong on the way, an act ends with an answer that is taken.
    fn nothing_failed(&mut self, host: &Host, result: &Result<Said, ActError>) {
        let errors: Vec<&ActError> = match result {
            Ok(Said::Refreshed(all)) => all.iter().filter_map(|(_, one)| one.as_ref().err()).collect(),
            Ok(_) => Vec::new(),
            Err(error) => vec![error],
        };
        let mut failed = Vec::new();
        for error in errors {
            let known = match error {
                ActError::Refused(_) | ActError::NoSuchRow { .. } | ActError::TrialStays | ActError::TrialOver { .. } => true,
                // A restored server is shown neither what is held by whoever asks for a slot, nor revocations that a host heard.
                ActError::NotTaken(NotTaken::Older { .. }) => self.truth.restored,
                // A restored server does not know of its own rotation before somebody shows it, and remembers what it signed until then.
                ActError::NotTaken(NotTaken::Sealed(SealError::KeyNotValid { .. })) => self.truth.restored,
                // What waited from before a return.
                ActError::NotTaken(NotTaken::Returned { .. }) => matches!(result, Ok(Said::Refreshed(_))),
                ActError::KeyMissing => self.model(host).is_foreign(),
                _ => false,
            };
            if !known {
                failed.push(format!("nothing went wrong on the way, yet: {error}"));
            }
        }
        if !failed.is_empty() {
            // What a server did wrong is said before what failed by it.
            self.look();
        }
        for what in failed {
            self.broken("L1", host.name(), what);
        }
    }

    /// The version of the key statement that the ledger knows.
    pub(crate) fn signers(&self) -> u64 {
        self.key_statement().map_or(0, |statement| statement.version)
    }

    /// The key statement that the ledger knows.
    pub(crate) fn key_statement(&self) -> Option<KeyStatement> {
        match run(self.world.vendor().ledger().read(&RecordKey::Signers)).ok()??.record {
            Record::Signers(signers) => Some(signers.current),
            _ => None,
        }
    }

    fn what_was_granted_works(&mut self, host: &Host, result: &Result<Said, ActError>, brought: &[Brought]) {
        let granted: Vec<_> = match result {
            Ok(Said::Granted(activation)) => vec![activation.clone()],
            Ok(Said::Refreshed(all)) => all
                .iter()
                .filter_map(|(_, one)| if let Ok(Taken::Granted(activation)) = one { Some(activation.clone()) } else { None })
                .collect(),
            _ => Vec::new(),
        };
        let now = self.now();
        let wall = keyward_ports::Clock::now(&**host.clock()).wall;
        let right = between(wall, now).max(between(now, wall)) < days(1) / 24;
        // A trial is not shown beside an activation.
        let sold = |activation: &ActivationId| {
            let certificates = brought.iter().filter_map(|it| it.answer.as_ref()?.certificate());
            certificates.into_iter().any(|it| it.activation == *activation && it.entitlement.is_some())
        };
        let seen = Fingerprint::of(&self.vendor, &host.parts().look().parts);
        for activation in granted.into_iter().filter(|activation| sold(activation)) {
            let row = host.row(&activation);
            let ended = row.as_ref().is_some_and(|row| row.until.is_some_and(|until| between(now, until) < days(1) / 24));
            let works = row.as_ref().is_some_and(|row| row.runs() && !row.flags.iter().any(|flag| flag.code() == "clock-suspect"));
            // What was asked for before parts were replaced is bound to the old ones; what was answered long ago may be overdue.
            let answers = || brought.iter().filter_map(|it| it.answer.as_ref());
            let told = answers().rfind(|it| it.certificate().is_some_and(|it| it.activation == activation));
            let same = told.is_some_and(|answer| {
                let bound = answer.certificate().map(|it| shared(it.binding.fingerprint(), &seen).0);
                bound > Some(0) && between(answer.issued, now) < days(1)
            });
            if right && same && !ended && !works {
                self.broken("L2", host.name(), format!("it was granted and does not work: {row:?}"));
            }
        }
    }
}
