//! Having a seat: checking it out, and leaving it.

use std::time::Duration;

use keyward_domain::document::{Addressee, Ask, Wish};
use keyward_domain::keys::KeyId;
use keyward_domain::names::ActivationId;
use keyward_domain::refusal::Refusal;
use keyward_domain::vault::{Lease, Sat, Taken};

use super::queue::InLine;
use super::{Held, Left, Line, Network, NetworkError, Seated, Wants};
use crate::license_manager::desk::{Brings, Desk};
use crate::license_manager::{ActError, Steps, unheard};

/// So many more times whoever leaves a seat waits for the vault: nobody leaves it once the process has ended, and another process of this host
/// may have the vault for as long as the vendor takes to answer it.
const INSISTENCE: u32 = 3;

/// Whether a lease that somebody else keeps is shared, or taken up by this process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// It is shared if it has what is wished for.
    Fitting,
    /// It is shared while it is not two thirds spent.
    Allowed,
    /// It is taken up.
    Not,
}

/// Who leaves a seat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// The last process that used it.
    Last,
    /// All that use it.
    All,
}

impl Network {
    /// Asks for a seat (row N3). A full pool gives a place in the line instead. Where no license server is heard, or whoever is heard gives to
    /// nobody, what the product runs on is used on: a loan, or the seat that the user had, for as long as it lasts and the grace for it.
    pub async fn check_out(&self, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        if let Some(seated) = self.on_loan(steps).await {
            return Ok(seated);
        }
        let seated = match self.meet_open().await {
            Ok(_) => self.seat(None, Sharing::Fitting, steps).await,
            Err(error) => Err(error),
        };
        match seated {
            Err(error) if error.is_for_later() => self.go_on(error).await,
            seated => {
                self.troubled(None);
                seated
            }
        }
    }

    /// How long the user's seat lasts if nothing more is heard of it; none if its lease is over, or there is none.
    pub async fn left(&self) -> Result<Option<Duration>, NetworkError> {
        Ok(self.lease()?.and_then(|lease| match lease.sat {
            Sat::Live { left } => Some(left),
            Sat::Grace { .. } | Sat::Over { .. } => None,
        }))
    }

    /// What is borrowed is used on the LAN too. Whoever lent it is asked, and so hears of this host; nobody else is, and whatever comes of it,
    /// no second seat is taken.
    async fn on_loan(&self, steps: Steps<'_>) -> Option<Seated> {
        let loan = self.licenses.loan()?;
        if self.wish.license.is_some() && self.wish.license != loan.certificate().entitlement {
            return None;
        }
        let lender = loan.signer();
        if let Ok(Ok(line)) = self.meet_server(lender).await
            && let Ok(seated) = self.seat_from(&line, None, Sharing::Fitting, steps).await
        {
            return Some(seated);
        }
        let loan = self.licenses.loan()?;
        self.want(Wants::Seat { mine: None, counted: false });
        Some(Seated::Borrowed(loan.certificate().activation.clone()))
    }

    /// No seat is to be had now. The product runs on what was signed and on the grace that was earned; the seat is kept again when one is.
    /// [`Self::trouble`] says why it is not.
    async fn go_on(&self, error: NetworkError) -> Result<Seated, NetworkError> {
        let Ok(Some(lease)) = self.lease() else { return Err(error) };
        let fits = lease.covers(&self.wish) && !lease.is_taken_away();
        let activation = lease.certificate.activation;
        if !fits || !self.licenses.runs_on(&activation) {
            return Err(error);
        }
        // What cannot be written down now is when the seat is looked after next.
        self.want(Wants::Seat { mine: None, counted: false });
        if !error.is_led() {
            let _ = self.look_at(|desk, _| self.count(desk, &activation)).await;
        }
        self.troubled(Some(error));
        Ok(Seated::Shares(activation))
    }

