//! Saying it, in one language.

use std::fmt;
use std::sync::LazyLock;

use fluent::concurrent::FluentBundle;
use fluent::{FluentArgs, FluentError, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use crate::label::Label;
use crate::message::{Join, Message, Part, Say, Value};

/// The words of one language. Small, and the same for everybody who asks for that language: copy it.
#[derive(Clone, Copy)]
pub struct Words(&'static Catalogue);

/// The texts of one language.
struct Catalogue {
    language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

pub(crate) const ENGLISH: &str = include_str!("../texts/en-US.ftl");
pub(crate) const CHINESE: &str = include_str!("../texts/zh-CN.ftl");

static EN_US: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read("en-US", ENGLISH));
static ZH_CN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read("zh-CN", CHINESE));

impl Words {
    /// The languages there are, English first.
    pub fn all() -> [Self; 2] {
        [Self(&EN_US), Self(&ZH_CN)]
    }

    /// The words for somebody who reads these languages, the dearest first. Tags are BCP 47 (`zh-Hans-CN`) or what Unix calls a locale
    /// (`zh_CN.UTF-8`); what cannot be read is passed over. Nobody is left without words: the last resort is English.
    pub fn for_languages<T: AsRef<str>>(wanted: &[T]) -> Self {
        let wanted: Vec<_> = wanted.iter().filter_map(|tag| identifier(tag.as_ref())).collect();
        let all = Self::all();
        let known: Vec<_> = all.iter().filter_map(|words| identifier(words.language())).collect();
        let best = negotiate_languages(&wanted, &known, None, NegotiationStrategy::Lookup).first().map(ToString::to_string);
        all.into_iter().find(|words| best.as_deref() == Some(words.language())).unwrap_or(all[0])
    }

    /// The words for a browser, by its `Accept-Language`. Weights (`;q=`) are obeyed.
    pub fn for_accept_language(header: &str) -> Self {
        let mut wanted: Vec<_> = header.split(',').filter_map(weighed).collect();
        wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        Self::for_languages(&wanted.into_iter().map(|(_, tag)| tag).collect::<Vec<_>>())
    }

    /// Which language it is, as a tag for `lang=` (`en-US`, `zh-CN`).
    pub fn language(self) -> &'static str {
        self.0.language
    }

    /// The text of a label.
    pub fn label(self, label: Label) -> String {
        self.say(&label)
    }

    /// The text: for what went wrong, the cause. A whole sentence, or a label without a full stop.
    pub fn say(self, what: &(impl Say + ?Sized)) -> String {
        let message = what.message();
        self.part(Part::Text, &message).unwrap_or_else(|| message.id.to_owned())
    }

    /// What to do next, as whole sentences, if there is anything to do.
    pub fn remedy(self, what: &(impl Say + ?Sized)) -> Option<String> {
        self.part(Part::Remedy, &what.message())
    }

    /// A word or two, for a cell of a table, if it has a title.
    pub fn title(self, what: &(impl Say + ?Sized)) -> Option<String> {
        self.part(Part::Title, &what.message())
    }

    /// Cause and remedy.
    pub fn tell(self, what: &(impl Say + ?Sized)) -> String {
        let message = what.message();
        let said = self.say(&message);
        match self.remedy(&message) {
            Some(remedy) => self.joined(Join::Sentences, &said, &remedy),
            None => said,
        }
    }

    /// Things on one line, with what the language puts between them.
    pub fn list(self, things: impl IntoIterator<Item = impl fmt::Display>) -> String {
        let mut things = things.into_iter().map(|thing| thing.to_string());
        let first = things.next().unwrap_or_default();
        things.fold(first, |before, next| self.joined(Join::List, &before, &next))
    }

    /// Sentences one after another, with what the language puts between them.
    pub fn sentences(self, said: impl IntoIterator<Item = impl fmt::Display>) -> String {
        let mut said = said.into_iter().map(|it| it.to_string());
        let first = said.next().unwrap_or_default();
        said.fold(first, |before, next| self.joined(Join::Sentences, &before, &next))
    }

    fn part(self, part: Part, message: &Message) -> Option<String> {
        // A text that fails to be filled in still says what it can; a test keeps that from happening.
        self.written(part, message, &mut Vec::new()).or_else(|| Self(&EN_US).written(part, message, &mut Vec::new()))
    }

    /// A part of a message, and what was wrong with it; none if this language has no such text.
    pub(crate) fn written(self, part: Part, message: &Message, errors: &mut Vec<FluentError>) -> Option<String> {
        let text = self.0.bundle.get_message(message.id)?;
        let pattern = match part.attribute() {
            None => text.value()?,
            Some(attribute) => text.get_attribute(attribute)?.value(),
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in &message.parameters {
            arguments.set(*name, self.filled(value));
        }
        Some(self.0.bundle.format_pattern(pattern, Some(&arguments), errors).into_owned())
    }

    fn filled(self, value: &Value) -> FluentValue<'static> {
        match value {
            Value::Text(text) => text.clone().into(),
            Value::Number(number) => (*number).into(),
            Value::Said { what, with } => {
                let mut said = what.iter().filter_map(|(part, message)| self.part(*part, message));
                let first = said.next().unwrap_or_default();
                said.fold(first, |before, next| self.joined(*with, &before, &next)).into()
            }
        }
    }

    fn joined(self, with: Join, before: &str, next: &str) -> String {
        let both = Message::new(with.id()).text("before", before).text("next", next);
        self.part(Part::Text, &both).unwrap_or_default()
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({})", self.language())
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.language() == other.language()
    }
}

impl Eq for Words {}

impl Catalogue {
    fn read(language: &'static str, texts: &str) -> Self {
        // What is wrong in a text costs that text alone; a test says that nothing is.
        let texts = FluentResource::try_new(texts.to_owned()).unwrap_or_else(|(read, _)| read);
        let mut bundle = FluentBundle::new_concurrent(identifier(language).into_iter().collect());
        // The marks that keep right-to-left text apart are noise in terminals, and neither language is written so.
        bundle.set_use_isolating(false);
        let _ = bundle.add_builtins();
        let _ = bundle.add_resource(texts);
        Self { language, bundle }
    }
}

/// Reads a tag: `zh-CN`, `zh_CN.UTF-8`, `ca_ES@valencia`.
fn identifier(tag: &str) -> Option<LanguageIdentifier> {
    tag.split(['.', '@']).next()?.trim().parse().ok()
}

/// One entry of `Accept-Language`, with its weight in thousandths; none if it is not wanted at all.
fn weighed(entry: &str) -> Option<(u16, &str)> {
    let mut parts = entry.split(';').map(str::trim);
    let tag = parts.next()?;
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>).ok()?;
    let thousandths = (weight.clamp(0.0, 1.0) * 1000.0) as u16;
    (thousandths > 0).then_some((thousandths, tag))
}
