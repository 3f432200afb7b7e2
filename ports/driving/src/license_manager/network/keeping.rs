//! Keeping a seat: beats, fresh leases, and what is done when the seat is lost.

use std::time::Duration;

use keyward_domain::document::Hold;
use keyward_domain::names::ActivationId;
use keyward_domain::pool::{Beat, Gone, PulseHeard};
use keyward_domain::seal::Statement;
use keyward_domain::time::{Reading, between};
use keyward_domain::vault::{Lease, Loss, Sat};
use keyward_ports::{Beaten, Retry};

use super::queue::InLine;
use super::sitting::{Sharing, third};
use super::{Held, LONGEST_LOOK, Network, NetworkError, Seated, TRY_AGAIN, Tended, Wants};
use crate::license_manager::{ActError, unheard};

impl Network {
    /// Looks after the seat once, and says when to look again.
    pub async fn beat(&self) -> Tended {
        self.bring_returns().await;
        let tended = match self.held() {
            Some(held) => self.beat_for(&held).await,
            None => self.take_up().await,
        };
        match tended {
            Ok(tended) => {
                self.troubled(None);
                tended
            }
            Err(error) => {
                // Nothing is heard. What of the grace is spent is written down; what cannot be written down now is, later.
                let _ = self.licenses.tick().await;
                let next = match error.retry() {
                    Retry::After(after) => soon(after).min(LONGEST_LOOK),
                    Retry::Now | Retry::Never => TRY_AGAIN,
                };
                let refused = matches!(error, NetworkError::Act(ActError::Refused(_)));
                self.troubled(Some(error));
                if refused {
                    // It was heard, and says no: it is asked again, but not as often as one that is silent.
                    let news = self.lease().ok().flatten().and_then(|lease| lease.news);
                    return Tended { next: LONGEST_LOOK, loss: Some(news.unwrap_or(Loss::Ended)) };
                }
                Tended { next, loss: Some(Loss::Silent) }
            }
        }
    }

