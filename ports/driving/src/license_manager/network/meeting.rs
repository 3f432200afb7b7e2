//! Which license server is asked: the first of the list that answers, beginning with the one that answered last.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use keyward_domain::keys::KeyId;
use keyward_domain::names::ServerAddress;
use keyward_domain::time::Reading;
use keyward_ports::{MeetError, Met};

use super::{Line, Network, NetworkError, Unmet};

/// So long one server has for its answer before the next is asked beside it.
const STAGGER: Duration = Duration::from_millis(250);
/// So long a server that did not answer is asked after all others.
const DEAD: Duration = Duration::from_secs(30);

/// What is known of the servers of a list.
#[derive(Default)]
pub(super) struct Known {
    last: Option<ServerAddress>,
    dead: BTreeMap<ServerAddress, Reading>,
}

impl Network {
    /// The way to a license server: the one that is open, or the first that answers.
    pub(super) async fn meet(&self) -> Result<Line, NetworkError> {
        let open = self.line.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match open {
            Some(line) => Ok(line),
            None => self.meet_anew(|_| true).await,
        }
    }

    /// The way to a license server that something new is asked of: rather of one whose license runs by the clock of this host. If none does it
    /// is asked all the same, as that clock may be wrong, and what a server signs past its license counts for nothing.
    pub(super) async fn meet_open(&self) -> Result<Line, NetworkError> {
        let line = self.meet().await?;
        if !line.ended {
            return Ok(line);
        }
        let wall = self.licenses.ports.clock.now().wall;
        match self.meet_anew(|met| met.introduced.ended(wall).is_none()).await {
            Err(NetworkError::NotMet(_)) => Ok(line),
            other => other,
        }
    }

    /// The way to one license server, by its key; where others answer and it does not, the addresses where none was met.
    pub(super) async fn meet_server(&self, server: KeyId) -> Result<Result<Line, Unmet>, NetworkError> {
        let open = self.meet().await?;
        if open.server == server {
            return Ok(Ok(open));
        }
        match self.meet_anew(|met| met.introduced.identity.server.id() == server).await {
            Ok(line) => Ok(Ok(line)),
            Err(NetworkError::NotMet(unmet)) => Ok(Err(unmet)),
            Err(error) => Err(error),
        }
    }

    /// The way that was open is open no more.
    pub(super) fn hang_up(&self) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(line) = line {
            self.is_dead(line.at);
        }
    }

    /// The way to another license server than those that were asked before and this one, which has nothing to give; none if no other answers.
    pub(super) async fn after(&self, line: &Line, asked: &mut Vec<KeyId>) -> Option<Line> {
        asked.push(line.server);
        self.meet_anew(|met| !asked.contains(&met.introduced.identity.server.id())).await.ok()
    }

    /// The way to the first license server that answers and is wanted.
    pub(super) async fn meet_anew(&self, wanted: impl Fn(&Met) -> bool) -> Result<Line, NetworkError> {
        let mut next = self.in_order().into_iter();
        let trust = self.licenses.trust();
        let ask = |at: ServerAddress| {
            let trust = trust.clone();
            async move { (at.clone(), self.finder.meet(&at, &trust).await) }
        };
        let mut asked = FuturesUnordered::new();
        asked.extend(next.next().map(&ask));
        let mut errors = Vec::new();
        loop {
            let answered = match select(asked.next(), self.licenses.ports.timer.wait(STAGGER)).await {
                Either::Left((Some(answered), _)) => Some(answered),
                Either::Left((None, _)) => break,
                Either::Right(((), _)) => None,
            };
            match answered {
                Some((at, Ok(met))) if wanted(&met) => return Ok(self.met(at, met)),
                Some((at, Ok(_))) => drop(at),
                Some((at, Err(error))) => self.failed(&mut errors, at, error),
                None if next.len() == 0 => match asked.next().await {
                    Some((at, Ok(met))) if wanted(&met) => return Ok(self.met(at, met)),
                    Some((at, Err(error))) => self.failed(&mut errors, at, error),
                    Some((_, Ok(_))) => {}
                    None => break,
                },
                None => {}
            }
            asked.extend(next.next().map(&ask));
        }
        if self.servers.is_empty() { Err(NetworkError::NoServer) } else { Err(NetworkError::NotMet(errors)) }
    }

    fn met(&self, at: ServerAddress, met: Met) -> Line {
        let ended = met.introduced.ended(self.licenses.ports.clock.now().wall).is_some();
        let line = Line { at: at.clone(), server: met.introduced.identity.server.id(), seats: met.line, ended };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.dead.remove(&at);
        known.last = Some(at);
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.clone());
        line
    }

    fn failed(&self, errors: &mut Unmet, at: ServerAddress, error: MeetError) {
        self.is_dead(at.clone());
        errors.push((at, error));
    }

    fn is_dead(&self, at: ServerAddress) {
        let now = Reading::of(&self.licenses.ports.clock.now());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).dead.insert(at, now);
    }

    /// Who answered last, then the list, then those that were silent a moment ago.
    fn in_order(&self) -> Vec<ServerAddress> {
        let now = self.licenses.ports.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let dead = |at: &ServerAddress| {
            known.dead.get(at).is_some_and(|since| since.boot == now.boot && now.running.saturating_sub(since.running) < DEAD)
        };
        let mut all = self.servers.clone();
        all.sort_by_key(|at| (dead(at), known.last.as_ref() != Some(at)));
        all
    }
}
