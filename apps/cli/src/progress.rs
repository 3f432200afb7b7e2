//! Waiting for an act: its steps go to stderr while somebody is looking (row O1).

use std::future::Future;
use std::io::{IsTerminal as _, Write as _};

use keyward::Step;
use keyward_words::Words;

use crate::exit::Failure;

/// Waits for something that talks to a server.
pub(crate) fn wait<T, E>(act: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
where
    Failure: From<E>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed("network", format!("this program cannot wait for the network ({error}); close other programs")))?;
    Ok(runtime.block_on(act)?)
}

/// Tells the steps of an act to whoever looks at the terminal.
pub(crate) fn steps(words: Words) -> impl Fn(Step) + Send + Sync {
    let watched = std::io::stderr().is_terminal();
    move |step| {
        if watched {
            let _ = writeln!(std::io::stderr(), "- {}", words.say(&step));
        }
    }
}
