//! Waiting in the line before a full pool. A place in the line is kept by the license server that gave it, and by no other.

use std::time::Duration;

use keyward_domain::document::Ticket;
use keyward_domain::keys::KeyId;
use keyward_domain::pool::{Wait, Waited};
use keyward_ports::{Retry, SeatsError};

use super::keeping::soon;
use super::sitting::Sharing;
use super::{LONGEST_LOOK, Line, Network, NetworkError, Seated, TRY_AGAIN, Turns};
use crate::license_manager::Steps;

/// A license server forgets who waits and was not heard so many times.
const FORGOTTEN: u32 = 3;

/// So long whoever was told that there is no seat after all does not ask again.
const BREATH: Duration = Duration::from_secs(1);

/// A place in the line before a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InLine {
    pub(super) ticket: Ticket,
    /// Who gave it, where that is known.
    server: Option<KeyId>,
}

impl InLine {
    /// Whether a license server gave it.
    pub(super) fn is_at(&self, server: KeyId) -> bool {
        self.server.is_none_or(|it| it == server)
    }
}

impl Network {
    /// Asks for a seat and waits for it; `turns` is told of the place in the line whenever it is heard.
    pub async fn check_out_waiting(&self, turns: Turns<'_>, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        match self.check_out(steps).await? {
            Seated::Full { ticket, .. } => self.wait_with(ticket, turns, steps).await,
            seated => Ok(seated),
        }
    }

    /// Waits with the place in the line that a full pool gave, and takes the seat when it is free. It ends with a seat, or with what keeps
    /// this host from one for good.
    pub async fn wait_with(&self, ticket: Ticket, turns: Turns<'_>, steps: Steps<'_>) -> Result<Seated, NetworkError> {
        let mut mine = self.in_line(ticket);
        loop {
            self.queue(mine, turns).await;
            match self.seat(Some(mine), Sharing::Fitting, steps).await {
                Ok(Seated::Full { ticket, .. }) => {
                    mine = self.in_line(ticket);
                    // Whoever says that a seat is ready and then that there is none is not asked without a pause.
                    self.licenses.ports.timer.wait(BREATH).await;
                }
                Ok(seated) => return Ok(seated),
                Err(error) => match pause(&error) {
                    // The place is kept for a while.
                    Some(pause) => self.licenses.ports.timer.wait(pause).await,
                    None => return Err(error),
                },
            }
        }
    }

    /// The place in the line that was given just now.
    pub(super) fn in_line(&self, ticket: Ticket) -> InLine {
        InLine { ticket, server: self.server().map(|(_, server)| server) }
    }

    /// The way to ask for a seat with a place in the line: to who gave it, or to anybody if that is not met.
    pub(super) async fn way_to(&self, mine: Option<InLine>) -> Result<Line, NetworkError> {
        if let Some(server) = mine.and_then(|mine| mine.server)
            && let Ok(line) = self.meet_server(server).await?
        {
            return Ok(line);
        }
        self.meet().await
    }

    /// Waits until a seat is held for a place in the line, or the place is lost.
    async fn queue(&self, mine: InLine, turns: Turns<'_>) {
        let mut unheard = 0;
        while unheard < FORGOTTEN {
            let next = match self.wait_once(mine).await {
                Ok(Some(Waited { wait: Wait::Ready { .. }, .. })) => return,
                Ok(Some(Waited { wait: Wait::Lost, .. })) => {
                    // Whoever says so again and again is not asked without a pause.
                    self.licenses.ports.timer.wait(TRY_AGAIN).await;
                    return;
                }
                Ok(Some(Waited { wait: Wait::Waiting { place }, next })) => {
                    unheard = 0;
                    turns(place);
                    soon(next)
                }
                Ok(None) | Err(_) => {
                    unheard += 1;
                    TRY_AGAIN
                }
            };
            self.licenses.ports.timer.wait(next).await;
        }
    }

    /// Says once that this process still waits; none if the license server that gave the place is not met.
    async fn wait_once(&self, mine: InLine) -> Result<Option<Waited>, NetworkError> {
        let line = match mine.server {
            Some(server) => self.meet_server(server).await?.ok(),
            None => Some(self.meet().await?),
        };
        let Some(line) = line else { return Ok(None) };
        let waited = line.seats.wait(&mine.ticket).await;
        if let Err(SeatsError::NoAnswer(_)) = waited {
            self.hang_up();
        }
        Ok(Some(waited?))
    }
}

/// When the same may be asked again; none if never.
fn pause(error: &NetworkError) -> Option<Duration> {
    match error.retry() {
        _ if error.is_silence() => Some(TRY_AGAIN),
        Retry::After(after) => Some(soon(after).min(LONGEST_LOOK)),
        Retry::Now => Some(TRY_AGAIN),
        Retry::Never => None,
    }
}
