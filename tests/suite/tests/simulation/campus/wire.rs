//! The LAN as one host sees it: cables that are out, requests and answers that are lost. And what the observer hears at the servers' doors.

use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use keyward_domain::document::{Answer, Ask, Body, Request, Ticket};
use keyward_domain::names::{ActivationId, EntitlementId, ServerAddress};
use keyward_domain::pool::{Beat, Lifeline, Offer, PulseHeard, Start, Waited, Way};
use keyward_domain::seal::{Sealed, Statement, Trust};
use keyward_domain::time::Now;
use keyward_fakes::world::Outfit;
use keyward_fakes::{FakeClock, FakeLicenseServers, Fate};
use keyward_ports::{
    Attempt, Beaten, CheckedOut, Clock as _, Journal, KeyServer, KeyServerError, LicenseServers, MeetError, Met, Seats, SeatsError, Trouble,
};

use crate::tap::{Tap, words};

/// What a test puts between license servers and the rest of the world.
pub(crate) trait Plant: Outfit {
    /// A license server as its clients reach it: what arrives here has arrived.
    fn line(&self, line: Arc<dyn Seats>) -> Arc<dyn Seats> {
        line
    }

    /// The journal of a pool.
    fn journal(&self, _license: &EntitlementId, journal: Arc<dyn Journal>) -> Arc<dyn Journal> {
        journal
    }

    /// What a license server knows beside its journals when it starts.
    fn start(&self, start: Start) -> Start {
        start
    }
}

/// Something that a host said to a license server, and what left the server's door; nothing if nothing did.
pub(crate) struct Said {
    pub(crate) host: String,
    pub(crate) at: ServerAddress,
    /// The host's clocks when it was sent.
    pub(crate) sent: Now,
    pub(crate) what: What,
}

impl Said {
    /// The place in the line that a request shows.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        let What::Asked { request, .. } = &self.what else { return None };
        match &request.words().ask {
            Ask::CheckOut { wish, .. } | Ask::Borrow { wish, .. } => wish.ticket,
            _ => None,
        }
    }

    /// What its host has, as a request shows it.
    pub(crate) fn shows(&self) -> Option<Answer> {
        let What::Asked { request, .. } = &self.what else { return None };
        words(match &request.words().ask {
            Ask::CheckOut { held, .. } => held.as_ref()?,
            Ask::Extend { held, .. } | Ask::Refresh { held, .. } => held,
            _ => return None,
        })
    }

    /// What came back by it over the line.
    pub(crate) fn gave_back(&self) -> Option<&ActivationId> {
        let What::Asked { request, way: Way::Line, answer: Some(Answer { body: Body::Receipt(_), .. }), .. } = &self.what else {
            return None;
        };
        if let Ask::Return { activation, .. } = &request.words().ask { Some(activation) } else { None }
    }

    /// What was signed by it.
    pub(crate) fn signed(&self) -> Option<&ActivationId> {
        let (What::Asked { answer, .. } | What::Beat { fresh: answer, .. }) = &self.what else { return None };
        answer.as_ref()?.certificate().map(|it| &it.activation)
    }
}

/// The administrator brings it.
pub(super) fn by_file() -> Way {
    Way::File { by: "boss".into() }
}

pub(crate) enum What {
    Asked { request: Sealed<Request>, way: Way, answer: Option<Answer>, lifeline: Option<Lifeline> },
    Beat { beat: Beat, pulse: Option<PulseHeard>, fresh: Option<Answer> },
    Waits { ticket: Ticket, waited: Option<Waited> },
}

/// What was heard, and what goes wrong.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) said: Vec<Said>,
    pub(crate) fates: VecDeque<Fate>,
    /// Cables that are out: of a host to a server.
    pub(crate) out: BTreeSet<(String, ServerAddress)>,
    /// How often something was not brought, or not answered.
    pub(crate) lost: u64,
}

