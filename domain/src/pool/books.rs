//! What a pool's journal comes to: who has which seat. Made of facts alone, the same from the same facts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::fmt::serde::timestamp::millisecond::required as millis;
use serde::{Deserialize, Serialize};

use super::charter::Charter;
use super::clock;
use super::fact::{Adopted, Asked, Fact, GuestNo, Sitter, unknown_user};
use super::granting::last_generation;
use super::hold::{Guest, Held, Hold, Live, Loan};
use super::numbers::Numbers;
use crate::device::Device;
use crate::document::{Contact, Delegation, Place, RevocationReason};
use crate::entitlement::Per;
use crate::keys::PublicKey;
use crate::names::{ActivationId, SeatIds, UserName};
use crate::seal::Digest;
use crate::time::{Timestamp, after, between, days};

/// Hosts that hold nothing and were not heard of for so many days are let go of.
const FORGET_GUESTS: Duration = days(90);
/// So many hosts that hold nothing are known at most: whoever makes keys up fills no memory with them.
pub(super) const MOST_IDLE: usize = 10_000;

/// The state of a pool as its journal tells it. A journal is replayed onto it fact by fact, from the beginning or from a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Books {
    pub(super) written: Written,
    pub(super) numbers: Numbers,
    /// Leases by who sits on them.
    pub(super) sitters: BTreeMap<Seatmate, Place>,
    /// The loan of each host, if it has not given it back.
    pub(super) borrowers: BTreeMap<GuestNo, Place>,
    pub(super) activations: BTreeMap<ActivationId, Place>,
    /// Places that seats had before they were checked out again.
    pub(super) before: BTreeMap<Place, Place>,
    /// Loans by when they are free.
    pub(super) due: BTreeSet<(Timestamp, Place)>,
    devices: BTreeMap<PublicKey, GuestNo>,
    /// Hosts that hold nothing, by when they were heard of last.
    idle: BTreeSet<(Timestamp, GuestNo)>,
    /// What the ids of its seats begin with.
    ids: Option<SeatIds>,
    /// All loans.
    pub(super) loans: u32,
    /// Seats that another stands in for.
    pub(super) stood_in_for: u32,
}

/// Who sits on a seat, as far as the license tells people apart.
pub(super) type Seatmate = (GuestNo, Option<Sitter>);

/// What a snapshot has; all else follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Written {
    /// The position of the next fact.
    pub(super) next: u64,
    /// Each epoch and its first position.
    pub(super) epochs: Vec<(u64, u64)>,
    #[serde(with = "super::fact::milliseconds")]
    pub(super) lease: Duration,
    pub(super) charter: Option<Charter>,
    pub(super) restored: Option<Restored>,
    pub(super) closed: Option<Timestamp>,
    /// The vendor took away what it had delegated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revoked: Option<RevocationReason>,
    /// The latest time that a clock is believed to have shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) clock: Option<Timestamp>,
    pub(super) next_guest: GuestNo,
    /// The latest time that is known: of a start or a request, or the vendor's own if that was heard since.
    #[serde(default, with = "millis")]
    pub(super) latest: Timestamp,
    #[serde(with = "pairs")]
    pub(super) guests: BTreeMap<GuestNo, Box<Guest>>,
    #[serde(with = "pairs")]
    pub(super) holds: BTreeMap<Place, Box<Hold>>,
}

/// The server was restored from a backup: it cannot know what it has signed since that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Restored {
    #[serde(with = "millis")]
    pub(super) at: Timestamp,
    /// Every lease that was forgotten is over.
    pub(super) leases_over: Option<Timestamp>,
    /// Every loan that was forgotten is over here.
    pub(super) loans_until: Timestamp,
    /// The clock was not to be believed: how late it was is not known before the clock is believed to show more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) early: bool,
    /// An administrator said that there is no such loan.
    pub(super) accepted: Option<Timestamp>,
}

impl Books {
    /// The position of the next fact.
    pub fn position(&self) -> u64 {
        self.written.next
    }

    /// The epoch that runs, 0 before the first.
    pub fn epoch(&self) -> u64 {
        self.written.epochs.last().map_or(0, |(epoch, _)| *epoch)
    }

    /// What the vendor delegated, and its proof.
    pub fn charter(&self) -> Option<&Charter> {
        self.written.charter.as_ref()
    }

    pub(super) fn delegation(&self) -> Option<&Delegation> {
        self.charter().map(Charter::delegation)
    }

