//! What a vendor's commands say when a key server does not do it.

use std::borrow::Cow;

use keyward::vendor::AdminError;
use keyward_ports::{Attempt, KeyServerError, Trouble};
use keyward_words::{CommandText, Message, Say as _};

use super::{Failure, Kind, Says, told};

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        let of = |kind, what: Message| Self { kind, about: None, says: vec![Says::Text(what)] };
        let silence = || Kind::NoAnswer("no-answer".into());
        match error {
            // No profile says whom a vendor's own commands believe.
            AdminError::Unreachable(Attempt { trouble: Trouble::Certificate, server, .. }) => {
                of(silence(), CommandText::CertificateUnbelieved { server }.message())
            }
            AdminError::Unreachable(attempt) => of(silence(), KeyServerError::Unreachable { attempts: vec![attempt] }.message()),
            AdminError::Silent(attempt) => of(silence(), CommandText::ServerSilent { attempt: attempt.message() }.message()),
            // The server says it in the language that it was asked in.
            AdminError::Rejected { server, status, code, detail, next, .. } => {
                let code = code.map_or_else(|| format!("status-{status}").into(), Cow::from);
                let by = Says::Text(CommandText::ByServer { server }.message());
                Self {
                    kind: Kind::Refused(code),
                    about: None,
                    says: vec![Says::Plain(sentence(&detail)), Says::Plain(sentence(&next)), by],
                }
            }
            AdminError::Unreadable { server, line, column } => {
                let at = |place: usize| u64::try_from(place).unwrap_or(u64::MAX);
                let what = CommandText::DoneButNotRead { server, line: at(line), column: at(column) };
                of(Kind::Failed("answer-not-read".into()), what.message())
            }
            other => Self::failed("answer-not-read", told(&other)),
        }
    }
}

/// What a server said, as a sentence among others: in English it may be a fragment.
fn sentence(said: &str) -> String {
    let mut letters = said.trim_end().chars();
    let mut sentence: String = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
    if !sentence.ends_with(['.', '!', '?', '。', ')']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_said_is_a_sentence() {
        for (said, sentence_of_it) in [
            ("the disk is full", "The disk is full."),
            ("There is no product cad.", "There is no product cad."),
            ("没有产品 cad。", "没有产品 cad。"),
            ("`keys list` shows them", "`keys list` shows them."),
            ("", "."),
        ] {
            assert_eq!(sentence(said), sentence_of_it);
        }
    }
}
