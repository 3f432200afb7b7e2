//! What a process asked of the system, in the order in which it asked, read from what `strace -f -y -yy -o FILE` wrote. Pure.
//!
//! A call begins at the line that names it and returns at the line with its result, which is another one if calls of other threads came
//! between. What returned before another call began stands before it.

use std::collections::BTreeMap;
use std::path::Path;

/// A call of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// As `strace` writes them.
    pub(crate) arguments: String,
    /// The line at which it began.
    pub(crate) began: usize,
    /// The line at which it returned; none if it never did.
    pub(crate) returned: Option<usize>,
    /// What it returned, if that was a number of zero or more.
    pub(crate) result: Option<u64>,
}

impl Call {
    /// What its file descriptor stands for: a path, or `TCP:[HERE->THERE]`.
    pub(crate) fn target(&self) -> &str {
        let Some((number, rest)) = self.arguments.split_once('<') else { return "" };
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return "";
        }
        let end = [">,", ">)"].iter().filter_map(|end| rest.find(end)).min();
        &rest[..end.unwrap_or_else(|| rest.rfind('>').unwrap_or(rest.len()))]
    }

    /// The path or paths that stand in quotes.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        self.arguments.split('"').skip(1).step_by(2).map(Path::new).collect()
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    fn succeeded_before(&self, line: usize) -> bool {
        self.result.is_some() && self.returned.is_some_and(|returned| returned < line)
    }

    /// It writes to a file or a socket.
    pub(crate) fn is_write(&self) -> bool {
        self.is_one_of(&["write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg"])
    }

    fn is_sync(&self) -> bool {
        self.is_one_of(&["fsync", "fdatasync"])
    }

    /// It sends something to somebody connected over TCP.
    pub(crate) fn is_sending(&self) -> bool {
        self.is_write() && self.target().starts_with("TCP") && self.target().contains("->")
    }

    /// It gives a file another name.
    pub(crate) fn is_rename(&self) -> bool {
        self.is_one_of(&["rename", "renameat", "renameat2"])
    }
}

/// All calls, in the order in which they began.
pub(crate) fn calls(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, words) in text.lines().enumerate() {
        let Some((thread, words)) = words.split_once(' ') else { continue };
        let words = words.trim_start();
        if let Some(rest) = words.strip_prefix("<... ") {
            let Some(place) = open.remove(thread) else { continue };
            let rest = rest.split_once("resumed>").map_or("", |(_, rest)| rest);
            calls[place].returned = Some(line);
            calls[place].result = result(rest);
            calls[place].arguments.push_str(rest.rsplit_once(')').map_or(rest, |(arguments, _)| arguments));
            continue;
        }
        let Some((name, rest)) = words.split_once('(') else { continue };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let unfinished = rest.strip_suffix("<unfinished ...>");
        if unfinished.is_some() {
            open.insert(thread, calls.len());
        }
        let arguments =
            unfinished.unwrap_or_else(|| rest.rsplit_once(" = ").map_or(rest, |(arguments, _)| arguments.trim_end().trim_end_matches(')')));
        calls.push(Call {
            name: name.into(),
            arguments: arguments.into(),
            began: line,
            returned: unfinished.is_none().then_some(line),
            result: if unfinished.is_some() { None } else { result(rest) },
        });
    }
    calls
}

fn result(rest: &str) -> Option<u64> {
    let (_, result) = rest.rsplit_once(" = ")?;
    let end = result.find(|c: char| !c.is_ascii_digit()).unwrap_or(result.len());
    result[..end].parse().ok()
}

/// What came of watching a server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Answers before which the ledger was written and synced.
    pub(crate) sound: usize,
    /// What was sent while something written to the ledger was not on the disk, and why that is so.
    pub(crate) violations: Vec<String>,
}

/// It is about a ledger or a journal.
fn is_ledger(call: &Call) -> bool {
    let name = Path::new(call.target()).file_name();
    name.is_some_and(|name| ["ledger.db-wal", "ledger.db", "journal.db-wal", "journal.db"].iter().any(|it| name == *it))
}

/// Watches a server whose clients come one after the other: at the instant at which it begins to send anything to anybody, all that was
/// written to the ledger before has been synced, and each sync began after what it syncs was written. Where plain HTTP shows what is a
/// request to change something and what is its answer, something was written between the two.
pub(crate) fn one_after_the_other(calls: &[Call]) -> Watched {
    let mut watched = Watched::default();
    let mut asked = Asked::default();
    let mut sent = None;
    for sending in calls {
        asked.note(sending);
        if !sending.is_sending() {
            continue;
        }
        let mut newest: BTreeMap<&str, &Call> = BTreeMap::new();
        for write in calls.iter().filter(|call| call.is_write() && is_ledger(call) && call.began < sending.began) {
            newest.insert(write.target(), write);
        }
        let since = asked.answered(sending).or(sent);
        match newest.values().find(|write| !is_synced(calls, write, sending.began)) {
            Some(write) => watched.violations.push(violation(sending, write)),
            None if newest.values().any(|write| Some(write.began) > since) => watched.sound += 1,
            None if since != sent => watched.violations.push(nothing_written(sending)),
            None => {}
        }
        sent = Some(sending.began);
    }
    watched
}