    /// This process uses its user's seat no more. The last that does gives it back: it is free at once, if the license server hears it, and
    /// else when its lease ends.
    pub async fn leave(&self) -> Result<(), NetworkError> {
        let mut tries = 0..INSISTENCE;
        let last = loop {
            match self.part().await {
                Err(error) if error.is_led() && tries.next().is_some() => {}
                parted => break parted?,
            }
        };
        let Some((server, activation)) = last else { return Ok(()) };
        loop {
            match self.leave_seat(server, &activation, Leaving::Last).await {
                Err(error) if error.is_led() && tries.next().is_some() => {}
                left => return left.map(drop),
            }
        }
    }

    /// This process uses its user's seat no more, and leaves it to whatever the user starts next: it is kept by that, or free when its lease
    /// ends.
    pub async fn hand_over(&self) -> Result<(), NetworkError> {
        self.part().await.map(drop)
    }

    /// Writes down that this process uses the seat no more. Gives the seat if nobody else does.
    pub(super) async fn part(&self) -> Result<Option<(KeyId, ActivationId)>, NetworkError> {
        if !matches!(self.wants(), Wants::Seat { .. }) && self.held().is_none() {
            return Ok(None);
        }
        let process = self.process()?;
        let now = self.licenses.ports.clock.now();
        let last = self.look_at(|desk, sitter| {
            let lease = desk.holdings.lease_of(&desk.profile.product, sitter, &now)?;
            let activation = lease.certificate.activation;
            let shared = desk.holdings.stop_using(&activation, process);
            // What cannot be written down is no reason to keep a seat, nor to take one from others.
            let _ = desk.save();
            Some((lease.server.server()?, activation)).filter(|_| !shared)
        });
        let last = last.await?;
        self.want(Wants::Nothing);
        self.hold(None);
        Ok(last)
    }

    /// Gives back the user's seat, whichever process took it: every process that used it is without one. None if there is no seat.
    pub async fn leave_everywhere(&self) -> Result<Option<Left>, NetworkError> {
        if matches!(self.licenses.ports.vault.load(), Ok(None)) {
            // There is no vault, and none is made for this.
            return Ok(None);
        }
        let emptied = self.look_at(|desk, sitter| {
            desk.holdings.empty_seats(&desk.profile.product, sitter);
            desk.save()
        });
        emptied.await?.map_err(NetworkError::Act)?;
        let held = self.lease()?.and_then(|lease| Some((lease.server.server()?, lease.certificate.activation)));
        self.want(Wants::Nothing);
        self.hold(None);
        match held {
            Some((server, activation)) => self.leave_seat(server, &activation, Leaving::All).await,
            None => Ok(None),
        }
    }

