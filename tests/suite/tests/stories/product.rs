//! What a product calls (crate `keyward`): a seat is taken, kept on a thread of the SDK's own while the product works, lost and had again, and
//! whoever watches hears of it (rows N3, N5).

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keyward::{Flag, HostPorts, Keyward, Loss, Seated, Verdict, Watch};
use keyward_domain::seal::Keyward as Ours;
use keyward_fakes::world::Host;
use keyward_fakes::{FakeClock, FakeEntropy, FakeTimer};
use keyward_ports::{Clock as _, Timer};

use super::network::{MINUTE, Office, any_seat};

/// So long a test waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(60);
const ROUND: Duration = Duration::from_secs(70);

/// The product on a host, and what tells its time.
fn started(office: &Office, host: &Host) -> (Keyward, Arc<FakeTimer>) {
    let timer = Arc::new(FakeTimer::following(host.clock().clone()));
    (started_with(office, host, timer.clone()), timer)
}

fn started_with(office: &Office, host: &Host, timer: Arc<dyn Timer>) -> Keyward {
    let ports = HostPorts {
        server: host.carrier().clone(),
        vault: host.vault().clone(),
        anchor: host.anchor().clone(),
        secrets: host.secrets().clone(),
        clock: host.clock().clone(),
        host: host.parts().clone(),
        entropy: Arc::new(FakeEntropy::seeded(9)),
        timer,
        schemes: vec![Arc::new(Ours)],
    };
    Keyward::with_ports((*office.world.vendor().profile()).clone(), ports).expect("it opens")
}

/// Time passes; in each round, which is longer than a beat is away, the seat is looked after.
fn work(office: &Office, timer: &FakeTimer, rounds: u32) {
    for _ in 0..rounds {
        let looked = timer.waits().len();
        office.world.advance(ROUND);
        comes(|| timer.waits().len() > looked);
    }
}

fn comes(it: impl Fn() -> bool) {
    let begun = Instant::now();
    while !it() {
        assert!(begun.elapsed() < PATIENCE, "it does not come");
        thread::yield_now();
    }
}

/// Whoever watches hears of it sooner or later.
fn hears(watch: &Watch, of: impl Fn(&Verdict) -> bool) {
    while let Some(standing) = watch.next_within(PATIENCE) {
        if of(&standing.verdict) {
            return;
        }
    }
    panic!("it was not told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_hears_what_becomes_of_its_seat_while_it_works() {
    let office = Office::with_seats(1).await;
    let host = office.world.host("drawing-office");
    let (keyward, timer) = started(&office, &host);
    let watch = keyward.watch();
    let network = keyward.network_over(office.lan.clone(), vec![office.at.clone()], any_seat());
    assert!(matches!(network.use_seat().await, Ok(Seated::Has(_))));
    hears(&watch, |verdict| matches!(verdict, Verdict::Licensed { .. }));
    work(&office, &timer, 60);
    office.lan.cut(&office.at);
    work(&office, &timer, 12);
    hears(&watch, |verdict| matches!(verdict, Verdict::Grace { flag: Flag::SeatLost { why: Loss::Silent, .. } }));
    assert_eq!(network.trouble().map(|it| it.code()), Some("license-server-not-met"));
    office.lan.put(&office.at, office.site.server.clone());
    work(&office, &timer, 1);
    hears(&watch, |verdict| matches!(verdict, Verdict::Licensed { .. }));
    assert!(network.trouble().is_none() && office.free().await == 0);
    network.leave().await.expect("it is heard");
    hears(&watch, |verdict| matches!(verdict, Verdict::Stopped { .. }));
    assert_eq!(office.free().await, 1);
}

/// Another product of the user may go on with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_is_kept_until_the_last_handle_is_dropped_and_no_longer_than_its_lease() {
    let office = Office::with_seats(1).await;
    let host = office.world.host("drawing-office");
    let (keyward, timer) = started(&office, &host);
    let network = keyward.network_over(office.lan.clone(), vec![office.at.clone()], any_seat());
    network.use_seat().await.expect("a seat");
    let other = network.clone();
    drop(network);
    work(&office, &timer, 20);
    office.site.server.tick().await.expect("the pools are kept");
    assert_eq!(office.free().await, 0);
    drop(other);
    office.world.advance(11 * MINUTE);
    office.site.server.tick().await.expect("the pools are kept");
    assert_eq!(office.free().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_that_waits_for_a_seat_hears_its_place_and_keeps_the_seat_that_it_gets() {
    let office = Office::with_seats(1).await;
    let (_, first) = office.desk("workshop");
    first.check_out(&keyward::unheard).await.expect("a seat");
    let host = office.world.host("drawing-office");
    let (keyward, timer) = started(&office, &host);
    let network = keyward.network_over(office.lan.clone(), vec![office.at.clone()], any_seat());
    assert!(matches!(network.use_seat().await, Ok(Seated::Full { .. })));
    let (heard, places) = std::sync::mpsc::channel();
    let waits = network.wait_for_seat(move |place| heard.send(place).expect("it is waited for"));
    assert_eq!(places.recv_timeout(PATIENCE), Ok(1));
    first.leave().await.expect("it is heard");
    comes(|| !timer.waits().is_empty());
    office.world.advance(MINUTE / 4);
    assert!(matches!(waits.await, Ok(Seated::Has(_))));
    work(&office, &timer, 20);
    assert_eq!(office.free().await, 0);
    assert!(keyward.standing().may_run());
}

/// A host that sleeps for the night while a timer is set, which stands still meanwhile.
struct Sleepy {
    clock: Arc<FakeClock>,
    night: Mutex<Option<Duration>>,
    waits: Mutex<Vec<Duration>>,
}

#[async_trait]
impl Timer for Sleepy {
    async fn wait(&self, duration: Duration) {
        self.waits.lock().expect("nobody panicked").push(duration);
        let night = self.night.lock().expect("nobody panicked").take();
        self.clock.advance(duration + night.unwrap_or_default());
    }
}

/// Row N5: nobody who opens a laptop in the morning waits a minute for the seat.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_wakes_looks_after_its_seat_within_some_seconds() {
    let office = Office::with_seats(1).await;
    let host = office.world.host("laptop");
    let (night, waits) = (Mutex::new(Some(MINUTE * 480)), Mutex::default());
    let timer = Arc::new(Sleepy { clock: host.clock().clone(), night, waits });
    let keyward = started_with(&office, &host, timer.clone());
    let network = keyward.network_over(office.lan.clone(), vec![office.at.clone()], any_seat());
    let waits = || std::mem::take(&mut *timer.waits.lock().expect("nobody panicked"));
    network.engine().rest(MINUTE).await;
    assert_eq!(waits(), [MINUTE / 12], "the night is over");
    let begun = timer.clock.now().running;
    network.engine().rest(MINUTE).await;
    assert_eq!((waits().len(), timer.clock.now().running), (12, begun + MINUTE), "and by day it waits as long as it is told");
}
