//! Requests and answers, one by one.

use keyward_domain::document::{Answer, Ask, Body, Certificate, Request};
use keyward_domain::entitlement::{Entitlement, Slot};
use keyward_domain::names::ActivationId;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{Digest, Sealed, Statement};
use keyward_domain::time::{between, days};
use keyward_fakes::world::run;
use keyward_ports::Ledger as _;

use crate::observer::{Bound, Held, shared};
use crate::simulation::Simulation;
use crate::tap::{Arrival, words};

impl Simulation {
    /// A vault gives every new request a count above all that vault and anchor know.
    pub(crate) fn look_at_count(&mut self, host: &str, request: &Sealed<Request>) {
        let (name, count) = (request.name(), request.words().count);
        let model = self.hosts.entry(host.into()).or_default();
        if model.waiting.contains(&name) {
            return;
        }
        if count <= model.count || *model.used.entry(count).or_insert(name) != name {
            self.broken("COUNT", host, format!("the count {count} was used before"));
        }
    }

    /// What came to a server's door and what left it; and what else had come in this step by then.
    pub(crate) fn look_at_delivery(&mut self, arrivals: &[Arrival], place: usize) {
        let arrival = &arrivals[place];
        let by_then = &arrivals[..arrival.among];
        let request = &arrival.request;
        let device = request.words().device;
        let highest = self.server.highest.entry(device).or_default();
        *highest = request.words().count.max(*highest);
        let Some((statement, answer)) = &arrival.answer else {
            self.server.devices.entry(device).or_default().murky = true;
            self.server.unanswered.insert(request.name());
            self.server.bound.retain(|_, bound| bound.device != device);
            return;
        };
        let crosses = |n: usize, other: &Arrival| {
            let crossed = if n < place { other.among > place } else { n > place && arrival.among > n };
            crossed && other.request.words().device == device
        };
        let crossing: Vec<_> = arrivals.iter().enumerate().filter(|(n, other)| crosses(*n, other)).map(|(_, other)| other).collect();
        if !crossing.is_empty() {
            self.server.bound.retain(|_, bound| bound.device != device);
        }
        let (name, said) = (request.name(), Digest::of(statement.bytes()));
        if let Body::Refusal(refusal) = &answer.body {
            self.look_at_refusal(refusal);
        }
        if let Some(known) = self.server.answers.get(&name) {
            let spent = matches!(answer.body, Body::Refusal(Refusal::RequestSpent));
            if *known != said && !spent {
                self.broken("O4", "", format!("the same {} got another answer", request.words().ask.kind()));
            }
            return;
        }
        let granting = matches!(answer.body, Body::Certificate(_) | Body::Receipt(_));
        let kept = granting && self.is_kept(request, statement, &answer.body);
        self.look_at_count_at_server(request, answer, kept, &crossing);
        self.own_slot_is_found(request, answer, by_then);
        if kept {
            self.server.answers.insert(name, said);
        }
        match &answer.body {
            Body::Certificate(_) => self.look_at_certificate(request, answer),
            Body::Receipt(receipt) => {
                self.lost.insert((receipt.activation.clone(), request.words().device));
                self.truth.ended.insert((receipt.activation.clone(), request.words().device));
            }
            Body::Delegation(_) | Body::Revocation(_) | Body::Refusal(_) => {}
        }
    }

    /// Promise 10.
    fn look_at_refusal(&mut self, refusal: &Refusal) {
        let text = refusal.to_string();
        if refusal.code().is_empty() || refusal.rule().is_empty() || refusal.remedy().is_empty() || text.contains("ession") {
            self.broken("P10", "", format!("a refusal without code, rule or remedy: {text}"));
        }
    }

    /// Promise 5, as far as one process shows it: what is acknowledged is in the ledger.
    fn is_kept(&mut self, request: &Sealed<Request>, statement: &Statement, body: &Body) -> bool {
        let kept = run(self.world.vendor().ledger().answered(&request.name()));
        if matches!(kept, Ok(Some(kept)) if kept.statement == *statement) {
            return true;
        }
        // What is returned once more changes nothing.
        let before = match body {
            Body::Receipt(receipt) => {
                let mut slots = self.books.entitlements.values().flat_map(|it| &it.slots);
                let lost = self.lost.contains(&(receipt.activation.clone(), request.words().device));
                lost || !slots.any(|slot| slot.activation == receipt.activation && slot.device == request.words().device)
            }
            _ => false,
        };
        if !before {
            self.broken("P5", "", format!("a {} was acknowledged that is not in the ledger", request.words().ask.kind()));
        }
        false
    }

