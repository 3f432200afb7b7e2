mod samples;
mod texts;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use keyward_domain::refusal::Refusal;
use keyward_domain::standing::{Flag, Status};
use keyward_domain::time::days;
use keyward_ports::{FileExchangeError, KeyServerError, Trouble};
use keyward_wire::Unreadable;

use self::samples::{Group, Remedy, all, at, attempt, holders, name, notices, within};
use self::texts::{Texts, read};
use crate::message::{Join, Message, UNTOLD, VERBATIM};
use crate::words::{CHINESE, ENGLISH};
use crate::{Label, Notice, Words};

fn english() -> Words {
    Words::all()[0]
}

fn chinese() -> Words {
    Words::all()[1]
}

fn both() -> [(Words, Texts); 2] {
    [(english(), read("en-US", ENGLISH)), (chinese(), read("zh-CN", CHINESE))]
}

/// A message and every message in it.
fn unfolded(message: &Message) -> Vec<Message> {
    std::iter::once(message.clone()).chain(message.within().flat_map(|(_, it)| unfolded(it))).collect()
}

/// Everything that can be said, alone or within something else.
fn everything() -> Vec<Message> {
    let samples: Vec<_> = all().into_iter().flat_map(|group| group.said).map(|(_, message)| message).collect();
    let joins = Join::ALL.map(|join| Message::new(join.id()).text("before", "a").text("next", "b"));
    samples.iter().flat_map(unfolded).chain(within().iter().flat_map(unfolded).filter(|it| it.id != "names")).chain(joins).collect()
}

/// The variants of an enum, as its source has them.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(source)).expect("the source can be read");
    let body = text.split_once(&format!("pub enum {name} {{\n")).unwrap_or_else(|| panic!("{source} has no {name}")).1;
    let body = body.split_once("\n}").expect("the enum ends").0;
    let lines = body.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    lines.map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

#[test]
fn there_is_a_sample_of_every_variant() {
    for Group { name, source, said, .. } in all() {
        let sampled: BTreeSet<_> = said.into_iter().map(|(variant, _)| variant).collect();
        if let Some(source) = source {
            assert_eq!(sampled, variants(source, name), "{name} in {source}");
        }
        assert!(!sampled.is_empty(), "{name}");
    }
}

/// What stands between marks in a source.
fn between(source: &str, before: &str, after: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(source)).expect("the source can be read");
    let ends = text.split(before).skip(1).filter_map(|rest| rest.split_once(after));
    ends.map(|(it, _)| it.to_owned()).filter(|it| !it.contains(['"', '\n'])).collect()
}

#[test]
fn whatever_the_log_has_of_a_license_is_told_to_customers_or_left_out() {
    let console = "ports/driving/src/console.rs";
    let mut acts = between("domain/src/entitlement/decide.rs", "now, \"", "\")");
    acts.extend(between("domain/src/entitlement/decide.rs", "happened: \"", "\","));
    acts.extend(between(console, "self.change(id, actor, \"", "\","));
    acts.extend(between(console, ".change(id, actor, \"", "\","));
    acts.extend(between(console, "self.entry(actor, \"", "\", Some(id)"));
    acts.extend(between("ports/driving/src/portal/freeing.rs", "act: \"", "\".into()"));
    acts.extend(between("ports/driving/src/portal/freeing.rs", "ASKED: &str = \"", "\";"));
    let brought = "ports/driving/src/console/brought.rs";
    acts.extend(between(brought, "(\"answered", "\".into()").into_iter().map(|act| format!("answered{act}")));
    let known: BTreeSet<_> = crate::portal::HAPPENED.iter().map(|(act, _)| (*act).to_owned()).collect();
    assert_eq!(acts, known);
    assert_eq!(between(brought, "format!(\"", "{code}"), BTreeSet::from([crate::portal::REFUSED.0.to_owned()]));
}

