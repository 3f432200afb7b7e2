//! What a host asks, decided: a seat for now, a seat to take along, a later end, and bringing it back.

use super::fact::{Asked, Choice, Ending, Fact, GuestNo, Sitter, unknown_user};
use super::granting::wished_end;
use super::hold::Hold;
use super::op::{Answered, Lending, Lifeline, Way};
use super::queue::Waiter;
use super::{Pool, whole};
use crate::device::Counted;
use crate::document::{
    Addressee, Answer, Ask, Body, Certificate, Delegation, Hold as As, Place, Receipt, Request, Revocation, RevocationReason, Until, Wish,
};
use crate::entitlement::Per;
use crate::names::{ActivationId, UserName};
use crate::refusal::Refusal;
use crate::seal::{Digest, Verified};
use crate::time::{Now, Timestamp, after, days};

/// A yes: what to answer, how a lease is kept, and in a word what happened.
struct Yes {
    body: Body,
    lifeline: Option<Lifeline>,
    happened: &'static str,
}

type Decided = Result<Yes, Refusal>;

/// A request, and what the pool has of its host.
pub(super) struct Case<'a> {
    pub(super) request: &'a Verified<Request>,
    shown: Option<&'a Verified<Answer>>,
    way: &'a Way,
    pub(super) now: &'a Now,
}

impl Case<'_> {
    pub(super) fn asked(&self) -> Asked {
        let by = match self.way {
            Way::Line => None,
            Way::File { by } => Some(by.clone()),
        };
        Asked { count: self.request.count, request: self.request.name(), by }
    }

    pub(super) fn at(&self) -> Timestamp {
        self.now.wall
    }

    /// The seat that the host shows as its own, of this activation where one is named.
    pub(super) fn shows(&self, activation: Option<&ActivationId>) -> Option<(&Verified<Answer>, &Certificate, Place)> {
        let answer = self.shown?;
        let certificate = answer.certificate()?;
        let place = match certificate.hold {
            As::Lease { place, .. } | As::Loan { place, .. } => place,
            As::Trial | As::Activation => return None,
        };
        let own = certificate.binding.device() == Some(self.request.device);
        (own && activation.is_none_or(|it| *it == certificate.activation)).then_some((answer, certificate, place))
    }
}

impl Pool {
    /// Whether what is asked may be asked this way. Where seats are lent by file alone, so is a later end of what was lent.
    pub(super) fn takes(&self, ask: &Ask, way: &Way) -> bool {
        let lends = matches!(ask, Ask::Borrow { .. } | Ask::Extend { .. });
        !(lends && self.lending == Lending::ByFile && *way == Way::Line)
    }

    /// Answers a request. A no changes nothing and is not remembered.
    pub(super) fn answer(
        &mut self,
        facts: &mut Vec<Fact>,
        request: &Verified<Request>,
        shown: Option<&Verified<Answer>>,
        way: &Way,
        now: &Now,
    ) -> Answered {
        // What this server signed under another of its licenses is another pool's, which this one's journal knows nothing of.
        let license = self.books.delegation().map(|it| &it.entitlement);
        let shown = shown.filter(|shown| shown.certificate().and_then(|it| it.entitlement.as_ref()) == license);
        let case = Case { request, shown, way, now };
        let counted = self.books.guest_of(&request.device).map(|(_, it)| it.device.judge(request.count, request.name(), now.wall));
        let decided = match counted {
            Some(Counted::Copied) => Err(Refusal::CopiedHost),
            Some(Counted::Once | Counted::Doubled { .. }) | None => self.decide_request(facts, &case),
        };
        let (body, lifeline, happened) = match decided {
            Ok(yes) => (yes.body, yes.lifeline, yes.happened),
            Err(refusal) => (Body::Refusal(refusal), None, "refused"),
        };
        let mut answer = Answer::of(request, now.wall, body);
        answer.revocations = self.replaced(&answer);
        if let Some(Counted::Doubled { highest }) = counted {
            answer.recount = Some(highest);
        }
        Answered { answer, lifeline, happened }
    }