    /// The place of the next fact.
    pub(super) fn next_place(&self) -> Place {
        Place { epoch: self.epoch(), position: self.written.next }
    }

    /// Whether a place lies in what is written here. One that does not was signed by a server that knew more.
    pub(super) fn knows(&self, place: Place) -> bool {
        let epochs = &self.written.epochs;
        let Ok(at) = epochs.binary_search_by_key(&place.epoch, |(epoch, _)| *epoch) else { return false };
        let end = epochs.get(at + 1).map_or(self.written.next, |(_, first)| *first);
        (epochs[at].1..end).contains(&place.position)
    }

    /// Whether an epoch began by these books, whatever else happened in it.
    pub(super) fn began(&self, epoch: u64) -> bool {
        self.written.epochs.binary_search_by_key(&epoch, |(it, _)| *it).is_ok()
    }

    /// Takes a fact in. It decides nothing: a fact about a seat that nobody has changes nothing.
    pub fn apply(&mut self, fact: &Fact) {
        let place = self.next_place();
        self.written.next += 1;
        match fact {
            Fact::Opened { epoch, lease, at } => self.open(*epoch, *lease, *at),
            Fact::Restored { at } => self.restore(*at),
            Fact::Settled { at } => self.with_restored(|restored| restored.leases_over = Some(*at)),
            Fact::Accepted { at, .. } => self.with_restored(|restored| restored.accepted = Some(*at)),
            Fact::Delegated { charter, .. } => self.delegate((**charter).clone()),
            Fact::Revoked { why, .. } => self.written.revoked = Some(*why),
            Fact::Closed { at, .. } => self.written.closed = Some(*at),
            Fact::Reopened { .. } => self.written.closed = None,
            Fact::Believed { at } => self.believe(*at),
            Fact::Met { guest, device, host, looks, at } => {
                let new = || Box::new(Guest { device: Device::new(*device, host.clone(), *at), looks: looks.clone(), seats: 0 });
                let met = self.written.guests.entry(*guest).or_insert_with(new);
                (met.device.host, met.looks) = (host.clone(), looks.clone());
                if met.seats == 0 {
                    self.idle.insert((met.device.seen, *guest));
                }
                self.devices.insert(*device, *guest);
                self.written.next_guest = self.written.next_guest.max(guest + 1);
            }
            Fact::Seated { guest, asked, sitter, choice, seat, at } => {
                self.count(*guest, asked, *at);
                let held = Held::Lease(self.written.lease);
                self.seat(place, self.new_hold(*guest, asked, sitter, *seat, held, *at).choosing(choice.clone()));
            }
            Fact::Reseated { was, asked, choice, at } => {
                let Some(mut hold) = self.unseat(*was) else { return };
                self.count(hold.guest, asked, *at);
                (hold.request, hold.before) = (asked.request, Some(*was));
                self.seat(place, hold.choosing(choice.clone()));
            }
            Fact::Lent { guest, asked, sitter, choice, seat, was, until, at } => {
                let lease = was.and_then(|was| self.unseat(was));
                let instead_of = lease.map(|lease| (lease.activation, last_generation(place.epoch).max(lease.floor)));
                self.count(*guest, asked, *at);
                let held = Held::Loan(Box::new(Loan { instead_of, ..Loan::new(*until, *at, self.contact()) }));
                self.seat(place, self.new_hold(*guest, asked, sitter, *seat, held, *at).choosing(choice.clone()));
            }
            Fact::Renewed { place: loan, asked, until, contact, seat, at } => {
                let contact = contact.unwrap_or_else(|| self.contact());
                self.with_loan(*loan, asked, *at, |loan| loan.confirm(*until, *at, contact));
                seat.iter().for_each(|seat| self.number(*loan, *seat, place));
            }
            Fact::Adopted(adopted) => self.adopt(place, adopted),
            Fact::GivenBack { place, asked, at } => {
                self.with_loan(*place, asked, *at, |loan| loan.given_back = Some(asked.request));
            }
            Fact::Released { place, how, .. } => {
                if let Some(mut hold) = self.unseat(*place) {
                    if let (None, Held::Loan(loan)) = (hold.away, &mut hold.held) {
                        loan.contact = self.contact_at_most(loan);
                    }
                    hold.away = Some(*how);
                    self.seat(*place, hold);
                }
            }
            Fact::Ended { place, asked, at, .. } => {
                if let Some(hold) = self.unseat(*place)
                    && let Some(asked) = asked
                {
                    self.count(hold.guest, asked, *at);
                }
                self.forget_idle();
            }
        }
    }

