//! Submitting a request: Activation and Return License (rows M3, M4).

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use keyward_engine::PortalError;
use keyward_engine::portal::{Tab, WrongFile};
use keyward_wire::{Paper, Unreadable};
use keyward_words::{Label, Notice, PortalText};

use super::Counter;
use super::answers::unkept;
use super::page::{Frame, Trouble, page};
use super::trouble::failed;
use super::upload::{NoRequest, upload};
use super::visitor::Visitor;
use crate::gates::seconds;

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
    let words = visitor.words;
    let again = |status, trouble| form(&visitor, tab, status, Some(trouble));
    let noticed = |status, notice: &Notice| again(status, Trouble::of(words, notice));
    let upload = match upload(&counter, &visitor.headers, body).await {
        Ok(upload) => upload,
        Err(notice @ Notice::FileTooLarge { .. }) => return noticed(StatusCode::PAYLOAD_TOO_LARGE, &notice),
        Err(notice) => return noticed(StatusCode::BAD_REQUEST, &notice),
    };
    if let Err(notice) = visitor.check(&counter, &upload.form) {
        return noticed(StatusCode::FORBIDDEN, &notice);
    }
    if let Err(wait) = counter.site.gates.keys.pass(&visitor.visit.key()) {
        return noticed(StatusCode::TOO_MANY_REQUESTS, &Notice::TooOften { seconds: u64::from(seconds(wait).get()) });
    }
    let envelope = match upload.request(&counter).await {
        Ok(envelope) => envelope,
        Err(NoRequest::Notice(notice)) => return noticed(StatusCode::UNPROCESSABLE_ENTITY, &notice),
        Err(NoRequest::Unreadable(Unreadable::OtherPaper { found: Paper::Answer, .. })) => {
            let wrong = WrongFile::IsAnswer;
            return again(StatusCode::UNPROCESSABLE_ENTITY, Trouble::of(words, &wrong).coded(wrong.code()));
        }
        Err(NoRequest::Unreadable(error)) => {
            return again(StatusCode::UNPROCESSABLE_ENTITY, Trouble::of(words, &error).coded(error.code()));
        }
    };
    match counter.portal.submit(&visitor.visit, &envelope, tab).await {
        // The page of an answer that is kept can be come back to.
        Ok(submitted) if submitted.remembered => Redirect::to(&format!("/portal/answers/{}", submitted.name)).into_response(),
        Ok(submitted) => unkept(visitor.frame().at(path(tab)), &submitted),
        Err(PortalError::WrongFile(wrong)) => again(StatusCode::UNPROCESSABLE_ENTITY, Trouble::of(words, &wrong).coded(wrong.code())),
        Err(error) => failed(visitor.frame().at(path(tab)), &error),
    }
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
