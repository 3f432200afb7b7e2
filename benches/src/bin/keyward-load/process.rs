//! A server in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::drive::cpu_of;

/// A server that runs, killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
}

impl Process {
    /// Starts a server and waits until it says where it listens, in its first line.
    pub(crate) fn serving(command: &mut Command) -> Result<Self> {
        let mut process = Self::beginning(command)?;
        process.listens()?;
        Ok(process)
    }

    /// Starts a server.
    pub(crate) fn beginning(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        Ok(Self { child: child.with_context(|| format!("could not start {}", program.display()))?, url: String::new() })
    }

    /// Waits until it says where it listens.
    pub(crate) fn listens(&mut self) -> Result<()> {
        let mut first = String::new();
        let out = self.child.stdout.take().context("the server's output was read already")?;
        BufReader::new(out).read_line(&mut first).context("could not read where the server listens")?;
        match first.trim().strip_prefix("listening on ") {
            Some(url) => self.url = url.into(),
            None => bail!("the server did not start; what it said stands above"),
        }
        Ok(())
    }

    /// The processor time it has used.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// The memory it has in use, in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).context("could not look at the server")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the server has no memory")?;
        let kib: u64 = resident.trim().trim_end_matches("kB").trim().parse().context("the server's memory is no number")?;
        Ok(kib * 1024)
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill().context("could not end the server")?;
        self.child.wait().context("could not wait for the server's end")?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