    fn look_at_certificate(&mut self, request: &Sealed<Request>, answer: &Answer) {
        let Some(certificate) = answer.certificate() else { return };
        // It may have been decided before, by a server that died over it.
        let fresh = !self.server.unanswered.contains(&request.name());
        let request = request.words();
        let (activation, generation) = (certificate.activation.clone(), certificate.generation);
        if let Some(id) = &certificate.entitlement
            && self.server.revoked.get(id).is_some_and(|at| between(*at, answer.issued) > days(1) / 1440)
        {
            self.broken("REVOKED", "", format!("{id} was revoked and is granted"));
        }
        if fresh {
            self.look_at_binding(request, certificate);
        } else {
            self.server.bound.remove(&activation);
        }
        let newest = self.server.newest.entry(activation.clone()).or_default();
        let rises = generation > *newest;
        *newest = generation.max(*newest);
        if fresh && !rises {
            self.broken("GEN", "", format!("generation {generation} of {activation} was given twice"));
        }
        if let Ask::Refresh { held, activation } = &request.ask
            && let Some(held) = words(held).as_ref().and_then(Answer::certificate)
            && held.activation == *activation
        {
            // What no server gave is no generation to rise above, and no honest host shows it.
            if !self.truth.given.contains_key(&(held.activation.clone(), held.generation, request.device)) {
                self.broken(
                    "P12",
                    "",
                    format!("{} shows {activation} in generation {}, which no server gave", request.host, held.generation),
                );
            } else if held.generation >= generation {
                self.broken("P8", "", format!("{activation} was shown in generation {} and given in {generation}", held.generation));
            }
        }
        // Whoever held it before this answer lost it by it.
        let before = self.books.entitlements.values().flat_map(|it| &it.slots).find(|slot| slot.activation == activation);
        if let Some(before) = before.filter(|slot| slot.device != request.device) {
            self.lost.insert((activation.clone(), before.device));
        }
        if let Some(held) = Held::of(certificate, answer.issued) {
            self.truth.given.entry((activation.clone(), generation, request.device)).or_default().push(held);
        }
        if self.signers() < self.truth.statement {
            self.truth.outdated.insert((activation.clone(), generation, request.device));
        }
        self.truth.ended.remove(&(activation.clone(), request.device));
        self.truth.holder.insert(activation, request.device);
    }

    /// What is granted is bound to what its host looks like by the newest request of its device: a file that is older, and was carried later,
    /// binds nothing, unless nothing of what is bound is left.
    fn look_at_binding(&mut self, request: &Request, certificate: &Certificate) {
        if certificate.entitlement.is_none() {
            return;
        }
        let shown = match &request.ask {
            Ask::Refresh { held, .. } => words(held).as_ref().and_then(Answer::certificate).map_or(0, |it| it.generation),
            _ => 0,
        };
        let adopted = shown > self.server.newest.get(&certificate.activation).copied().unwrap_or_default();
        let newest = self.server.highest.get(&request.device).is_none_or(|highest| request.count >= *highest);
        let by_request = Bound { device: request.device, count: request.count, fingerprint: request.fingerprint.clone() };
        let known = self.server.bound.get(&certificate.activation).filter(|known| known.device == request.device && !adopted);
        let expected = match known {
            Some(known) if request.count < known.count && shared(&known.fingerprint, &request.fingerprint).0 > 0 => Some(known.clone()),
            Some(_) => Some(by_request),
            None => newest.then_some(by_request),
        };
        let is = certificate.binding.fingerprint();
        match expected {
            Some(expected) => {
                if expected.fingerprint != *is {
                    let what = format!(
                        "{} is bound to what {} looked like by another request than the newest: {} of {}",
                        certificate.activation, request.host, request.count, expected.count
                    );
                    self.broken("BOUND", "", what);
                }
                self.server.bound.insert(certificate.activation.clone(), expected);
            }
            None => drop(self.server.bound.remove(&certificate.activation)),
        }
    }