    fn decide_request(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>) -> Decided {
        let product = &case.request.product;
        let Some(delegation) = self.books.delegation() else { return Err(Refusal::NoPool { product: product.clone() }) };
        if case.request.to != Addressee::Server(delegation.server.id()) {
            return Err(Refusal::OtherServer);
        }
        let other = match &case.request.ask {
            Ask::CheckOut { wish, .. } | Ask::Borrow { wish, .. } => wish.license.as_ref().is_some_and(|it| *it != delegation.entitlement),
            _ => false,
        };
        if other || *product != delegation.rights.product {
            return Err(Refusal::NoPool { product: product.clone() });
        }
        match &case.request.ask {
            Ask::CheckOut { wish, .. } => self.check_out(facts, case, wish),
            Ask::Borrow { wish, until } => self.borrow(facts, case, wish, *until),
            Ask::Extend { activation, until, .. } => self.extend(facts, case, activation, Some(*until)),
            Ask::Refresh { activation, .. } => self.extend(facts, case, activation, None),
            Ask::Return { activation, .. } => self.give_back(facts, case, activation),
            Ask::Trial { .. } | Ask::Activate { .. } | Ask::Delegate { .. } => Err(Refusal::Unsupported { kind: case.request.ask.kind() }),
        }
    }

    /// A seat for now (row N3): the host's own again, if it has one.
    fn check_out(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>, wish: &Wish) -> Decided {
        let choice = Choice::wished(wish, self.charter(case.now)?)?;
        let sitter = self.sitter(case, wish);
        if self.granted_before(case.request) && self.loan_for(case, wish).is_none() && !self.holds_by(case, &sitter) {
            return Err(Refusal::RequestSpent);
        }
        self.adopt(facts, case, None, &sitter, choice.as_deref());
        if let Some(place) = self.loan_for(case, wish).filter(|place| self.has_number(*place) && self.believes(case, *place)) {
            return self.renew(facts, case, place, None, "uses its loan");
        }
        if let Some(was) = self.lease_of(case, &sitter).filter(|was| !self.lies_above(*was)) {
            self.believe(case, was)?;
            self.meet(facts, case);
            let place = self.record(facts, Fact::Reseated { was, asked: case.asked(), choice, at: case.at() });
            return Ok(self.seated(place, case.now, "checked out again"));
        }
        let seat = self.admit(case, wish)?;
        let guest = self.meet(facts, case);
        let place = self.record(facts, Fact::Seated { guest, asked: case.asked(), sitter, choice, seat, at: case.at() });
        Ok(self.seated(place, case.now, "checked out"))
    }

    /// A seat to take along (row B1): the one the user has, if there is one.
    fn borrow(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>, wish: &Wish, until: Until) -> Decided {
        let delegation = self.charter(case.now)?;
        let choice = Choice::wished(wish, delegation)?;
        let loans = delegation.loans.filter(|loans| loans.seats > 0).ok_or(Refusal::NotBorrowable)?;
        let sitter = wished(wish);
        if self.granted_before(case.request) {
            // Once more what it brought, as it is; what came back since is not lent again.
            let place = self.loan_of(case).ok_or(Refusal::RequestSpent)?;
            self.believe(case, place)?;
            return self.renew(facts, case, place, None, "borrowed before");
        }
        self.adopt(facts, case, None, &sitter, choice.as_deref());
        let until = self.end_of_loan(until, case.now)?;
        if let Some(place) = self.loan_of(case) {
            self.believe(case, place)?;
            return self.renew(facts, case, place, Some(until), "borrowed before");
        }
        if let Some(until) = self.withholds_until(case.now) {
            return Err(Refusal::ServerRestored { until });
        }
        if self.books.loans >= loans.seats {
            return Err(Refusal::NoLoanLeft { loans: loans.seats, holders: self.borrowers() });
        }
        let was = self.lease_of(case, &sitter).or_else(|| self.only_lease_of(case, &wish.user)).filter(|was| !self.lies_above(*was));
        was.map_or(Ok(()), |was| self.believe(case, was))?;
        let seat = match was.and_then(|was| self.books.written.holds.get(&was)) {
            Some(hold) => hold.seat,
            None => self.free_for(self.waiter(case.request, &wished(wish)), case, wish)?.ok_or_else(|| self.no_seat_free(None))?,
        };
        let (guest, asked, at) = (self.meet(facts, case), case.asked(), case.at());
        let place = self.record(facts, Fact::Lent { guest, asked, sitter, choice, seat, was, until, at });
        self.granted(place, case.now, "borrowed")
    }

