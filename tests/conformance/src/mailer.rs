//! What a mailer promises.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use keyward_ports::{Letter, Mailer, MailerError};

use crate::samples::name;
use crate::{AsyncCase, async_cases};

/// A mailer, and what those who deliver its letters have of them.
pub trait MailerSubject: Sync {
    /// The mailer.
    fn open(&self) -> Arc<dyn Mailer>;

    /// The letters that were handed over, in any order.
    fn letters(&self) -> Vec<Letter>;

    /// From now on nothing can be handed over.
    fn block(&self);

    /// Everything that is left of letters, handed over or not.
    fn traces(&self) -> usize;
}

/// The promises of [`Mailer`].
pub const CASES: &[AsyncCase<dyn MailerSubject>] = async_cases![
    a_letter_is_handed_over_whole_and_unchanged,
    a_letter_that_is_sent_twice_is_handed_over_twice,
    a_line_break_in_a_subject_makes_no_header,
    what_cannot_be_handed_over_is_an_error_and_nothing_is_left_of_it,
];

fn letter(subject: &str, text: &str) -> Letter {
    Letter { to: name("ada@example.com"), subject: subject.into(), text: text.into() }
}

fn send<'a>(subject: &dyn MailerSubject, letter: &'a Letter) -> BoxFuture<'a, Result<(), MailerError>> {
    let mailer = subject.open();
    Box::pin(async move { mailer.send(letter).await })
}

async fn a_letter_is_handed_over_whole_and_unchanged(subject: &dyn MailerSubject) {
    let link = format!("https://licenses.example.com/portal/owner/{}", "a~B-_".repeat(60));
    for text in ["Hello.\n", "", "释放许可席位 – für Ihr Büro\n", &format!("First.\n\n.\nFrom here:\n{link}\n--\n=41 =\n")] {
        let sent = letter("释放席位 – a slot is freed, and a subject may be long enough to be folded over several lines", text);
        send(subject, &sent).await.unwrap_or_else(|error| panic!("{text:?} was not sent: {error}"));
        let found = subject.letters();
        let same = |it: &Letter| it.subject == sent.subject && it.to == sent.to && it.text.trim_end() == sent.text.trim_end();
        assert!(found.iter().any(same), "{sent:?} is not in {found:?}");
    }
}

async fn a_letter_that_is_sent_twice_is_handed_over_twice(subject: &dyn MailerSubject) {
    for times in 1..=2 {
        send(subject, &letter("Again", "The same.\n")).await.unwrap_or_else(|error| panic!("it was not sent: {error}"));
        assert_eq!((subject.letters().len(), subject.traces()), (times, times));
    }
}

async fn a_line_break_in_a_subject_makes_no_header(subject: &dyn MailerSubject) {
    let sent = letter("A slot\r\nBcc: eve@example.com\n\nNo text", "The text.\n");
    send(subject, &sent).await.unwrap_or_else(|error| panic!("it was not sent: {error}"));
    let found = subject.letters();
    let words: Vec<_> = found[0].subject.split_whitespace().collect();
    assert_eq!(words.join(" "), "A slot Bcc: eve@example.com No text");
    assert_eq!((found[0].to.as_str(), found[0].text.trim_end()), ("ada@example.com", "The text."));
}

async fn what_cannot_be_handed_over_is_an_error_and_nothing_is_left_of_it(subject: &dyn MailerSubject) {
    subject.block();
    let sent = send(subject, &letter("A slot", "Hello.\n")).await;
    assert!(matches!(sent, Err(MailerError::Storage { .. })), "{sent:?}");
    assert_eq!(subject.traces(), 0);
}