/// The LAN of a campus.
pub(crate) struct Lan {
    pub(crate) servers: FakeLicenseServers,
    pub(crate) plant: Arc<dyn Plant>,
    pub(crate) tap: Arc<Tap>,
    heard: Mutex<Heard>,
}

impl Lan {
    pub(crate) fn new(plant: Arc<dyn Plant>, tap: Arc<Tap>) -> Arc<Self> {
        Arc::new(Self { servers: FakeLicenseServers::new(), plant, tap, heard: Mutex::default() })
    }

    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A host's way to the servers.
    pub(crate) fn wire(self: &Arc<Self>, host: &str, clock: &Arc<FakeClock>) -> Arc<Wire> {
        Arc::new(Wire { host: host.into(), clock: Arc::clone(clock), lan: Arc::clone(self) })
    }

    /// A request that somebody carried to a server, and its answer.
    pub(crate) fn carried(&self, host: &str, at: &ServerAddress, sent: Now, request: &Sealed<Request>, answer: Option<&Statement>) {
        let answer = answer.and_then(words);
        let what = What::Asked { request: request.clone(), way: by_file(), answer, lifeline: None };
        self.heard().said.push(Said { host: host.into(), at: at.clone(), sent, what });
    }
}

/// The LAN as one host sees it.
pub(crate) struct Wire {
    host: String,
    clock: Arc<FakeClock>,
    lan: Arc<Lan>,
}

fn attempt(at: &ServerAddress, trouble: Trouble) -> Attempt {
    Attempt { server: at.to_string(), proxy: None, trouble, cause: None }
}

/// Waits for some looks: whoever asks several servers looks more than once, and whoever tries for ever is to be dropped.
async fn pause() {
    let mut looks = 4;
    poll_fn(|context| {
        if looks == 0 {
            return Poll::Ready(());
        }
        looks -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[async_trait]
impl LicenseServers for Wire {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        if self.lan.heard().out.contains(&(self.host.clone(), at.clone())) {
            self.lan.heard().lost += 1;
            pause().await;
            return Err(MeetError::NoAnswer(attempt(at, Trouble::NoConnection)));
        }
        match self.lan.servers.meet(at, trust).await {
            Ok(Met { introduced, line }) => {
                let inner = self.lan.plant.line(line);
                let (host, clock, lan) = (self.host.clone(), Arc::clone(&self.clock), Arc::clone(&self.lan));
                Ok(Met { introduced, line: Arc::new(Line { host, at: at.clone(), clock, lan, inner }) })
            }
            Err(error) => {
                self.lan.heard().lost += 1;
                pause().await;
                Err(error)
            }
        }
    }
}

/// The way of one host to one server.
struct Line {
    host: String,
    at: ServerAddress,
    clock: Arc<FakeClock>,
    lan: Arc<Lan>,
    inner: Arc<dyn Seats>,
}

/// What becomes of something that is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    Brought,
    Twice,
    AnswerLost,
}

impl Line {
    /// What becomes of what is sent now; none = it does not arrive, and whether the sender knows that.
    fn fate(&self) -> Result<Course, Fate> {
        let mut heard = self.lan.heard();
        let out = heard.out.contains(&(self.host.clone(), self.at.clone()));
        let fate = heard.fates.pop_front().unwrap_or(Fate::Delivered);
        match if out { Fate::Unreachable } else { fate } {
            Fate::Delivered | Fate::Slow(_) => Ok(Course::Brought),
            Fate::Twice => Ok(Course::Twice),
            Fate::ReplyLost => {
                heard.lost += 1;
                Ok(Course::AnswerLost)
            }
            lost @ (Fate::Unreachable | Fate::RequestLost) => {
                heard.lost += 1;
                Err(lost)
            }
        }
    }

    /// Something arrives: it is heard, whether or not it is answered.
    fn hears(&self, what: What) -> usize {
        let said = Said { host: self.host.clone(), at: self.at.clone(), sent: self.clock.now(), what };
        let mut heard = self.lan.heard();
        heard.said.push(said);
        heard.said.len() - 1
    }

    async fn is_lost<T, E>(&self, result: &Result<T, E>) {
        let failed = result.is_err();
        if failed {
            self.lan.heard().lost += 1;
            pause().await;
        }
    }

    fn silent(&self) -> KeyServerError {
        KeyServerError::Silent { attempts: vec![attempt(&self.at, Trouble::Broken)] }
    }

    fn lost(&self, fate: Fate) -> KeyServerError {
        match fate {
            Fate::Unreachable => KeyServerError::Unreachable { attempts: vec![attempt(&self.at, Trouble::NoConnection)] },
            _ => self.silent(),
        }
    }

    /// A request and its answer, as often as it arrives.
    async fn ask<'a, T>(
        &self,
        request: &Sealed<Request>,
        exchange: impl Fn() -> BoxFuture<'a, Result<T, KeyServerError>> + Send + Sync,
        said: impl Fn(&T) -> (Option<Answer>, Option<Lifeline>) + Send + Sync,
    ) -> Result<T, KeyServerError>
    where
        T: Send + Sync,
    {
        self.lan.tap.look_at_disks(&self.host, request);
        let fate = match self.fate() {
            Ok(fate) => fate,
            Err(lost) => {
                pause().await;
                return Err(self.lost(lost));
            }
        };
        let times = if fate == Course::Twice { 2 } else { 1 };
        let mut result = Err(self.silent());
        for _ in 0..times {
            let place = self.hears(What::Asked { request: request.clone(), way: Way::Line, answer: None, lifeline: None });
            result = exchange().await;
            self.is_lost(&result).await;
            if let Ok(came) = &result
                && let Some(Said { what: What::Asked { answer, lifeline, .. }, .. }) = self.lan.heard().said.get_mut(place)
            {
                (*answer, *lifeline) = said(came);
            }
        }
        if fate == Course::AnswerLost { Err(self.silent()) } else { result }
    }
}

