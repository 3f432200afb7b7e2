//! What people do at hosts: they take seats, keep them, wait for them, leave them, take them along and bring them back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use keyward_domain::document::{Ticket, Until};
use keyward_domain::names::{ActivationId, ServerAddress};
use keyward_domain::pool::{Beat, LeaseSecret, PulseHeard};
use keyward_domain::time::{Now, after};
use keyward_domain::vault::Taken;
use keyward_engine::ActError;
use keyward_engine::license_manager::network::{Left, Network, NetworkError, Seated, Tended};
use keyward_engine::license_manager::unheard;
use keyward_fakes::{CrashPoint, Fate};
use keyward_ports::{Clock as _, LicenseServers as _};
use rand::RngExt as _;

use super::Campus;

/// So many beats of the past are known to whoever listens.
const BEATS: usize = 64;

/// What somebody does at a host.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    CheckOut,
    Beat,
    Leave,
    LeaveEverywhere,
    Wait,
    Borrow(Duration),
    Extend(ActivationId, Until),
    RefreshLoan(ActivationId),
    GiveBack(ActivationId),
    Query,
}

/// What came of it.
pub(super) enum Said {
    Seated(Seated),
    Tended(Tended),
    Left(Option<Left>),
    Borrowed,
    Told(Taken),
    Back,
    Looked,
}

impl Deed {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::CheckOut => "check-out",
            Self::Beat => "beat",
            Self::Leave => "leave",
            Self::LeaveEverywhere => "leave everywhere",
            Self::Wait => "wait",
            Self::Borrow(_) => "borrow",
            Self::Extend(..) => "extend",
            Self::RefreshLoan(_) => "refresh a loan",
            Self::GiveBack(_) => "give back",
            Self::Query => "query",
        }
    }

    async fn perform(self, network: Arc<Network>, ticket: Option<Ticket>) -> Result<Said, NetworkError> {
        match (self, ticket) {
            (Self::Wait, Some(ticket)) => network.wait_with(ticket, &|_| (), &unheard).await.map(Said::Seated),
            (Self::CheckOut | Self::Wait, _) => network.check_out(&unheard).await.map(Said::Seated),
            (Self::Beat, _) => Ok(Said::Tended(network.beat().await)),
            (Self::Leave, _) => network.leave().await.map(|()| Said::Left(Some(Left::Free))),
            (Self::LeaveEverywhere, _) => network.leave_everywhere().await.map(Said::Left),
            (Self::Borrow(length), _) => network.borrow_seat(Until::For(length), &unheard).await.map(|_| Said::Borrowed),
            (Self::Extend(row, until), _) => network.extend(row.as_str(), until, &unheard).await.map(|_| Said::Borrowed),
            (Self::RefreshLoan(row), _) => network.refresh_loan(row.as_str(), &unheard).await.map(Said::Told),
            (Self::GiveBack(row), _) => network.give_back(row.as_str(), &unheard).await.map(|_| Said::Back),
            (Self::Query, _) => network.query().await.map(|_| Said::Looked),
        }
    }
}

/// Whether something was lost or broken on the way of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    Well,
    Wrong,
}

/// How an act is driven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Driven {
    ToItsEnd,
    /// Dropped after so many looks, if it has not ended; and something may go wrong with it.
    Dropped(usize),
}

impl Campus {
    /// Whatever a host can sensibly be asked for.
    pub(super) fn a_deed(&mut self, place: usize) -> Deed {
        let loans: Vec<_> = self.desks[place].model.loans.keys().cloned().collect();
        let row = if loans.is_empty() { None } else { Some(self.pick(&loans).clone()) };
        let length = self.a_length();
        match (row, self.dice.random_range(0..100)) {
            (Some(row), 0..20) => Deed::Extend(row, Until::At(after(self.now(), length))),
            (Some(row), 20..40) => Deed::RefreshLoan(row),
            (Some(row), 40..60) => Deed::GiveBack(row),
            (_, 0..10) if self.desks[place].ticket.is_some() => Deed::Wait,
            (_, 0..15) => Deed::Borrow(length),
            (_, 15..25) => Deed::LeaveEverywhere,
            (_, 25..30) => Deed::Query,
            (_, 30..50) => Deed::Beat,
            (_, 50..60) => Deed::Leave,
            _ => Deed::CheckOut,
        }
    }

