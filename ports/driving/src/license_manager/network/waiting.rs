//! What was brought back while its license server did not answer: it goes out at the next contact with that server.

use std::collections::BTreeSet;
use std::sync::Arc;

use keyward_domain::document::{Kind, Request};
use keyward_domain::keys::KeyId;
use keyward_domain::seal::Sealed;

use super::{Line, Network, NetworkError};
use crate::license_manager::desk::{Brings, Desk, Sent};
use crate::license_manager::{ActError, unheard};

impl Network {
    /// Looks for the servers that something waits for, and brings it to those that answer. Whatever comes of it, a return is done or waits on.
    pub(super) async fn bring_returns(&self) {
        if !self.something_waits() {
            return;
        }
        let servers = self.look_at(|desk, _| waiting(desk).map(|(server, _)| server).collect::<BTreeSet<_>>()).await.unwrap_or_default();
        for server in servers {
            if let Ok(Some(line)) = self.meet_server(server).await {
                self.bring_returns_to(&line).await;
            }
        }
    }

    /// The same at a server that was met: before anything new is asked of it, which may need the seat that is freed.
    pub(super) async fn bring_returns_to(&self, line: &Line) {
        // Nobody waits for this; what is wrong with network or disk, the act that follows says.
        let _ = self.bring(line).await;
    }

    async fn bring(&self, line: &Line) -> Result<(), NetworkError> {
        if !self.something_waits() {
            return Ok(());
        }
        let _turn = self.licenses.turn.lock().await;
        let mut desk = self.licenses.sit_down(Brings::News).await?;
        desk.line = Some(Arc::clone(&line.seats));
        let result = send_to(&mut desk, line.server).await;
        if result.as_ref().is_err_and(ActError::is_silence) {
            self.hang_up();
        }
        Ok(self.licenses.get_up(desk, result)?)
    }

    /// Another process may have written a return down; the vault is opened only if there is one.
    fn something_waits(&self) -> bool {
        // What cannot be read now is read by the act that follows, which says why it cannot.
        let _ = self.licenses.catch_up();
        let seen = self.licenses.view.seen();
        seen.outbox.iter().any(|awaited| awaited.kind == Kind::Return && awaited.refused.is_none())
    }
}

async fn send_to(desk: &mut Desk<'_>, server: KeyId) -> Result<(), ActError> {
    let all: Vec<_> = waiting(desk).filter(|(of, _)| *of == server).map(|(_, request)| request.clone()).collect();
    if !all.is_empty() {
        // Written down they are, but perhaps by an act that came no further than the vault.
        desk.save()?;
    }
    for request in all {
        match desk.send(&request, Sent::Before, &unheard).await {
            Err(error) if error.is_silence() => return Err(error),
            // What is not taken of an answer to one holds up no other.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Returns that wait for license servers. One that was refused is made again by whoever reads why.
fn waiting<'a>(desk: &'a Desk<'_>) -> impl Iterator<Item = (KeyId, &'a Sealed<Request>)> {
    desk.holdings
        .outbox()
        .filter(|(request, refused)| request.words().ask.kind() == Kind::Return && refused.is_none())
        .filter_map(|(request, _)| Some((request.words().to.server()?, request)))
}
