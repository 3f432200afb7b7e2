//! What a host is made of.

use keyward_domain::host::Part;
use keyward_domain::names::HostName;

/// Looks at the host's physical parts.
pub trait HostProbe: Send + Sync {
    /// What is there now. A part that cannot be read is left out and named; looking never fails. Two looks at an unchanged host are alike.
    fn look(&self) -> Probed;
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Probed {
    /// What the host calls itself.
    pub name: HostName,
    /// Its parts. Raw numbers: they are digested before they go anywhere.
    pub parts: Vec<Part>,
    /// What could not be read, for `doctor`.
    pub unread: Vec<String>,
}
