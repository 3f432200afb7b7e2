//! Open files. Each connection is one, and a server that has none left can write neither its journal nor its anchor.

use keyward_web::Ceilings;

/// So many any system lets a process open: macOS takes no more, whatever it says the maximum is.
#[cfg(unix)]
const MODEST: u64 = 10_240;

/// Lets the process have as many files open as it may, and says how many of them can be connections.
#[cfg(unix)]
pub(crate) fn ceilings() -> Ceilings {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raise = |current| setrlimit(Resource::Nofile, Rlimit { current, maximum });
    if current != maximum
        && let Err(error) = raise(maximum).or_else(|_| raise(Some(MODEST)))
    {
        tracing::debug!(%error, "no more files can be opened than before");
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let ceilings = Ceilings::within(files);
    tracing::info!(files, connections = ceilings.all, per_address = ceilings.per_address, "room for connections");
    ceilings
}

/// How many connections there may be: the system has no bound of its own.
#[cfg(not(unix))]
pub(crate) fn ceilings() -> Ceilings {
    Ceilings::default()
}