    /// Lets go of the hosts that hold nothing and were not heard of for the longest time, where there are too many. Only when a seat comes
    /// free: a host that was met just now is about to have one.
    fn forget_idle(&mut self) {
        while self.idle.len() > MOST_IDLE {
            let longest = self.idle.pop_first().and_then(|(_, guest)| self.written.guests.remove(&guest));
            longest.map(|guest| self.devices.remove(&guest.device.key));
        }
    }

    pub(super) fn contact(&self) -> Contact {
        self.delegation().map_or(Contact::None, |it| it.contact)
    }

    pub(super) fn per(&self) -> Per {
        self.delegation().map_or(Per::default(), |it| it.per)
    }

    pub(super) fn seatmate(&self, guest: GuestNo, sitter: &Sitter) -> Seatmate {
        let sitter = match self.per() {
            Per::Host => None,
            Per::User => Some(Sitter { user: sitter.user.clone(), process: None }),
            Per::Process => Some(sitter.clone()),
        };
        (guest, sitter)
    }

    /// The loan of a host that somebody on it may use in place of a seat of its own. A loan is not one process's: it outlives them.
    pub(super) fn loan_for(&self, guest: GuestNo, user: &UserName) -> Option<Place> {
        let place = *self.borrowers.get(&guest)?;
        let of = &self.written.holds.get(&place)?.sitter.user;
        // Whose a loan was that a restored server took up again is not always known.
        (self.per() == Per::Host || of == user || *of == unknown_user()).then_some(place)
    }

    /// Whether a seat that is held is the one that a request brought, also where a restored server knows of the seat alone.
    pub(super) fn has_brought(&self, request: &Digest) -> bool {
        self.ids.as_ref().is_some_and(|ids| self.activations.contains_key(&ids.id(request)))
    }

    pub(super) fn guest_of(&self, device: &PublicKey) -> Option<(GuestNo, &Guest)> {
        let guest = *self.devices.get(device)?;
        self.written.guests.get(&guest).map(|it| (guest, &**it))
    }

    /// Seats that count as used: all but those that another stands in for.
    pub(super) fn used(&self) -> u32 {
        self.all().saturating_sub(self.stood_in_for)
    }

    /// All seats that something was signed for and has not ended.
    pub(super) fn all(&self) -> u32 {
        u32::try_from(self.written.holds.len()).unwrap_or(u32::MAX)
    }

    fn open(&mut self, epoch: u64, lease: Duration, at: Timestamp) {
        self.written.epochs.push((epoch, self.written.next - 1));
        self.written.lease = lease;
        if self.is_believed(at) {
            // As when a clock that is so much later is believed while the server runs.
            if self.written.clock.is_some_and(|last| between(last, at) > clock::WRITTEN) {
                self.believe(at);
            }
            self.written.clock = self.written.clock.max(Some(at));
            self.written.latest = self.written.latest.max(at);
        }
        let at = self.written.clock.map_or(at, |believed| believed.min(at));
        let mut busy = BTreeSet::new();
        for hold in self.written.holds.values_mut() {
            busy.insert(hold.guest);
            if let Held::Lease(longest) = &mut hold.held {
                *longest = (*longest).max(lease);
            }
        }
        let gone = |guest: &GuestNo, it: &Guest| !busy.contains(guest) && between(it.device.seen, at) > FORGET_GUESTS;
        let forgotten: Vec<_> = self.written.guests.extract_if(.., |guest, it| gone(guest, it)).collect();
        for (number, guest) in forgotten {
            self.devices.remove(&guest.device.key);
            self.idle.remove(&(guest.device.seen, number));
        }
    }

    /// Whether a clock that shows this is to be believed by what is written.
    fn is_believed(&self, at: Timestamp) -> bool {
        self.written.clock.is_none_or(|last| !clock::leaps(last, at))
    }

    /// The clock is believed to show this.
    fn believe(&mut self, at: Timestamp) {
        self.written.clock = self.written.clock.max(Some(at));
        let loans_until = self.forgotten_loans_until(at);
        self.with_restored(|restored| {
            if std::mem::take(&mut restored.early) {
                restored.at = restored.at.max(at);
                restored.loans_until = restored.loans_until.max(loans_until);
            }
        });
    }

    /// The vendor said something when it was so late. It is as late at least; by how much more nobody said, as an answer can lie in a drawer.
    fn hear(&mut self, issued: Timestamp) {
        self.written.clock = self.written.clock.max(Some(issued));
        let loans_until = self.forgotten_loans_until(after(issued, clock::WRITTEN));
        self.with_restored(|restored| {
            if restored.early {
                restored.loans_until = restored.loans_until.max(loans_until);
            }
        });
    }

