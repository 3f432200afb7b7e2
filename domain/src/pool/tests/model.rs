//! A world of hosts around one pool, and an observer who knows nothing of it but what was signed.
//!
//! Promise 1: what is signed and has not ended is never for more than the seats there are; where there are fewer than there were, nothing is
//! added to what was signed when there were more. Promise 2: no late or replayed beat brings a seat back. Promise 8: a restored server lets
//! go of nothing that it knows and that has not ended. The steps are drawn at random and shrunk to the few that matter when a promise breaks.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::document::Contact;

const HOSTS: [Who; 6] = [A, B, C, D, E, ('f', "fay")];

/// Something that happens in the world.
#[derive(Debug, Clone)]
enum Step {
    CheckOut(usize),
    Beat(usize),
    /// A beat from the past, by its number.
    Replay(usize),
    Wait(usize),
    Show(usize),
    Return(usize, Way),
    Borrow(usize, u64),
    Extend(usize, u64),
    Refresh(usize),
    Release(usize, Release),
    /// The administrator accepts what was given back by file, by its number.
    Accept(usize),
    /// The vendor delegates so many seats and so many for emergencies, and asks borrowers for contact so.
    Delegate(u32, u32, Contact),
    /// The administrator says that the restored server knows of every loan, if it does.
    AcceptRestore,
    Pass(u64),
    Restart(u64),
    /// The server dies while it answers: nobody hears of it, and it was written or not.
    Crash(usize, Written),
    Backup,
    Restore,
    /// Everybody comes with what they hold, one after another, beginning here.
    Come(usize),
    /// The server's wall clock is set.
    Slip(i64),
}

#[derive(Debug, Clone, Copy)]
enum Written {
    Yes,
    No,
}

/// What may happen beside the usual.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    Crashes,
    Restores,
    Clocks,
}

fn steps(trouble: Trouble) -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..HOSTS.len();
    let how = prop_oneof![Just(Release::AtEnd), Just(Release::AtOnce)];
    let way = prop_oneof![2 => Just(Way::Line), 1 => Just(by_file())];
    let written = prop_oneof![Just(Written::Yes), Just(Written::No)];
    let usual = prop_oneof![
        8 => who().prop_map(Step::CheckOut),
        6 => who().prop_map(Step::Beat),
        2 => (0..1_000usize).prop_map(Step::Replay),
        4 => who().prop_map(Step::Wait),
        2 => (who(), way).prop_map(|(who, way)| Step::Return(who, way)),
        2 => (who(), how).prop_map(|(who, how)| Step::Release(who, how)),
        6 => prop_oneof![3 => 1..400u64, 2 => 500..700u64, 1 => 3_000..5_000u64].prop_map(Step::Pass),
    ];
    let loans = prop_oneof![
        3 => (who(), 1..168u64).prop_map(|(who, hours)| Step::Borrow(who, hours)),
        1 => (who(), 1..168u64).prop_map(|(who, hours)| Step::Extend(who, hours)),
        1 => who().prop_map(Step::Refresh),
        1 => (0..100usize).prop_map(Step::Accept),
        1 => (40_000..400_000u64).prop_map(Step::Pass),
    ];
    let contact = prop_oneof![Just(Contact::None), (1..6u32, 0..2u32).prop_map(|(days, grace)| Contact::Every { days, grace })];
    let delegations = (1..5u32, prop_oneof![2 => Just(0), 1 => 1..3u32], contact)
        .prop_map(|(seats, overdraft, contact)| Step::Delegate(seats, overdraft, contact));
    let crashes = prop_oneof![
        2 => (0..2u64).prop_map(Step::Restart),
        2 => (who(), written).prop_map(|(who, written)| Step::Crash(who, written)),
    ];
    let restores = prop_oneof![
        2 => Just(Step::Backup),
        2 => Just(Step::Restore),
        2 => Just(Step::AcceptRestore),
        5 => who().prop_map(Step::Show),
        3 => who().prop_map(Step::Come),
        2 => (0..2u64).prop_map(Step::Restart),
    ];
    let clocks = prop_oneof![(-200_000..200_000i64).prop_map(Step::Slip), (0..2u64).prop_map(Step::Restart)];
    let step = match trouble {
        Trouble::Crashes => prop_oneof![8 => usual, 3 => loans, 2 => crashes, 1 => delegations].boxed(),
        Trouble::Restores => prop_oneof![8 => usual, 3 => loans, 3 => restores, 1 => delegations].boxed(),
        Trouble::Clocks => prop_oneof![8 => usual, 2 => clocks].boxed(),
    };
    // Some begin with a loan above the last seat.
    let cut = (who(), who(), who(), 1..3u32).prop_map(|(one, other, borrower, seats)| {
        vec![Step::CheckOut(one), Step::CheckOut(other), Step::Borrow(borrower, 100), Step::Delegate(seats, 0, Contact::None)]
    });
    let first = match trouble {
        Trouble::Restores => prop_oneof![2 => Just(Vec::new()), 1 => cut].boxed(),
        Trouble::Crashes | Trouble::Clocks => Just(Vec::new()).boxed(),
    };
    (first, prop::collection::vec(step, 1..80)).prop_map(|(first, then)| [first, then].concat())
}

