//! Every command line that a guide shows can be typed: the programs' own grammars read each of them.
//!
//! What stands in a block of code is read as a whole; in a sentence a command may be shown without what it needs. Nothing is run.

use std::collections::BTreeMap;
use std::fs;

use clap::error::ErrorKind;
use keyward_suite::guides::{blocks, terminals};

use crate::docs::GUIDES;
use crate::workspace::root;

/// What guides write where a reader writes something of their own, and something of that kind.
const PLACEHOLDERS: &[(&str, &str)] = &[("DATE", "2027-03-31"), ("N", "1"), ("SHELL", "bash")];

/// Words before a command that are no part of it.
const SHELL_MARKS: &[&str] = &["&", "|", ">", "2>", "&&", ";"];

/// How much of a command a guide shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Whole,
    InASentence,
}

/// A guide's shorthand for commands: the name, and the words it stands for.
type Aliases = BTreeMap<String, Vec<String>>;

/// The words of a line of a shell, without its comment and from its first mark on nothing.
fn words_of(line: &str) -> Vec<String> {
    let words = shlex::split(line).unwrap_or_else(|| panic!("a shell can read {line:?}"));
    words.into_iter().take_while(|word| !SHELL_MARKS.contains(&word.as_str())).collect()
}

/// `alias NAME='WORDS'`, if the words are that.
fn alias(words: &[String]) -> Option<(String, Vec<String>)> {
    let [first, second] = words else { return None };
    let (name, meaning) = second.split_once('=').filter(|_| first == "alias")?;
    Some((name.into(), words_of(meaning)))
}

/// The words of one of our commands, with its shorthand written out; none if it is another program's.
fn ours(words: &[String], aliases: &Aliases) -> Option<Vec<String>> {
    let (first, rest) = words.split_first()?;
    let begun = aliases.get(first).cloned().unwrap_or_else(|| vec![first.clone()]);
    let is_ours = matches!(begun.first().map(String::as_str), Some("keyward" | "keywardd"));
    is_ours.then(|| begun.into_iter().chain(rest.iter().map(|word| filled_in(word))).collect())
}

/// `[--json]` may be typed, and `DATE` stands for a date.
fn filled_in(word: &str) -> String {
    let bare = word.trim_start_matches('[').trim_end_matches(']');
    PLACEHOLDERS.iter().find(|(placeholder, _)| *placeholder == bare).map_or(bare, |(_, example)| example).into()
}

/// What the grammar says against a command.
fn against(words: &[String], shown: Shown) -> Option<String> {
    // Only a build that simulates knows it.
    let mut played = words.to_vec();
    if let Some(at) = played.iter().position(|word| word == "--simulate") {
        played.drain(at..(at + 2).min(played.len()));
    }
    let grammar = if played.first().is_some_and(|program| program == "keyward") { keyward_cli::grammar() } else { keywardd::grammar() };
    let error = grammar.try_get_matches_from(&played).err()?;
    let is_fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            shown == Shown::InASentence
        }
        _ => false,
    };
    (!is_fine).then(|| format!("{}: {error}", words.join(" ")))
}

/// The commands of a guide, each with how much of it is shown.
fn commands(guide: &str) -> Vec<(Vec<String>, Shown)> {
    let typed = terminals(guide).into_iter().map(|it| it.command);
    let whole: Vec<_> = blocks(guide, "sh").into_iter().flatten().chain(typed).map(words_of).collect();
    let aliases: Aliases = whole.iter().filter_map(|words| alias(words)).collect();
    // Every second piece between backticks is code; a dash of dots stands for whatever may follow.
    let prose = guide.split("```").step_by(2);
    let code = prose.flat_map(|text| text.split('`').skip(1).step_by(2)).filter(|code| !code.contains("...") && !code.contains('\n'));
    let is_typed = |first: &str| ["keyward", "keywardd"].contains(&first) || aliases.contains_key(first);
    let sentences = code.filter(|code| code.split_once(' ').is_some_and(|(first, _)| is_typed(first))).map(words_of);
    let whole = whole.into_iter().map(|words| (words, Shown::Whole));
    let all = whole.chain(sentences.map(|words| (words, Shown::InASentence)));
    all.filter_map(|(words, shown)| Some((ours(&words, &aliases)?, shown))).collect()
}

#[test]
fn every_command_in_a_guide_can_be_typed() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for guide in GUIDES {
        let text = fs::read_to_string(root().join(guide)).unwrap_or_else(|error| panic!("{guide} can be read: {error}"));
        let commands = commands(&text);
        read += commands.len();
        wrong.extend(commands.iter().filter_map(|(words, shown)| against(words, *shown)).map(|what| format!("{guide}: {what}")));
    }
    assert!(read > 50, "the guides show commands, {read} were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_that_cannot_be_typed_is_noticed() {
    let guide = "```sh\nalias v='keyward vendor --server https://k --token-file t'   # F\nv lst\nls | keyward\n```\n\
        ```console\n$ v revoke\n$ v list > file\n$ keywardd key-server --data d --listen here &\n```\n\
        Type `v lts`, `keyward vendor revoke` and `keyward statsu`, `keyward status [--json]`, `keyward vendor ...` and `keyward return`.\n";
    let wrong: Vec<_> = commands(guide).iter().filter_map(|(words, shown)| against(words, *shown)).collect();
    let begin = ["keyward vendor --server https://k --token-file t lst:", "keyward vendor --server https://k --token-file t revoke:"];
    let in_sentences =
        ["keywardd key-server --data d --listen here:", "keyward vendor --server https://k --token-file t lts:", "keyward statsu:"];
    let begin = [&begin[..], &in_sentences].concat();
    assert_eq!(wrong.len(), begin.len(), "{wrong:?}");
    for (wrong, begin) in wrong.iter().zip(begin) {
        assert!(wrong.starts_with(begin), "{wrong}");
    }
}