    /// What is written down as the latest time that is known.
    fn known(&self) -> Timestamp {
        self.written.clock.map_or(self.written.latest, |clock| clock.max(self.written.latest))
    }

    /// When the last loan is over that can have been signed until `at`.
    fn forgotten_loans_until(&self, at: Timestamp) -> Timestamp {
        let longest = self.delegation().and_then(|it| it.loans).map_or(0, |loans| loans.days);
        after(at, days(longest.into()))
    }

    /// It is as late at least as was known before, whatever the clock shows. Of one that is not to be believed only that is taken, and a day,
    /// as what it is believed to show is written down once a day.
    fn restore(&mut self, at: Timestamp) {
        let known = self.known();
        let early = at < known || !self.is_believed(at);
        let loans_until = self.forgotten_loans_until(if early { after(known, clock::WRITTEN) } else { at });
        self.written.restored = Some(Restored { at: at.max(known), leases_over: None, loans_until, early, accepted: None });
    }

    /// The contact that a loan may have been signed with last: a restored server knows neither what was asked for since the backup nor when,
    /// unless it signed the loan itself since.
    fn contact_at_most(&self, loan: &Loan) -> Contact {
        let forgets = self.written.restored.is_some_and(|restored| restored.early || loan.signed <= restored.at);
        if forgets { Contact::None } else { loan.contact }
    }

    fn with_restored(&mut self, change: impl FnOnce(&mut Restored)) {
        self.written.restored.as_mut().map(change);
    }

    /// Another delegation can tell people apart differently, and ask for another contact.
    fn delegate(&mut self, charter: Charter) {
        // A license that was given back and is activated here again is another activation: that one is not closed.
        if self.delegation().is_some_and(|held| held.activation != charter.delegation().activation) {
            self.written.closed = None;
        }
        // The first that is ever delegated was not forgotten by any backup; of what was, nothing was known that is borrowed.
        if self.written.charter.is_none() && charter.delegation().generation <= 1 {
            self.written.restored = None;
        }
        // What is delegated now is newer than what was taken away.
        self.written.revoked = None;
        let same = self.per() == charter.delegation().per;
        self.ids = Some(SeatIds::of(&charter.delegation().server.id()));
        // The vendor's time is the truth: a clock that was ahead once is forgiven when the vendor was heard.
        self.written.latest = charter.issued().unwrap_or(self.written.latest);
        let (issued, first) = (charter.issued(), self.written.charter.is_none());
        self.written.charter = Some(charter);
        if first && let Some(restored) = &self.written.restored {
            let from = if restored.early { after(self.known(), clock::WRITTEN) } else { restored.at };
            let loans_until = self.forgotten_loans_until(from);
            self.with_restored(|restored| restored.loans_until = loans_until);
        }
        issued.into_iter().for_each(|issued| self.hear(issued));
        if !same {
            let written = std::mem::take(&mut self.written);
            *self = Self::from(written);
        }
    }

    fn new_hold(&self, guest: GuestNo, asked: &Asked, sitter: &Sitter, seat: u32, held: Held, at: Timestamp) -> Hold {
        let activation = self.ids.as_ref().map_or_else(|| ActivationId::of(&asked.request), |ids| ids.id(&asked.request));
        Hold {
            guest,
            sitter: sitter.clone(),
            choice: None,
            seat,
            numbered: None,
            activation,
            request: asked.request,
            since: at,
            held,
            away: None,
            floor: 0,
            before: None,
            live: Live::default(),
        }
    }

    fn adopt(&mut self, place: Place, it: &Adopted) {
        self.count(it.guest, &it.asked, it.at);
        if !self.numbers.is_free(it.seat) {
            // A loan whose number was another's since the backup has another from here on.
            let before = self.written.holds.iter().find(|(_, hold)| hold.seat == it.seat).map(|(place, _)| *place);
            before.into_iter().for_each(|before| self.number(before, self.numbers.lowest(), place));
        }
        let held = match it.until {
            Some(until) => Held::Loan(Box::new(Loan::new(until, it.at, it.contact))),
            None => Held::Lease(self.written.lease),
        };
        let hold = self.new_hold(it.guest, &it.asked, &it.sitter, it.seat, held, it.at).choosing(it.choice.clone());
        self.seat(place, Hold { activation: it.activation.clone(), floor: it.generation, ..hold });
    }

