//! A carrier that remembers what it carried.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyward_domain::document::Request;
use keyward_domain::seal::{Sealed, Statement};
use keyward_ports::{KeyServer, KeyServerError};

use crate::locked;

/// Remembers every request it was given and every answer it brought: to look at them, or to send a request again.
pub struct Recording {
    inner: Arc<dyn KeyServer>,
    requests: Mutex<Vec<Sealed<Request>>>,
    answers: Mutex<Vec<Statement>>,
}

impl Recording {
    /// Remembers what goes to and comes from a key server.
    pub fn new(inner: Arc<dyn KeyServer>) -> Self {
        Self { inner, requests: Mutex::default(), answers: Mutex::default() }
    }

    /// The requests, in order; those that were lost behind it too.
    pub fn requests(&self) -> Vec<Sealed<Request>> {
        locked(&self.requests).clone()
    }

    /// The answers, in the order of their arrival.
    pub fn answers(&self) -> Vec<Statement> {
        locked(&self.answers).clone()
    }
}

#[async_trait]
impl KeyServer for Recording {
    async fn exchange(&self, request: &Sealed<Request>) -> Result<Statement, KeyServerError> {
        locked(&self.requests).push(request.clone());
        let statement = self.inner.exchange(request).await?;
        locked(&self.answers).push(statement.clone());
        Ok(statement)
    }
}