    /// One count, one request: the first time two use one, it is said; the second time within thirty days, it is refused. Which of those that
    /// crossed was decided first, nobody saw.
    fn look_at_count_at_server(&mut self, request: &Sealed<Request>, answer: &Answer, kept: bool, crossing: &[&Arrival]) {
        if matches!(answer.body, Body::Refusal(Refusal::OtherVendor)) {
            return;
        }
        let (device, count, name) = (request.words().device, request.words().count, request.name());
        // A refusal to a device that nobody knew is not written down; whoever made it known beside it may have come before it or after.
        let unknown = !crossing.is_empty() && !self.known.contains(&device);
        if unknown && !kept {
            self.server.unsure.insert((device, count));
        }
        let unsure = unknown || self.server.unsure.contains(&(device, count));
        let told = |answer: &Answer| answer.recount.is_some() || matches!(answer.body, Body::Refusal(Refusal::CopiedHost));
        let spent = |answer: &Answer| matches!(answer.body, Body::Refusal(Refusal::RequestSpent));
        let twins: Vec<_> = crossing.iter().filter(|it| it.request.words().count == count && it.request.name() != name).collect();
        let clear = |it: &Arrival| it.answer.as_ref().is_some_and(|(_, its)| ![answer, its].into_iter().any(|it| told(it) || spent(it)));
        let murky = self.server.devices.get(&device).is_none_or(|counts| counts.murky);
        if !unsure && !murky && twins.iter().any(|twin| clear(twin)) {
            self.broken("COUNT", "", format!("the count {count} was used by two at once, and nobody was told"));
        }
        let crossed = !twins.is_empty() || crossing.iter().any(|it| it.answer.as_ref().is_some_and(|(_, its)| told(its)));
        let refused = matches!(answer.body, Body::Refusal(Refusal::CopiedHost));
        let Some(counts) = self.server.devices.get_mut(&device) else {
            if refused && !unknown {
                self.broken("COUNT", "", "a device that nobody knew was taken for a copy");
            } else if kept {
                self.server.devices.entry(device).or_default().used.entry(count).or_default().insert(name);
            }
            return;
        };
        let used = counts.used.get(&count);
        let (again, doubled) = (used.is_some_and(|names| names.contains(&name)), used.is_some());
        let old = counts.used.len() > 50 && counts.used.keys().rev().nth(50).is_some_and(|lowest| count <= *lowest);
        let since = counts.doubled.map(|at| between(at, answer.issued));
        let near = since.is_some_and(|since| since > days(30) - days(1) / 24 && since < days(30) + days(1) / 24);
        // What was answered before is not counted again; what a restored server forgot that it had answered is.
        let expected = match (again, doubled) {
            _ if counts.murky || old || near || crossed || unsure || spent(answer) => None,
            (true, _) | (false, false) => Some((false, false)),
            (false, true) => Some(if since.is_some_and(|since| since < days(30)) { (true, false) } else { (false, true) }),
        };
        if answer.recount.is_some() {
            counts.doubled = Some(answer.issued);
        }
        if !refused {
            counts.used.entry(count).or_default().insert(name);
        }
        if expected.is_some_and(|expected| expected != (refused, answer.recount.is_some())) {
            let how = if doubled { "twice" } else { "once" };
            let said = match &answer.body {
                Body::Refusal(refusal) => refusal.code(),
                Body::Certificate(_) | Body::Delegation(_) | Body::Receipt(_) | Body::Revocation(_) => "no refusal",
            };
            self.broken("COUNT", "", format!("the count {count} was used {how}; the answer: {said}, recount {:?}", answer.recount));
        }
    }

