//! What a license server and its clients say to each other besides signed documents, and what its administrators read and send.
//!
//! Beats, tickets, offers and views have serde forms of their own in the domain and travel as they are. A signed answer travels inside as it
//! is kept, to the byte.

use keyward_domain::document::{Place, Ticket};
use keyward_domain::keys::PublicKey;
use keyward_domain::names::EntitlementId;
use keyward_domain::pool::{Acted, Fact, Lifeline, Offer, Overview, PulseHeard, Release, Seat, Whose};
use keyward_domain::seal::{Keyward, Statement};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Who a license server is: `GET`, an introduction out. The only thing that is asked of a stranger.
pub const SERVER_PATH: &str = "/v1/server";
/// Where seats are checked out (`POST`, an envelope in) and listed (`GET`).
pub const SEATS_PATH: &str = "/v1/seats";
/// Where seats are kept: `POST`, a beat in.
pub const BEATS_PATH: &str = "/v1/beats";
/// Where places in the queue are kept: `POST`, a [`Queued`] in.
pub const QUEUE_PATH: &str = "/v1/queue";
/// What the paths of a license server's administration begin with.
pub const POOL_PATH: &str = "/v1/pool";

/// The media type of a license server's introduction.
pub const INTRODUCTION: &str = "application/vnd.keyward.introduction+json";

/// No introduction, answer to a beat or answer to a check-out is longer than a document with something around it: 320 KiB.
pub const MOST_BYTES: usize = keyward_domain::seal::MOST_BYTES + 64 * 1024;
/// No list of offers is longer: 8 MiB.
pub const MOST_LIST_BYTES: usize = 8 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct CheckedOut<'a> {
    #[serde(borrow)]
    reply: &'a RawValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifeline: Option<Lifeline>,
}

#[derive(Serialize, Deserialize)]
struct Beaten<'a> {
    pulse: PulseHeard,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    fresh: Option<&'a RawValue>,
}

fn raw(statement: &Statement) -> Result<&RawValue, serde_json::Error> {
    serde_json::from_slice(statement.bytes())
}

fn statement(raw: &RawValue) -> Statement {
    Statement::new(Keyward::NAME, raw.get().as_bytes())
}

/// Writes the answer to a check-out: the signed answer, and how the lease in it is kept.
pub fn write_checked_out(reply: &Statement, lifeline: Option<&Lifeline>) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&CheckedOut { reply: raw(reply)?, lifeline: lifeline.cloned() })
}

/// Reads the answer to a check-out, believing nothing in it.
pub fn read_checked_out(bytes: &[u8]) -> Result<(Statement, Option<Lifeline>), serde_json::Error> {
    let CheckedOut { reply, lifeline } = serde_json::from_slice(bytes)?;
    Ok((statement(reply), lifeline))
}

/// Writes the answer to a beat: what became of the seat, and the fresh lease if there is one.
pub fn write_beaten(pulse: PulseHeard, fresh: Option<&Statement>) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Beaten { pulse, fresh: fresh.map(raw).transpose()? })
}

/// Reads the answer to a beat, believing nothing in it.
pub fn read_beaten(bytes: &[u8]) -> Result<(PulseHeard, Option<Statement>), serde_json::Error> {
    let Beaten { pulse, fresh } = serde_json::from_slice(bytes)?;
    Ok((pulse, fresh.map(statement)))
}

/// Keeps a place in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queued {
    /// The ticket that the full pool gave.
    pub ticket: Ticket,
}

/// What a license server offers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offers {
    /// Its licenses.
    pub licenses: Vec<Offer>,
}

/// A license server as its administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolStatus {
    /// Its key.
    pub server: PublicKey,
    /// Another computer counts with a copy of its data, or these were put back from a backup: the vendor's next answer decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copied: bool,
    /// Its pools.
    pub pools: Vec<PoolLine>,
}

/// One pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolLine {
    /// At a glance.
    #[serde(flatten)]
    pub overview: Overview,
    /// Who has what, in the order it was taken.
    pub holders: Vec<Seat>,
}

/// Takes a lease or a loan away (row B3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSeat {
    /// Of which license; none = the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<EntitlementId>,
    /// Its place in the journal.
    pub place: Place,
    /// From when on others can have it.
    pub how: Release,
}

/// Accepts a loan as back that was given back by file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptReturn {
    /// Of which license; none = the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<EntitlementId>,
    /// Its place in the journal.
    pub place: Place,
}

/// Says that no loan is out which a restored server does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptRestore {
    /// Of which license; none = the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<EntitlementId>,
}

/// What came of an administrator's act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolActed {
    /// In one word.
    pub came: Acted,
}

/// What happened in a pool, newest first. `next` says where the next page begins; a page without it is the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolLog {
    /// The lines.
    pub lines: Vec<PoolLogLine>,
    /// To be given as `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A fact and its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolLogLine {
    /// Rises with every fact.
    pub position: u64,
    /// The fact.
    pub fact: Fact,
    /// Whose seat it is about, if it is about one and the journal still says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<Whose>,
}
