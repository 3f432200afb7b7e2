//! The real license server, killed while hosts race for its seats, and started again on the same data: what [`crate::race`] shows in one
//! process, with a real death and over TLS (promises 1 and 5).

#![expect(clippy::print_stdout, reason = "a run that failed is repeated with its seed")]

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use keyward_domain::document::{Addressee, Ask, Body, Certificate, Request, Wish};
use keyward_domain::keys::PublicKey;
use keyward_domain::pool::{Beat, Lifeline, PulseHeard};
use keyward_domain::profile::ProductProfile;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Keyward, Sealed, Statement};
use keyward_domain::time::Timestamp;
use keyward_host::SystemClock;
use keyward_https::{HttpsLicenseServers, KeyOfLine, Patience};
use keyward_ports::{CheckedOut, LicenseServers as _, Met, Seats};
use keyward_proxy::LanConfig;
use keyward_suite::program;

use crate::crashes::seed;
use crate::host::Host;
use crate::race::observer::Observer;
use crate::server::{Place, Server};
use crate::shop::Shop;
use crate::syscalls::{can_trace, watched};

const HOSTS: u32 = 120;
const SEATS: u32 = 25;
const AT_ONCE: usize = 24;
/// Nobody waits so long for a server that lives, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host, and the seat it was told of.
struct Guest {
    host: Host,
    leaves: bool,
    count: u64,
    open: Option<Sealed<Request>>,
    seat: Option<(Statement, Certificate, Lifeline)>,
}

/// How a server dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// By `kill -9`, when so many were answered at most.
    Killed(u64),
    /// By `kill -9`, when it asks for a commit to be put on the disk; at most the so-manieth time.
    AtSync(u64),
}

/// A license server's folder, with a license.
pub(crate) struct Lan {
    pub(crate) place: Place,
    pub(crate) profile: ProductProfile,
    pub(crate) data: PathBuf,
    pub(crate) anchor: PathBuf,
    /// What its computer's clock shows; none = what this one's does.
    pub(crate) at: Option<Timestamp>,
}

impl Lan {
    pub(crate) async fn new() -> Self {
        let place = Place::new();
        let vendor = place.serve(&[]);
        let shop = Shop::at(&vendor);
        let (profile, key) = (shop.product().await, shop.sell_seats(SEATS).await);
        let file = place.at("cad.toml");
        fs::write(&file, toml::to_string(&profile).expect("a profile")).expect("it is written");
        let (data, anchor) = (place.at("lan"), place.at("lan-anchor"));
        let lan = Self { place, profile, data, anchor, at: None };
        let mut activate = lan.command();
        activate.args(["activate", key.expose().as_str(), "--profile"]).arg(file);
        let done = activate.output().expect("keywardd runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        lan
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program("keywardd"));
        command.args(["license-server", "--listen", "127.0.0.1:0", "--per-device", "0", "--per-address", "0", "--data"]);
        command.arg(&self.data).arg("--anchor").arg(&self.anchor);
        if let Some(at) = self.at {
            command.args(["--simulate", &format!("now={at}")]);
        }
        command
    }

    /// The server, where it lives long enough to say where it is.
    pub(crate) fn serve(&self, sync: Option<u64>) -> Option<Server> {
        let Some(nth) = sync else { return self.place.start(self.command()) };
        let kill = format!("inject=fdatasync:signal=SIGKILL:when={nth}");
        self.place.start(watched(&self.command(), &self.place.at("trace"), &["-e", "trace=fdatasync", "-e", &kill]))
    }

    pub(crate) async fn meet(&self, server: &Server) -> Option<Met> {
        let new_line = || {
            let (client, held) = keyward_proxy::lan_client(&LanConfig { connect_timeout: PATIENCE, deadline: PATIENCE })?;
            let key: KeyOfLine = Arc::new(move || held.digest());
            Ok((client, key))
        };
        let patience = Patience { quick: PATIENCE, exchange: PATIENCE, carried: PATIENCE };
        let servers = HttpsLicenseServers::new(Box::new(new_line), Arc::new(SystemClock::new()), patience);
        let at = server.url().strip_prefix("https://").and_then(|at| at.parse().ok()).expect("an address");
        servers.meet(&at, &self.profile.trust()).await.ok()
    }
}

/// Servers' clocks show whole seconds.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).expect("an instant")
}

/// What one crowd at one server has in common.
struct Crowd<'a> {
    lan: &'a Lan,
    line: Arc<dyn Seats>,
    server: PublicKey,
    observer: &'a RefCell<Observer>,
    answers: &'a Cell<u64>,
}