    /// Rows O4 and A2, promise 8: whoever has a slot finds it again.
    fn own_slot_is_found(&mut self, request: &Sealed<Request>, answer: &Answer, by_then: &[Arrival]) {
        let words = request.words();
        let granted = matches!(answer.body, Body::Certificate(_));
        let excused = matches!(answer.body, Body::Refusal(Refusal::CopiedHost | Refusal::RequestSpent));
        match &words.ask {
            Ask::Activate { key, .. } => {
                let lost = |slot: &Slot| self.lost.contains(&(slot.activation.clone(), slot.device));
                let has_one = |it: &&Entitlement| it.slots.iter().any(|slot| slot.device == words.device && !lost(slot));
                let Some(sold) = self.books.entitlements.values().find(|it| it.key == Some(*key)).filter(has_one) else { return };
                let over = sold.terms.tenure.window.until.is_some_and(|until| between(answer.issued, until) < days(1) / 24);
                if !granted && !excused && sold.revoked.is_none() && !over {
                    self.broken("O4", "", format!("{} has a slot and is told {:?}", words.host, answer.body));
                }
            }
            Ask::Refresh { activation, held } => {
                let shown = crate::tap::words(held);
                let shown = shown.as_ref().and_then(Answer::certificate).and_then(|it| Held::of(it, answer.issued));
                let generation = shown.as_ref().map_or(0, |it| it.generation);
                let outdated = self.truth.outdated.contains(&(activation.clone(), generation, words.device));
                if !granted && !excused && !outdated && self.is_rightful(activation, words, shown.as_ref(), by_then) {
                    self.broken("P8", "", format!("{} holds {activation} by right and is told {:?}", words.host, answer.body));
                }
            }
            Ask::Trial { .. }
            | Ask::Delegate { .. }
            | Ask::CheckOut { .. }
            | Ask::Borrow { .. }
            | Ask::Extend { .. }
            | Ask::Return { .. } => {}
        }
    }

    /// Whether a device was given an activation last and nothing took it away; where nobody can know, it is not.
    fn is_rightful(&self, activation: &ActivationId, request: &Request, shown: Option<&Held>, by_then: &[Arrival]) -> bool {
        let given = self.truth.holder.get(activation) == Some(&request.device);
        let ended = self.truth.ended.contains(&(activation.clone(), request.device));
        let Some(held) = self
            .truth
            .given
            .iter()
            .filter(|((of, _, to), _)| of == activation && *to == request.device)
            .flat_map(|(_, all)| all)
            .next_back()
        else {
            return false;
        };
        let Some(id) = &held.entitlement else { return false };
        let book = self.books.entitlements.get(id);
        let slot = book.and_then(|it| it.slots.iter().find(|slot| slot.activation == *activation));
        let anothers = slot.is_some_and(|slot| slot.device != request.device);
        let gone = book.is_some_and(|it| it.revoked.is_some() || it.ended.iter().any(|ended| ended.activation == *activation));
        let granted = |arrival: &'_ Arrival| arrival.answer.as_ref()?.1.certificate().filter(|it| it.activation == *activation).cloned();
        // What was granted before and is told again binds nothing.
        let fresh = |it: &Certificate| slot.is_none_or(|slot| it.generation > slot.generation);
        let last = by_then.iter().filter_map(granted).rfind(fresh);
        // A restored ledger is behind what is shown to it, or knows nothing else, unless it granted the next one in this step.
        let newest = last.as_ref().map(|it| it.generation).or(slot.map(|slot| slot.generation));
        let newer = shown.filter(|shown| shown.device == request.device && newest.is_none_or(|newest| newest < shown.generation));
        let counted = self.server.bound.get(activation).filter(|bound| bound.device == request.device).map(|bound| &bound.fingerprint);
        let known = counted.or(last.as_ref().map(|it| it.binding.fingerprint())).or(slot.map(|slot| &slot.fingerprint));
        let bound = newer.map(|shown| &shown.fingerprint).or(known).unwrap_or(&held.fingerprint);
        // Two copies of one vault have one key: what the other one sent in this step binds the slot to that one's parts. What this host sent
        // before is no excuse.
        let others = by_then.iter().filter(|arrival| arrival.request.words().host != request.host);
        let given_to_others: Vec<_> = others.filter_map(granted).collect();
        let mut bound = given_to_others.iter().map(|it| it.binding.fingerprint()).chain([bound]);
        given && !ended && !anothers && !gone && bound.all(|bound| shared(bound, &request.fingerprint).0 > 0)
    }
}
