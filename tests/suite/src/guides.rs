//! The guides as their readers see them: what is typed, and what comes back.

/// A command in a guide's picture of a terminal.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed<'a> {
    /// What stands behind the prompt.
    pub command: &'a str,
    /// The lines below it.
    pub said: Vec<&'a str>,
}

/// A guide's blocks of code in a language, line by line.
pub fn blocks<'a>(guide: &'a str, language: &str) -> Vec<Vec<&'a str>> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Vec<&str>)> = None;
    for line in guide.lines() {
        open = match (open, line.strip_prefix("```")) {
            (None, Some(begun)) => Some((begun, Vec::new())),
            (None, None) => None,
            (Some((written_in, lines)), Some(_)) => {
                blocks.extend((written_in == language).then_some(lines));
                None
            }
            (Some((written_in, mut lines)), None) => {
                lines.push(line);
                Some((written_in, lines))
            }
        };
    }
    blocks
}

/// What was typed into a guide's terminals (blocks of `console`), in order.
pub fn terminals(guide: &str) -> Vec<Typed<'_>> {
    let mut typed: Vec<Typed<'_>> = Vec::new();
    for block in blocks(guide, "console") {
        let before = typed.len();
        for line in block {
            match line.strip_prefix("$ ") {
                Some(command) => typed.push(Typed { command, said: Vec::new() }),
                // Lines before the first prompt belong to nothing.
                None => typed[before..].last_mut().into_iter().for_each(|it| it.said.push(line)),
            }
        }
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_read_as_commands_and_what_they_said() {
        let guide =
            "Text\n```console\nlost\n$ one\na\nb\n$ two\n```\n$ no terminal\n```sh\n$ another language\n```\n```console\n$ three\nc\n```\n";
        let typed = |command, said: &[&'static str]| Typed { command, said: said.to_vec() };
        assert_eq!(terminals(guide), [typed("one", &["a", "b"]), typed("two", &[]), typed("three", &["c"])]);
        assert_eq!(blocks(guide, "sh"), [["$ another language"]]);
    }
}