/// A right that was signed, in true time.
#[derive(Debug, Clone)]
struct Window {
    who: Who,
    seat: u32,
    activation: ActivationId,
    until: Duration,
    /// When its holder must have made contact: it ends here if it is taken away.
    missed: Duration,
    /// The server knows of it, to its end: it has not been restored since, or the backup had it.
    known: bool,
    /// An administrator took it away.
    taken_away: bool,
    /// At once: a seat for emergencies stands in for it.
    stood_in_for: bool,
}

struct World {
    office: Office,
    elapsed: Duration,
    windows: Vec<Window>,
    beats: Vec<(Who, Held)>,
    /// What was given back by file.
    filed: Vec<Place>,
    backup: Vec<Fact>,
    trouble: Trouble,
    /// How often the vendor delegated.
    delegated: u64,
    /// So many may be signed for at most, and so many of them that no seat for emergencies stands in for: as many as there are, or were when
    /// they were signed for.
    most: (usize, usize),
}

impl World {
    fn new(trouble: Trouble) -> Self {
        let loans = (trouble != Trouble::Clocks).then_some(Borrowing { days: 7, seats: 2 });
        let office = Office::of(Delegation { loans, ..seats(3) });
        let backup = office.journal.clone();
        let (windows, beats, filed) = (Vec::new(), Vec::new(), Vec::new());
        Self { office, elapsed: Duration::ZERO, windows, beats, filed, backup, trouble, delegated: 1, most: (4, 3) }
    }

    /// A certificate reached its host.
    fn signed(&mut self, who: Who, held: &Held) {
        let certificate = held.certificate();
        let until = certificate.window.until.expect("a seat ends");
        let until = self.elapsed + between(held.answer.issued, until);
        let missed = match certificate.contact {
            Contact::Every { days: every, grace } => until.min(self.elapsed + days((every + grace).into())),
            Contact::None => until,
        };
        self.windows.retain(|window| held.answer.all_revocations().all(|it| it.activation != window.activation));
        // A restored server forgot that it was taken away at once; the seat for emergencies was given all the same.
        let forgotten = |window: &Window| window.activation == held.activation() && window.stood_in_for;
        let stood_in_for = self.trouble == Trouble::Restores && self.windows.iter().any(forgotten);
        let (seat, activation) = (held.seat(), held.activation());
        // A loan that came down has its new number alone.
        let before = self.windows.iter_mut().filter(|window| window.activation == activation);
        before.for_each(|window| (window.seat, window.known) = (seat, window.known || window.until <= until));
        self.windows.push(Window { who, seat, activation, until, missed, known: true, taken_away: false, stood_in_for });
        if held.lifeline.is_some() {
            self.beats.push((who, held.clone()));
        }
    }

    fn answered(&mut self, who: Who, answer: Result<Held, Refusal>) {
        if let Ok(held) = answer
            && held.answer.certificate().is_some()
        {
            self.signed(who, &held);
        }
    }

