//! Who works at the key server: tokens are handed out, looked up and taken back. Each stands in the ledger as a digest, so it is in every
//! backup, and a token that was taken back is refused from the moment the ledger says so.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use keyward_domain::names::TokenName;
use keyward_domain::record::{Record, RecordKey};
use keyward_domain::seal::Digest;
use keyward_domain::staff::{Staff, StaffError, StaffRole, StaffToken};
use keyward_ports::{LedgerError, Versioned, look};
use zeroize::Zeroizing;

use super::{Console, ConsoleError, MOST_CONFLICTS};

/// A token that was handed out just now. It is shown once and stands nowhere.
pub struct NewToken {
    /// The token itself.
    pub secret: Zeroizing<String>,
    /// What is known of it from now on.
    pub token: StaffToken,
}

/// The staff, shared with the ledger's own memory. A ledger that was never asked for any has none.
#[derive(Clone, Default)]
pub struct StaffNow(Option<Arc<Versioned>>);

impl StaffNow {
    /// All tokens that were ever handed out.
    pub fn tokens(&self) -> &[StaffToken] {
        match self.0.as_deref() {
            Some(Versioned { record: Record::Staff(staff), .. }) => staff.tokens(),
            _ => &[],
        }
    }
}

impl Console {
    /// Who works here, as the ledger has it now.
    pub async fn staff(&self) -> Result<StaffNow, LedgerError> {
        look(&*self.ledger, |view| Ok(StaffNow(view.read(&RecordKey::Staff)?))).await
    }

    /// Hands out a token. It is given to the caller and kept nowhere.
    pub async fn add_token(&self, name: &TokenName, role: StaffRole, actor: &str) -> Result<NewToken, ConsoleError> {
        let mut random = Zeroizing::new([0; 32]);
        self.entropy.fill(&mut *random)?;
        let secret = Zeroizing::new(BASE64URL_NOPAD.encode(&*random));
        let issued = self.clock.now().wall;
        let token = StaffToken { name: name.clone(), digest: Digest::of(secret.as_bytes()), role, issued, revoked: None };
        self.change_staff(actor, &format!("token {name} handed out: {role}"), |staff| staff.add(token.clone())).await?;
        Ok(NewToken { secret, token })
    }

    /// Takes a token back; whoever shows it is refused from now on.
    pub async fn revoke_token(&self, name: &TokenName, actor: &str) -> Result<StaffToken, ConsoleError> {
        let now = self.clock.now().wall;
        self.change_staff(actor, &format!("token {name} taken back"), |staff| staff.revoke(name, now).cloned()).await
    }

    async fn change_staff<T>(
        &self,
        actor: &str,
        act: &str,
        change: impl Fn(&mut Staff) -> Result<T, StaffError>,
    ) -> Result<T, ConsoleError> {
        for _ in 0..MOST_CONFLICTS {
            let (read, mut staff) = match self.ledger.read(&RecordKey::Staff).await? {
                Some(Versioned { version, record: Record::Staff(staff) }) => (version, staff),
                _ => (0, Staff::default()),
            };
            let changed = change(&mut staff)?;
            if self.commit(read, Record::Staff(staff), self.entry(actor, act, None, None)).await? {
                return Ok(changed);
            }
        }
        Err(ConsoleError::Busy)
    }
}
