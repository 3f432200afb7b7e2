//! What no source file may say: tests do not sleep, no test is ignored, nothing is left open.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::workspace::root;

/// Forbidden words and the files they are forbidden in. Written in halves, so that this file does not say them itself.
const FORBIDDEN: &[(&str, Where)] = &[
    (concat!("thread::", "sleep"), Where::Tests),
    (concat!("time::", "sleep"), Where::Tests),
    (concat!("#[", "ignore"), Where::Anywhere),
    (concat!("to", "do!("), Where::Anywhere),
    (concat!("unimplem", "ented!("), Where::Anywhere),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    /// Files with a folder `tests` above them.
    Tests,
}

/// Every forbidden word of `text`, with its line. Comments may say what they like.
fn forbidden_words(path: &Path, text: &str) -> Vec<String> {
    let is_test = path.iter().any(|folder| folder == "tests");
    let applies = |place| place == Where::Anywhere || is_test;
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(index, line)| {
        let said = FORBIDDEN.iter().filter(move |(word, place)| applies(*place) && line.contains(word));
        said.map(move |(word, _)| format!("{}:{} says `{word}`", path.display(), index + 1))
    })
    .collect()
}

/// Every `.rs` file below `folder`, relative to the root; built and hidden folders apart.
fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = folder.join(&name);
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.as_encoded_bytes().starts_with(b".") {
                found.extend(rust_files(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

#[test]
fn no_source_file_says_a_forbidden_word() {
    let files = rust_files(Path::new("")).expect("the tree can be walked");
    assert!(files.iter().any(|file| file.ends_with("domain/src/lib.rs")), "the walk saw the domain");
    let said: Vec<String> = files
        .iter()
        .flat_map(|file| forbidden_words(file, &fs::read_to_string(root().join(file)).expect("a source file is text")))
        .collect();
    assert_eq!(said, [""; 0]);
}

#[test]
fn each_forbidden_word_is_found_where_it_is_forbidden() {
    for (word, place) in FORBIDDEN {
        let text = format!("fn it_waits() {{\n    {word}\n}}\n");
        let in_a_test = forbidden_words(Path::new("tests/suite/tests/stories.rs"), &text);
        assert_eq!(in_a_test, [format!("tests/suite/tests/stories.rs:2 says `{word}`")]);
        let elsewhere = forbidden_words(Path::new("adapters/host/src/lib.rs"), &text);
        assert_eq!(elsewhere.is_empty(), *place == Where::Tests, "{word}");
        let in_a_comment = format!("// never {word}\n");
        assert_eq!(forbidden_words(Path::new("adapters/web/tests/it.rs"), &in_a_comment), [""; 0]);
    }
}
