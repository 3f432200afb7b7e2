//! Submitting a request: Activation and Return License (rows M3, M4).

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use keyward_domain::document::Kind;
use keyward_domain::seal::open_request;
use keyward_engine::portal::{Submitted, Tab, WrongFile};
use keyward_engine::{PortalError, Says};
use keyward_wire::{Paper, Unreadable};
use keyward_words::{Label, Notice, PortalText};

use super::Counter;
use super::answers::unkept;
use super::page::{Frame, Trouble, page};
use super::trouble::{NotTaken, failed};
use super::upload::{NoRequest, upload};
use super::visitor::Visitor;
use crate::metrics::Outcome;

#[derive(Template)]
#[template(path = "submit.html")]
struct Submit {
    frame: Frame,
    title: String,
    how: String,
    path: &'static str,
    trouble: Option<Trouble>,
}

pub(crate) async fn show_activation(visitor: Visitor) -> Response {
    form(&visitor, Tab::Activation, StatusCode::OK, None)
}

pub(crate) async fn show_return(visitor: Visitor) -> Response {
    form(&visitor, Tab::Return, StatusCode::OK, None)
}

pub(crate) async fn activation(counter: State<Arc<Counter>>, visitor: Visitor, body: Body) -> Response {
    submit(counter, visitor, Tab::Activation, body).await
}

pub(crate) async fn giving_back(counter: State<Arc<Counter>>, visitor: Visitor, body: Body) -> Response {
    submit(counter, visitor, Tab::Return, body).await
}

async fn submit(State(counter): State<Arc<Counter>>, visitor: Visitor, tab: Tab, body: Body) -> Response {
    let began = Instant::now();
    let (kind, served) = serve(&counter, &visitor, tab, body).await;
    let outcome = match &served {
        Ok(submitted) => Outcome::of_answer(Says::of(&submitted.answer.body)),
        Err(page) => Outcome::of_status(page.status().as_u16()),
    };
    counter.site.house.metrics.count(kind, outcome, began.elapsed());
    match served {
        // The page of an answer that is kept can be come back to.
        Ok(submitted) if submitted.remembered => Redirect::to(&format!("/portal/answers/{}", submitted.name)).into_response(),
        Ok(submitted) => unkept(visitor.frame().at(path(tab)), &submitted),
        Err(page) => page,
    }
}

async fn serve(counter: &Counter, visitor: &Visitor, tab: Tab, body: Body) -> (Option<Kind>, Result<Submitted, Response>) {
    let words = visitor.words;
    let again = |status, trouble| form(visitor, tab, status, Some(trouble));
    let not_taken = |why: NotTaken| (None, Err(why.on(|status, notice| again(status, Trouble::of(words, notice)))));
    let wrong_file = |wrong: &WrongFile| again(StatusCode::UNPROCESSABLE_ENTITY, Trouble::of(words, wrong).coded(wrong.code()));
    // Whatever can be said without the file is said before it is read.
    if visitor.is_sent_from_elsewhere() {
        return not_taken(Notice::FormIsOld.into());
    }
    if let Err(wait) = counter.site.house.gates.keys.pass(&visitor.visit.key()) {
        return not_taken(NotTaken::too_often(wait));
    }
    let upload = match upload(counter, &visitor.headers, body).await {
        Ok(upload) => upload,
        Err(why) => return not_taken(why),
    };
    if let Err(notice) = visitor.check(counter, &upload.form) {
        return not_taken(notice.into());
    }
    let envelope = match upload.request(counter).await {
        Ok(envelope) => envelope,
        Err(NoRequest::NotTaken(why)) => return not_taken(why),
        Err(NoRequest::Unreadable(Unreadable::OtherPaper { found: Paper::Answer, .. })) => {
            return (None, Err(wrong_file(&WrongFile::IsAnswer)));
        }
        Err(NoRequest::Unreadable(error)) => {
            return (None, Err(again(StatusCode::UNPROCESSABLE_ENTITY, Trouble::of(words, &error).coded(error.code()))));
        }
    };
    // What cannot be opened uses up nobody's limit.
    let request = match open_request(&envelope) {
        Ok(request) => request,
        Err(error) => return (None, Err(wrong_file(&error.into()))),
    };
    let kind = Some(request.ask.kind());
    if let Err(wait) = counter.site.house.gates.devices.pass(&request.device.id()) {
        return (kind, not_taken(NotTaken::too_often(wait)).1);
    }
    let submitted = counter.portal.submit(&visitor.visit, request, tab).await.map_err(|error| match error {
        PortalError::WrongFile(wrong) => wrong_file(&wrong),
        error => failed(visitor.frame().at(path(tab)), &error),
    });
    (kind, submitted)
}

fn form(visitor: &Visitor, tab: Tab, status: StatusCode, trouble: Option<Trouble>) -> Response {
    let (title, how) = match tab {
        Tab::Activation => (Label::Activation, Notice::HowToActivateByFile),
        Tab::Return => (Label::ReturnLicense, Notice::HowToReturnByFile),
    };
    let words = visitor.words;
    let frame = visitor.frame().at(path(tab));
    page(status, &Submit { frame, title: words.label(title), how: words.say(&how), path: path(tab), trouble })
}

fn path(tab: Tab) -> &'static str {
    match tab {
        Tab::Activation => "/portal/activation",
        Tab::Return => "/portal/return",
    }
}
