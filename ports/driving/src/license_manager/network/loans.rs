//! Seats that are taken along (rows B1, B2): borrowed, extended, and brought back early; by themselves they are back when they are due.
//!
//! A host that cannot reach the license server writes a request and loads the answer, as with the vendor. It needs the id of the server's
//! key for that: whoever reaches the server reads it in what `GET /v1/server` says (`identity`), or it is known from a seat held before.

use keyward_domain::document::{Addressee, Ask, Contact, Hold, Request, Until, Wish};
use keyward_domain::keys::KeyId;
use keyward_domain::license::{Grant, License};
use keyward_domain::names::ActivationId;
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Sealed;
use keyward_domain::standing::Status;
use keyward_domain::time::{after, days};
use keyward_domain::vault::Taken;

use super::sitting::Leaving;
use super::{Brought, Line, Network, NetworkError};
use crate::license_manager::desk::{Brings, Desk};
use crate::license_manager::view::Seen;
use crate::license_manager::{ActError, LicenseManager, Steps, unheard};

impl Network {
    /// Borrows a seat until a time. Whoever has no seats to give at all is left for the next server of the list.
    pub async fn borrow_seat(&self, until: Until, steps: Steps<'_>) -> Result<ActivationId, NetworkError> {
        let (mut line, mut asked) = (self.meet_open().await?, Vec::new());
        let activation = loop {
            match self.loan_from(&line, until, steps).await {
                Err(no) if no.is_for_another() => line = self.after(&line, &mut asked).await.ok_or(no)?,
                result => break result?,
            }
        };
        // The lease that it took the place of is ended by the same answer, if the same server gave it.
        let elsewhere = self.held().filter(|held| held.server != line.server);
        self.hold(None);
        if let Some(held) = elsewhere {
            // The loan is what was asked for; a lease that is not heard to come back is free when it ends.
            let _ = self.leave_seat(held.server, &held.activation, Leaving::Last).await;
        }
        Ok(activation)
    }

