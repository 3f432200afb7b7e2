//! What surrounds every page, and small things that pages show.

use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response as HttpResponse, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_domain::time::{Timestamp, Window};
use keyward_words::{Label, PortalText, Say, Words};

use crate::failure::Failure;

/// What surrounds a page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) words: Words,
    /// The mark of the visitor's forms; none = nobody is logged in.
    pub(crate) form: Option<String>,
    /// The tab that is open.
    pub(crate) here: Option<&'static str>,
}

impl Frame {
    /// For somebody who is not logged in.
    pub(crate) fn outside(words: Words) -> Self {
        Self { words, form: None, here: None }
    }

    pub(crate) fn visiting(words: Words, form: &str) -> Self {
        Self { words, form: Some(form.into()), here: None }
    }

    pub(crate) fn at(self, here: &'static str) -> Self {
        Self { here: Some(here), ..self }
    }

    /// The tabs: where they lead, what they are called, and whether one is open.
    pub(crate) fn tabs(&self) -> [(&'static str, String, bool); 3] {
        let tabs = [
            ("/portal/licenses", Label::LicenseManagement),
            ("/portal/activation", Label::Activation),
            ("/portal/return", Label::ReturnLicense),
        ];
        tabs.map(|(path, label)| (path, self.words.label(label), self.here == Some(path)))
    }

    /// The other languages, each in its own words.
    pub(crate) fn languages(&self) -> Vec<(&'static str, String, bool)> {
        Words::all().into_iter().map(|it| (it.language(), it.label(Label::ThisLanguage), it == self.words)).collect()
    }

    /// A text of the portal.
    pub(crate) fn text(&self, text: &PortalText) -> String {
        self.words.say(text)
    }

    /// A label.
    pub(crate) fn label(&self, label: &Label) -> String {
        self.words.label(*label)
    }

    /// The mark of the visitor's forms.
    pub(crate) fn mark(&self) -> &str {
        self.form.as_deref().unwrap_or_default()
    }
}

/// Something that went wrong, in a box above the page.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) cause: String,
    pub(crate) remedy: Option<String>,
    pub(crate) code: Option<&'static str>,
}

impl Trouble {
    pub(crate) fn of(words: Words, what: &impl Say) -> Self {
        Self { cause: words.say(what), remedy: words.remedy(what), code: None }
    }

    pub(crate) fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }
}

/// An instant, for programs and for people.
#[derive(Debug, Clone)]
pub(crate) struct Instant {
    pub(crate) exact: String,
    pub(crate) shown: String,
}

impl Instant {
    pub(crate) fn of(at: Timestamp) -> Self {
        Self { exact: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), shown: at.strftime("%Y-%m-%d %H:%M UTC").to_string() }
    }
}

/// From when until when.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    pub(crate) from: Instant,
    pub(crate) until: Option<Instant>,
}

impl Period {
    pub(crate) fn of(window: Window) -> Self {
        Self { from: Instant::of(window.from), until: window.until.map(Instant::of) }
    }
}

/// A page with a status.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    let Ok(html) = template.render() else { return Failure::internal().into_response() };
    let mut response = HttpResponse::new(Body::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
