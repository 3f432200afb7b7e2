//! License Management: the table of row M5, with devices and history.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyward_domain::entitlement::{Allowance, Terms};
use keyward_engine::portal::{LicenseState, Table, Who};
use keyward_words::{Label, Notice, PortalText, Words};

use super::Counter;
use super::page::{Frame, Instant, Period, page};
use super::trouble::failed;
use super::visitor::Visitor;

#[derive(Template)]
#[template(path = "licenses.html")]
struct Licenses {
    frame: Frame,
    product: String,
    key: String,
    in_use: Option<String>,
    /// What stands in every row.
    sold: Sold,
    rows: Vec<Row>,
    more_devices: Option<usize>,
    history: Vec<Line>,
    older: Option<u64>,
}

/// What was sold, in cells.
struct Sold {
    product: String,
    encryption_type: String,
    license_type: String,
    languages: String,
    period: Period,
    state: String,
    works: bool,
}

struct Row {
    host: String,
    seen: Instant,
    answer: Option<String>,
    lost: String,
}

struct Line {
    at: Instant,
    what: String,
    who: String,
    host: String,
    answer: Option<String>,
}

/// The page. `from=` begins at a device, `before=` at a line of the history.
pub(crate) async fn show(State(counter): State<Arc<Counter>>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let frame = visitor.frame().at("/portal/licenses");
    let query = query.unwrap_or_default();
    let asked = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name).and_then(|(_, it)| it.parse().ok());
    let from = asked("from").and_then(|from: u64| usize::try_from(from).ok()).unwrap_or_default();
    let portal = &counter.portal;
    let (table, history) = match (portal.table(&visitor.visit, from).await, portal.history(&visitor.visit, asked("before")).await) {
        (Ok(table), Ok(history)) => (table, history),
        (Err(error), _) | (_, Err(error)) => return failed(frame, &error),
    };
    let words = frame.words;
    let lines = history.lines.into_iter().map(|line| Line {
        at: Instant::of(line.at),
        what: words.say(&PortalText::Happened(line.act)),
        who: words.say(&who(line.who)),
        host: line.host.map(|host| host.to_string()).unwrap_or_default(),
        answer: line.answer.map(|name| format!("/portal/answers/{name}")),
    });
    let rows = table.rows.iter().map(|row| Row {
        host: row.slot.host.to_string(),
        seen: Instant::of(row.slot.seen),
        answer: row.answer.map(|name| format!("/portal/answers/{name}")),
        lost: format!("/portal/lost/{}", row.slot.activation),
    });
    let licenses = Licenses {
        product: table.product.to_string(),
        key: table.last_five.as_ref().map(ToString::to_string).unwrap_or_default(),
        in_use: in_use(words, &table),
        sold: Sold::of(words, &table),
        rows: rows.collect(),
        more_devices: table.next,
        history: lines.collect(),
        older: history.next,
        frame,
    };
    page(StatusCode::OK, &licenses)
}

impl Sold {
    fn of(words: Words, table: &Table) -> Self {
        let Terms { editions, key_type, tenure, .. } = &table.terms;
        let state = match table.state {
            LicenseState::Enabled => Label::Valid,
            LicenseState::NotBegun => Label::NotYetValid,
            LicenseState::Expired => Label::Expired,
            LicenseState::Revoked => Label::Revoked,
        };
        Self {
            product: format!("{} {}", table.product, joined(editions)),
            encryption_type: words.say(key_type),
            license_type: words.say(&tenure.kind),
            languages: joined(&table.languages),
            period: Period::of(tenure.window),
            state: words.label(state),
            works: table.state == LicenseState::Enabled,
        }
    }
}

fn in_use(words: Words, table: &Table) -> Option<String> {
    match table.terms.allowance {
        Allowance::Activations(most) => {
            let used = u64::try_from(table.held).unwrap_or(u64::MAX);
            Some(words.say(&Notice::ActivationsInUse { used, most: most.into() }))
        }
        // A pool's seats are told by its license server.
        Allowance::Seats { .. } => None,
    }
}

fn who(who: Who) -> PortalText {
    match who {
        Who::Device => PortalText::TheDevice,
        Who::KeyHolder => PortalText::AKeyHolder,
        Who::Owner => PortalText::TheOwner,
        Who::Vendor => PortalText::TheVendor,
    }
}

fn joined<'a, T: std::fmt::Display + 'a>(names: impl IntoIterator<Item = &'a T>) -> String {
    names.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
