//! A license server that lies: what it signs beyond its delegation is refused by the product, and what it says unsigned extends nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyward_domain::document::{Answer, Binding, Body, Certificate, Contact, Hold, LONGEST_LEASE, Request, Term, Ticket, Until};
use keyward_domain::host::Fingerprint;
use keyward_domain::keys::SigningKey;
use keyward_domain::names::ServerAddress;
use keyward_domain::pool::{Beat, Offer, PulseHeard, Waited};
use keyward_domain::rights::{KeyType, Medium, TenureKind};
use keyward_domain::seal::{Digest, Reply, SealError, Sealed, SignatureEntry, Statement, Trust};
use keyward_domain::time::{Window, after, days};
use keyward_domain::vault::NotTaken;
use keyward_engine::ActError;
use keyward_engine::license_manager::network::NetworkError;
use keyward_engine::license_manager::unheard;
use keyward_fakes::FakeLicenseServers;
use keyward_fakes::world::Host;
use keyward_ports::{Beaten, CheckedOut, KeyServer, KeyServerError, LicenseServers, MeetError, Met, Seats, SeatsError, Vault as _};

use super::network::{MINUTE, Office, is_licensed};

type Change = Arc<dyn Fn(&mut Certificate) + Send + Sync>;

/// What becomes of what a license server says.
#[derive(Clone, Default)]
struct Lies {
    /// Certificates are changed so and signed again with the server's own key.
    signed: Arc<Mutex<Option<Change>>>,
    /// Beats are answered so, and asked of nobody.
    beats: Arc<Mutex<Option<Beaten>>>,
}

/// The way to a license server whose owner changed it.
struct Crooked {
    lan: Arc<FakeLicenseServers>,
    key: SigningKey,
    lies: Lies,
}

struct CrookedLine {
    inner: Arc<dyn Seats>,
    key: SigningKey,
    lies: Lies,
}

impl CrookedLine {
    fn changed(&self, statement: Statement) -> Statement {
        let Some(change) = self.lies.signed.lock().expect("nobody panicked").clone() else { return statement };
        let reply = Reply::from_bytes(statement.bytes()).expect("a reply");
        let mut words: Answer = serde_json::from_slice(reply.answer.payload()).expect("an answer");
        let Body::Certificate(certificate) = &mut words.body else { return statement };
        change(certificate);
        let sign = |message: &[u8]| {
            let sig = self.key.sign(message);
            Ok::<_, std::convert::Infallible>(vec![SignatureEntry { keyid: self.key.public().id().to_string().into(), sig }])
        };
        let answer = Sealed::seal(words, sign).expect("it is signed").envelope().clone();
        Reply { answer, ..reply }.to_statement()
    }
}

#[async_trait]
impl LicenseServers for Crooked {
    async fn meet(&self, at: &ServerAddress, trust: &Trust) -> Result<Met, MeetError> {
        let Met { introduced, line } = self.lan.meet(at, trust).await?;
        Ok(Met { introduced, line: Arc::new(CrookedLine { inner: line, key: self.key.clone(), lies: self.lies.clone() }) })
    }
}

#[async_trait]
impl KeyServer for CrookedLine {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.inner.exchange(request).await.map(|statement| self.changed(statement))
    }
}

#[async_trait]
impl Seats for CrookedLine {
    async fn check_out(&self, request: &Sealed<Request>) -> Result<CheckedOut, KeyServerError> {
        let CheckedOut { statement, lifeline } = self.inner.check_out(request).await?;
        Ok(CheckedOut { statement: self.changed(statement), lifeline })
    }

    async fn beat(&self, beat: &Beat) -> Result<Beaten, SeatsError> {
        let lie = self.lies.beats.lock().expect("nobody panicked").clone();
        match lie {
            Some(lie) => Ok(lie),
            None => self.inner.beat(beat).await.map(|it| Beaten { fresh: it.fresh.map(|fresh| self.changed(fresh)), ..it }),
        }
    }

    async fn wait(&self, ticket: &Ticket) -> Result<Waited, SeatsError> {
        self.inner.wait(ticket).await
    }

    async fn list(&self) -> Result<Vec<Offer>, SeatsError> {
        self.inner.list().await
    }
}

fn crooked(office: &Office, lies: &Lies) -> Arc<Crooked> {
    let key = SigningKey::from_seed(Digest::of(b"cellar").bytes());
    assert_eq!(key.public(), office.site.server.key(), "it is the server's own key that signs");
    Arc::new(Crooked { lan: office.lan.clone(), key, lies: lies.clone() })
}

fn beyond(result: Result<impl std::fmt::Debug, NetworkError>) -> Term {
    match result {
        Err(NetworkError::Act(ActError::NotTaken(NotTaken::Sealed(SealError::BeyondDelegation(term))))) => term,
        other => panic!("it is not refused for what it is: {other:?}"),
    }
}

fn another(hold: Hold, seat: u32) -> Hold {
    match hold {
        Hold::Lease { place, .. } => Hold::Lease { seat, place },
        Hold::Loan { place, .. } => Hold::Loan { seat, place },
        other => other,
    }
}