    /// For how long somebody wants to borrow: for the day, or for a journey.
    pub(super) fn a_length(&mut self) -> Duration {
        let most = if self.chance(50) { 14 } else { 200 };
        Duration::from_secs(3_600 * self.dice.random_range(1..most))
    }

    /// Lets things go wrong on the way of the next exchanges, or not.
    pub(super) fn arm(&mut self) {
        if self.chance(15) {
            let fates = [Fate::Unreachable, Fate::RequestLost, Fate::ReplyLost, Fate::ReplyLost, Fate::Twice];
            let fate = *self.pick(&fates);
            self.lan.heard().fates.push_back(fate);
        }
    }

    /// Somebody does something at a host. Waiting is given up after a while.
    pub(super) fn act(&mut self, place: usize, deed: &Deed) {
        let driven = if matches!(deed, Deed::Wait) { Driven::Dropped(12) } else { Driven::ToItsEnd };
        self.act_so(place, deed, driven);
    }

    pub(super) fn act_so(&mut self, place: usize, deed: &Deed, driven: Driven) {
        self.try_to(place, deed, driven);
        self.look();
    }

    fn try_to(&mut self, place: usize, deed: &Deed, driven: Driven) {
        self.touched.insert(place);
        self.refused.clear();
        let before = self.lan.heard().lost;
        let began = self.desks[place].host.clock().now();
        let (network, ticket) = (Arc::clone(&self.desks[place].network), self.desks[place].ticket);
        let act = deed.clone().perform(network, ticket);
        let result = match driven {
            Driven::ToItsEnd => Some(self.power.run(act)),
            Driven::Dropped(looks) => self.power.run_for(looks, act),
        };
        self.lan.heard().fates.clear();
        let clean = driven == Driven::ToItsEnd && before == self.lan.heard().lost;
        let went = if clean { Went::Well } else { Went::Wrong };
        self.ran_ahead(place, &began);
        self.after(place, deed, result.as_ref(), went);
    }

    /// Acts that wait turn the clock of their host: what it shows is set right, and its running time is ahead.
    fn ran_ahead(&mut self, place: usize, began: &Now) {
        let clock = self.desks[place].host.clock();
        let now = clock.now();
        if now.boot == began.boot && now.running > began.running {
            let by = now.running - began.running;
            clock.set_wall(began.wall);
            self.desks[place].model.ahead += by;
            let world = self.now();
            if let Some(what) = self.desks[place].waited(by, world) {
                let name = self.desks[place].name().to_owned();
                self.broken("GRACE", &name, what);
            }
        }
    }

