//! Having a seat: checking it out, keeping it, and leaving it.

use std::time::Duration;

use keyward_domain::document::{Addressee, Ask, Ticket, Wish};
use keyward_domain::keys::KeyId;
use keyward_domain::names::ActivationId;
use keyward_domain::pool::{Beat, Gone, PulseHeard, Wait};
use keyward_domain::refusal::Refusal;
use keyward_domain::seal::Statement;
use keyward_domain::time::Reading;
use keyward_domain::vault::{Lease, Loss, Sat, Taken};
use keyward_ports::{Beaten, Retry};

use super::{Held, LONGEST_LOOK, Left, Line, Network, NetworkError, Seated, TRY_AGAIN, Tended, Turns, Wants};
use crate::license_manager::desk::{Brings, Desk};
use crate::license_manager::{ActError, Steps, unheard};

/// Whether a lease that somebody else keeps is shared, or taken up by this process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// It is shared while it is not two thirds spent.
    Allowed,
    /// It is taken up.
    Not,
}

impl Network {
    /// Asks for a seat (row N3). A full pool gives a place in the line instead.
    pub async fn check_out(&self, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        self.meet_open().await?;
        self.seat(None, Sharing::Allowed, steps).await
    }

    /// Asks for a seat and waits for it; `turns` is told of the place in the line whenever it is heard.
    pub async fn check_out_waiting(&self, turns: Turns<'_>, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        match self.check_out(steps).await? {
            Seated::Full { ticket, .. } => self.wait_with(ticket, turns, steps).await,
            seated => Ok(seated),
        }
    }

    /// Waits with the place in the line that a full pool gave, and takes the seat when it is free.
    pub async fn wait_with(&self, ticket: Ticket, turns: Turns<'_>, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        let mut mine = ticket;
        loop {
            let ticket = self.queue(&mut mine, turns).await;
            if ticket.is_none() {
                // The place was lost; whoever says so again and again is not asked without a pause.
                self.licenses.ports.timer.wait(TRY_AGAIN).await;
            }
            match self.seat(ticket, Sharing::Allowed, steps).await {
                Ok(Seated::Full { ticket, .. }) => mine = ticket,
                Ok(seated) => return Ok(seated),
                // The place is kept for a while.
                Err(error) if error.is_silence() => self.licenses.ports.timer.wait(TRY_AGAIN).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until a seat is held for a ticket; none if the place was lost.
    async fn queue(&self, ticket: &mut Ticket, turns: Turns<'_>) -> Option<Ticket> {
        loop {
            let waited = match self.meet().await {
                Ok(line) => line.seats.wait(ticket).await.map_err(NetworkError::from),
                Err(error) => Err(error),
            };
            let next = match waited {
                Ok(waited) => match waited.wait {
                    Wait::Ready { .. } => return Some(*ticket),
                    Wait::Lost => return None,
                    Wait::Waiting { place } => {
                        turns(place);
                        soon(waited.next)
                    }
                },
                Err(_) => {
                    self.hang_up();
                    TRY_AGAIN
                }
            };
            self.licenses.ports.timer.wait(next).await;
        }
    }

    /// Looks after the seat once, and says when to look again.
    pub async fn beat(&self) -> Tended {
        self.bring_returns().await;
        let tended = match self.held() {
            Some(held) => self.beat_for(&held).await,
            None => self.take_up().await,
        };
        match tended {
            Ok(tended) => tended,
            Err(error) => {
                // Nothing is heard. What of the grace is spent is written down; what cannot be written down now is, later.
                let _ = self.licenses.tick().await;
                let next = match error.retry() {
                    Retry::After(after) => soon(after).min(LONGEST_LOOK),
                    Retry::Now | Retry::Never => TRY_AGAIN,
                };
                match error {
                    // It was heard, and says no: it is asked again, but not as often as one that is silent.
                    NetworkError::Act(ActError::Refused(_)) => {
                        let news = self.lease().await.ok().flatten().and_then(|lease| lease.news);
                        Tended { next: LONGEST_LOOK, loss: Some(news.unwrap_or(Loss::Ended)) }
                    }
                    _ => Tended { next, loss: Some(Loss::Silent) },
                }
            }
        }
    }

    /// How long the user's seat lasts if nothing more is heard of it; none if its lease is over, or there is none.
    pub async fn left(&self) -> Result<Option<Duration>, NetworkError> {
        Ok(self.lease().await?.and_then(|lease| match lease.sat {
            Sat::Live { left } => Some(left),
            Sat::Grace { .. } | Sat::Over { .. } => None,
        }))
    }

    /// This process uses its user's seat no more. The last that does gives it back: it is free at once, if the license server hears it, and
    /// else when its lease ends.
    pub async fn leave(&self) -> Result<(), NetworkError> {
        match self.part().await? {
            Some((server, activation)) => self.leave_seat(server, &activation).await.map(drop),
            None => Ok(()),
        }
    }

    /// This process uses its user's seat no more, and leaves it to whatever the user starts next: it is kept by that, or free when its lease
    /// ends.
    pub async fn hand_over(&self) -> Result<(), NetworkError> {
        self.part().await.map(drop)
    }

    /// Writes down that this process uses the seat no more. Gives the seat if nobody else does.
    async fn part(&self) -> Result<Option<(KeyId, ActivationId)>, NetworkError> {
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
        let emptied = self.look_at(|desk, sitter| {
            desk.holdings.empty_seats(sitter);
            desk.save()
        });
        emptied.await?.map_err(NetworkError::Act)?;
        let held = self.lease().await?.and_then(|lease| Some((lease.server.server()?, lease.certificate.activation)));
        self.want(Wants::Nothing);
        self.hold(None);
        match held {
            Some((server, activation)) => self.leave_seat(server, &activation).await.map(Some),
            None => Ok(None),
        }
    }

    async fn leave_seat(&self, server: KeyId, activation: &ActivationId) -> Result<Left, NetworkError> {
        let line = self.meet_server(server).await.ok().flatten();
        let _turn = self.licenses.turn.lock().await;
        let mut desk = self.licenses.sit_down(Brings::News).await?;
        desk.line = line.map(|line| line.seats);
        let result = desk.return_license(activation.as_str(), &unheard).await;
        match self.licenses.get_up(desk, result) {
            Ok(_) | Err(ActError::Refused(_)) => Ok(Left::Free),
            // It is off here; the server gives the seat to others when its lease ends.
            Err(ActError::ReturnWaits(_) | ActError::AtLicenseServer { .. }) => Ok(Left::Unheard),
            Err(error) => Err(error.into()),
        }
    }

    async fn seat(&self, ticket: Option<Ticket>, sharing: Sharing, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        let line = self.meet().await?;
        self.bring_returns_to(&line).await;
        let _turn = self.licenses.turn.lock().await;
        let mut desk = self.licenses.sit_down(Brings::SomethingNew).await?;
        let result = self.seat_at(&mut desk, &line, ticket, sharing, steps).await;
        if result.as_ref().is_err_and(ActError::is_silence) {
            self.hang_up();
        }
        Ok(self.licenses.get_up(desk, result)?)
    }

    async fn seat_at(
        &self,
        desk: &mut Desk<'_>,
        line: &Line,
        ticket: Option<Ticket>,
        sharing: Sharing,
        steps: Steps<'_>,
    ) -> Result<Seated, ActError> {
        let lease = desk.holdings.lease_of(&desk.profile.product, &self.sitter(), &desk.ports.clock.now());
        if let Some(lease) = &lease
            && sharing == Sharing::Allowed
            && let Sat::Live { left } = lease.sat
            && left > third(lease.certificate.window)
        {
            let activation = lease.certificate.activation.clone();
            self.count(desk, &activation)?;
            return Ok(Seated::Shares(activation));
        }
        // It is shown to the server that gave it, and to no other.
        let to = Addressee::Server(line.server);
        let held = lease.filter(|lease| lease.server == to).map(|lease| lease.statement);
        let wish = Wish { ticket: ticket.or(self.wish.ticket), ..self.wish.clone() };
        let (taken, lifeline) = desk.check_out(Ask::CheckOut { wish, held }, to, &*line.seats, steps).await?;
        match (taken, lifeline) {
            (Taken::Granted(activation), Some(lifeline)) => {
                self.hold(Some(Held { server: line.server, activation: activation.clone(), lifeline }));
                self.count(desk, &activation)?;
                Ok(Seated::Has(activation))
            }
            (Taken::Granted(activation), None) => {
                self.want(Wants::Seat { ticket: None, counted: false });
                Ok(Seated::Borrowed(activation))
            }
            (Taken::Refused(refusal), _) => match &refusal {
                Refusal::PoolFull { ticket, .. } => Ok(Seated::Full { ticket: *ticket, refusal }),
                _ => Err(ActError::Refused(refusal)),
            },
            (Taken::Returned(_) | Taken::Revoked(_), _) => Err(ActError::Unexpected),
        }
    }

    async fn beat_for(&self, held: &Held) -> Result<Tended, NetworkError> {
        let Some(line) = self.meet_server(held.server).await? else { return self.take_up().await };
        let (generation, live) = self.generation(&held.activation).await?;
        if generation == 0 {
            // Another process of the user gave it back.
            self.hold(None);
            return self.take_up().await;
        }
        let sent = Reading::of(&self.licenses.ports.clock.now());
        let beat = Beat { place: held.lifeline.place, secret: held.lifeline.secret.clone(), generation };
        let Beaten { pulse, fresh } = match line.seats.beat(&beat).await {
            Ok(beaten) => beaten,
            Err(error) => {
                self.hang_up();
                return Err(error.into());
            }
        };
        match pulse {
            PulseHeard::Kept { next } => {
                let kept = match fresh {
                    Some(fresh) => self.take_fresh(&held.activation, fresh, &sent).await?,
                    None => live,
                };
                if kept { Ok(Tended { next: soon(next), loss: None }) } else { self.again().await }
            }
            PulseHeard::Ending { why, left } => {
                self.hear(&held.activation, why).await?;
                Ok(Tended { next: left.clamp(Duration::from_secs(1), LONGEST_LOOK), loss: Some(why.into()) })
            }
            PulseHeard::Gone { why: Gone::Ended } => match self.lease().await?.and_then(|lease| lease.news) {
                Some(why @ (Loss::TakenOver | Loss::Released)) => self.give_up(why).await,
                _ => self.again().await,
            },
            PulseHeard::Gone { why } => {
                self.hear(&held.activation, why).await?;
                self.give_up(why.into()).await
            }
            PulseHeard::Show | PulseHeard::Stranger => self.again().await,
        }
    }

    /// Checks the seat out again, showing what is held.
    async fn again(&self) -> Result<Tended, NetworkError> {
        self.hold(None);
        self.seated(Sharing::Not).await
    }

    /// Looks after a seat that this process does not keep: somebody else does, or nobody does any more.
    async fn take_up(&self) -> Result<Tended, NetworkError> {
        let Some(lease) = self.lease().await? else { return self.start_over().await };
        match (lease.sat, lease.news) {
            (_, news) if self.wants() == Wants::Nothing => Ok(Tended { next: LONGEST_LOOK, loss: news }),
            (Sat::Live { left }, news) if left > third(lease.certificate.window) => {
                if let Wants::Seat { .. } = self.wants() {
                    self.look_at(|desk, _| self.count(desk, &lease.certificate.activation)).await?.map_err(NetworkError::Act)?;
                }
                let next = left.saturating_sub(third(lease.certificate.window)).min(LONGEST_LOOK);
                Ok(Tended { next: next.max(Duration::from_secs(1)), loss: news })
            }
            (_, Some(why @ (Loss::TakenOver | Loss::Released))) => self.give_up(why).await,
            (_, _) => self.seated(Sharing::Allowed).await,
        }
    }

    /// The seat was taken away, or by the same user elsewhere: nobody takes it back unasked.
    async fn give_up(&self, why: Loss) -> Result<Tended, NetworkError> {
        self.hold(None);
        self.want(Wants::Nothing);
        self.licenses.tick().await?;
        Ok(Tended { next: LONGEST_LOOK, loss: Some(why) })
    }

    /// There is no lease. A process that still wants a seat asks for one: its loan is over, or its lease and its grace are. Not if the user
    /// gave the seat back for all of them.
    async fn start_over(&self) -> Result<Tended, NetworkError> {
        let idle = Ok(Tended { next: LONGEST_LOOK, loss: None });
        let Wants::Seat { counted, .. } = self.wants() else { return idle };
        let (process, now) = (self.process()?, self.licenses.ports.clock.now());
        let look = self.look_at(|desk, sitter| {
            (desk.holdings.has_seat(sitter), desk.holdings.is_used_by(sitter, process), desk.holdings.has_loan(&desk.profile.product, &now))
        });
        let (known, uses, has_loan) = look.await?;
        if counted && known && !uses {
            self.want(Wants::Nothing);
            return idle;
        }
        if has_loan { idle } else { self.seated(Sharing::Allowed).await }
    }

    /// Writes down that this process uses a seat.
    fn count(&self, desk: &mut Desk<'_>, activation: &ActivationId) -> Result<(), ActError> {
        self.want(Wants::Seat { ticket: None, counted: true });
        if desk.holdings.use_seat(activation, self.process()?) { desk.save() } else { Ok(()) }
    }

    /// The lease of this user.
    async fn lease(&self) -> Result<Option<Lease>, NetworkError> {
        let now = self.licenses.ports.clock.now();
        self.look_at(|desk, sitter| desk.holdings.lease_of(&desk.profile.product, sitter, &now)).await
    }

    async fn seated(&self, sharing: Sharing) -> Result<Tended, NetworkError> {
        let ticket = match self.wants() {
            Wants::Seat { ticket, .. } => ticket,
            Wants::Unsaid | Wants::Nothing => None,
        };
        match self.seat(ticket, sharing, &unheard).await? {
            Seated::Has(_) => {
                let next = self.held().map_or(TRY_AGAIN, |held| soon(held.lifeline.next));
                Ok(Tended { next, loss: None })
            }
            Seated::Shares(_) | Seated::Borrowed(_) => Ok(Tended { next: LONGEST_LOOK, loss: None }),
            Seated::Full { ticket, .. } => {
                // Its place in the line is kept from one time to the next.
                if let Wants::Seat { counted, .. } = self.wants() {
                    self.want(Wants::Seat { ticket: Some(ticket), counted });
                }
                // The server is heard, and the seat is another's: from here on that is why the grace is spent.
                if let Some(lease) = self.lease().await?.filter(|lease| lease.news.is_none() && !matches!(lease.sat, Sat::Live { .. })) {
                    self.hear(&lease.certificate.activation, Gone::Ended).await?;
                }
                self.licenses.tick().await?;
                Ok(Tended { next: TRY_AGAIN, loss: Some(Loss::Ended) })
            }
        }
    }

    /// The generation of the newest lease, and whether it lasts.
    async fn generation(&self, activation: &ActivationId) -> Result<(u64, bool), NetworkError> {
        let lease = self.lease().await?.filter(|lease| lease.certificate.activation == *activation);
        Ok(lease.map_or((0, false), |lease| (lease.certificate.generation, matches!(lease.sat, Sat::Live { .. }))))
    }

    /// Takes a fresh lease and writes it down. Says whether it lasts for at least a third of its time: if not, the server's clock went back.
    async fn take_fresh(&self, activation: &ActivationId, fresh: Statement, sent: &Reading) -> Result<bool, NetworkError> {
        let taken = self.look_at(|desk, sitter| {
            let (schemes, now) = (desk.schemes(), desk.ports.clock.now());
            // What is not taken changes nothing; the seat is asked for anew.
            let taken = desk.holdings.take_fresh(fresh, &schemes, &now, sent).is_ok();
            desk.save()?;
            let lease = desk.holdings.lease_of(&desk.profile.product, sitter, &now);
            let lease = lease.filter(|lease| taken && lease.certificate.activation == *activation);
            Ok(lease.is_some_and(|lease| matches!(lease.sat, Sat::Live { left } if left > third(lease.certificate.window))))
        });
        taken.await?.map_err(NetworkError::Act)
    }

    /// Writes down what was said of a seat.
    async fn hear(&self, activation: &ActivationId, why: Gone) -> Result<(), NetworkError> {
        let heard = self.look_at(|desk, _| if desk.holdings.hear_of(activation, Some(why.into())) { desk.save() } else { Ok(()) });
        heard.await?.map_err(NetworkError::Act)
    }

    /// Sits down for something that asks nobody.
    pub(super) async fn look_at<T>(&self, act: impl FnOnce(&mut Desk<'_>, &keyward_domain::vault::Sitter) -> T) -> Result<T, NetworkError> {
        let sitter = self.sitter();
        Ok(self.licenses.request(Brings::News, |desk| Ok(act(desk, &sitter))).await?)
    }
}

/// When to look again, as a license server says it: neither at once nor in a year, whatever it says.
fn soon(next: Duration) -> Duration {
    next.clamp(Duration::from_secs(1), LONGEST_LOOK * 10)
}

/// A third of the time that a lease was signed for.
fn third(window: keyward_domain::time::Window) -> Duration {
    window.until.map_or(Duration::ZERO, |until| keyward_domain::time::between(window.from, until) / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_server_is_asked_neither_without_a_pause_nor_next_year() {
        let second = Duration::from_secs(1);
        for (said, expected) in [(Duration::ZERO, second), (second * 60, second * 60), (Duration::MAX, second * 600)] {
            assert_eq!(soon(said), expected);
        }
    }
}