/// Each single term beyond the delegation, signed with the server's own key: a lease, a fresh one and a loan.
#[tokio::test]
async fn what_is_signed_beyond_the_delegation_in_any_single_term_is_refused_by_the_product() {
    let moment = Duration::from_millis(1);
    let stranger = SigningKey::from_seed(&[77; 32]).public();
    let change = |change: fn(&mut Certificate)| Arc::new(change) as Change;
    let changes: Vec<(Term, Change)> = vec![
        (Term::Activation, change(|it| it.activation = "A-1".parse().expect("a name"))),
        (Term::Entitlement, change(|it| it.entitlement = None)),
        (Term::Product, change(|it| it.rights.product = "viewer".parse().expect("a name"))),
        (
            Term::Edition,
            change(|it| {
                let _ = it.rights.editions.insert("Everything".parse().expect("a name"));
            }),
        ),
        (
            Term::Feature,
            change(|it| {
                let _ = it.rights.features.insert("everything".parse().expect("a name"));
            }),
        ),
        (Term::KeyType, change(|it| it.rights.key_type = KeyType::StandAlone)),
        (Term::Medium, change(|it| it.rights.medium = Medium::Dongle)),
        (Term::Tenure, change(|it| it.rights.tenure = TenureKind::Rental)),
        (Term::Binding, Arc::new(move |it| it.binding = Binding::Host { device: stranger, fingerprint: Fingerprint::default() })),
        (Term::Hold, change(|it| it.hold = Hold::Activation)),
        (Term::Seat, change(|it| it.hold = another(it.hold, 4))),
        (Term::Beginning, change(|it| it.window.from = it.window.from.checked_sub(days(9)).expect("a time"))),
        (Term::End, change(|it| it.window.until = None)),
        (Term::Contact, change(|it| it.contact = Contact::Every { days: 400, grace: 400 })),
    ];
    let office = Office::with_seats(3).await;
    let lies = Lies::default();
    let host = office.world.host("drawing-office");
    let network = office.desk_of(&host, crooked(&office, &lies));
    let tell = |change: Option<&Change>| *lies.signed.lock().expect("nobody panicked") = change.cloned();
    let long: Change = Arc::new(move |it| it.window = Window { until: Some(after(it.window.from, LONGEST_LEASE + moment)), ..it.window });
    let far: Change = Arc::new(move |it| it.window = Window { until: Some(after(it.window.from, days(7) + moment)), ..it.window });
    for (term, change) in changes.iter().chain([&(Term::Lease, long)]) {
        tell(Some(change));
        assert_eq!(beyond(network.check_out(&unheard).await), *term);
        assert!(!host.standing().may_run() && host.standing().rows.is_empty(), "{term}");
        assert_eq!(host.licenses().pending(), [], "{term}: nothing waits for it");
    }
    for (n, (term, change)) in changes.iter().chain([&(Term::Loan, far)]).enumerate() {
        tell(Some(change));
        let borrower = office.world.host(&format!("laptop-{n}"));
        let network = office.desk_of(&borrower, crooked(&office, &lies));
        assert_eq!(beyond(network.borrow_seat(Until::For(days(2)), &unheard).await), *term, "a loan");
        assert!(!borrower.standing().may_run(), "{term}");
        tell(None);
        // What the server does hold for it is known, and goes back.
        let loan = network.borrow_seat(Until::For(days(2)), &unheard).await.expect("a loan");
        network.give_back(loan.as_str(), &unheard).await.expect("it is back");
    }
    // A fresh lease beyond it extends nothing either.
    tell(None);
    network.check_out(&unheard).await.expect("a seat");
    tell(Some(&changes[0].1));
    office.work(&network, 9).await;
    assert!(is_licensed(&host));
    office.work(&network, 2).await;
    assert!(!is_licensed(&host));
}

/// Promise 12: beats give no right, whoever answers them and whatever they say.
#[tokio::test]
async fn beats_that_a_stranger_answers_extend_nothing() {
    for said in ["nothing", "its own lease", "another's lease"] {
        let office = Office::with_seats(3).await;
        let lies = Lies::default();
        let host = office.world.host("drawing-office");
        let network = office.desk_of(&host, crooked(&office, &lies));
        network.check_out(&unheard).await.expect("a seat");
        let (neighbour, theirs) = office.desk("workshop");
        theirs.check_out(&unheard).await.expect("a seat");
        // From here on the server is gone, and somebody else answers whatever is asked on the line that was open.
        office.lan.cut(&office.at);
        let fresh = match said {
            "nothing" => None,
            "its own lease" => Some(newest(&host)),
            _ => Some(newest(&neighbour)),
        };
        *lies.beats.lock().expect("nobody panicked") = Some(Beaten { pulse: PulseHeard::Kept { next: MINUTE }, fresh });
        office.work(&network, 9).await;
        assert!(is_licensed(&host), "{said}: and ends nothing");
        office.work(&network, 2).await;
        assert!(!is_licensed(&host), "{said}: kept for eleven minutes by a stranger");
    }
}

/// What was received last.
fn newest(host: &Host) -> Statement {
    let vault = host.vault().load().expect("it is read").expect("a vault");
    vault.kept.last().expect("a lease").statement.clone()
}
