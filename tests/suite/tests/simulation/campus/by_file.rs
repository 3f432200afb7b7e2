//! Requests and answers that people carry between a host and a license server it does not reach: answered late, twice, or never.

use std::sync::Arc;
use std::time::Duration;

use keyward_domain::document::{Ask, Request, Until};
use keyward_domain::seal::{Sealed, Statement};
use keyward_domain::time::after;
use keyward_domain::vault::{NotTaken, Taken};
use keyward_engine::ActError;
use keyward_fakes::world::run;
use keyward_ports::Clock as _;
use rand::RngExt as _;

use super::Campus;

/// So many files lie about, of each kind.
const DRAWER: usize = 16;

/// Files on their way, each with the host that it came from.
#[derive(Default)]
pub(super) struct Drawer {
    requests: Vec<(String, Sealed<Request>)>,
    answers: Vec<(String, Sealed<Request>, Statement)>,
}

fn put<T>(drawer: &mut Vec<T>, file: T) {
    if drawer.len() == DRAWER {
        drawer.remove(0);
    }
    drawer.push(file);
}

impl Campus {
    /// A stick goes to the server and back, and nothing else happens meanwhile.
    pub(super) fn trip(&mut self) {
        if self.write_file() {
            let newest = self.drawer.requests.len() - 1;
            if self.answer_file(newest) {
                self.load_file(self.drawer.answers.len() - 1);
            }
        }
    }

    /// Somebody generates a file. Says whether it was made.
    pub(super) fn write_file(&mut self) -> bool {
        // Mostly where there is something to extend or to bring back.
        let place = if self.chance(60) { self.a_desk_that(|desk| !desk.model.loans.is_empty()) } else { None };
        let place = place.unwrap_or_else(|| self.a_desk());
        let licenses = self.desks[place].host.licenses();
        let loans: Vec<_> = self.desks[place].model.loans.keys().cloned().collect();
        let until = Until::At(after(self.now(), Duration::from_secs(3_600 * self.dice.random_range(1..160))));
        let (name, wish) = (self.desks[place].name().to_owned(), self.desks[place].wish());
        let at = self.desks[place].servers[0].clone();
        let row = if loans.is_empty() { None } else { Some(self.pick(&loans).clone()) };
        let result = match (row, self.dice.random_range(0..100)) {
            (Some(row), 0..35) => run(licenses.request_return(row.as_str())),
            (Some(row), 35..60) => run(licenses.request_extension(row.as_str(), until)),
            (Some(row), 60..80) => run(licenses.request_refresh(row.as_str())),
            _ => {
                let server = self.sites[self.site_at(&at)].host.name().to_owned();
                let Some(key) = self.sites.iter().find(|site| site.name() == server).and_then(|site| site.server()) else { return false };
                run(licenses.request_loan(key.key().id(), wish, until))
            }
        };
        let made = match result {
            Ok(request) => {
                let kind = request.words().ask.kind();
                self.lan.tap.look_at_disks(&name, &request);
                if let Ask::Return { activation, .. } = &request.words().ask {
                    self.desks[place].model.off.insert(activation.clone(), u64::MAX);
                }
                put(&mut self.drawer.requests, (name.clone(), request));
                format!("{kind}")
            }
            Err(error) => format!("none, {}", error.code()),
        };
        self.note(format_args!("{name}: a file: {made}"));
        self.tally.outcome(format!("file: {made}"));
        !made.starts_with("none")
    }

    /// Somebody carries a request to its server, perhaps for the second time.
    pub(super) fn carry(&mut self) {
        if !self.drawer.requests.is_empty() {
            let all = self.drawer.requests.len();
            let place = if self.chance(50) { all - 1 } else { self.dice.random_range(0..all) };
            self.answer_file(place);
        }
    }

    fn answer_file(&mut self, file: usize) -> bool {
        let (name, request) = self.drawer.requests[file].clone();
        let to = request.words().to.server();
        let Some(site) = self.sites.iter().position(|site| site.server().is_some_and(|it| Some(it.key().id()) == to)) else {
            return false;
        };
        let (Some(server), at) = (self.sites[site].server(), self.sites[site].at.clone()) else { return false };
        let answer = self.power.run(server.answer(request.envelope(), super::wire::by_file())).ok().map(|served| served.statement);
        let sent = self.world.host(&name).clock().now();
        self.lan.carried(&name, &at, sent, &request, answer.as_ref());
        self.note(format_args!("{name}: its file to {} is answered", request.words().ask.kind()));
        let Some(answer) = answer else { return false };
        put(&mut self.drawer.answers, (name, request, answer));
        true
    }

    /// Somebody loads an answer, perhaps one that was loaded before.
    pub(super) fn load(&mut self) {
        if !self.drawer.answers.is_empty() {
            let all = self.drawer.answers.len();
            let place = if self.chance(50) { all - 1 } else { self.dice.random_range(0..all) };
            self.load_file(place);
        }
    }

    fn load_file(&mut self, file: usize) {
        let (name, request, answer) = self.drawer.answers[file].clone();
        let Some(place) = self.desks.iter().position(|desk| desk.name() == name) else { return };
        self.touched.insert(place);
        let host = Arc::clone(&self.desks[place].host);
        let waits = host.licenses().pending().iter().any(|it| it.request == request.name());
        let before = host.vault().dump();
        let result = run(host.licenses().load(answer));
        let outcome = match &result {
            Ok(loaded) => match &loaded.taken {
                Taken::Granted(_) => "granted".to_owned(),
                Taken::Returned(_) => "returned".into(),
                Taken::Revoked(_) => "revoked".into(),
                Taken::Refused(refusal) => format!("refused {}", refusal.code()),
            },
            Err(error) => error.code().to_owned(),
        };
        self.note(format_args!("{name}: an answer to {} is loaded: {outcome}", request.words().ask.kind()));
        self.tally.outcome(format!("loaded: {outcome}"));
        let Err(error) = result else { return };
        if error.code() == "answer-other-vendor" {
            self.broken("P10", &name, format!("there is one vendor, and it is told of another: {error}"));
        }
        // Something newer was signed for it meanwhile, or it was taken away or given back.
        let of_the_past = match &error {
            ActError::NotTaken(NotTaken::Older { activation, found, .. }) => {
                self.pools.values().any(|pool| pool.is_of_the_past(activation, *found))
            }
            ActError::NotTaken(NotTaken::Returned { activation }) => self.desks[place].model.off.contains_key(activation),
            _ => false,
        };
        if waits && !of_the_past && !self.desks[place].model.is_copy {
            // What a server did wrong is said before what failed by it.
            self.look();
            self.broken("L1", &name, format!("its answer is not taken: {error}"));
        }
        // What was right once, and comes too late, ends its request.
        if matches!(error, ActError::NotTaken(_)) && !of_the_past && host.vault().dump() != before {
            self.broken("P12", &name, format!("an answer that is not taken changed something: {error}"));
        }
    }
}