/// Requests over plain HTTP that change something and have no answer yet, by connection: the line at which each had come.
#[derive(Default)]
struct Asked<'a>(BTreeMap<&'a str, usize>);

impl<'a> Asked<'a> {
    fn note(&mut self, call: &'a Call) {
        if call.is_one_of(&["recvfrom", "read", "readv"]) && call.arguments.contains("\"POST /v1/") {
            self.0.insert(call.target(), call.returned.unwrap_or(call.began));
        }
    }

    /// When the request came that this answers, if it begins an answer.
    fn answered(&mut self, sending: &Call) -> Option<usize> {
        if sending.is_sending() && sending.arguments.contains("HTTP/1.1 200") { self.0.remove(sending.target()) } else { None }
    }
}

/// Watches a server with many clients at once, over plain HTTP: between a request of the exchange and the answer to it on the same
/// connection, something was written to the ledger and then synced.
pub(crate) fn many_at_once(calls: &[Call]) -> Watched {
    let mut watched = Watched::default();
    let mut asked = Asked::default();
    for call in calls {
        asked.note(call);
        let Some(since) = asked.answered(call) else { continue };
        let written = |it: &&Call| it.is_write() && is_ledger(it) && it.began > since && it.began < call.began;
        match calls.iter().find(written) {
            None => watched.violations.push(nothing_written(call)),
            Some(_) if calls.iter().filter(written).any(|write| is_synced(calls, write, call.began)) => watched.sound += 1,
            Some(first) => watched.violations.push(violation(call, first)),
        }
    }
    watched
}

/// Whether a sync of the same file, which began after the write returned, returned well before a line.
fn is_synced(calls: &[Call], write: &Call, before: usize) -> bool {
    let Some(written) = write.returned.filter(|_| write.result.is_some()) else { return false };
    let covers = |sync: &Call| sync.is_sync() && sync.target() == write.target() && sync.began > written && sync.succeeded_before(before);
    calls.iter().any(covers)
}

fn nothing_written(sending: &Call) -> String {
    format!("line {}: an answer to {} before anything was written", sending.began + 1, sending.target())
}

fn violation(sending: &Call, write: &Call) -> String {
    format!(
        "line {}: sent to {} while what line {} wrote to {} was not synced",
        sending.began + 1,
        sending.target(),
        write.began + 1,
        Path::new(write.target()).file_name().unwrap_or_default().to_string_lossy()
    )
}

/// Watches a client: before it sends its first byte to anybody, each of these files got its name in this order, was synced before that,
/// and its folder after it. Gives what is wrong.
pub(crate) fn saved_before_sent(calls: &[Call], files: &[&Path]) -> Vec<String> {
    let Some(sending) = calls.iter().find(|call| call.is_sending()) else { return vec!["nothing was sent".into()] };
    let mut violations = Vec::new();
    let mut after = 0;
    for file in files {
        match saved(calls, file, after, sending.began) {
            Ok(line) => after = line,
            Err(why) => violations.push(format!("line {}: sent to {}, and {} {why}", sending.began + 1, sending.target(), file.display())),
        }
    }
    violations
}

/// The line at which a file was on the disk under its name, between two lines.
fn saved(calls: &[Call], file: &Path, after: usize, before: usize) -> Result<usize, &'static str> {
    let named =
        |call: &&Call| call.is_rename() && call.paths().last() == Some(&file) && call.began >= after && call.succeeded_before(before);
    let rename = calls.iter().find(named).ok_or("had not got its name")?;
    let fresh = rename.paths()[0].to_path_buf();
    let fresh = |call: &&Call| Path::new(call.target()) == fresh;
    let folder = |call: &&Call| Some(Path::new(call.target())) == file.parent();
    let written = calls.iter().rfind(|call| call.is_write() && fresh(call) && call.began < rename.began).ok_or("was not written")?;
    let content = |call: &&Call| call.is_sync() && fresh(call) && call.began > written.began && call.succeeded_before(rename.began);
    calls.iter().find(content).ok_or("was not synced before it got its name")?;
    let name = |call: &&Call| call.is_sync() && folder(call) && call.began > rename.began && call.succeeded_before(before);
    calls.iter().find(name).and_then(|sync| sync.returned).ok_or("has a name that was not synced")
}

#[cfg(test)]
mod tests;