    /// A beat, and what it kept.
    fn beaten(&mut self, who: Who, held: &Held) -> Result<(), TestCaseError> {
        let pulse = self.office.beat_of(who, held);
        if !matches!(pulse, Pulse::Kept { .. } | Pulse::Fresh { .. }) {
            return Ok(());
        }
        // Promise 2: nobody else was given the seat since.
        let place = held.lifeline.as_ref().map(|it| it.place);
        let later =
            self.beats.iter().filter(|(_, other)| other.seat() == held.seat() && other.lifeline.as_ref().map(|it| it.place) > place);
        let taken: Vec<_> = later.map(|(who, _)| *who).collect();
        prop_assert!(self.trouble == Trouble::Restores || taken.is_empty(), "{who:?} keeps seat {} that went to {taken:?}", held.seat());
        if let Pulse::Fresh { .. } = pulse {
            let fresh = self.office.held[&who].clone();
            self.signed(who, &fresh);
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        if !matches!(step, Step::Pass(_) | Step::Restart(_) | Step::Crash(..) | Step::Backup | Step::Restore | Step::Slip(_)) {
            // As every decision begins.
            self.office.decide(Op::Tick);
            self.most = self.most();
        }
        match *step {
            Step::CheckOut(n) => {
                let answer = self.office.check_out(HOSTS[n]);
                self.answered(HOSTS[n], answer);
            }
            Step::Beat(n) => {
                if let Some(held) = self.office.held.get(&HOSTS[n]).filter(|held| held.lifeline.is_some()).cloned() {
                    self.beaten(HOSTS[n], &held)?;
                }
            }
            Step::Replay(n) => {
                if let Some((who, held)) = self.beats.get(n % self.beats.len().max(1)).cloned() {
                    let now = self.office.held.get(&who).cloned();
                    self.beaten(who, &held)?;
                    // Whoever replays it learns nothing that the host has.
                    now.map(|now| self.office.held.insert(who, now));
                }
            }
            Step::Wait(n) => {
                if self.office.tickets.contains_key(&HOSTS[n]) {
                    self.office.queue(HOSTS[n]);
                }
            }
            Step::Show(n) => {
                if self.office.held.contains_key(&HOSTS[n]) {
                    let answer = self.office.show(HOSTS[n]);
                    self.answered(HOSTS[n], answer);
                }
            }
            Step::Return(n, ref way) => {
                if let Some((activation, place)) = self.office.held.get(&HOSTS[n]).map(|held| (held.activation(), held.place())) {
                    self.filed.extend(matches!(way, Way::File { .. }).then_some(place));
                    // It is off on its host from the moment it is asked.
                    self.windows.retain(|window| window.activation != activation);
                    self.beats.retain(|(_, held)| held.activation() != activation);
                    drop(self.office.give_back(HOSTS[n], way.clone()));
                    self.office.held.remove(&HOSTS[n]);
                }
            }
            Step::Borrow(n, hours) => {
                let answer = self.office.borrow(HOSTS[n], HOUR * u32::try_from(hours).expect("few"));
                self.answered(HOSTS[n], answer);
            }
            Step::Extend(n, hours) => {
                if self.office.held.contains_key(&HOSTS[n]) {
                    let answer = self.office.extend(HOSTS[n], HOUR * u32::try_from(hours).expect("few"));
                    self.answered(HOSTS[n], answer);
                }
            }
            Step::Refresh(n) => {
                if self.office.held.contains_key(&HOSTS[n]) {
                    let answer = self.office.refresh(HOSTS[n]);
                    self.answered(HOSTS[n], answer);
                }
            }
            Step::Release(n, how) => {
                if let Some(held) = self.office.held.get(&HOSTS[n]).cloned() {
                    let done = self.office.release(HOSTS[n], how) == "Done";
                    for window in self.windows.iter_mut().filter(|window| done && window.activation == held.activation()) {
                        window.taken_away = true;
                        window.stood_in_for |= how == Release::AtOnce;
                        window.until = window.missed;
                    }
                }
            }
            Step::Accept(n) => {
                if let Some(place) = self.filed.get(n % self.filed.len().max(1)).copied() {
                    self.office.act(Act::AcceptReturn { place, by: "boss".into() });
                }
            }
            Step::Delegate(seats, overdraft, contact) => {
                self.delegated += 1;
                let delegation = Delegation { seats, overdraft, contact, generation: self.delegated, ..self.office.delegation.clone() };
                let done = self.office.delegate_at(delegation, self.office.now.wall);
                prop_assert_eq!(done, "Done", "it is newer than any before");
            }
            Step::AcceptRestore => {
                let leases: BTreeSet<_> = self.beats.iter().map(|(_, held)| held.activation()).collect();
                if self.windows.iter().all(|window| window.known || leases.contains(&window.activation)) {
                    self.office.act(Act::AcceptRestore { by: "boss".into() });
                }
            }
            Step::Pass(seconds) => self.pass(Duration::from_secs(seconds)),
            Step::Restart(hours) => {
                self.office.rhythm = Rhythm::new(LEASE + HOUR * u32::try_from(hours).expect("few"), MINUTE).expect("a rhythm");
                // Another boot: running time begins anew.
                self.office.now.running = Duration::from_secs(5);
                self.office.restart();
            }
            Step::Crash(n, written) => {
                let before = self.office.clone();
                drop(self.office.check_out(HOSTS[n]));
                let journal = match written {
                    Written::Yes => std::mem::take(&mut self.office.journal),
                    Written::No => before.journal,
                };
                let count = self.office.count;
                self.office =
                    Office { journal, count, now: self.office.now.clone(), pool: before.pool, held: before.held, ..self.office.clone() };
                self.office.restart();
                // A loan that came down has its new number alone, though its host did not hear of it.
                let written = &self.office.pool.books().written;
                for window in &mut self.windows {
                    let mut loans = written.holds.values().filter(|hold| hold.loan().is_some() && hold.activation == window.activation);
                    window.seat = loans.next().map_or(window.seat, |loan| loan.seat);
                }
            }
            Step::Backup => self.backup = self.office.journal.clone(),
            Step::Restore => {
                let anchor = Some(self.office.pool.anchored());
                self.office.journal = self.backup.clone();
                self.office.start(Start { anchor, marked: true });
                let quiet = self.elapsed + self.office.pool.quiet_left(&self.office.now).unwrap_or_default();
                let books = self.office.pool.books();
                self.office.delegation = books.delegation().expect("it was delegated first").clone();
                for window in &mut self.windows {
                    let hold = books.activations.get(&window.activation).and_then(|place| books.written.holds.get(place));
                    // How long leases were for a while since the backup, nobody can know.
                    window.known = hold.is_some_and(|hold| match hold.loan() {
                        Some(loan) => loan.until >= after(day(1), window.until),
                        None => window.until <= quiet,
                    });
                }
            }
            Step::Come(n) => {
                for who in (0..HOSTS.len()).map(|next| (n + next) % HOSTS.len()) {
                    let loan = self.office.held.get(&HOSTS[who]).is_some_and(|held| held.lifeline.is_none());
                    self.step(&if loan { Step::Refresh(who) } else { Step::Show(who) })?;
                }
            }
            Step::Slip(seconds) => {
                let slip = jiff::SignedDuration::from_secs(seconds);
                self.office.now.wall = self.office.now.wall.checked_add(slip).expect("a year is long");
            }
        }
        self.look(step)
    }

    fn pass(&mut self, length: Duration) {
        self.office.wait(length);
        self.elapsed += length;
    }

    /// What was signed for, or counts, when there were more seats goes on to its end; that a seat is held for somebody does not.
    fn most(&self) -> (usize, usize) {
        let counted = self.office.pool.books.written.holds.values().map(|hold| (&hold.activation, hold.is_stood_in_for()));
        let signed = self.windows.iter().map(|window| (&window.activation, window.stood_in_for));
        let going: BTreeSet<_> = counted.chain(signed).collect();
        let all: BTreeSet<_> = going.iter().map(|(activation, _)| activation).collect();
        let counted = going.iter().filter(|(_, stood_in_for)| !stood_in_for).count();
        let Overview { seats, overdraft, .. } = self.office.overview();
        (self.most.0.min(all.len()).max((seats + overdraft) as usize), self.most.1.min(counted).max(seats as usize))
    }

    /// Promises 1 and 8, as somebody sees them who has every signed window.
    fn look(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let elapsed = self.elapsed;
        self.windows.retain(|window| window.until > elapsed);
        if self.trouble == Trouble::Restores {
            // What an administrator took away of a user who has another seat since, and a restored server forgot that: it keeps the other.
            let known = &self.office.pool.books().activations;
            let seated: BTreeSet<_> = self.windows.iter().filter(|it| known.contains_key(&it.activation)).map(|it| it.who).collect();
            self.windows.retain(|it| !it.taken_away || known.contains_key(&it.activation) || !seated.contains(&it.who));
        }
        self.most = self.most();
        let most = self.most;
        let (windows, stays) = (&self.windows, |window: &&Window| !window.stood_in_for);
        let open: BTreeSet<_> = windows.iter().map(|window| &window.activation).collect();
        let all: BTreeSet<_> = windows.iter().filter(stays).map(|window| &window.activation).collect();
        let holders: BTreeSet<_> = windows.iter().map(|window| (window.who, window.seat)).collect();
        let numbers: BTreeSet<_> = windows.iter().map(|window| window.seat).collect();
        let ready = self.office.overview().ready as usize;
        let now = (open.len() + ready, all.len() + ready);
        prop_assert!(now.0 <= most.0, "after {step:?}: {} are signed for of {}: {windows:?}", now.0, most.0);
        // A seat for emergencies that a restored server has stand in for what is over stands in for what was signed for that seat since.
        let holds = self.office.pool.books.written.holds.values();
        let forgotten =
            holds.filter(|hold| self.trouble == Trouble::Restores && hold.is_stood_in_for() && !open.contains(&hold.activation));
        let counted = most.1 + forgotten.count();
        prop_assert!(now.1 <= counted, "after {step:?}: {} of {counted} seats: {all:?}", now.1);
        let known = &self.office.pool.books().activations;
        let lost = windows.iter().find(|window| window.known && !known.contains_key(&window.activation));
        prop_assert!(lost.is_none(), "after {step:?}: the server let go of {lost:?}");
        if self.trouble != Trouble::Restores {
            prop_assert_eq!(numbers.len(), holders.len(), "after {:?} a seat has two holders: {:?}", step, holders);
        }
        Ok(())
    }

    /// When everybody has gone home for good, every seat is free again, and the journal comes to what the pool is.
    fn end(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..9 {
            self.pass(days(1));
            self.office.decide(Op::Tick);
        }
        self.office.now.wall = day(40);
        self.office.decide(Op::Tick);
        let overview = self.office.overview();
        prop_assert_eq!((overview.free, overview.used, overview.stood_in_for), (overview.seats, 0, 0), "a seat was lost for good");
        let written = |books: &Books| serde_json::to_string(books).expect("JSON");
        prop_assert_eq!(written(&Office::replayed(&self.office.journal)), written(self.office.pool.books()));
        Ok(())
    }
}

fn run(trouble: Trouble, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World::new(trouble);
    for step in steps {
        world.step(step)?;
    }
    world.end()
}

/// Enough to find each bug that was planted; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if asked.cases == 256 { 40 } else { asked.cases };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2_000, ..asked }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_more_is_signed_than_there_are_seats_through_any_crash(steps in steps(Trouble::Crashes)) {
        run(Trouble::Crashes, &steps)?;
    }

    #[test]
    fn no_more_is_signed_than_there_are_seats_after_a_backup_was_restored(steps in steps(Trouble::Restores)) {
        run(Trouble::Restores, &steps)?;
    }

    #[test]
    fn no_more_is_leased_than_there_are_seats_whatever_the_wall_clock_shows(steps in steps(Trouble::Clocks)) {
        run(Trouble::Clocks, &steps)?;
    }
}