#[test]
fn both_languages_say_everything_and_leave_nothing_open() {
    for message in everything() {
        for (words, texts) in both() {
            let (id, language) = (message.id, words.language());
            let text = texts.get(id).unwrap_or_else(|| panic!("{language} has no text {id}"));
            for part in text.keys() {
                let mut errors = Vec::new();
                let said = words.written(*part, &message, &mut errors).unwrap_or_default();
                assert!(errors.is_empty(), "{language}: {id} {part:?}: {errors:?}");
                assert!(!said.trim().is_empty(), "{language}: {id} {part:?} is empty");
                assert!(!said.contains(['{', '}', '\u{2068}', '\u{2069}']), "{language}: {id} {part:?}: {said}");
                assert!(!said.contains("  "), "{language}: {id} {part:?}: {said}");
            }
        }
    }
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_parts_and_parameters() {
    let [(_, english), (_, chinese)] = both();
    assert_eq!(english.keys().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>());
    for (id, parts) in &english {
        assert_eq!(Some(parts), chinese.get(id), "{id}");
    }
}

#[test]
fn no_text_is_there_for_nothing_and_no_parameter_is_left_unsaid() {
    let said: BTreeSet<_> = everything().iter().map(|message| message.id.to_owned()).collect();
    for (words, texts) in both() {
        let written: BTreeSet<_> = texts.keys().cloned().collect();
        let idle: Vec<_> = written.difference(&said).collect();
        assert!(idle.is_empty(), "{}: nobody says {idle:?}", words.language());
        for message in everything() {
            let wanted: BTreeSet<_> = texts[message.id].values().flatten().map(String::as_str).collect();
            let given: BTreeSet<_> = message.parameters.iter().map(|(name, _)| *name).collect();
            assert_eq!(wanted, given, "{}: {}", words.language(), message.id);
        }
    }
}

/// Promise 10, in words.
#[test]
fn whatever_went_wrong_has_a_cause_and_a_remedy_in_whole_sentences() {
    for Group { name, remedy, said, .. } in all() {
        for (variant, message) in said {
            for (words, end) in [(english(), '.'), (chinese(), '。')] {
                let (cause, what_to_do) = (words.say(&message), words.remedy(&message));
                match remedy {
                    Remedy::Each => assert!(what_to_do.is_some(), "{name}::{variant} leaves one alone"),
                    Remedy::None => assert_eq!(what_to_do, None, "{name}::{variant}"),
                    Remedy::Some => {}
                }
                if remedy == Remedy::Each && name != "Trouble" {
                    assert!(cause.ends_with(end), "{name}::{variant}: {cause}");
                }
                let sentence = what_to_do.is_none_or(|it| it.ends_with(end) && it != cause);
                assert!(sentence, "{name}::{variant}: {:?}", words.remedy(&message));
                assert!(!cause.contains("session") && !cause.contains(".."), "{name}::{variant}: {cause}");
            }
        }
    }
}

#[test]
fn every_state_flag_and_reason_has_a_title_for_its_cell() {
    for Group { name, said, .. } in all().into_iter().filter(|it| ["Status", "Flag", "Reason", "RevocationReason"].contains(&it.name)) {
        for (variant, message) in said {
            for words in Words::all() {
                let title = words.title(&message).unwrap_or_default();
                assert!(!title.is_empty() && !title.ends_with(['.', '。']), "{name}::{variant}: {title:?}");
            }
        }
    }
}

/// The titles are those that programs, guides and tests of the domain go by.
#[test]
fn the_english_titles_of_flags_are_the_domains() {
    let flags =
        [Flag::Unverified { until: at() }, Flag::HostChanged { left: days(1) }, Flag::ClockSuspect { left: days(1) }, Flag::RestoredCopy];
    for flag in flags {
        assert_eq!(english().title(&flag).as_deref(), Some(flag.title()));
    }
}

/// No text says less than the domain's own English: whatever is filled in there is filled in here.
#[test]
fn the_texts_name_what_the_domain_names() {
    let refusal = Refusal::NoActivationLeft { activations: 2, holders: holders(&["host-a", "host-b"]) };
    let said = english().say(&refusal);
    assert_eq!(said, "All 2 activations are in use: host-a since 2027-03-31T12:00:00Z, host-b since 2027-03-31T12:00:00Z.");
    assert_eq!(said.trim_end_matches('.').to_lowercase(), refusal.to_string().to_lowercase());
    let spent = Refusal::MovesSpent { next: Some(at()), moves: 3, days: 90 };
    assert_eq!(english().tell(&spent).to_lowercase(), format!("{spent}. {}.", spent.remedy()).to_lowercase());
}

#[test]
fn no_chinese_text_is_english() {
    for message in everything().iter().filter(|it| it.id != VERBATIM && it.id != UNTOLD) {
        let said = chinese().say(message);
        let characters = message.id.starts_with("join-") || said.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(characters || message.id == "attempt", "{}: {said}", message.id);
    }
}

#[test]
fn chinese_texts_have_no_half_width_punctuation_beside_chinese_characters() {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for line in CHINESE.lines().filter(|line| !line.starts_with('#')) {
        let letters: Vec<char> = line.chars().collect();
        let wrong = letters.windows(2).any(|it| han(it[0]) && ",;:()?!".contains(it[1]) || ",;:()?!".contains(it[0]) && han(it[1]));
        assert!(!wrong, "{line}");
    }
}

#[test]
fn numbers_and_their_words_agree() {
    let left = |words: Words, days| words.say(&Notice::TrialLeft { days });
    assert_eq!(left(english(), 0), "Trial will expire in 0 days.");
    assert_eq!(left(english(), 1), "Trial will expire in 1 day.");
    assert_eq!(left(english(), 30), "Trial will expire in 30 days.");
    assert_eq!(left(chinese(), 1), "试用期还剩 1 天。");
    assert_eq!(english().say(&Notice::TrialLeftUntil { days: 1, until: at() }), "Trial will expire in 1 day, at 2027-03-31T12:00:00Z.");
    let once = Refusal::MovesSpent { next: Some(at()), moves: 1, days: 1 };
    assert_eq!(english().say(&once), "This license moved once within 1 day, which is the most.");
}

#[test]
fn the_place_of_a_typo_is_said_in_both_languages() {
    let group = all().into_iter().find(|it| it.name == "LicenseKeyError").expect("slips");
    let said = |variant: &str, words: Words| -> Vec<String> {
        group.said.iter().filter(|(it, _)| it == variant).map(|(_, message)| words.say(message)).collect()
    };
    assert_eq!(said("LetterU", english()), ["The 1st character of group 1 is a U, which no license key contains."]);
    assert_eq!(said("LetterU", chinese()), ["第 1 组的第 1 个字符是 U，而许可证密钥中不含 U。"]);
    assert_eq!(
        said("Swapped", english()),
        [
            "The 2nd and 3rd characters of group 1 look swapped.",
            "The 5th character of group 1 and the 1st character of group 2 look swapped."
        ]
    );
    assert_eq!(said("Swapped", chinese())[0], "第 1 组的第 2 个和第 3 个字符似乎颠倒了。");
}

#[test]
fn each_server_is_named_and_each_remedy_is_said_once() {
    let two = KeyServerError::Unreachable {
        attempts: vec![attempt("a:1", None, Trouble::NoConnection), attempt("b:2", Some("p:3"), Trouble::NoConnection)],
    };
    assert_eq!(
        english().tell(&two),
        "No key server could be reached: a:1: nothing answers there; b:2 through proxy p:3: nothing answers there. \
         Check that the server runs and that a firewall lets it through."
    );
    assert_eq!(
        chinese().tell(&two),
        "无法连接任何激活服务器：a:1：该处没有应答；b:2（经由代理 p:3）：该处没有应答。请检查服务器是否正在运行，以及防火墙是否放行。"
    );
}

#[test]
fn a_refused_return_says_why_and_that_it_can_be_asked_again() {
    let status = Status::Returning { refused: Some(Refusal::UnknownActivation) };
    assert_eq!(english().title(&status).as_deref(), Some("Returning (refused)"));
    assert_eq!(
        english().tell(&status),
        "It is off on this host, but its return was refused. The key server knows no such activation of this host. \
         Activate again with the license key. Then return it again."
    );
}

#[test]
fn things_are_listed_as_the_language_lists_them() {
    assert_eq!(english().list(["Professional", "Standard"]), "Professional, Standard");
    assert_eq!(chinese().list(["Professional", "Standard", "Plus"]), "Professional、Standard、Plus");
    assert_eq!(chinese().list([""; 0]), "");
}

#[test]
fn nothing_that_is_known_here_speaks_for_itself() {
    for Group { name, said, .. } in all() {
        assert!(said.iter().all(|(_, message)| message.id != UNTOLD), "{name} has something without a text");
    }
}

/// A file that was brought is called wrong for the same reason, whoever read it.
#[test]
fn a_file_without_a_code_of_its_own_still_says_why() {
    let why = "something that came later";
    let later = FileExchangeError::Unreadable { file: "a.xml".into(), code: "some-day", why: why.into() };
    assert!(english().say(&later).contains(why));
    for known in [Unreadable::WebPage, Unreadable::Wrapped, Unreadable::CutShort, Unreadable::NoCode, Unreadable::PartsMixed] {
        let error = FileExchangeError::Unreadable { file: "a.xml".into(), code: known.code(), why: known.to_string() };
        assert!(english().say(&error).ends_with(&english().say(&known)) && english().remedy(&error) == english().remedy(&known), "{known}");
    }
}

#[test]
fn what_is_not_known_here_speaks_for_itself() {
    let new = Message::untold("something that came later");
    assert_eq!(chinese().tell(&new), "something that came later");
}

#[test]
fn names_are_shown_as_they_are() {
    let odd = Refusal::OtherProduct { product: name("a.b_c-d") };
    assert_eq!(english().say(&odd), "This license key is for the product a.b_c-d.");
    let holder = Refusal::NoActivationLeft { activations: 1, holders: holders(&["{ $since } -> ‘x’"]) };
    assert!(english().say(&holder).contains("{ $since } -> ‘x’ since 2027"), "{}", english().say(&holder));
}

#[test]
fn everybody_gets_a_language() {
    for (wanted, given) in [
        (&["zh-CN", "en-US"][..], "zh-CN"),
        (&["zh"], "zh-CN"),
        (&["zh-Hans"], "zh-CN"),
        (&["zh-Hans-SG"], "zh-CN"),
        (&["zh-TW"], "zh-CN"),
        (&["zh_CN.UTF-8"], "zh-CN"),
        (&["en-GB", "zh-CN"], "en-US"),
        (&["en"], "en-US"),
        (&["de-DE", "zh-CN"], "zh-CN"),
        (&["C"], "en-US"),
        (&["de_DE@euro", "nonsense here", ""], "en-US"),
        (&[], "en-US"),
    ] {
        assert_eq!(Words::for_languages(wanted).language(), given, "{wanted:?}");
    }
}

#[test]
fn a_browser_gets_what_it_likes_best() {
    for (header, given) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en;q=0.5, zh-CN;q=0.8", "zh-CN"),
        ("zh;q=0, en", "en-US"),
        ("fr-CH, fr;q=0.9, *;q=0.1", "en-US"),
        ("zh-CN;q=often", "en-US"),
        ("", "en-US"),
    ] {
        assert_eq!(Words::for_accept_language(header).language(), given, "{header}");
    }
}