    /// What became of an act; none = it was dropped midway.
    fn after(&mut self, place: usize, deed: &Deed, result: Option<&Result<Said, NetworkError>>, went: Went) {
        let now = self.now();
        let desk = &mut self.desks[place];
        let outcome = match result {
            None => "dropped".to_owned(),
            Some(Err(error)) => error.code().to_owned(),
            Some(Ok(said)) => match said {
                Said::Seated(Seated::Has(_)) => {
                    (desk.ticket, desk.next) = (None, Some(after(now, Duration::from_secs(60))));
                    "has a seat".into()
                }
                Said::Seated(Seated::Shares(_)) => "shares a seat".into(),
                Said::Seated(Seated::Borrowed(_)) => "uses its loan".into(),
                Said::Seated(Seated::Full { ticket, .. }) => {
                    desk.ticket = Some(*ticket);
                    "full".into()
                }
                Said::Tended(Tended { next, loss }) => {
                    desk.next = desk.next.map(|_| after(now, *next));
                    loss.map_or("kept".into(), |loss| format!("not kept: {}", loss.code()))
                }
                Said::Left(left) => {
                    desk.next = None;
                    match left {
                        Some(Left::Free) => "left".into(),
                        Some(Left::Unheard) => "left unheard".into(),
                        None => "had nothing to leave".into(),
                    }
                }
                Said::Borrowed => {
                    desk.next = None;
                    "borrowed".into()
                }
                Said::Told(Taken::Granted(_)) => "refreshed".into(),
                Said::Told(Taken::Revoked(_)) => "told of a revocation".into(),
                Said::Told(Taken::Returned(_)) => "returned".into(),
                Said::Told(Taken::Refused(refusal)) => refusal.code().into(),
                Said::Back => "given back".into(),
                Said::Looked => "looked".into(),
            },
        };
        if matches!(deed, Deed::Wait) && !matches!(result, Some(Ok(Said::Seated(Seated::Has(_)))) | None) {
            desk.ticket = desk.ticket.filter(|_| matches!(result, Some(Ok(Said::Seated(Seated::Full { .. })))));
        }
        let name = desk.name().to_owned();
        let wrong = if went == Went::Well { "" } else { " (something went wrong on the way)" };
        self.note(format_args!("{name}: {}: {outcome}{wrong}", deed.name()));
        self.tally.outcome(format!("{}: {outcome}", deed.name()));
        if let (Some(Err(error)), Went::Well) = (result, went) {
            // What a server did wrong is said before what failed by it.
            self.look();
            if !self.is_expected(place, deed, error) {
                self.broken("L1", &name, format!("nothing went wrong on the way, yet {}: {error} {error:?}", deed.name()));
            }
        }
    }

    /// Where nothing went wrong on the way, an act ends with an answer that is taken.
    fn is_expected(&self, place: usize, deed: &Deed, error: &NetworkError) -> bool {
        let desk = &self.desks[place];
        let row = match deed {
            Deed::Extend(row, _) | Deed::RefreshLoan(row) | Deed::GiveBack(row) => Some(row),
            _ => None,
        };
        match error {
            // Whether the server was right is looked at where it was heard.
            NetworkError::Act(ActError::Refused(refusal)) => self.refused.contains(&(desk.name().to_owned(), refusal.code())),
            // It was lost in the same act, or before anybody looked.
            NetworkError::Act(ActError::NoSuchRow { .. }) => row.is_some_and(|row| !desk.model.loans.contains_key(row)),
            // Its server is not among those it knows.
            NetworkError::OtherServer { row, .. } => {
                let of = self.pools.values().find(|pool| pool.generations.contains_key(row));
                of.is_none_or(|pool| !desk.servers.contains(&self.sites[pool.site].at))
            }
            NetworkError::ReturnWaits(error) => self.is_expected(place, deed, error),
            NetworkError::Act(ActError::NotTaken(why)) => self.may_not_take(desk, why),
            _ => false,
        }
    }

    /// Several ask at once: their requests are decided together, and written together.
    pub(super) fn storm(&mut self) {
        let all = self.dice.random_range(3..9);
        let mut places: Vec<_> = (0..all).map(|_| self.a_desk()).collect();
        places.sort_unstable();
        places.dedup();
        let deeds: Vec<_> = places.iter().map(|_| if self.chance(80) { Deed::CheckOut } else { Deed::LeaveEverywhere }).collect();
        let began: Vec<_> = places.iter().map(|place| self.desks[*place].host.clock().now()).collect();
        let names: Vec<_> = places.iter().map(|place| self.desks[*place].name().to_owned()).collect();
        self.note(format_args!("at once: {}", names.join(", ")));
        let acts = places.iter().zip(&deeds).map(|(place, deed)| deed.clone().perform(Arc::clone(&self.desks[*place].network), None));
        let results = self.power.run(join_all(acts.collect::<Vec<_>>()));
        for (n, result) in results.into_iter().enumerate() {
            self.ran_ahead(places[n], &began[n]);
            // Whose trouble was whose cannot be told apart here.
            self.after(places[n], &deeds[n], Some(&result), Went::Wrong);
        }
        self.look();
    }

