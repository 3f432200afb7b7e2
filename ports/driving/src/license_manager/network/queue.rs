//! Waiting in the line before a full pool.

use keyward_domain::document::Ticket;
use keyward_domain::pool::Wait;

use super::keeping::soon;
use super::sitting::Sharing;
use super::{Network, NetworkError, Seated, TRY_AGAIN, Turns};
use crate::license_manager::Steps;

impl Network {
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
}
