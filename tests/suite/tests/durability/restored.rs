//! The real license server, put back as it was this morning (promise 8): it says so, adopts what it is shown, grants nothing for a lease, and
//! holds back what may have been borrowed since. Its anchor tells a folder that was put back by hand, its mark one that was restored.

use std::fs;
use std::path::Path;
use std::time::Duration;

use keyward_domain::document::{Addressee, Ask, Body, Until, Wish};
use keyward_domain::keys::PublicKey;
use keyward_domain::pool::{Beat, PulseHeard};
use keyward_domain::profile::ProductProfile;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::{self, Keyward, Statement};
use keyward_domain::time::{Timestamp, after, days};
use keyward_ports::{CheckedOut, Met, Seats};

use crate::host::Host;
use crate::killed::Lan;
use crate::server::keywardd;

fn wish() -> Wish {
    let user = "ada".parse().expect("a name");
    Wish { user, process: None, license: None, editions: [].into(), features: [].into(), ticket: None }
}

/// Whom hosts ask, and in which product's name.
struct Way<'a> {
    line: &'a dyn Seats,
    server: PublicKey,
    profile: &'a ProductProfile,
}

impl Way<'_> {
    /// A host asks; gives what was answered.
    async fn ask(&self, host: &Host, count: u64, ask: Ask) -> (Body, CheckedOut) {
        let request = host.asks_of(Addressee::Server(self.server.id()), self.profile, count, ask, None);
        let answered = match request.words().ask {
            Ask::CheckOut { .. } => self.line.check_out(&request).await.expect("it is answered"),
            _ => CheckedOut { statement: self.line.exchange(&request).await.expect("it is answered"), lifeline: None },
        };
        let answer = seal::open(&answered.statement, &[&Keyward], &self.profile.trust(), &request).expect("within the delegation");
        (answer.body.clone(), answered)
    }

    async fn check_out(&self, host: &Host, count: u64, held: Option<Statement>) -> (Body, CheckedOut) {
        self.ask(host, count, Ask::CheckOut { wish: wish(), held }).await
    }
}

/// `put_back` is told the data folder and its image; it makes the license server what it was. `image` makes that of the data.
async fn it_says_so_adopts_and_holds_back(image: impl Fn(&Path, &Path), put_back: impl Fn(&mut Lan, &Path)) {
    let mut lan = Lan::new().await;
    let morning = lan.place.at("morning");
    let server = lan.serve(None).expect("it starts");
    assert!(server.stop().success());
    image(&lan.data, &morning);

    // Each start has a second of its own: a test is faster than any administrator.
    let hours = |n: i64| Timestamp::from_second(Timestamp::now().as_second() + n * 3_600).expect("an instant");
    lan.at = Some(hours(3));
    let server = lan.serve(None).expect("it starts");
    let Met { introduced, line } = lan.meet(&server).await.expect("it is met");
    let way = Way { line: &*line, server: introduced.identity.server, profile: &lan.profile };
    let [office, laptop, attic] = [1, 2, 3].map(Host::new);
    let (Body::Certificate(_), leased) = way.check_out(&office, 1, None).await else { panic!("a seat is free") };
    let (Body::Certificate(lent), borrowed) = way.ask(&laptop, 1, Ask::Borrow { wish: wish(), until: Until::For(days(5)) }).await else {
        panic!("a seat can be borrowed")
    };
    // The anchor was told of this start before anybody was answered.
    server.kill();
    server.dies();
    put_back(&mut lan, &morning);
    // While the lease goes on.
    lan.at = lan.at.map(|at| after(at, Duration::from_secs(60)));

    let server = lan.serve(None).expect("it starts");
    let Met { introduced, line } = lan.meet(&server).await.expect("it is met");
    let way = Way { line: &*line, server: introduced.identity.server, profile: &lan.profile };
    let (nothing_new, _) = way.check_out(&attic, 1, None).await;
    assert!(matches!(nothing_new, Body::Refusal(Refusal::ServerRestored { .. })), "{nothing_new:?}");
    let (nothing_new, _) = way.ask(&attic, 2, Ask::Borrow { wish: wish(), until: Until::For(days(1)) }).await;
    assert!(matches!(nothing_new, Body::Refusal(Refusal::ServerRestored { .. })), "{nothing_new:?}");
    let offers = line.list().await.expect("it lists");
    assert_eq!((offers[0].holders.len(), offers[0].borrowable), (0, 0), "it knows of nobody, and lends nothing");

    let lifeline = leased.lifeline.expect("a lease is kept");
    let beat = Beat { place: lifeline.place, secret: lifeline.secret, generation: 0 };
    assert_eq!(line.beat(&beat).await.expect("it is answered").pulse, PulseHeard::Show);
    let (adopted, _) = way.check_out(&office, 2, Some(leased.statement)).await;
    assert!(matches!(adopted, Body::Certificate(_)), "{adopted:?}");
    let (adopted, _) = way.ask(&laptop, 2, Ask::Refresh { activation: lent.activation.clone(), held: borrowed.statement }).await;
    assert!(
        matches!(&adopted, Body::Certificate(it) if it.activation == lent.activation && it.generation > lent.generation),
        "{adopted:?}"
    );
    let (nothing_new, _) = way.check_out(&attic, 3, None).await;
    assert!(matches!(nothing_new, Body::Refusal(Refusal::ServerRestored { .. })), "{nothing_new:?}");
    assert_eq!(line.list().await.expect("it lists")[0].holders.len(), 2, "both are known again");
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_server_whose_folder_was_put_back_by_hand_is_told_by_its_anchor() {
    let put_back = |lan: &mut Lan, image: &Path| {
        fs::remove_dir_all(&lan.data).expect("the disk is lost");
        copy(image, &lan.data);
    };
    it_says_so_adopts_and_holds_back(copy, put_back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_server_that_was_restored_on_another_computer_is_told_by_its_mark() {
    let name = |path: &Path| path.display().to_string();
    let image = |data: &Path, image: &Path| {
        let (status, error) = keywardd(&["backup", &name(data), &name(image)]);
        assert!(status.success(), "{error}");
    };
    let put_back = |lan: &mut Lan, image: &Path| {
        (lan.data, lan.anchor) = (lan.place.at("restored"), lan.place.at("new-anchor"));
        let (status, error) = keywardd(&["restore", &name(image), &name(&lan.data)]);
        assert!(status.success(), "{error}");
    };
    it_says_so_adopts_and_holds_back(image, put_back).await;
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("the copy is made");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let there = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &there);
        } else {
            fs::copy(&path, &there).expect("a file is copied");
        }
    }
}
