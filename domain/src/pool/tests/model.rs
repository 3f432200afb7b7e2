//! A world of hosts around one pool, and an observer who knows nothing of it but what was signed.
//!
//! Promise 1: what is signed and has not ended is never for more than the seats there are. Promise 2: no late or replayed beat brings a
//! seat back. The steps are drawn at random and shrunk to the few that matter when a promise breaks.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

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
    Pass(u64),
    Restart(u64),
    /// The server dies while it answers: nobody hears of it, and it was written or not.
    Crash(usize, Written),
    Backup,
    Restore,
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
    let crashes = prop_oneof![
        2 => (0..2u64).prop_map(Step::Restart),
        2 => (who(), written).prop_map(|(who, written)| Step::Crash(who, written)),
    ];
    let restores = prop_oneof![1 => Just(Step::Backup), 1 => Just(Step::Restore), 4 => who().prop_map(Step::Show), 1 => (0..2u64).prop_map(Step::Restart)];
    let clocks = prop_oneof![(-200_000..200_000i64).prop_map(Step::Slip), (0..2u64).prop_map(Step::Restart)];
    let step = match trouble {
        Trouble::Crashes => prop_oneof![8 => usual, 3 => loans, 2 => crashes].boxed(),
        Trouble::Restores => prop_oneof![8 => usual, 3 => loans, 3 => restores].boxed(),
        Trouble::Clocks => prop_oneof![8 => usual, 2 => clocks].boxed(),
    };
    prop::collection::vec(step, 1..80)
}

/// A right that was signed, in true time.
#[derive(Debug, Clone)]
struct Window {
    who: Who,
    seat: u32,
    activation: ActivationId,
    until: Duration,
    /// An administrator took it away at once: a seat for emergencies stands in for it.
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
}

impl World {
    fn new(trouble: Trouble) -> Self {
        let loans = (trouble != Trouble::Clocks).then_some(Borrowing { days: 7, seats: 2 });
        let office = Office::of(Delegation { loans, ..seats(3) });
        let backup = office.journal.clone();
        Self { office, elapsed: Duration::ZERO, windows: Vec::new(), beats: Vec::new(), filed: Vec::new(), backup, trouble }
    }

    /// A certificate reached its host.
    fn signed(&mut self, who: Who, held: &Held) {
        let certificate = held.certificate();
        let until = certificate.window.until.expect("a seat ends");
        let until = self.elapsed + between(held.answer.issued, until);
        self.windows.retain(|window| held.answer.all_revocations().all(|it| it.activation != window.activation));
        // A restored server forgot that it was taken away at once; the seat for emergencies was given all the same.
        let forgotten = |window: &Window| window.activation == held.activation() && window.stood_in_for;
        let stood_in_for = self.trouble == Trouble::Restores && self.windows.iter().any(forgotten);
        self.windows.push(Window { who, seat: held.seat(), activation: held.activation(), until, stood_in_for });
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
                    let its = self.windows.iter_mut().filter(|window| window.activation == held.activation());
                    its.for_each(|window| window.stood_in_for |= done && how == Release::AtOnce);
                }
            }
            Step::Accept(n) => {
                if let Some(place) = self.filed.get(n % self.filed.len().max(1)).copied() {
                    self.office.act(Act::AcceptReturn { place, by: "boss".into() });
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
            }
            Step::Backup => self.backup = self.office.journal.clone(),
            Step::Restore => {
                let anchor = Some(self.office.pool.anchored());
                self.office.journal = self.backup.clone();
                self.office.start(Start { anchor, marked: true });
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

    /// Promise 1, as somebody sees it who has every signed window.
    fn look(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let elapsed = self.elapsed;
        self.windows.retain(|window| window.until > elapsed);
        let (windows, stays) = (&self.windows, |window: &&Window| !window.stood_in_for);
        let open: BTreeSet<_> = windows.iter().map(|window| &window.activation).collect();
        let all: BTreeSet<_> = windows.iter().filter(stays).map(|window| &window.activation).collect();
        let holders: BTreeSet<_> = windows.iter().map(|window| (window.who, window.seat)).collect();
        let numbers: BTreeSet<_> = windows.iter().map(|window| window.seat).collect();
        let overview = self.office.overview();
        let (limit, ready) = ((overview.seats + overview.overdraft) as usize, overview.ready as usize);
        prop_assert!(open.len() + ready <= limit, "after {step:?}: {} are signed for of {limit}: {:?}", open.len() + ready, self.windows);
        prop_assert!(
            all.len() + ready <= overview.seats as usize,
            "after {step:?}: {} of {} seats: {all:?}",
            all.len() + ready,
            overview.seats
        );
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