    /// None if it was not given back, because somebody uses it.
    pub(super) async fn leave_seat(
        &self,
        server: KeyId,
        activation: &ActivationId,
        leaving: Leaving,
    ) -> Result<Option<Left>, NetworkError> {
        let process = self.process()?;
        let line = self.meet_server(server).await.ok().and_then(Result::ok);
        let _turn = self.licenses.turn.lock().await;
        let mut desk = self.licenses.sit_down(Brings::News).await?;
        if leaving == Leaving::Last && desk.holdings.is_used_beside(activation, process) {
            // It began while the license server was looked for.
            return Ok(self.licenses.get_up(desk, Ok(None))?);
        }
        desk.line = line.map(|line| line.seats);
        let result = desk.return_license(activation.as_str(), &unheard).await;
        match self.licenses.get_up(desk, result) {
            Ok(_) | Err(ActError::Refused(Refusal::SeatGone)) => Ok(Some(Left::Free)),
            // It is off here; the server gives the seat to others when its lease ends.
            Err(ActError::ReturnWaits(_) | ActError::AtLicenseServer { .. } | ActError::Refused(_)) => Ok(Some(Left::Unheard)),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the way that is open for a seat; whoever has none to give at all is left for the next of the list.
    pub(super) async fn seat(&self, mine: Option<InLine>, sharing: Sharing, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        let (mut line, mut asked) = (self.way_to(mine).await?, Vec::new());
        loop {
            match self.seat_from(&line, mine, sharing, steps).await {
                Err(no) if no.is_for_another() => line = self.after(&line, &mut asked).await.ok_or(no)?,
                result => return result,
            }
        }
    }

    async fn seat_from(&self, line: &Line, mine: Option<InLine>, sharing: Sharing, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        self.bring_returns_to(line).await?;
        let _turn = self.licenses.turn.lock().await;
        let mut desk = self.licenses.sit_down(Brings::SomethingNew).await?;
        let result = self.seat_at(&mut desk, line, mine, sharing, steps).await;
        if result.as_ref().is_err_and(ActError::is_silence) {
            self.hang_up();
        }
        Ok(self.licenses.get_up(desk, result)?)
    }

    async fn seat_at(
        &self,
        desk: &mut Desk<'_>,
        line: &Line,
        mine: Option<InLine>,
        sharing: Sharing,
        steps: Steps<'_>,
    ) -> Result<Seated, ActError> {
        let lease = desk.holdings.lease_of(&desk.profile.product, &self.sitter(), &desk.ports.clock.now());
        if let Some(lease) = &lease
            && (sharing == Sharing::Allowed || sharing == Sharing::Fitting && lease.covers(&self.wish))
            && !lease.is_taken_away()
            && let Sat::Live { left } = lease.sat
            && left > third(lease.certificate.window)
        {
            let activation = lease.certificate.activation.clone();
            self.count(desk, &activation)?;
            return Ok(Seated::Shares(activation));
        }
        // It is shown to the server that gave it, and to no other.
        let to = Addressee::Server(line.server);
        let lease = lease.filter(|lease| lease.server == to);
        let ticket = mine.filter(|mine| mine.is_at(line.server)).map(|mine| mine.ticket).or(self.wish.ticket);
        let wish = match &lease {
            // What others have who share the seat is theirs on.
            Some(lease)
                if !matches!(lease.sat, Sat::Over { .. })
                    && desk.holdings.is_used_beside(&lease.certificate.activation, self.process()?) =>
            {
                lease.joined(&self.wish)
            }
            _ => self.wish.clone(),
        };
        let (wish, held) = (Wish { ticket, ..wish }, lease.map(|lease| lease.statement));
        let (taken, lifeline) = desk.check_out(Ask::CheckOut { wish, held }, to, &*line.seats, steps).await?;
        match (taken, lifeline) {
            (Taken::Granted(activation), Some(lifeline)) => {
                self.hold(Some(Held { server: line.server, activation: activation.clone(), lifeline }));
                self.count(desk, &activation)?;
                Ok(Seated::Has(activation))
            }
            (Taken::Granted(activation), None) => {
                self.want(Wants::Seat { mine: None, counted: false });
                Ok(Seated::Borrowed(activation))
            }
            (Taken::Refused(refusal), _) => match &refusal {
                Refusal::PoolFull { ticket, .. } => Ok(Seated::Full { ticket: *ticket, refusal }),
                _ => Err(ActError::Refused(refusal)),
            },
            (Taken::Returned(_) | Taken::Revoked(_), _) => Err(ActError::Unexpected),
        }
    }

    /// Writes down that this process uses a seat.
    pub(super) fn count(&self, desk: &mut Desk<'_>, activation: &ActivationId) -> Result<(), ActError> {
        self.want(Wants::Seat { mine: None, counted: true });
        if desk.holdings.use_seat(activation, self.process()?) { desk.save() } else { Ok(()) }
    }

    /// The lease of this user, as it is written down.
    pub(super) fn lease(&self) -> Result<Option<Lease>, NetworkError> {
        let (licenses, now) = (&self.licenses, self.licenses.ports.clock.now());
        Ok(licenses.read(|holdings| holdings.lease_of(&licenses.profile.product, &self.sitter(), &now))?.flatten())
    }

    /// Sits down for something that asks nobody.
    pub(super) async fn look_at<T>(&self, act: impl FnOnce(&mut Desk<'_>, &keyward_domain::vault::Sitter) -> T) -> Result<T, NetworkError> {
        let sitter = self.sitter();
        Ok(self.licenses.request(Brings::News, |desk| Ok(act(desk, &sitter))).await?)
    }
}

/// A third of the time that a lease was signed for.
pub(super) fn third(window: keyward_domain::time::Window) -> Duration {
    window.until.map_or(Duration::ZERO, |until| keyward_domain::time::between(window.from, until) / 3)
}
