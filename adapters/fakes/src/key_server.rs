//! A key server in this process: the real [`Issuer`] over whatever ledger it was given, with no rules of its own.

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::seal::{Sealed, Statement};
use keyward_engine::{Issuer, IssuerError};
use keyward_ports::{Attempt, KeyServer, KeyServerError, Trouble};

/// A key server that is called instead of connected to.
pub struct FakeKeyServer {
    name: String,
    issuer: Issuer,
}

impl FakeKeyServer {
    /// A key server of a name, which its errors mention.
    pub fn new(name: &str, issuer: Issuer) -> Self {
        Self { name: name.into(), issuer }
    }

    /// A request that does not open certainly did nothing. Whether anything else did nobody knows: the ledger may have failed after it committed.
    fn trouble(&self, error: IssuerError) -> KeyServerError {
        match error {
            IssuerError::Unreadable(error) => KeyServerError::Rejected {
                server: self.name.clone(),
                status: 400,
                detail: error.to_string(),
                next: "update the product, or ask the vendor".into(),
                after: None,
            },
            error => {
                let attempt = Attempt { server: self.name.clone(), proxy: None, trouble: Trouble::OutOfOrder, cause: Some(error.into()) };
                KeyServerError::Silent { attempts: vec![attempt] }
            }
        }
    }
}

#[async_trait]
impl KeyServer for FakeKeyServer {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        self.issuer.answer(request.envelope()).await.map_err(|error| self.trouble(error))
    }
}
