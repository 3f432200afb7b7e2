//! What is to be said, before anybody chose a language: the name of a text, and what is filled in.

use std::fmt;
use std::time::Duration;

use keyward_domain::time::Timestamp;

/// Something that can be said to a person.
pub trait Say {
    /// What is to be said.
    fn message(&self) -> Message;
}

/// A text of the catalogue and what is filled in. Only this crate makes one, so that there is none without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub(crate) id: &'static str,
    pub(crate) parameters: Vec<(&'static str, Value)>,
}

/// What is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A name, an instant, an address: the same in every language.
    Text(String),
    /// A number, with which words may have to agree.
    Number(u64),
    /// Other messages, said one after another.
    Said { what: Vec<(Part, Message)>, with: Join },
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The text itself: for what went wrong, the cause.
    Text,
    /// A word or two, for a cell of a table.
    Title,
    /// What to do next.
    Remedy,
}

/// What stands between several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// One thing after another.
    List,
    /// One or another.
    Choice,
    /// Clauses of one sentence.
    Clauses,
    /// Sentences.
    Sentences,
}

impl Say for Message {
    fn message(&self) -> Message {
        self.clone()
    }
}

impl<T: Say + ?Sized> Say for &T {
    fn message(&self) -> Message {
        (**self).message()
    }
}

impl Message {
    /// The text's name in the catalogue: stable, for logs and tests.
    pub fn id(&self) -> &'static str {
        self.id
    }

    pub(crate) fn new(id: &'static str) -> Self {
        Self { id, parameters: Vec::new() }
    }

    #[must_use]
    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.parameters.push((name, value));
        self
    }

    /// Fills in what is written the same in every language.
    #[must_use]
    pub(crate) fn text(self, name: &'static str, text: impl fmt::Display) -> Self {
        self.with(name, Value::Text(text.to_string()))
    }

    #[must_use]
    pub(crate) fn number(self, name: &'static str, number: impl Into<u64>) -> Self {
        self.with(name, Value::Number(number.into()))
    }

    #[must_use]
    pub(crate) fn instant(self, name: &'static str, at: Timestamp) -> Self {
        self.text(name, at)
    }

    /// Fills in a length of time: its two largest units.
    #[must_use]
    pub(crate) fn length(self, name: &'static str, length: Duration) -> Self {
        self.said(name, Part::Text, &Length(length))
    }

    /// Fills in a part of another message.
    #[must_use]
    pub(crate) fn said(self, name: &'static str, part: Part, what: &impl Say) -> Self {
        self.with(name, Value::Said { what: vec![(part, what.message())], with: Join::Sentences })
    }

    /// Fills in a part of several others.
    #[must_use]
    pub(crate) fn all(self, name: &'static str, part: Part, what: impl IntoIterator<Item = Self>, with: Join) -> Self {
        self.with(name, Value::Said { what: what.into_iter().map(|it| (part, it)).collect(), with })
    }

    /// Fills in names, one after another.
    #[must_use]
    pub(crate) fn names<T: fmt::Display>(self, name: &'static str, names: impl IntoIterator<Item = T>) -> Self {
        self.all(name, Part::Text, names.into_iter().map(Self::verbatim), Join::List)
    }

    /// The messages that are filled in.
    #[cfg(test)]
    pub(crate) fn within(&self) -> impl Iterator<Item = &(Part, Self)> {
        self.parameters.iter().flat_map(|(_, value)| match value {
            Value::Said { what, .. } => what.as_slice(),
            Value::Text(_) | Value::Number(_) => &[],
        })
    }

    /// What is written the same in every language, where a message is wanted.
    fn verbatim(text: impl fmt::Display) -> Self {
        Self::new(VERBATIM).text("text", text)
    }

    /// Something that has no text here yet, in its own words.
    pub(crate) fn untold(what: impl fmt::Display) -> Self {
        Self::new(UNTOLD).text("text", what)
    }
}

/// The message that only holds a text.
pub(crate) const VERBATIM: &str = "verbatim";

/// The message of what has no text here yet.
pub(crate) const UNTOLD: &str = "untold";

impl Join {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::List, Self::Choice, Self::Clauses, Self::Sentences];

    /// The text that holds `before` and `next` together.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::List => "join-list",
            Self::Choice => "join-choice",
            Self::Clauses => "join-clauses",
            Self::Sentences => "join-sentences",
        }
    }
}

impl Part {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Title, Self::Remedy];

    /// The attribute of the text that holds this part; none = the text itself.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::Title => Some("title"),
            Self::Remedy => Some("remedy"),
        }
    }
}

/// A length of time.
pub(crate) struct Length(pub(crate) Duration);

impl Say for Length {
    fn message(&self) -> Message {
        let minutes = self.0.as_secs() / 60;
        match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
            (0, 0, m) => Message::new("length-minutes").number("minutes", m),
            (0, h, m) => Message::new("length-hours").number("hours", h).number("minutes", m),
            (d, h, _) => Message::new("length-days").number("days", d).number("hours", h),
        }
    }
}