    /// The product dies over an act, and is started again.
    pub(super) fn crash(&mut self) {
        let place = self.a_desk();
        let deed = self.a_deed(place);
        let host = Arc::clone(&self.desks[place].host);
        if self.chance(40) && host.vault().image().text().is_some() {
            host.vault().fail_in_the_next_save();
            self.note(format_args!("{}: the power fails while its vault is saved", host.name()));
        } else {
            let point = *self.pick(&[CrashPoint::BeforeSave, CrashPoint::AfterSave, CrashPoint::AfterAnchor]);
            host.crash_at(point);
            self.note(format_args!("{}: crashes {point}", host.name()));
        }
        self.desks[place].opens(&self.lan);
        self.try_to(place, &deed, Driven::Dropped(200));
        host.restart();
        // If nothing was saved, the power fails now.
        let _ = host.tick();
        self.desks[place].opens(&self.lan);
    }

    /// Somebody listens.
    pub(super) fn remember(&mut self, beat: &Beat, at: &ServerAddress) {
        if self.beats.len() == BEATS {
            self.beats.remove(0);
        }
        self.beats.push((beat.clone(), at.clone()));
    }

    pub(super) fn an_old_beat(&mut self) -> Option<(Beat, ServerAddress)> {
        let all = self.beats.len();
        (all > 0).then(|| self.beats[self.dice.random_range(0..all)].clone())
    }

    /// Somebody has heard a beat, and sends it again later.
    pub(super) fn replay(&mut self, beat: &Beat, at: &ServerAddress) {
        // Whoever was there at the last look has not been given away since.
        let known = self.pools.values().any(|pool| pool.kept.contains_key(&beat.place));
        let Some(pulse) = self.beats("somebody", at, beat) else { return };
        self.tally.outcome("a beat replayed");
        if let (PulseHeard::Kept { .. }, false) = (pulse, known) {
            self.broken("P2", "somebody", format!("a beat of the past brings back a seat that was given away: {:?}", beat.place));
        }
    }

    /// A stranger beats with a secret that it made up.
    pub(super) fn stranger(&mut self) {
        let places: Vec<_> = self.pools.values().flat_map(|pool| pool.windows.values().map(|it| (pool.site, it.place))).collect();
        if places.is_empty() {
            return;
        }
        let (site, place) = *self.pick(&places);
        let at = self.sites[site].at.clone();
        let beat = Beat { place, secret: LeaseSecret::new([self.dice.random(); 32]), generation: 0 };
        self.note(format_args!("somebody beats for {place:?} with a false secret"));
        if let Some(pulse) = self.beats("somebody", &at, &beat)
            && pulse != PulseHeard::Stranger
        {
            self.broken("P2", "somebody", format!("a stranger beats, and hears {pulse:?}"));
        }
    }

    fn beats(&mut self, who: &str, at: &ServerAddress, beat: &Beat) -> Option<PulseHeard> {
        let host = Arc::clone(&self.desks[0].host);
        let wire = self.lan.wire(who, host.clock());
        let trust = host.licenses().profile().trust();
        self.power.run(async {
            let met = wire.meet(at, &trust).await.ok()?;
            met.line.beat(beat).await.ok().map(|beaten| beaten.pulse)
        })
    }

    /// The seat that is to be looked after first.
    pub(super) fn most_overdue(&mut self) -> Option<usize> {
        let sits = |(_, desk): &(usize, &super::desk::Desk)| desk.next.is_some() && !desk.is_asleep;
        let first = self.desks.iter().enumerate().filter(sits).min_by_key(|(_, desk)| desk.next)?.0;
        self.touched.insert(first);
        Some(first)
    }
}