#[async_trait]
impl KeyServer for Line {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.ask(request, || self.inner.exchange(request), |statement| (words(statement), None)).await
    }
}

#[async_trait]
impl Seats for Line {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        let said = |it: &CheckedOut| (words(&it.statement), it.lifeline.clone());
        self.ask(request, || self.inner.check_out(request), said).await
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        let no_answer = || SeatsError::NoAnswer(attempt(&self.at, Trouble::Broken));
        let fate = match self.fate() {
            Ok(fate) => fate,
            Err(_) => {
                pause().await;
                return Err(no_answer());
            }
        };
        let place = self.hears(What::Beat { beat: beat.clone(), pulse: None, fresh: None });
        let result = self.inner.beat(beat).await;
        self.is_lost(&result).await;
        if let Ok(beaten) = &result
            && let Some(Said { what: What::Beat { pulse, fresh, .. }, .. }) = self.lan.heard().said.get_mut(place)
        {
            (*pulse, *fresh) = (Some(beaten.pulse), beaten.fresh.as_ref().and_then(words));
        }
        if fate == Course::AnswerLost { Err(no_answer()) } else { result }
    }

    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError> {
        let no_answer = || SeatsError::NoAnswer(attempt(&self.at, Trouble::Broken));
        let fate = match self.fate() {
            Ok(fate) => fate,
            Err(_) => {
                pause().await;
                return Err(no_answer());
            }
        };
        let place = self.hears(What::Waits { ticket: *ticket, waited: None });
        let result = self.inner.wait(ticket).await;
        self.is_lost(&result).await;
        if let Ok(came) = &result
            && let Some(Said { what: What::Waits { waited, .. }, .. }) = self.lan.heard().said.get_mut(place)
        {
            *waited = Some(*came);
        }
        if fate == Course::AnswerLost { Err(no_answer()) } else { result }
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        let result = self.inner.list().await;
        self.is_lost(&result).await;
        result
    }
}
