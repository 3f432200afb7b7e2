//! Holding a seat while a command runs: its end ends it, signals are passed to it, and what becomes of the seat is told on stderr. A seat that
//! is lost never ends the command: whoever works goes on and saves.

use std::ffi::OsString;
use std::process::ExitCode;

use keyward::Verdict;
use keyward_engine::license_manager::network::Network as Engine;
use keyward_words::{NetworkText, Words};
use tokio::process::{Child, Command};

use super::Host;
use super::network::tell;
use crate::exit::Failure;

/// What a shell adds to the number of the signal that ended a command.
#[cfg(unix)]
const BY_SIGNAL: i32 = 128;

/// Runs a command while its user's seat is kept, and gives the seat back after it.
pub(super) async fn hold(host: &Host, network: &Engine, command: &[OsString], words: Words) -> Result<ExitCode, Failure> {
    let ended = match start(command) {
        Ok(child) => tokio::select! {
            ended = attend(child) => ended,
            never = keep(host, network, words) => match never {},
        },
        Err(failure) => Err(failure),
    };
    // The seat is not ours any more, whatever becomes of giving it back: unheard, it is free when its lease ends.
    let left = network.leave().await;
    let code = ended?;
    left?;
    Ok(code)
}

fn start(command: &[OsString]) -> Result<Child, Failure> {
    let Some((name, arguments)) = command.split_first() else { return Err(Failure::usage("no command was given")) };
    Command::new(name)
        .args(arguments)
        .spawn()
        .map_err(|error| Failure::wrong(&NetworkText::NotStarted { command: name.to_string_lossy().into_owned(), why: error.to_string() }))
}

fn unseen(error: &std::io::Error) -> Failure {
    Failure::failed("command", format!("the end of the command cannot be seen ({error})"))
}

/// Looks after the seat, and tells what becomes of it.
async fn keep(host: &Host, network: &Engine, words: Words) -> std::convert::Infallible {
    let mut lost = None;
    loop {
        let tended = network.beat().await;
        if tended.loss != lost {
            match (tended.loss, &host.manager.standing().verdict) {
                (Some(_), Verdict::Grace { flag }) => tell(&words.tell(flag)),
                (Some(_), Verdict::Stopped { reason }) => tell(&words.tell(reason)),
                // The lease still lasts: what is wrong is told with the time that is left.
                (Some(loss), Verdict::Licensed { .. }) => tell(&words.tell(&loss)),
                (None, _) => tell(&words.say(&NetworkText::Back)),
            }
            lost = tended.loss;
        }
        host.ports.timer.wait(tended.next).await;
    }
}

/// Waits for a command, and passes it the signals that are sent to this program.
#[cfg(unix)]
async fn attend(mut child: Child) -> Result<ExitCode, Failure> {
    use std::io::IsTerminal as _;
    use std::os::unix::process::ExitStatusExt as _;

    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{SignalKind, signal};

    let deaf = |error: std::io::Error| Failure::failed("signals", format!("this program cannot hear signals ({error})"));
    let mut hang_up = signal(SignalKind::hangup()).map_err(deaf)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
    let mut quit = signal(SignalKind::quit()).map_err(deaf)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(deaf)?;
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    // A terminal sends these to the command itself.
    let from_terminal = std::io::stdin().is_terminal();
    loop {
        let passed = tokio::select! {
            status = child.wait() => {
                let status = status.map_err(|error| unseen(&error))?;
                let code = status.code().or_else(|| status.signal().map(|signal| BY_SIGNAL + signal));
                return Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from));
            }
            _ = hang_up.recv() => Some(Signal::HUP),
            _ = terminate.recv() => Some(Signal::TERM),
            _ = interrupt.recv() => (!from_terminal).then_some(Signal::INT),
            _ = quit.recv() => (!from_terminal).then_some(Signal::QUIT),
        };
        if let (Some(pid), Some(signal)) = (pid, passed) {
            // It may have ended this very moment.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Waits for a command; the console sends it what is typed itself.
#[cfg(not(unix))]
async fn attend(mut child: Child) -> Result<ExitCode, Failure> {
    loop {
        tokio::select! {
            status = child.wait() => {
                let code = status.map_err(|error| unseen(&error))?.code().and_then(|code| u8::try_from(code).ok());
                return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
            }
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}
