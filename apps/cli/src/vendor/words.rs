//! How things that are typed become words of the domain.

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use keyward::Timestamp;
use keyward_domain::document::Contact;
use keyward_domain::time::{BadDate, days, typed_end, typed_start};

/// One of a few words, which help and completions show.
pub(super) fn one_of<T>(all: &[T]) -> impl TypedValueParser<Value = T> + use<T>
where
    T: ToString + FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().map(ToString::to_string).collect::<Vec<_>>()).try_map(|word| word.parse())
}

/// A date on which something ends.
pub(super) fn end(text: &str) -> Result<Timestamp, BadDate> {
    typed_end(text)
}

/// A date on which something begins.
pub(super) fn start(text: &str) -> Result<Timestamp, BadDate> {
    typed_start(text)
}

/// The beginning of this day, as if its date had been typed: a clock that is a little fast makes nothing begin later than now.
pub(super) fn start_of(today: Timestamp) -> Timestamp {
    let date = today.to_string();
    date.get(..10).and_then(|date| typed_start(date).ok()).unwrap_or_else(|| keyward_domain::time::after(today, days(0)))
}

/// `none`, or how often and with how much grace: `30+14`.
pub(super) fn contact(text: &str) -> Result<Contact, String> {
    let bad = || format!("{text:?} is no contact; write none, or days and days of grace, such as 30+14");
    if text == "none" {
        return Ok(Contact::None);
    }
    let (days, grace) = text.split_once('+').ok_or_else(bad)?;
    match (days.parse(), grace.parse()) {
        (Ok(days @ 1..), Ok(grace)) => Ok(Contact::Every { days, grace }),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_none_or_days_and_grace() {
        assert_eq!(contact("none"), Ok(Contact::None));
        assert_eq!(contact("30+14"), Ok(Contact::Every { days: 30, grace: 14 }));
        for text in ["", "30", "0+3", "a+b", "30+"] {
            assert!(contact(text).expect_err("is no contact").contains("30+14"), "{text:?}");
        }
    }

    #[test]
    fn what_begins_today_has_begun_everywhere() {
        let noon: Timestamp = "2027-03-31T12:00:00Z".parse().expect("an instant");
        assert_eq!(Ok(start_of(noon)), typed_start("2027-03-31"));
    }
}