    async fn beat_for(&self, held: &Held) -> Result<Tended, NetworkError> {
        let Ok(line) = self.meet_server(held.server).await? else { return self.take_up().await };
        let Some(lease) = self.kept(held)? else { return self.let_go().await };
        let sent = Reading::of(&self.licenses.ports.clock.now());
        let beat = Beat { place: held.lifeline.place, secret: held.lifeline.secret.clone(), generation: lease.certificate.generation };
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
                    None => matches!(lease.sat, Sat::Live { .. }),
                };
                if !kept {
                    return self.again(held).await;
                }
                if lease.news.is_some() {
                    // What was said of it before is of the past.
                    self.hear(&held.activation, None).await?;
                }
                Ok(Tended { next: soon(next), loss: None })
            }
            PulseHeard::Ending { why, left } => {
                self.hear(&held.activation, Some(why.into())).await?;
                Ok(Tended { next: left.clamp(Duration::from_secs(1), LONGEST_LOOK), loss: Some(why.into()) })
            }
            // It was another process of the user, and no other host, that checked the seat out anew.
            PulseHeard::Gone { .. } if self.is_kept_elsewhere(held).await? => self.let_go().await,
            // It was one that did not hear the answer.
            PulseHeard::Gone { why: Gone::TakenOver }
                if self.licenses.read(|it| it.may_be_seated_anew(&held.activation))? == Some(true) =>
            {
                self.again(held).await
            }
            PulseHeard::Gone { why: Gone::Ended } => match self.lease()?.and_then(|lease| lease.news) {
                Some(why @ (Loss::TakenOver | Loss::Released)) => self.give_up(why).await,
                _ => self.again(held).await,
            },
            PulseHeard::Gone { why } => {
                self.hear(&held.activation, Some(why.into())).await?;
                self.give_up(why.into()).await
            }
            PulseHeard::Show | PulseHeard::Stranger => self.again(held).await,
        }
    }

    /// Another process of the user gave the seat back, or keeps it from now on.
    async fn let_go(&self) -> Result<Tended, NetworkError> {
        self.hold(None);
        self.take_up().await
    }

    /// Checks the seat out again, showing what is held. A place in the line before another license server's pool keeps nobody from it.
    async fn again(&self, held: &Held) -> Result<Tended, NetworkError> {
        self.hold(None);
        self.seated(Sharing::Not, self.place_in_line().filter(|mine| mine.is_at(held.server))).await
    }

    /// Looks after a seat that this process does not keep: somebody else does, or nobody does any more.
    async fn take_up(&self) -> Result<Tended, NetworkError> {
        let Some(lease) = self.lease()? else { return self.start_over().await };
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
            (_, _) => self.seated(Sharing::Allowed, self.place_in_line()).await,
        }
    }

    /// The seat was taken away, or by the same user elsewhere: nobody takes it back unasked.
    async fn give_up(&self, why: Loss) -> Result<Tended, NetworkError> {
        // Whoever leaves the user's next seat last is not to wait for this process.
        let _ = self.part().await;
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
        let product = &self.licenses.profile.product;
        if counted && self.licenses.read(|holdings| holdings.is_left_for_all(product, &self.sitter()))? == Some(true) {
            self.want(Wants::Nothing);
            return idle;
        }
        if self.licenses.loan().is_none() {
            return self.seated(Sharing::Allowed, self.place_in_line()).await;
        }
        // Nobody waits for it: what is due and was not heard stands in the loan's row.
        let _ = self.refresh_due_loan().await;
        Ok(Tended { next: self.next_on_loan(), loss: None })
    }

    /// When to look again while a loan is used: when it is over at the latest, or soon if by this host's clock it is over already.
    fn next_on_loan(&self) -> Duration {
        let Some(loan) = self.licenses.loan() else { return TRY_AGAIN };
        let wall = self.licenses.ports.clock.now().wall;
        let left = loan.certificate().window.until.map_or(LONGEST_LOOK, |until| between(wall, until));
        left.clamp(Duration::from_secs(1), LONGEST_LOOK)
    }

    fn place_in_line(&self) -> Option<InLine> {
        match self.wants() {
            Wants::Seat { mine, .. } => mine,
            Wants::Unsaid | Wants::Nothing => None,
        }
    }

    async fn seated(&self, sharing: Sharing, mine: Option<InLine>) -> Result<Tended, NetworkError> {
        match self.seat(mine, sharing, &unheard).await? {
            Seated::Has(_) => {
                let next = self.held().map_or(TRY_AGAIN, |held| soon(held.lifeline.next));
                Ok(Tended { next, loss: None })
            }
            Seated::Shares(_) => Ok(Tended { next: LONGEST_LOOK, loss: None }),
            Seated::Borrowed(_) => Ok(Tended { next: self.next_on_loan(), loss: None }),
            Seated::Full { ticket, .. } => {
                let asked = self.server().map(|(_, server)| server);
                // Its place in the line is kept from one time to the next, and one that it has at another server already.
                if let Wants::Seat { mine, counted } = self.wants() {
                    let kept = mine.filter(|mine| asked.is_some_and(|asked| !mine.is_at(asked)));
                    self.want(Wants::Seat { mine: Some(kept.unwrap_or_else(|| self.in_line(ticket))), counted });
                }
                let lease = self.lease()?.filter(|lease| !matches!(lease.sat, Sat::Live { .. }));
                let loss = match &lease {
                    // That another server than its own is full is not why it lost the seat.
                    Some(lease) if lease.server.server() != asked => lease.news.unwrap_or(Loss::Silent),
                    // The server is heard, and the seat is another's: from here on that is why the grace is spent.
                    Some(lease) if lease.news.is_none() => {
                        self.hear(&lease.certificate.activation, Some(Loss::Ended)).await?;
                        Loss::Ended
                    }
                    Some(_) | None => Loss::Ended,
                };
                self.licenses.tick().await?;
                Ok(Tended { next: TRY_AGAIN, loss: Some(loss) })
            }
        }
    }

    /// The newest lease of the seat that this process keeps; none if another process of the user gave it back, or checked it out anew since.
    fn kept(&self, held: &Held) -> Result<Option<Lease>, NetworkError> {
        let own = |hold| matches!(hold, Hold::Lease { place, .. } if place == held.lifeline.place);
        Ok(self.lease()?.filter(|lease| lease.certificate.activation == held.activation && own(lease.certificate.hold)))
    }

    /// Whether another process of the user gave the seat back, or checked it out anew: one that is about to is waited for.
    async fn is_kept_elsewhere(&self, held: &Held) -> Result<bool, NetworkError> {
        self.look_at(|_, _| ()).await?;
        Ok(self.kept(held)?.is_none())
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

    /// Writes down what was said of a seat, or that it is kept again.
    async fn hear(&self, activation: &ActivationId, news: Option<Loss>) -> Result<(), NetworkError> {
        let heard = self.look_at(|desk, _| if desk.holdings.hear_of(activation, news) { desk.save() } else { Ok(()) });
        heard.await?.map_err(NetworkError::Act)
    }
}

/// When to look again, as a license server says it: neither at once nor in a year, whatever it says.
pub(super) fn soon(next: Duration) -> Duration {
    next.clamp(Duration::from_secs(1), LONGEST_LOOK * 10)
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
