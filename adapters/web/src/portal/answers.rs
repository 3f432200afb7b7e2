//! Answers: their pages, as files and as codes.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64;
use keyward_domain::document::{self, Kind};
use keyward_domain::names::{HostName, ProductId};
use keyward_domain::seal::{Digest, Statement};
use keyward_engine::console::Verdict;
use keyward_engine::portal::{KeptAnswer, Submitted};
use keyward_engine::{PortalError, answer_file, portal};
use keyward_wire::{pictures, qr, xml};
use keyward_words::{Label, Notice, PortalText, Words};

use super::Counter;
use super::page::{Frame, Instant, Period, Trouble, page};
use super::trouble::{NotTaken, failed};
use super::upload::{self, Field};
use super::visitor::Visitor;

/// The side of a code's picture, in pixels: as few as there can be, because the page draws it as large as there is room, and no more white
/// around it than a code needs.
const SIDE: u32 = 1;

/// In a form: a return was asked for.
const RETURN: &str = "return";

/// The page of an answer.
#[derive(Template)]
#[template(path = "answer.html")]
struct AnswerPage {
    frame: Frame,
    title: String,
    says: Trouble,
    facts: Vec<(String, String)>,
    period: Option<Period>,
    issued: Instant,
    /// Where it is kept; none = it is not, and the page brings it along.
    kept: Option<String>,
    /// The answer itself, where it is not kept.
    carried: String,
    /// What was asked, as the page brings it along.
    asked: &'static str,
    /// The codes it crosses in, and what they are called.
    codes: Vec<(u64, String)>,
}

/// The page of a kept answer.
pub(crate) async fn show(State(counter): State<Arc<Counter>>, visitor: Visitor, Path(name): Path<String>) -> Response {
    let frame = visitor.frame();
    match kept(&counter, &visitor, &name).await {
        Ok(kept) => {
            let says = says(frame.words, &kept.answer.body, kept.host.as_ref());
            let texts = qr::write_answer(&kept.statement).unwrap_or_default();
            let of = texts.len() as u64;
            let codes = (1..=of).map(|number| (number, frame.text(&PortalText::CodeOf { number, of }))).collect();
            let facts = facts(frame.words, &kept.product_name, kept.host.as_ref());
            let period = match &kept.answer.body {
                document::Body::Certificate(it) => Some(Period::of(it.window)),
                document::Body::Delegation(it) => Some(Period::of(it.window)),
                document::Body::Receipt(_) | document::Body::Revocation(_) | document::Body::Refusal(_) => None,
            };
            let issued = Instant::of(kept.answer.issued);
            let title = frame.text(&PortalText::YourAnswer);
            let kept = Some(format!("/portal/answers/{}", kept.name));
            page(StatusCode::OK, &AnswerPage { frame, title, says, facts, period, issued, kept, carried: String::new(), asked: "", codes })
        }
        Err(error) => failed(frame, &error),
    }
}

/// The page of an answer that is not kept: a no, or what was said before.
pub(crate) fn unkept(frame: Frame, submitted: &Submitted) -> Response {
    let words = frame.words;
    let (says, title) = match &submitted.answer.body {
        document::Body::Refusal(refusal) => (Trouble::of(words, refusal).coded(refusal.code()), PortalText::Refused),
        body => (says(words, body, Some(&submitted.host)), PortalText::YourAnswer),
    };
    let answer = AnswerPage {
        title: frame.text(&title),
        facts: facts(words, &submitted.product_name, Some(&submitted.host)),
        period: None,
        issued: Instant::of(submitted.answer.issued),
        kept: None,
        carried: BASE64.encode(submitted.statement.bytes()),
        asked: if submitted.asked == Kind::Return { RETURN } else { "" },
        codes: Vec::new(),
        says,
        frame,
    };
    page(StatusCode::OK, &answer)
}