    async fn loan_from(&self, line: &Line, until: Until, steps: Steps<'_>) -> Result<ActivationId, NetworkError> {
        self.bring_returns_to(line).await?;
        let wish = Wish { ticket: None, ..self.wish.clone() };
        let taken = self.at(line, Brings::SomethingNew, async |desk: &mut Desk<'_>| {
            desk.ask_server(Ask::Borrow { wish, until }, line.server, steps).await
        });
        granted(taken.await?)
    }

    /// Moves the end of what is borrowed.
    pub async fn extend(&self, row: &str, until: Until, steps: Steps<'_>) -> Result<ActivationId, NetworkError> {
        let (server, activation) = self.licenses.borrowed(row)?;
        let line = self.server_of(server, &activation).await?;
        let taken = self.at(&line, Brings::News, async |desk: &mut Desk<'_>| {
            let held = desk.statement_of(&activation)?;
            desk.ask_server(Ask::Extend { activation: activation.clone(), held, until }, server, steps).await
        });
        granted(taken.await?)
    }

    /// Asks the license server for a new certificate of what is borrowed: the contact that is due.
    pub async fn refresh_loan(&self, row: &str, steps: Steps<'_>) -> Result<Taken, NetworkError> {
        let (server, activation) = self.licenses.borrowed(row)?;
        let line = self.server_of(server, &activation).await?;
        let taken = self.at(&line, Brings::News, async |desk: &mut Desk<'_>| {
            let held = desk.statement_of(&activation)?;
            desk.ask_server(Ask::Refresh { activation: activation.clone(), held }, server, steps).await
        });
        taken.await
    }

    /// The same for all that is borrowed and is to be asked about, of whichever server, each by its row: what its license server must be heard
    /// of in time, and what is in doubt on this host.
    pub async fn refresh_loans(&self, steps: Steps<'_>) -> Brought {
        let mut refreshed = Vec::new();
        for activation in self.licenses.loans_to_refresh() {
            let taken = self.refresh_loan(activation.as_str(), steps).await;
            refreshed.push((activation, taken));
        }
        refreshed
    }

    /// The same for the loan that the product runs on, once half of the time is over within which its license server is to be heard.
    pub(super) async fn refresh_due_loan(&self) -> Result<(), NetworkError> {
        let Some(loan) = self.licenses.loan() else { return Ok(()) };
        let Contact::Every { days: every, .. } = loan.certificate().contact else { return Ok(()) };
        if self.licenses.ports.clock.now().wall < after(loan.issued(), days(every.into()) / 2) {
            return Ok(());
        }
        self.refresh_loan(loan.certificate().activation.as_str(), &unheard).await.map(drop)
    }

    /// Brings back what is borrowed before it is due. It is off from the moment the request is written down (promise 4), which is before any
    /// server is looked for; the seat is free as soon as the server hears of it. If it does not now, it does at the next contact.
    pub async fn give_back(&self, row: &str, steps: Steps<'_>) -> Result<ActivationId, NetworkError> {
        let (server, activation) = self.licenses.borrowed(row)?;
        self.licenses.request_return(activation.as_str()).await?;
        let heard = async {
            let line = self.server_of(server, &activation).await?;
            self.at(&line, Brings::News, async |desk: &mut Desk<'_>| desk.return_license(activation.as_str(), steps).await).await
        };
        heard.await.map_err(|error| match error {
            NetworkError::Act(ActError::ReturnWaits(error)) => NetworkError::ReturnWaits(Box::new(ActError::Server(error).into())),
            error @ (NetworkError::NoServer | NetworkError::NotMet(_) | NetworkError::OtherServer { .. }) => {
                NetworkError::ReturnWaits(Box::new(error))
            }
            error => error,
        })
    }

    pub(super) async fn server_of(&self, server: KeyId, row: &ActivationId) -> Result<Line, NetworkError> {
        self.meet_server(server).await?.map_err(|unmet| NetworkError::OtherServer { server, row: row.clone(), unmet })
    }

    async fn at<T>(
        &self,
        line: &Line,
        brings: Brings,
        act: impl AsyncFnOnce(&mut Desk<'_>) -> Result<T, ActError>,
    ) -> Result<T, NetworkError> {
        let _turn = self.licenses.turn.lock().await;
        let mut desk = self.licenses.sit_down(brings).await?;
        desk.line = Some(std::sync::Arc::clone(&line.seats));
        let result = act(&mut desk).await;
        if result.as_ref().is_err_and(ActError::is_silence) {
            self.hang_up();
        }
        Ok(self.licenses.get_up(desk, result)?)
    }
}

impl LicenseManager {
    /// The request to borrow a seat of a license server that this host does not reach, written down and to be carried. Asked again it is the
    /// same request, byte for byte, until its answer was loaded.
    pub async fn request_loan(&self, server: KeyId, wish: Wish, until: Until) -> Result<Sealed<Request>, ActError> {
        self.request(Brings::SomethingNew, |desk| Ok(desk.write_down_to(Ask::Borrow { wish, until }, None, Addressee::Server(server))?.0))
            .await
    }

    /// The request for a later end of what is borrowed, to be carried. What gives it back is [`Self::request_return`].
    pub async fn request_extension(&self, row: &str, until: Until) -> Result<Sealed<Request>, ActError> {
        let row = row.to_owned();
        self.lender(&row).map_err(|_| ActError::NoSuchRow { row: row.clone() })?;
        self.request(Brings::News, |desk| {
            let activation: ActivationId = row.parse().map_err(|_| ActError::NoSuchRow { row: row.clone() })?;
            let held = desk.statement_of(&activation)?;
            let to = desk.holdings.signer_of(&activation).ok_or(ActError::NoSuchRow { row })?;
            Ok(desk.write_down_to(Ask::Extend { activation, held, until }, None, to)?.0)
        })
        .await
    }

    /// Which license server lent a row; no other row goes back to one or is extended by one.
    pub fn lender(&self, row: &str) -> Result<KeyId, NetworkError> {
        self.borrowed(row).map(|(server, _)| server)
    }

    /// Whose a borrowed row is.
    fn borrowed(&self, row: &str) -> Result<(KeyId, ActivationId), NetworkError> {
        let seen = self.view.seen();
        let found = loans(&seen).map(|loan| (loan.signer(), loan.certificate().activation.clone())).find(|(_, it)| it.as_str() == row);
        found.ok_or_else(|| {
            let is_there = seen.standing(&self.ports.clock.now()).rows.iter().any(|it| *it.id == *row);
            let row = row.to_owned();
            if is_there { NetworkError::NotBorrowed { row } } else { ActError::NoSuchRow { row }.into() }
        })
    }

    /// What is borrowed, not due and not on its way back, if a license server's word changes something about it.
    fn loans_to_refresh(&self) -> Vec<ActivationId> {
        // What cannot be read now was read before, and is signed.
        let _ = self.catch_up();
        let (seen, now) = (self.view.seen(), self.ports.clock.now());
        let standing = seen.standing(&now);
        let is_asked_about = |loan: &&Grant| {
            let certificate = loan.certificate();
            let row = standing.rows.iter().find(|row| *row.id == *certificate.activation.as_str());
            let returns = row.is_some_and(|row| matches!(row.status, Status::Returning { .. }));
            let lasts = certificate.window.until.is_none_or(|until| now.wall < until);
            let is_due = certificate.contact != Contact::None || row.is_some_and(|row| !row.flags.is_empty());
            lasts && is_due && !returns
        };
        loans(&seen).filter(is_asked_about).map(|loan| loan.certificate().activation.clone()).collect()
    }

    /// What is borrowed and the product runs on now.
    pub(super) fn loan(&self) -> Option<Grant> {
        // What cannot be read now was read before, and is signed.
        let _ = self.catch_up();
        let seen = self.view.seen();
        loans(&seen).find(|loan| self.runs_on(&loan.certificate().activation)).cloned()
    }

    /// Whether the product runs on a row now.
    pub(super) fn runs_on(&self, activation: &ActivationId) -> bool {
        let standing = self.view.seen().standing(&self.ports.clock.now());
        standing.rows.iter().any(|row| *row.id == *activation.as_str() && row.runs())
    }
}

fn loans(seen: &Seen) -> impl Iterator<Item = &Grant> {
    let all = seen.licenses.iter().filter_map(License::granted);
    all.filter(|grant| matches!(grant.certificate().hold, Hold::Loan { .. }))
}

fn granted(taken: Taken) -> Result<ActivationId, NetworkError> {
    match taken {
        Taken::Granted(activation) => Ok(activation),
        Taken::Refused(refusal) => Err(ActError::Refused(refusal).into()),
        // An administrator took it away before its end was moved.
        Taken::Revoked(_) => Err(ActError::Refused(Refusal::SeatGone).into()),
        Taken::Returned(_) => Err(ActError::Unexpected.into()),
    }
}
