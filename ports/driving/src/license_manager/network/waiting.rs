//! What was brought back while its license server did not answer: it goes out at the next contact with that server.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_domain::document::{Kind, Request};
use keyward_domain::keys::KeyId;
use keyward_domain::names::ActivationId;
use keyward_domain::seal::Sealed;
use keyward_domain::vault::Taken;

use super::{Line, Network, NetworkError};
use crate::license_manager::desk::{Brings, Desk, Sent};
use crate::license_manager::pending::about;
use crate::license_manager::{ActError, unheard};

/// What came of returns that waited, or of loans that were asked about, each by its row.
pub type Brought = Vec<(ActivationId, Result<Taken, NetworkError>)>;

impl Network {
    /// Looks for the servers that returns wait for, and brings them to those that answer. Whatever comes of it, a return is done or waits on;
    /// of several that wait for a server which does not answer, the first says why.
    pub async fn send_returns(&self) -> Result<Brought, NetworkError> {
        let mut brought = Vec::new();
        if !self.something_waits() {
            return Ok(brought);
        }
        let first_of = |desk: &mut Desk<'_>, _: &_| {
            let mut rows = BTreeMap::new();
            for (server, request) in waiting(desk) {
                rows.entry(server).or_insert_with(|| about(request).cloned());
            }
            rows
        };
        for (server, row) in self.look_at(first_of).await? {
            let Some(row) = row else { continue };
            match self.server_of(server, &row).await {
                Ok(line) => brought.extend(self.bring(&line).await?),
                Err(error) => brought.push((row, Err(NetworkError::ReturnWaits(Box::new(error))))),
            }
        }
        Ok(brought)
    }

    /// The same by the way. Nobody waits for it; what is wrong with network or disk, the act that follows says.
    pub(super) async fn bring_returns(&self) {
        let _ = self.send_returns().await;
    }

    /// The same at a server that was met: before anything new is asked of it, which may need the seat that is freed. Nothing is asked of one
    /// that falls silent: what it gives would be off until it heard the return.
    pub(super) async fn bring_returns_to(&self, line: &Line) -> Result<(), NetworkError> {
        // Nobody waits for this; what is wrong with the disk, the act that follows says.
        let brought = self.bring(line).await.unwrap_or_default();
        let silence = brought.into_iter().find_map(|(_, result)| match result {
            Err(NetworkError::ReturnWaits(why)) => Some(*why),
            _ => None,
        });
        silence.map_or(Ok(()), Err)
    }

    async fn bring(&self, line: &Line) -> Result<Brought, NetworkError> {
        if !self.something_waits() {
            return Ok(Vec::new());
        }
        let _turn = self.licenses.turn.lock().await;
        let mut desk = self.licenses.sit_down(Brings::News).await?;
        desk.line = Some(Arc::clone(&line.seats));
        let result = send_to(&mut desk, line.server).await;
        let brought = self.licenses.get_up(desk, result)?;
        let silent = |result: &Result<Taken, ActError>| result.as_ref().is_err_and(ActError::is_silence);
        if brought.iter().any(|(_, result)| silent(result)) {
            self.hang_up();
        }
        Ok(brought.into_iter().map(|(row, result)| (row, result.map_err(waits_on))).collect())
    }

    /// Another process may have written a return down; the vault is opened only if there is one.
    fn something_waits(&self) -> bool {
        // What cannot be read now is read by the act that follows, which says why it cannot.
        let _ = self.licenses.catch_up();
        let seen = self.licenses.view.seen();
        seen.outbox.iter().any(|awaited| awaited.kind == Kind::Return && awaited.refused.is_none())
    }
}

/// Sends what waits for a server, until it does not answer.
async fn send_to(desk: &mut Desk<'_>, server: KeyId) -> Result<Vec<(ActivationId, Result<Taken, ActError>)>, ActError> {
    let mut brought = Vec::new();
    let all: Vec<_> = waiting(desk).filter(|(of, _)| *of == server).map(|(_, request)| request.clone()).collect();
    if !all.is_empty() {
        // Written down they are, but perhaps by an act that came no further than the vault.
        desk.save()?;
    }
    for request in all {
        let result = desk.send(&request, Sent::Before, &unheard).await;
        // What is not taken of an answer to one holds up no other.
        let silent = result.as_ref().is_err_and(ActError::is_silence);
        brought.extend(about(&request).cloned().map(|row| (row, result)));
        if silent {
            break;
        }
    }
    Ok(brought)
}

/// A return that nobody heard waits on.
fn waits_on(error: ActError) -> NetworkError {
    if error.is_silence() { NetworkError::ReturnWaits(Box::new(error.into())) } else { error.into() }
}

/// Returns that wait for license servers. One that was refused is made again by whoever reads why.
fn waiting<'a>(desk: &'a Desk<'_>) -> impl Iterator<Item = (KeyId, &'a Sealed<Request>)> {
    desk.holdings
        .outbox()
        .filter(|(request, refused)| request.words().ask.kind() == Kind::Return && refused.is_none())
        .filter_map(|(request, _)| Some((request.words().to.server()?, request)))
}
