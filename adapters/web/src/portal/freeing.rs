//! Freeing the slot of a lost device: asked for with the license key, done by the owner's link (row A2).

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use keyward_domain::names::{ActivationId, HostName};
use keyward_engine::PortalError;
use keyward_engine::portal::{Freeing, OwnersLink};
use keyward_ports::Letter;
use keyward_words::{Label, Notice, PortalText, Words};

use super::Counter;
use super::page::{Frame, Instant, Trouble, page};
use super::trouble::failed;
use super::upload::{self, Field};
use super::visitor::{Guest, Visitor, is_own};
use crate::failure;

/// So many characters of a host's name stand in a letter.
const MOST_IN_LETTER: usize = 64;

/// What would be freed, and the button for it.
#[derive(Template)]
#[template(path = "freeing.html")]
struct FreeingPage {
    frame: Frame,
    path: String,
    mark: String,
    what_happens: String,
    product: String,
    key: String,
    host: String,
    seen: Instant,
    spent: String,
    refused: Option<Trouble>,
    button: String,
    /// Why the button does not free it yet.
    remark: Option<String>,
}

/// What was done.
#[derive(Template)]
#[template(path = "done.html")]
struct Done {
    frame: Frame,
    says: Trouble,
}

/// What a visitor is told before they ask the owner.
pub(crate) async fn show_lost(State(counter): State<Arc<Counter>>, visitor: Visitor, Path(activation): Path<String>) -> Response {
    let frame = visitor.frame();
    let lost = match activation.parse::<ActivationId>() {
        Ok(activation) => counter.portal.lost(&visitor.visit, &activation).await,
        Err(_) => Err(PortalError::NoSlot),
    };
    match lost {
        Ok(freeing) => {
            let remark = frame.text(&PortalText::OwnerConfirms);
            let button = frame.text(&PortalText::SendLink);
            let mark = frame.mark().to_owned();
            let lost = FreeingPage::of(frame, format!("/portal/lost/{activation}"), mark, &freeing, button);
            page(StatusCode::OK, &FreeingPage { remark: Some(remark), ..lost })
        }
        Err(error) => failed(frame, &error),
    }
}

/// Has the link sent.
pub(crate) async fn ask(State(counter): State<Arc<Counter>>, visitor: Visitor, Path(activation): Path<String>, body: Body) -> Response {
    let form = upload::form(&counter, body).await;
    if let Err(why) = form.and_then(|fields| Ok(visitor.check(&counter, fields.get(Field::Form))?)) {
        return why.page(visitor.frame());
    }
    let words = visitor.words;
    let write = |to, link: &OwnersLink| {
        let product = link.freeing.product.to_string();
        let text = words.say(&PortalText::Letter {
            product: product.clone(),
            host: quoted(&link.freeing.slot.host),
            key: key(&link.freeing),
            link: format!("{}/portal/owner/{}", counter.base, link.token),
            until: link.until,
        });
        Letter { to, subject: words.say(&PortalText::LetterSubject { product }).into(), text: (text + "\n").into() }
    };
    let asked = match activation.parse::<ActivationId>() {
        Ok(activation) => counter.portal.ask_to_free(&visitor.visit, &activation, write).await,
        Err(_) => Err(PortalError::NoSlot),
    };
    match asked {
        Ok(asked) => {
            if let Some(error) = asked.unsent {
                failure::log(&error);
            }
            Redirect::to("/portal/link-sent").into_response()
        }
        Err(error) => failed(visitor.frame(), &error),
    }
}

/// The same whether or not there is an owner on record, or a way to write to them.
pub(crate) async fn link_sent(visitor: Visitor) -> Response {
    let says = Trouble::of(visitor.words, &Notice::LinkSent);
    page(StatusCode::OK, &Done { frame: visitor.frame(), says })
}

/// What the owner is told before they free the slot. Nothing happens yet: programs that look at mail open links, too.
pub(crate) async fn show_link(State(counter): State<Arc<Counter>>, guest: Guest, Path(token): Path<String>) -> Response {
    let frame = Frame::outside(guest.words);
    match counter.portal.freeing(&token).await {
        Ok(freeing) => {
            let button = frame.label(&Label::FreeSlot);
            let mark = counter.portal.form(&token);
            page(StatusCode::OK, &FreeingPage::of(frame, format!("/portal/owner/{token}"), mark, &freeing, button))
        }
        Err(error) => failed(frame, &error),
    }
}

/// Frees the slot.
pub(crate) async fn free(State(counter): State<Arc<Counter>>, guest: Guest, Path(token): Path<String>, body: Body) -> Response {
    let frame = Frame::outside(guest.words);
    let form = upload::form(&counter, body).await;
    if let Err(why) = form.and_then(|fields| Ok(is_own(&counter, &guest.headers, &token, fields.get(Field::Form))?)) {
        return why.page(frame);
    }
    match counter.portal.free(&token).await {
        Ok(freed) => {
            let says = Trouble::of(frame.words, &Notice::SlotFreed { host: freed.slot.host.to_string() });
            page(StatusCode::OK, &Done { frame, says })
        }
        Err(error) => failed(frame, &error),
    }
}

impl FreeingPage {
    fn of(frame: Frame, path: String, mark: String, freeing: &Freeing, button: String) -> Self {
        let words: Words = frame.words;
        let budget = freeing.terms.transfers;
        let spent = u64::try_from(freeing.spent).unwrap_or(u64::MAX);
        let spent = PortalText::TransfersSpent { spent, times: budget.times.into(), days: budget.days.into() };
        let host = freeing.slot.host.to_string();
        Self {
            path,
            mark,
            what_happens: words.say(&Notice::FreeingASlot { host: host.clone() }),
            product: freeing.product.to_string(),
            key: key(freeing),
            host,
            seen: Instant::of(freeing.slot.seen),
            spent: words.say(&spent),
            refused: freeing.refused.as_ref().map(|refusal| Trouble::of(words, refusal).coded(refusal.code())),
            button,
            remark: None,
            frame,
        }
    }
}

/// A host's name in a letter: a claim, which may be anything, so it stands in quotation marks and is not long.
fn quoted(host: &HostName) -> String {
    format!("{:?}", host.as_str().chars().take(MOST_IN_LETTER).collect::<String>())
}

fn key(freeing: &Freeing) -> String {
    freeing.last_five.as_ref().map(ToString::to_string).unwrap_or_default()
}