/// The host never heard that its loan came down to the seat that was left: to whoever looks from outside it is the old number's still.
#[test]
fn a_loan_whose_new_number_was_written_and_not_heard_keeps_nobody_from_its_old_one() {
    let steps = [
        Step::CheckOut(0),
        Step::Borrow(2, 26),
        Step::CheckOut(0),
        Step::Delegate(1, 0, Contact::None),
        Step::Pass(40_000),
        Step::Crash(2, Written::Yes),
        Step::Delegate(2, 0, Contact::None),
        Step::CheckOut(0),
    ];
    run(Trouble::Crashes, &steps).unwrap_or_else(|error| panic!("{error}"));
}

/// An administrator took the seat away, its user got another, and the backup knows of the first alone.
#[test]
fn of_two_seats_of_a_user_a_restored_server_keeps_the_one_that_is_shown() {
    let leases = [Step::CheckOut(0), Step::Backup, Step::Release(0, Release::AtEnd), Step::Come(0), Step::Restore, Step::Show(0)];
    let loans = [Step::Borrow(5, 1), Step::Backup, Step::Release(5, Release::AtEnd), Step::Borrow(5, 1), Step::Restore, Step::Extend(5, 1)];
    for steps in [leases, loans] {
        run(Trouble::Restores, &steps).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The loan that is known from the backup was over, and its seat lent again.
#[test]
fn a_seat_for_emergencies_that_stands_in_for_a_forgotten_loan_is_one_seat_and_no_more() {
    let before = [Step::Borrow(4, 1), Step::Backup, Step::Pass(255_384), Step::Pass(263_017), Step::Borrow(2, 1), Step::Borrow(0, 1)];
    let after = [
        Step::Restore,
        Step::Release(4, Release::AtOnce),
        Step::Pass(600),
        Step::CheckOut(0),
        Step::CheckOut(1),
        Step::CheckOut(3),
        Step::CheckOut(5),
    ];
    run(Trouble::Restores, &[&before[..], &after].concat()).unwrap_or_else(|error| panic!("{error}"));
}

/// The loan came down to a free seat since the backup, and its old number was lent to another.
#[test]
fn a_restored_server_keeps_a_loan_above_the_last_seat_whoever_has_its_number_now() {
    let steps = [
        Step::CheckOut(2),
        Step::CheckOut(1),
        Step::Borrow(0, 100),
        Step::Delegate(2, 0, Contact::None),
        Step::Backup,
        Step::Return(1, Way::Line),
        Step::Refresh(0),
        Step::Delegate(3, 0, Contact::None),
        Step::Borrow(4, 1),
        Step::Restore,
        Step::Show(4),
        Step::Refresh(0),
    ];
    run(Trouble::Restores, &steps).unwrap_or_else(|error| panic!("{error}"));
}

/// The same where the vendor sells more seats again before anybody is heard.
#[test]
fn a_restored_server_keeps_a_loan_that_came_down_whatever_was_delegated_since() {
    let cut_before = [
        Step::CheckOut(2),
        Step::CheckOut(0),
        Step::Borrow(3, 100),
        Step::Delegate(1, 0, Contact::None),
        Step::Pass(40_000),
        Step::Backup,
        Step::Come(0),
        Step::Delegate(3, 0, Contact::None),
        Step::Pass(30),
        Step::CheckOut(1),
        Step::CheckOut(0),
        Step::Restore,
        Step::Delegate(2, 1, Contact::None),
        Step::Show(0),
        Step::Refresh(3),
    ];
    let [out, other, borrow, cut, pass, backup, ..] = cut_before.clone();
    let cut_after = [&[out, other, borrow, backup, cut, pass][..], &cut_before[6..]].concat();
    for steps in [&cut_before[..], &cut_after] {
        run(Trouble::Restores, steps).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// A loan may be out that a restored server does not know: the seat that was held for somebody is that one's when there are fewer seats.
#[test]
fn no_seat_is_held_for_whoever_waits_where_it_is_held_back() {
    let steps = [
        Step::CheckOut(2),
        Step::CheckOut(0),
        Step::Borrow(0, 100),
        Step::Delegate(1, 0, Contact::None),
        Step::CheckOut(0),
        Step::CheckOut(1),
        Step::CheckOut(0),
        Step::Restore,
        Step::Pass(40_000),
        Step::Borrow(0, 1),
        Step::Restart(0),
        Step::Wait(0),
        Step::Delegate(1, 0, Contact::None),
    ];
    run(Trouble::Restores, &steps).unwrap_or_else(|error| panic!("{error}"));
}