    /// A later end of a loan, or only a new certificate of it (row B2).
    fn extend(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>, activation: &ActivationId, until: Option<Until>) -> Decided {
        self.charter(case.now)?;
        let sitter = Sitter { user: unknown_user(), process: None };
        // What is taken up is taken up by this request too, and that is no answer to it.
        let again = self.granted_before(case.request);
        self.adopt(facts, case, Some(activation), &sitter, None);
        let Some(place) = self.held_by(&case.request.device, activation) else { return Err(self.unknown(case, activation)) };
        let hold = self.books.written.holds.get(&place).ok_or(Refusal::SeatGone)?;
        if hold.is_lease() || hold.is_given_back() {
            return Err(Refusal::SeatGone);
        }
        if hold.away.is_some() {
            let shown = case.shows(Some(activation)).map_or(0, |(_, certificate, _)| certificate.generation);
            return Ok(Yes {
                body: Body::Revocation(Revocation {
                    activation: activation.clone(),
                    device: case.request.device.id(),
                    generation: hold.live.generation.max(shown).max(hold.floor),
                    reason: RevocationReason::Freed,
                }),
                lifeline: None,
                happened: "told that its loan was taken away",
            });
        }
        self.believe(case, place)?;
        // Of a length nobody can tell whether it was granted before; an end was, unless the loan ends sooner.
        let held = hold.loan().map(|loan| loan.until);
        let granted = |until: &Until| again && !matches!(until, Until::At(at) if held < Some(whole(*at)));
        let until = until.filter(|until| !granted(until)).map(|until| self.end_of_loan(until, case.now)).transpose()?;
        self.renew(facts, case, place, until, if until.is_some() { "extended" } else { "refreshed" })
    }

    /// What is brought back is free at once; what a file says was brought back is free when it is due (row B2).
    fn give_back(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>, activation: &ActivationId) -> Decided {
        let receipt = |happened| Ok(Yes { body: Body::Receipt(Receipt { activation: activation.clone() }), lifeline: None, happened });
        let (asked, at) = (case.asked(), case.at());
        if let Some(place) = self.held_by(&case.request.device, activation) {
            let loan = self.books.written.holds.get(&place).and_then(|hold| hold.loan()).cloned();
            return match (loan, case.way) {
                (Some(loan), Way::File { .. }) => {
                    if loan.given_back != Some(asked.request) {
                        self.record(facts, Fact::GivenBack { place, asked, at });
                    }
                    receipt("given back by file")
                }
                (Some(_), Way::Line) | (None, _) => {
                    self.record(facts, Fact::Ended { place, why: Ending::Returned, asked: Some(asked), by: None, at });
                    receipt("returned")
                }
            };
        }
        let Some((answer, _, place)) = case.shows(Some(activation)) else { return Err(Refusal::SeatGone) };
        let issued = answer.issued;
        self.notice(facts, place, issued, case.now);
        receipt("returned before")
    }

    /// A loan, confirmed or for longer. One that stands above the last seat comes down to one that is free.
    fn renew(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>, place: Place, until: Option<Timestamp>, happened: &'static str) -> Decided {
        self.meet(facts, case);
        let hold = self.books.written.holds.get(&place).ok_or(Refusal::SeatGone)?;
        let held = hold.loan().ok_or(Refusal::SeatGone)?.until;
        let delegation = self.charter(case.now)?;
        let latest = self.latest_loan(case.now).ok_or(Refusal::NotBorrowable)?;
        // What was signed holds until it is due; above the last seat there is no number to sign it again for.
        let seat = if self.lies_above(place) { Some(self.free_seat().ok_or_else(|| self.no_seat_free(Some(held)))?) } else { None };
        // What was signed cannot be shortened by signing again.
        let until = until.map_or(held, |until| until.max(held));
        if delegation.window.until.map_or(until, |end| end.min(until)) > latest {
            // Nobody would take it: it was lent for longer than the license has it now.
            return Err(Refusal::LoanTooLong { latest });
        }
        self.record(facts, Fact::Renewed { place, asked: case.asked(), until, contact: None, seat, at: case.at() });
        self.granted(place, case.now, happened)
    }

    fn seated(&mut self, place: Place, now: &Now, happened: &'static str) -> Yes {
        let certificate = self.certify(place, now);
        // What was put there just now is there.
        let body = certificate.map_or(Body::Refusal(Refusal::SeatGone), Body::Certificate);
        Yes { body, lifeline: Some(self.lifeline(place, now)), happened }
    }