impl Guest {
    async fn turn(&mut self, crowd: &Crowd<'_>) {
        match (&self.open, &self.seat) {
            (None, Some((_, certificate, lifeline))) if !self.leaves => {
                let beat = Beat { place: lifeline.place, secret: lifeline.secret.clone(), generation: certificate.generation };
                match crowd.line.beat(&beat).await.map(|beaten| beaten.pulse) {
                    // A lease is ten minutes long, and no test is.
                    Ok(PulseHeard::Kept { .. }) | Err(_) => return,
                    Ok(lost) => return crowd.observer.borrow_mut().complains(format!("a seat is lost: {lost:?}")),
                }
            }
            (None, Some((held, certificate, _))) => {
                let ask = Ask::Return { activation: certificate.activation.clone(), held: held.clone() };
                self.seat = None;
                crowd.observer.borrow_mut().returned(self.host.device(), now());
                self.open = Some(self.asks(crowd, ask));
            }
            (None, None) => {
                let user = "ada".parse().expect("a name");
                let wish = Wish { user, process: None, license: None, editions: [].into(), features: [].into(), ticket: None };
                self.open = Some(self.asks(crowd, Ask::CheckOut { wish, held: None }));
            }
            (Some(_), _) => {}
        }
        self.send(crowd).await;
    }

    fn asks(&mut self, crowd: &Crowd<'_>, ask: Ask) -> Sealed<Request> {
        self.count += 1;
        self.host.asks_of(Addressee::Server(crowd.server.id()), &crowd.lan.profile, self.count, ask, None)
    }

    async fn send(&mut self, crowd: &Crowd<'_>) {
        let Some(request) = &self.open else { return };
        let answered = match request.words().ask {
            Ask::CheckOut { .. } => crowd.line.check_out(request).await,
            _ => crowd.line.exchange(request).await.map(|statement| CheckedOut { statement, lifeline: None }),
        };
        // Nobody knows whether it arrived.
        let Ok(CheckedOut { statement, lifeline }) = answered else { return };
        let answer = seal::open(&statement, &[&Keyward], &crowd.lan.profile.trust(), request).expect("within the delegation");
        match (&answer.body, lifeline) {
            (Body::Certificate(certificate), Some(lifeline)) => {
                crowd.observer.borrow_mut().saw(certificate);
                self.seat = Some((statement, certificate.clone(), lifeline));
            }
            (Body::Receipt(_) | Body::Refusal(Refusal::PoolFull { .. } | Refusal::SeatGone), None) => {}
            (other, _) => crowd.observer.borrow_mut().complains(format!("{other:?}")),
        }
        self.open = None;
        crowd.answers.set(crowd.answers.get() + 1);
    }
}

/// Everybody has some turns at a server, while it lives.
async fn rush(lan: &Lan, server: &Server, guests: &mut [Guest], observer: &RefCell<Observer>, kill_at: u64) {
    let Some(Met { introduced, line }) = lan.meet(server).await else { return };
    let answers = Cell::new(0);
    let crowd = Crowd { lan, line, server: introduced.identity.server, observer, answers: &answers };
    for _ in 0..3 {
        let turns = guests.iter_mut().map(|guest| {
            let crowd = &crowd;
            async move {
                guest.turn(crowd).await;
                if crowd.answers.get() >= kill_at {
                    server.kill();
                }
            }
        });
        stream::iter(turns).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }
}

async fn nothing_is_lost_and_no_seat_is_there_twice(death: impl Fn(u64) -> Death) {
    let seed = seed();
    let (lan, observer) = (Lan::new().await, RefCell::new(Observer::of(SEATS)));
    let guest = |n| Guest { host: Host::new(n), leaves: n % 3 == 0, count: 0, open: None, seat: None };
    let mut guests: Vec<_> = (0..HOSTS).map(guest).collect();
    for turn in 0..4 {
        let death = death(seed.wrapping_mul(turn * 2 + 1) >> 8);
        let (sync, kill_at) = match death {
            Death::Killed(nth) => (None, nth),
            Death::AtSync(nth) => (Some(nth), u64::MAX),
        };
        println!("seed {seed}: {death:?}");
        if let Some(server) = lan.serve(sync) {
            rush(&lan, &server, &mut guests, &observer, kill_at).await;
            server.kill();
        }
    }
    let server = lan.serve(None).expect("it starts after every death");
    rush(&lan, &server, &mut guests, &observer, u64::MAX).await;
    let observer = observer.into_inner();
    assert_eq!(observer.faults(), [""; 0], "seed {seed}");
    println!("{} leases signed, {} seats in use at most", observer.signed(), observer.peak());
    assert!(guests.iter().all(|guest| guest.open.is_none()), "a server that lives answers");
    assert!(observer.peak() > 10, "the seats were not fought for");
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seat_is_lost_when_a_license_server_is_killed() {
    nothing_is_lost_and_no_seat_is_there_twice(|seed| Death::Killed(1 + seed % 200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seat_is_lost_when_a_license_server_is_killed_in_the_middle_of_a_commit() {
    if can_trace() {
        nothing_is_lost_and_no_seat_is_there_twice(|seed| Death::AtSync(2 + seed % 12)).await;
    }
}
