//! Holding a seat while a command runs: its end ends it, signals are passed to it, and what becomes of the seat is told on stderr. A seat that
//! is lost never ends the command: whoever works goes on and saves.

use std::ffi::OsString;
use std::mem::discriminant;
use std::process::ExitCode;

use keyward::{Loss, Verdict};
use keyward_engine::license_manager::network::Network as Engine;
use keyward_words::{NetworkText, Words};
use tokio::process::{Child, Command};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Host;
use super::network::tell;
use crate::exit::Failure;

/// What a shell adds to the number of the signal that ended a command.
#[cfg(unix)]
const BY_SIGNAL: i32 = 128;

/// Runs a command while its user's seat is kept, and gives the seat back after it.
pub(super) async fn hold(host: &Host, network: &Engine, command: &[OsString], words: Words) -> Result<ExitCode, Failure> {
    // Before the command runs: a signal that comes at once is its own already.
    let started = Signals::heard().and_then(|signals| Ok((signals, start(command)?)));
    let ended = match started {
        Ok((signals, child)) => tokio::select! {
            ended = attend(child, signals) => ended,
            never = keep(host, network, words) => match never {},
        },
        Err(failure) => Err(failure),
    };
    // The seat is not ours any more, whatever becomes of giving it back: unheard, it is free when its lease ends.
    let left = network.leave().await;
    let code = ended?;
    if let Err(error) = left {
        // The result is the command's, whatever becomes of its seat.
        let _ = Failure::from(error).tell(words);
    }
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

/// Looks after the seat, and tells what becomes of it: when it is lost, when its lease is over, when the grace for it is used up.
async fn keep(host: &Host, network: &Engine, words: Words) -> std::convert::Infallible {
    let mut told = None;
    loop {
        let tended = network.beat().await;
        let standing = host.manager.standing();
        // A seat that is not wanted any more is not lost; what matters then is what the product runs on.
        let is_well = tended.loss.is_none() && !matches!(standing.verdict, Verdict::Stopped { .. });
        let news = (!is_well).then(|| (tended.loss, discriminant(&standing.verdict)));
        if news != told {
            match (tended.loss, &standing.verdict) {
                (Some(_), Verdict::Grace { flag }) => tell(&words.tell(flag)),
                (_, Verdict::Stopped { reason }) => tell(&words.tell(reason)),
                (Some(why), Verdict::Licensed { .. }) => match network.left().await {
                    Ok(Some(left)) => tell(&words.tell(&NetworkText::Lasts { why, left })),
                    // Something else speaks for the product.
                    Ok(None) | Err(_) => tell(&words.tell(&why)),
                },
                // A seat that its user left, or that a loan took the place of, is not kept again.
                (None, _) if matches!(network.left().await, Ok(Some(_))) => tell(&words.say(&NetworkText::Back)),
                (None, _) => {}
            }
            // It may be this host that keeps the seat from being looked after.
            if let Some(trouble) = network.trouble().filter(|it| tended.loss == Some(Loss::Silent) && !it.is_silence()) {
                tell(&words.tell(&*trouble));
            }
            told = news;
        }
        network.rest(tended.next).await;
    }
}

/// The signals that are passed to a command.
#[cfg(unix)]
struct Signals {
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on they do not end this program.
    fn heard() -> Result<Self, Failure> {
        let heard = |kind| signal(kind).map_err(|error| Failure::failed("signals", format!("this program cannot hear signals ({error})")));
        Ok(Self {
            hang_up: heard(SignalKind::hangup())?,
            interrupt: heard(SignalKind::interrupt())?,
            quit: heard(SignalKind::quit())?,
            terminate: heard(SignalKind::terminate())?,
        })
    }
}

/// Waits for a command, and passes it the signals that are sent to this program.
#[cfg(unix)]
async fn attend(mut child: Child, mut signals: Signals) -> Result<ExitCode, Failure> {
    use std::io::IsTerminal as _;
    use std::os::unix::process::ExitStatusExt as _;

    use rustix::process::{Pid, Signal, kill_process};

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
            _ = signals.hang_up.recv() => Some(Signal::HUP),
            _ = signals.terminate.recv() => Some(Signal::TERM),
            _ = signals.interrupt.recv() => (!from_terminal).then_some(Signal::INT),
            _ = signals.quit.recv() => (!from_terminal).then_some(Signal::QUIT),
        };
        if let (Some(pid), Some(signal)) = (pid, passed) {
            // It may have ended this very moment.
            let _ = kill_process(pid, signal);
        }
    }
}

/// The console sends a command what is typed itself.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn heard() -> Result<Self, Failure> {
        Ok(Self)
    }
}

/// Waits for a command; the console sends it what is typed itself.
#[cfg(not(unix))]
async fn attend(mut child: Child, _: Signals) -> Result<ExitCode, Failure> {
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