    fn count(&mut self, number: GuestNo, asked: &Asked, at: Timestamp) {
        if self.is_believed(at) {
            self.written.latest = self.written.latest.max(at);
        }
        if let Some(guest) = self.written.guests.get_mut(&number) {
            let was_idle = self.idle.remove(&(guest.device.seen, number));
            guest.device.count(asked.count, asked.request, at);
            if was_idle {
                self.idle.insert((guest.device.seen, number));
            }
        }
    }

    fn with_loan(&mut self, place: Place, asked: &Asked, at: Timestamp, change: impl FnOnce(&mut Loan)) {
        let Some(mut hold) = self.unseat(place) else { return };
        self.count(hold.guest, asked, at);
        if let Held::Loan(loan) = &mut hold.held {
            change(loan);
        }
        self.seat(place, hold);
    }

    /// What is held at a place has another number from a fact on.
    fn number(&mut self, place: Place, seat: u32, from: Place) {
        let Some(hold) = self.unseat(place) else { return };
        self.seat(place, Hold { seat, numbered: Some(from), ..hold });
    }

    /// Puts a hold at a place, and into every index.
    fn seat(&mut self, place: Place, hold: Hold) {
        if let Some(guest) = self.written.guests.get_mut(&hold.guest) {
            guest.seats += 1;
            self.idle.remove(&(guest.device.seen, hold.guest));
        }
        self.numbers.take(hold.seat);
        self.activations.insert(hold.activation.clone(), place);
        if let Some(before) = hold.before {
            self.before.insert(before, place);
        }
        if let Some(free) = hold.free_at() {
            self.loans += 1;
            self.due.insert((free, place));
        }
        self.stood_in_for += u32::from(hold.is_stood_in_for());
        match (hold.away, hold.is_lease()) {
            (None, true) => drop(self.sitters.insert(self.seatmate(hold.guest, &hold.sitter), place)),
            (None, false) if !hold.is_given_back() => drop(self.borrowers.insert(hold.guest, place)),
            (Some(_), _) | (None, false) => {}
        }
        self.written.holds.insert(place, Box::new(hold));
    }

    /// Takes a hold out of its place, and out of every index.
    fn unseat(&mut self, place: Place) -> Option<Hold> {
        let hold = self.written.holds.remove(&place)?;
        if let Some(guest) = self.written.guests.get_mut(&hold.guest) {
            guest.seats = guest.seats.saturating_sub(1);
            if guest.seats == 0 {
                self.idle.insert((guest.device.seen, hold.guest));
            }
        }
        self.numbers.free(hold.seat);
        remove_if(&mut self.activations, &hold.activation, place);
        if let Some(before) = hold.before {
            self.before.remove(&before);
        }
        if let Some(free) = hold.free_at() {
            self.loans -= 1;
            self.due.remove(&(free, place));
        }
        self.stood_in_for -= u32::from(hold.is_stood_in_for());
        let seatmate = self.seatmate(hold.guest, &hold.sitter);
        remove_if(&mut self.sitters, &seatmate, place);
        remove_if(&mut self.borrowers, &hold.guest, place);
        Some(*hold)
    }
}

/// Removes an entry that leads to a place; one that leads to another stays.
fn remove_if<K: Ord>(map: &mut BTreeMap<K, Place>, key: &K, place: Place) {
    if map.get(key) == Some(&place) {
        map.remove(key);
    }
}

impl Hold {
    fn choosing(self, choice: Option<Box<super::fact::Choice>>) -> Self {
        Self { choice, ..self }
    }
}

impl From<Written> for Books {
    fn from(mut written: Written) -> Self {
        let holds = std::mem::take(&mut written.holds);
        let devices = written.guests.iter().map(|(guest, it)| (it.device.key, *guest)).collect();
        let ids = written.charter.as_ref().map(|it| SeatIds::of(&it.delegation().server.id()));
        written.guests.values_mut().for_each(|guest| guest.seats = 0);
        let idle = written.guests.iter().map(|(guest, it)| (it.device.seen, *guest)).collect();
        let mut books = Self { written, devices, idle, ids, ..Self::default() };
        for (place, hold) in holds {
            books.seat(place, *hold);
        }
        books
    }
}

impl From<Books> for Written {
    fn from(books: Books) -> Self {
        books.written
    }
}

/// Maps as lists of pairs: JSON has no keys but strings.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Vec::<(K, V)>::deserialize(deserializer).map(BTreeMap::from_iter)
    }
}