/// A kept answer, as an XML file.
pub(crate) async fn file(State(counter): State<Arc<Counter>>, visitor: Visitor, Path(name): Path<String>) -> Response {
    match kept(&counter, &visitor, &name).await {
        Ok(KeptAnswer { statement, answer, host, product, .. }) => {
            let asked = if matches!(answer.body, document::Body::Receipt(_)) { Kind::Return } else { Kind::Activate };
            download(&statement, &answer, asked, &product, host.as_ref())
        }
        Err(error) => failed(visitor.frame(), &error),
    }
}

/// A kept answer's code, as a picture.
pub(crate) async fn code(State(counter): State<Arc<Counter>>, visitor: Visitor, Path((name, number)): Path<(String, usize)>) -> Response {
    let kept = match kept(&counter, &visitor, &name).await {
        Ok(kept) => kept,
        Err(error) => return failed(visitor.frame(), &error),
    };
    let texts = qr::write_answer(&kept.statement).unwrap_or_default();
    let drawn = number.checked_sub(1).and_then(|place| texts.get(place)).and_then(|text| pictures::png(text, SIDE).ok());
    match drawn {
        Some(png) => ([(CONTENT_TYPE, "image/png")], png).into_response(),
        None => NotTaken::from(Notice::NoSuchPage).page(visitor.frame()),
    }
}

/// An answer that is not kept, as an XML file: the page brings it back, and only what this server signed is taken.
pub(crate) async fn refusal(State(counter): State<Arc<Counter>>, visitor: Visitor, body: Body) -> Response {
    let fields = match upload::form(&counter, body).await {
        Ok(fields) => fields,
        Err(why) => return why.page(visitor.frame()),
    };
    if let Err(notice) = visitor.check(&counter, fields.get(Field::Form)) {
        return NotTaken::from(notice).page(visitor.frame());
    }
    let asked = if fields.get(Field::Asked) == RETURN { Kind::Return } else { Kind::Activate };
    let bytes = BASE64.decode(fields.get(Field::Refusal).as_bytes()).unwrap_or_default();
    match counter.portal.own_answer(&visitor.visit, bytes).await {
        Ok(portal::OwnAnswer { statement, answer, product }) => download(&statement, &answer, asked, &product, None),
        Err(error) => failed(visitor.frame(), &error),
    }
}

async fn kept(counter: &Counter, visitor: &Visitor, name: &str) -> Result<KeptAnswer, PortalError> {
    let name: Digest = name.parse().map_err(|_| PortalError::NoAnswer)?;
    counter.portal.answer(&visitor.visit, &name).await
}

/// The file, under the name that the guides give it. What its summary says comes from what was signed.
fn download(statement: &Statement, answer: &document::Answer, asked: Kind, product: &ProductId, host: Option<&HostName>) -> Response {
    let name = format!("attachment; filename=\"{}\"", answer_file::name(product, answer.issued, asked));
    let summary = answer_file::summary(product, host, &Verdict::of(&answer.body), answer.issued);
    let summary: Vec<_> = summary.iter().map(|(word, what)| (*word, what.as_str())).collect();
    let file = xml::write_answer(statement, &summary);
    ([(CONTENT_TYPE, "application/xml"), (CONTENT_DISPOSITION, name.as_str())], file).into_response()
}

fn says(words: Words, body: &document::Body, host: Option<&HostName>) -> Trouble {
    let text = match body {
        document::Body::Certificate(_) | document::Body::Delegation(_) => PortalText::Grants { host: host.map(ToString::to_string) },
        document::Body::Receipt(_) => PortalText::Confirms,
        document::Body::Revocation(_) => PortalText::TakesAway,
        document::Body::Refusal(refusal) => return Trouble::of(words, refusal).coded(refusal.code()),
    };
    Trouble::of(words, &text)
}

fn facts(words: Words, product: &str, host: Option<&HostName>) -> Vec<(String, String)> {
    let mut facts = vec![(words.label(Label::Product), product.to_string())];
    facts.extend(host.map(|host| (words.label(Label::Device), host.to_string())));
    facts
}
