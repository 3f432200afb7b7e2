//! Requests and answers that people carry: made today, answered in weeks, loaded twice, or at the wrong host.

use std::sync::Arc;

use keyward_domain::document::{Ask, Request};
use keyward_domain::names::ActivationId;
use keyward_domain::seal::{Reply, SealError, Sealed, Statement};
use keyward_domain::vault::{NotTaken, Taken};
use keyward_engine::ActError;
use keyward_engine::license_manager::Loaded;
use keyward_fakes::CrashPoint;
use keyward_fakes::world::{Host, run};
use keyward_ports::{Anchor as _, KeyServer as _, Vault as _};
use rand::RngExt as _;

use crate::acts::{Deed, Said};
use crate::machines;
use crate::simulation::{SERVERS, Simulation};
use crate::tap::{Brought, improved, words};

/// So many files lie about, of each kind.
const DRAWER: usize = 24;

/// Files on their way.
#[derive(Default)]
pub(crate) struct Drawer {
    /// Requests, each with the host that it came from.
    requests: Vec<(String, Sealed<Request>)>,
    /// Answers, each with the host and the request that it is for.
    answers: Vec<(String, Sealed<Request>, Statement)>,
}

fn put<T>(drawer: &mut Vec<T>, file: T) {
    if drawer.len() == DRAWER {
        drawer.remove(0);
    }
    drawer.push(file);
}

/// Mostly the newest file, now and then one that lay about.
fn a_place(s: &mut Simulation, all: usize) -> usize {
    if s.chance(60) { all - 1 } else { s.dice.random_range(0..all) }
}

/// Somebody generates a request file, and now and then the host dies over it.
pub(crate) fn generate(s: &mut Simulation) {
    let host = s.a_host();
    let dies = s.chance(10);
    if dies {
        let point = *s.pick(&[CrashPoint::BeforeSave, CrashPoint::AfterSave, CrashPoint::AfterAnchor]);
        host.crash_at(point);
    }
    let deed = match s.dice.random_range(0..100) {
        0..40 => s.an_activation(&host),
        40..75 => s.a_return(&host),
        75..90 => Deed::Refresh,
        _ => Deed::Try("Standard".parse().expect("an edition")),
    };
    generate_this(s, &host, &deed);
    if dies {
        host.restart();
    }
}

/// Somebody generates a file at a host instead of pressing the button beside it.
pub(crate) fn generate_this(s: &mut Simulation, host: &Arc<Host>, deed: &Deed) {
    let licenses = host.licenses();
    let held: Vec<_> = s.model(host).held.keys().cloned().collect();
    let result = match deed {
        Deed::Activate(key) => run(licenses.request_activation(key)),
        Deed::Return(activation) => run(licenses.request_return(activation.as_str())),
        Deed::Refresh if !held.is_empty() => run(licenses.request_refresh(s.pick(&held).as_str())),
        _ => run(licenses.request_refresh("trial")),
    };
    match result {
        Ok(request) => {
            s.note(format_args!("{}: a file to {} is made", host.name(), request.words().ask.kind()));
            s.tally.outcome(format!("file to {}", request.words().ask.kind()));
            // Whoever has the file can carry it: that is as good as sending it.
            s.tap.look_at_disks(host.name(), &request);
            s.tap.heard().sent.push((host.name().into(), request.clone()));
            if let Ask::Return { activation, .. } = &request.words().ask {
                let off = (activation.clone(), request.words().device);
                s.model(host).off.insert(off);
            }
            put(&mut s.drawer.requests, (host.name().into(), request));
        }
        Err(error) => {
            s.note(format_args!("{}: no file is made: {}", host.name(), error.code()));
            s.tally.outcome(format!("no file: {}", error.code()));
        }
    }
}

/// A stick goes to the vendor and back, and nothing else happens meanwhile.
pub(crate) fn trip(s: &mut Simulation) {
    generate(s);
    if let Some(newest) = s.drawer.requests.len().checked_sub(1) {
        answer_this(s, newest);
    }
    if let Some(newest) = s.drawer.answers.len().checked_sub(1) {
        load_this(s, newest);
    }
}

/// A file that lies about while its host gets other parts and asks anew: it is carried after what is newer was answered.
pub(crate) fn overtaken(s: &mut Simulation) {
    let names: Vec<_> = s.hosts.iter().filter(|(_, model)| !model.held.is_empty()).map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return;
    }
    let name = s.pick(&names).clone();
    s.touched.insert(name.clone());
    let host = s.world.host(&name);
    let held: Vec<_> = s.model(&host).held.values().filter_map(|held| held.entitlement.clone()).collect();
    let Some(key) = s.keys.iter().find(|key| held.contains(&key.id)).map(|key| Arc::clone(&key.key)) else { return };
    generate_this(s, &host, &Deed::Refresh);
    let Some((of, request)) = s.drawer.requests.last().cloned() else { return };
    let parts = s.dice.random_range(1..=3);
    machines::replace_so_many(s, &host, parts);
    s.act(&host, &Deed::Activate(key));
    s.look();
    if of == host.name()
        && let Some(file) = s.drawer.requests.iter().position(|(_, it)| it.name() == request.name())
    {
        answer_this(s, file);
    }
}

