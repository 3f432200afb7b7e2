//! Somebody outside who sees every lease and loan that a license server signed, and counts them: by seat number and window alone.

use std::collections::{BTreeMap, BTreeSet};

use keyward_domain::document::{Certificate, Hold};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::ActivationId;
use keyward_domain::time::Timestamp;

/// What was signed, by host.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    seats: u32,
    spans: BTreeMap<PublicKey, Vec<Span>>,
    generations: BTreeMap<ActivationId, u64>,
    faults: Vec<String>,
}

/// One signed window of one seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    seat: u32,
    from: Timestamp,
    until: Timestamp,
}

impl Observer {
    /// Watches a license server that may sign so many seats.
    pub(crate) fn of(seats: u32) -> Self {
        Self { seats, ..Self::default() }
    }

    /// A certificate left the server, whether or not it arrived.
    pub(crate) fn saw(&mut self, certificate: &Certificate) {
        let (Some(device), Some(until)) = (certificate.binding.device(), certificate.window.until) else {
            self.faults.push(format!("{} is no seat's: {:?}", certificate.activation, certificate.window));
            return;
        };
        let (Hold::Lease { seat, .. } | Hold::Loan { seat, .. }) = certificate.hold else {
            self.faults.push(format!("{} has no seat", certificate.activation));
            return;
        };
        let before = self.generations.insert(certificate.activation.clone(), certificate.generation);
        if before.is_some_and(|before| before >= certificate.generation) {
            self.faults.push(format!("{} goes from {before:?} to {}: no host takes it", certificate.activation, certificate.generation));
        }
        self.spans.entry(device).or_default().push(Span { seat, from: certificate.window.from, until });
    }

    /// A host gave back what it has: from here on it uses nothing that was signed before.
    pub(crate) fn returned(&mut self, device: PublicKey, at: Timestamp) {
        for span in self.spans.entry(device).or_default() {
            span.until = span.until.min(at);
        }
    }

    /// Something that a host noticed.
    pub(crate) fn complains(&mut self, what: String) {
        self.faults.push(what);
    }

    /// How many windows were signed.
    pub(crate) fn signed(&self) -> usize {
        self.spans.values().map(Vec::len).sum()
    }

    /// The most seats that were in use at one time.
    pub(crate) fn peak(&self) -> usize {
        self.sweep(|_, _, _| ())
    }

    /// Everything that is wrong.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = self.faults.clone();
        let beyond = self.spans.values().flatten().filter(|span| span.seat >= self.seats);
        faults.extend(beyond.map(|span| format!("seat {} was signed; there are {}", span.seat, self.seats)));
        let mut shared = BTreeSet::new();
        let most = self.sweep(|at, seat, holders| {
            if holders > 1 && shared.insert(seat) {
                faults.push(format!("seat {seat} is {holders} hosts' at {at}"));
            }
        });
        if most > self.seats as usize {
            faults.push(format!("{most} seats were in use at one time; there are {}", self.seats));
        }
        faults
    }

    /// Goes through time; says each time that a host begins to use a seat how many hosts use it then. Gives the most hosts that had a seat
    /// at one time.
    fn sweep(&self, mut begins: impl FnMut(Timestamp, u32, usize)) -> usize {
        let mut turns = Vec::new();
        for (host, spans) in self.spans.values().enumerate() {
            for span in spans.iter().filter(|span| span.from < span.until) {
                // What ends at an instant is over when something begins there.
                turns.push((span.until, false, span.seat, host));
                turns.push((span.from, true, span.seat, host));
            }
        }
        turns.sort_unstable();
        // How many windows of each host are open, by seat; and of each host.
        let (mut by_seat, mut by_host) = (BTreeMap::<u32, BTreeMap<usize, u32>>::new(), BTreeMap::<usize, u32>::new());
        let mut most = 0;
        for (at, starts, seat, host) in turns {
            let holders = by_seat.entry(seat).or_default();
            if starts {
                *holders.entry(host).or_default() += 1;
                *by_host.entry(host).or_default() += 1;
                begins(at, seat, holders.len());
                most = most.max(by_host.len());
            } else {
                close(holders, host);
                close(&mut by_host, host);
            }
        }
        most
    }
}

fn close(open: &mut BTreeMap<usize, u32>, host: usize) {
    if let Some(left) = open.get_mut(&host) {
        *left -= 1;
        if *left == 0 {
            open.remove(&host);
        }
    }
}

#[test]
fn a_seat_in_two_hands_and_a_seat_too_many_are_noticed() {
    let at = |second| Timestamp::from_second(second).expect("an instant");
    let device = |n| keyward_domain::keys::SigningKey::from_seed(&[n; 32]).public();
    let span = |seat, from, until| Span { seat, from: at(from), until: at(until) };
    let faults = |spans: &[(u8, Span)]| {
        let mut observer = Observer::of(2);
        for (host, span) in spans {
            observer.spans.entry(device(*host)).or_default().push(*span);
        }
        observer.faults()
    };
    let none: [String; 0] = [];
    assert_eq!(faults(&[(1, span(0, 0, 10)), (1, span(0, 5, 15)), (2, span(0, 15, 20)), (3, span(1, 0, 20))]), none);
    assert_eq!(faults(&[(1, span(0, 0, 10)), (2, span(0, 9, 15))]).len(), 1, "one seat, two hosts");
    assert_eq!(faults(&[(1, span(2, 0, 10))]).len(), 1, "beyond the seats there are");
    assert_eq!(faults(&[(1, span(0, 0, 9)), (2, span(1, 0, 9)), (3, span(2, 0, 9))]).len(), 2, "one too many");
    let mut observer = Observer::of(2);
    observer.spans.insert(device(1), vec![span(0, 0, 10)]);
    observer.returned(device(1), at(4));
    observer.spans.insert(device(2), vec![span(0, 4, 9)]);
    assert_eq!((observer.faults(), observer.peak(), observer.signed()), (Vec::new(), 1, 2), "a window ends at its return");
}