    fn granted(&mut self, place: Place, now: &Now, happened: &'static str) -> Decided {
        let certificate = self.certify(place, now).ok_or(Refusal::SeatGone)?;
        Ok(Yes { body: Body::Certificate(certificate), lifeline: None, happened })
    }

    /// The lease that a loan took the place of: its host has one seat, not two.
    fn replaced(&self, answer: &Answer) -> Vec<Revocation> {
        let place = answer.certificate().and_then(|it| match it.hold {
            As::Loan { place, .. } => Some((place, it.binding.device()?)),
            As::Lease { .. } | As::Trial | As::Activation => None,
        });
        let Some((place, device)) = place else { return Vec::new() };
        let lease = self.books.written.holds.get(&place).and_then(|hold| hold.loan()?.instead_of.clone());
        let revocation =
            |(activation, generation)| Revocation { activation, device: device.id(), generation, reason: RevocationReason::Returned };
        lease.map(revocation).into_iter().collect()
    }

    /// A free seat for somebody whose turn it is, or a place in the queue.
    fn admit(&mut self, case: &Case<'_>, wish: &Wish) -> Result<u32, Refusal> {
        let who = self.waiter(case.request, &wished(wish));
        if let Some(seat) = self.free_for(who, case, wish)? {
            return Ok(seat);
        }
        let (ticket, place) = self.queue.join(who, &self.secret, case.now.running);
        let seats = self.books.delegation().map_or(0, |it| it.seats);
        Err(Refusal::PoolFull { seats, ticket, place, holders: self.occupants() })
    }

    /// A free seat, if it is somebody's turn.
    fn free_for(&mut self, who: Waiter, case: &Case<'_>, wish: &Wish) -> Result<Option<u32>, Refusal> {
        if let Some(left) = self.quiet_left(case.now) {
            return Err(Refusal::ServerRestored { until: whole(after(case.now.wall, left)) });
        }
        if let Some(ticket) = wish.ticket.filter(|ticket| ticket.holder == who && self.secret.gave(ticket)) {
            // Whoever checks out with a ticket beats with it: a ticket of an earlier epoch takes its place again.
            self.queue.beat(&ticket, 0, case.now.running);
        }
        let room = self.room(case.now);
        if !self.queue.admits(&who, room) {
            return Ok(None);
        }
        self.queue.forget(&who);
        Ok(Some(self.number_for(case)))
    }

    /// The lowest seat that is free.
    fn free_seat(&self) -> Option<u32> {
        let limit = self.books.delegation().map_or(0, Delegation::limit);
        Some(self.books.numbers.lowest()).filter(|seat| *seat < limit)
    }

    fn no_seat_free(&self, until: Option<Timestamp>) -> Refusal {
        Refusal::NoSeatFree { seats: self.books.delegation().map_or(0, |it| it.seats), holders: self.occupants(), until }
    }

    /// The number of the seat that the host shows it had before it was cut off, if nobody has it since; else the lowest.
    fn number_for(&self, case: &Case<'_>) -> u32 {
        let shown = case.shows(None).and_then(|(_, certificate, _)| match certificate.hold {
            As::Lease { seat, .. } => Some(seat),
            As::Loan { .. } | As::Trial | As::Activation => None,
        });
        let limit = self.books.delegation().map_or(0, |it| it.limit());
        shown.filter(|seat| *seat < limit && self.books.numbers.is_free(*seat)).unwrap_or_else(|| self.books.numbers.lowest())
    }

    /// Who waits, in a digest that stands in the ticket.
    pub(super) fn waiter(&self, request: &Request, sitter: &Sitter) -> Waiter {
        let (_, sitter) = self.books.seatmate(0, sitter);
        let sitter = sitter.map(|it| format!("{:?} {}", it.process, it.user)).unwrap_or_default();
        let digest = Digest::of(format!("keyward/1 waits {} {sitter}", request.device.id()).as_bytes());
        let mut who = Waiter::default();
        who.copy_from_slice(&digest.bytes()[..16]);
        who
    }

    /// The end of a loan that is wished for, if it may be so long.
    fn end_of_loan(&self, until: Until, now: &Now) -> Result<Timestamp, Refusal> {
        let until = wished_end(until, now);
        let latest = self.latest_loan(now).ok_or(Refusal::NotBorrowable)?;
        if now.wall < until && until <= latest { Ok(until) } else { Err(Refusal::LoanTooLong { latest }) }
    }