/// Somebody brings a request to the vendor, perhaps for the second time.
pub(crate) fn answer(s: &mut Simulation) {
    if s.drawer.requests.is_empty() {
        return;
    }
    let place = a_place(s, s.drawer.requests.len());
    answer_this(s, place);
}

fn answer_this(s: &mut Simulation, place: usize) {
    let (name, request) = s.drawer.requests[place].clone();
    let server = *s.pick(&SERVERS);
    let server = s.world.vendor().server(server);
    if let Ok(statement) = run(server.exchange(&request)) {
        s.note(format_args!("{name}: its file to {} is answered", request.words().ask.kind()));
        put(&mut s.drawer.answers, (name, request, statement));
    }
}

/// Somebody loads an answer: an old one, one that was loaded before, one for another host, or one with a better answer written into it.
pub(crate) fn load(s: &mut Simulation) {
    if s.drawer.answers.is_empty() {
        return;
    }
    let place = a_place(s, s.drawer.answers.len());
    load_this(s, place);
}

fn load_this(s: &mut Simulation, place: usize) {
    let (name, request, mut statement) = s.drawer.answers[place].clone();
    let host = if s.chance(90) {
        s.touched.insert(name.clone());
        s.world.host(&name)
    } else {
        s.a_host()
    };
    let honest = statement.clone();
    if s.chance(10) {
        statement = improved(&honest).unwrap_or(statement);
    }
    let meddled = statement != honest;
    let dies = s.chance(10);
    if dies {
        let point = *s.pick(&[CrashPoint::BeforeSave, CrashPoint::AfterSave]);
        host.crash_at(point);
    }
    let waits = host.licenses().pending().iter().any(|it| it.request == request.name());
    let before = (host.vault().dump(), host.standing());
    let result = run(host.licenses().load(statement.clone()));
    s.note(format_args!(
        "{}: an answer to {} of {name} is loaded: {}",
        host.name(),
        request.words().ask.kind(),
        result.as_ref().map_or_else(ActError::code, |_| "ok")
    ));
    s.look_at_loaded(&host, waits && !meddled && !dies, &result, &before, &statement);
    if dies {
        host.restart();
    }
    let answer = Brought { answer: words(&statement), meddled };
    match result {
        Ok(Loaded { taken, .. }) => {
            s.tally.outcome(match &taken {
                Taken::Granted(_) => "file granted",
                Taken::Returned(_) => "file returned",
                Taken::Revoked(_) => "file revoked",
                Taken::Refused(_) => "file refused",
            });
            let said = match taken {
                Taken::Granted(activation) => Said::Granted(activation),
                Taken::Returned(_) | Taken::Revoked(_) | Taken::Refused(_) => Said::Returned,
            };
            s.heard_of(&host, &Ok(said), &[answer]);
        }
        Err(error) => s.tally.outcome(format!("file {}", error.code())),
    }
}

impl Simulation {
    /// What waits for its answer takes it; what does not take it stays as it is.
    fn look_at_loaded(
        &mut self,
        host: &Arc<Host>,
        good: bool,
        result: &Result<Loaded, ActError>,
        before: &(String, keyward_domain::standing::Standing),
        statement: &Statement,
    ) {
        let Err(error) = result else {
            return;
        };
        let excused = match error {
            ActError::NotTaken(NotTaken::Older { .. } | NotTaken::Returned { .. }) => return,
            ActError::NotTaken(NotTaken::Sealed(SealError::KeyNotValid { .. })) if self.is_void(statement) => return,
            // A vault that was copied here came without its key. A good answer needs none; one of the past is asked for anew, which does.
            ActError::KeyMissing => self.model(host).is_foreign() && self.is_of_the_past(host, statement),
            _ => false,
        };
        if good && !excused {
            self.broken("L1", host.name(), format!("its answer is not taken: {error}"));
        }
        if matches!(error, ActError::NotTaken(_) | ActError::KeyMissing) && (host.vault().dump(), host.standing()) != *before {
            self.broken("P12", host.name(), format!("an answer that is not taken changed something: {error}"));
        }
    }

    /// Whether an answer grants what was returned on this host since, or is void.
    fn is_of_the_past(&self, host: &Host, statement: &Statement) -> bool {
        let granted = words(statement).and_then(|answer| Some(answer.certificate()?.activation.clone()));
        let buried = |activation: &ActivationId| {
            let vault = host.vault().load().ok().flatten();
            let anchor = host.anchor().load(&self.vendor);
            vault.is_some_and(|it| it.tombstones.contains(activation)) || anchor.is_ok_and(|it| it.tombstones.contains(activation))
        };
        granted.is_some_and(|activation| buried(&activation)) || self.is_void(statement)
    }

    /// Whether an answer was signed by an issuer that a restored server had replaced before: by then it could not sign.
    fn is_void(&self, statement: &Statement) -> bool {
        let (Some(signers), Ok(reply), Some(answer)) = (&self.truth.signers, Reply::from_bytes(statement.bytes()), words(statement)) else {
            return false;
        };
        let signed = |id: &str| reply.answer.signatures().iter().any(|it| *it.keyid == *id);
        let signer = signers.signers.iter().find(|signer| signed(&signer.key.id().to_string()));
        self.truth.restored && signer.is_some_and(|signer| !signer.could_sign(answer.issued))
    }
}