#[test]
fn words_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Copy + 'static>(_: T) {}
    shared(english());
}

/// Every text, filled in, to be read by a person. `KEYWARD_BLESS=1` writes the files anew.
#[test]
fn all_texts_can_be_read_in_one_file_for_each_language() {
    for words in Words::all() {
        let mut page = String::new();
        for Group { name, said, .. } in all() {
            writeln!(page, "# {name}").expect("memory");
            for (variant, message) in said {
                let title = words.title(&message).map(|it| format!(" [{it}]")).unwrap_or_default();
                writeln!(page, "{variant}{title}: {}", words.say(&message)).expect("memory");
                if let Some(remedy) = words.remedy(&message) {
                    writeln!(page, "    -> {remedy}").expect("memory");
                }
            }
            page.push('\n');
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{}.txt", words.language()));
        if std::env::var_os("KEYWARD_BLESS").is_some_and(|it| it == "1") {
            std::fs::write(&path, &page).expect("the file can be written");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(golden == page, "{} is not what is said now:\n{page}", path.display());
    }
}

#[test]
fn no_label_reads_as_another_that_stands_beside_it() {
    for words in Words::all() {
        let mut tabs = BTreeSet::new();
        for label in [Label::LicenseManagement, Label::Activation, Label::ReturnLicense] {
            assert!(tabs.insert(words.label(label)), "{label:?}");
        }
        assert!(Label::ALL.iter().all(|label| !words.label(*label).ends_with(['.', '。'])));
    }
    assert_eq!(notices().len(), notices().iter().map(|it| english().tell(it)).collect::<BTreeSet<_>>().len());
}