    /// Until when a seat may be borrowed at the latest.
    pub(super) fn latest_loan(&self, now: &Now) -> Option<Timestamp> {
        let delegation = self.books.delegation()?;
        let latest = after(now.wall, days(delegation.loans?.days.into()));
        Some(delegation.window.until.map_or(latest, |end| end.min(latest)))
    }

    /// The number of the asking host; it is met if it is new or looks different.
    pub(super) fn meet(&mut self, facts: &mut Vec<Fact>, case: &Case<'_>) -> GuestNo {
        let request = case.request;
        let known = self.books.guest_of(&request.device);
        let guest = match known {
            Some((guest, it)) if it.device.host == request.host && it.looks == request.fingerprint => return guest,
            Some((guest, _)) => guest,
            None => self.books.written.next_guest,
        };
        let (device, host, looks) = (request.device, request.host.clone(), request.fingerprint.clone());
        self.record(facts, Fact::Met { guest, device, host, looks, at: case.at() });
        guest
    }

    pub(super) fn loan_of(&self, case: &Case<'_>) -> Option<Place> {
        let (guest, _) = self.books.guest_of(&case.request.device)?;
        self.books.borrowers.get(&guest).copied()
    }

    /// The host's loan, if whoever checks out may use it. One that is due is none, also where the clock is doubted by which its seat is free.
    fn loan_for(&self, case: &Case<'_>, wish: &Wish) -> Option<Place> {
        let (guest, _) = self.books.guest_of(&case.request.device)?;
        let place = self.books.loan_for(guest, &wish.user)?;
        let runs = |hold: &Hold| hold.loan().is_some_and(|loan| case.at() < loan.until);
        self.books.written.holds.get(&place).is_some_and(|hold| runs(hold)).then_some(place)
    }

    /// Whether there is a number to sign a loan for: not above the last seat while none is free that it could come down to.
    pub(super) fn has_number(&self, place: Place) -> bool {
        !self.lies_above(place) || self.free_seat().is_some()
    }

    /// The lease of a user who has one on the asking host: where each process takes a seat, one that has no name has this.
    fn only_lease_of(&self, case: &Case<'_>, user: &UserName) -> Option<Place> {
        let (guest, _) = self.books.guest_of(&case.request.device)?;
        let first = (guest, Some(Sitter { user: user.clone(), process: None }));
        let mut leases = self.books.sitters.range(first..).map_while(|((of, sitter), place)| {
            let its = *of == guest && sitter.as_ref().is_some_and(|it| it.user == *user);
            its.then_some(*place)
        });
        let only = leases.next()?;
        leases.next().is_none().then_some(only)
    }

    /// Who is to sit. Where each process takes a seat, one that names no process has the seat that it shows, or one of its own: such processes
    /// do not share a seat because nobody tells them apart.
    fn sitter(&self, case: &Case<'_>, wish: &Wish) -> Sitter {
        let named = wished(wish);
        if self.books.per() != Per::Process || named.process.is_some() {
            return named;
        }
        let shown = case.shows(None).and_then(|(_, certificate, _)| self.held_by(&case.request.device, &certificate.activation));
        let shown = shown.and_then(|place| self.books.written.holds.get(&place)).filter(|hold| hold.sitter.user == named.user);
        shown.map_or_else(|| Sitter { process: Some(nameless(case.request.name())), ..named }, |hold| hold.sitter.clone())
    }

    pub(super) fn lease_of(&self, case: &Case<'_>, sitter: &Sitter) -> Option<Place> {
        let (guest, _) = self.books.guest_of(&case.request.device)?;
        self.books.sitters.get(&self.books.seatmate(guest, sitter)).copied()
    }

    /// Whether the seat that the asking host has for somebody is the one that this very request brought.
    fn holds_by(&self, case: &Case<'_>, sitter: &Sitter) -> bool {
        let hold = self.lease_of(case, sitter).and_then(|place| self.books.written.holds.get(&place));
        hold.is_some_and(|hold| hold.request == case.request.name())
    }
}

/// Who sits, as the wish has it.
fn wished(wish: &Wish) -> Sitter {
    Sitter { user: wish.user.clone(), process: wish.process }
}

/// Stands for a process that has no name: the request that it asked with. Above the names that operating systems give, and within what every
/// reader of JSON takes.
fn nameless(request: Digest) -> u64 {
    let digest = request.bytes().iter().take(6).fold(0, |all, byte| all << 8 | u64::from(*byte));
    1 << 52 | digest
}
