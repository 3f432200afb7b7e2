use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;
use crate::testing::{contents, entropy};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder of its own")
}

fn vault(dir: &TempDir) -> FileVault {
    FileVault::new(dir.path().join("vault"), entropy())
}

/// A vault saved this often; the count of its contents is the number of its generation.
fn saved(dir: &TempDir, times: u64) -> FileVault {
    let vault = vault(dir);
    let lead = vault.lead().expect("nobody leads");
    for count in 1..=times {
        vault.save(&lead, &contents(count)).expect("it is saved");
    }
    vault
}

fn count(vault: &FileVault) -> Result<Option<u64>, VaultError> {
    Ok(vault.load()?.map(|contents| contents.count))
}

fn put(vault: &FileVault, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(vault.path(name), bytes).expect("the file is written");
}

fn bytes(vault: &FileVault, name: &str) -> Vec<u8> {
    fs::read(vault.path(name)).expect("the file is there")
}

fn names(vault: &FileVault) -> Vec<String> {
    let entries = fs::read_dir(&vault.dir).expect("the folder is there");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_was_saved_is_loaded_and_every_save_raises_the_generation() {
    let dir = folder();
    let vault = vault(&dir);
    assert_eq!(count(&vault).expect("no vault is no error"), None);
    assert_eq!(vault.generation().expect("it has a number"), 0);
    let lead = vault.lead().expect("nobody leads");
    for n in 1..=3 {
        vault.save(&lead, &contents(n)).expect("it is saved");
        assert_eq!(vault.load().expect("it is whole"), Some(contents(n)));
        assert_eq!(vault.generation().expect("it has a number"), n);
    }
    assert_eq!(vault.notes(), Vec::<String>::new());
    assert_eq!(names(&vault), [CURRENT, KEY, LOCK, PREVIOUS]);
}

#[test]
fn whatever_step_a_save_dies_at_a_whole_generation_is_loaded_and_saving_goes_on() {
    type Step = fn(&FileVault, &[u8]);
    let begun: Step = |vault, new| put(vault, ".vault.json-a1b2c3.new", &new[..new.len() / 2]);
    let written: Step = |vault, new| put(vault, ".vault.json-a1b2c3.new", new);
    let linked: Step = |vault, _| fs::hard_link(vault.path(CURRENT), vault.path(".vault.prev.json-d4e5f6.new")).expect("a second name");
    let kept: Step = |vault, _| atomic::keep_as(&vault.path(CURRENT), &vault.path(PREVIOUS)).expect("it is kept");
    let named: Step = |vault, new| atomic::replace(&vault.path(CURRENT), new).expect("it is replaced");
    for (steps, loaded, kept_before) in [
        (&[begun][..], 2, 1),
        (&[written], 2, 1),
        (&[written, linked], 2, 1),
        (&[written, linked, kept], 2, 2),
        (&[written, kept, named], 3, 2),
    ] {
        let dir = folder();
        {
            let vault = saved(&dir, 2);
            let key = vault.key().expect("the key is read").expect("there is a key");
            let new = wrapper::wrap(&key, 3, &contents(3)).expect("it is wrapped");
            steps.iter().for_each(|step| step(&vault, &new));
        }
        let vault = vault(&dir);
        assert_eq!(count(&vault).expect("a generation is whole"), Some(loaded), "{} steps", steps.len());
        assert_eq!(vault.read(PREVIOUS).expect("it is whole").map(|kept| kept.number), Some(kept_before));
        let lead = vault.lead().expect("the dead one leads no more");
        assert_eq!(names(&vault), [CURRENT, KEY, LOCK, PREVIOUS], "what it left is gone");
        vault.save(&lead, &contents(9)).expect("saving goes on");
        assert_eq!(count(&vault).expect("it is whole"), Some(9));
        assert_eq!(vault.generation().expect("it has a number"), loaded + 1);
    }
}

#[test]
fn a_changed_byte_is_never_believed() {
    let dir = folder();
    let vault = saved(&dir, 2);
    let good = bytes(&vault, CURRENT);
    let mut tampered = 0;
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        put(&vault, CURRENT, &bad);
        match vault.load() {
            Err(VaultError::Tampered { .. }) => tampered += 1,
            Err(VaultError::Newer { .. }) => {}
            // It is no JSON any more: damage, and the generation before it is used.
            Ok(Some(found)) => assert_eq!(found, contents(1), "byte {at}"),
            other => panic!("byte {at}: {other:?}"),
        }
    }
    assert!(tampered > good.len() / 2, "{tampered} of {}", good.len());
}

#[test]
fn a_vault_edited_by_hand_is_tampered_and_hides_behind_nothing() {
    let dir = folder();
    let vault = saved(&dir, 2);
    let good = String::from_utf8(bytes(&vault, CURRENT)).expect("it is text");
    for (from, to) in [(r#""generation":2"#, r#""generation":7"#), (r#""count":2"#, r#""count":1"#), (r#""mac":""#, r#""mac":"A"#)] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        put(&vault, CURRENT, &bad);
        assert!(matches!(vault.load(), Err(VaultError::Tampered { .. })), "{from}");
        let lead = vault.lead().expect("nobody leads");
        assert!(matches!(vault.save(&lead, &contents(9)), Err(VaultError::Tampered { .. })), "{from}");
        assert_eq!(bytes(&vault, CURRENT), bad.as_bytes(), "it is left as evidence");
    }
}

#[test]
fn a_newest_generation_that_is_lost_leaves_the_one_before_and_says_so() {
    for lose in [
        (|path: &Path| fs::remove_file(path).expect("it is removed")) as fn(&Path),
        |path| fs::write(path, b"").expect("it is emptied"),
        |path| fs::write(path, [0; 4096]).expect("it is zeroed"),
        |path| {
            let bytes = fs::read(path).expect("it is read");
            fs::write(path, &bytes[..bytes.len() - 1]).expect("it is cut short");
        },
    ] {
        let dir = folder();
        let vault = saved(&dir, 3);
        lose(&vault.path(CURRENT));
        assert_eq!(count(&vault).expect("the one before is whole"), Some(2));
        let notes = vault.notes();
        assert!(notes.len() == 1 && notes[0].contains(CURRENT), "{notes:?}");

        let lead = vault.lead().expect("nobody leads");
        vault.save(&lead, &contents(9)).expect("saving goes on");
        assert_eq!(count(&vault).expect("it is whole"), Some(9));
        assert_eq!(vault.read(PREVIOUS).expect("it was not replaced by a damaged one").map(|kept| kept.number), Some(2));
        assert!(vault.generation().expect("it has a number") > 3, "who saw the lost one sees the new one come");
        assert_eq!(vault.notes(), Vec::<String>::new());
    }
}

#[test]
fn two_damaged_generations_are_a_damaged_vault_that_names_its_place() {
    let dir = folder();
    let vault = saved(&dir, 2);
    put(&vault, CURRENT, "{");
    put(&vault, PREVIOUS, "");
    let error = vault.load().expect_err("nothing is whole");
    assert!(matches!(&error, VaultError::Damaged { place, why } if *place == vault.place() && why.contains(CURRENT)), "{error:?}");
    assert!(vault.generation().is_err());
    let lead = vault.lead().expect("nobody leads");
    assert!(matches!(vault.save(&lead, &contents(9)), Err(VaultError::Damaged { .. })));
}

#[test]
fn a_vault_without_its_key_or_with_half_of_it_is_damaged() {
    for spoil in [(|path: &Path| fs::remove_file(path).expect("it is removed")) as fn(&Path), |path| {
        fs::write(path, [7; 16]).expect("it is halved");
    }] {
        let dir = folder();
        let vault = saved(&dir, 2);
        spoil(&vault.path(KEY));
        let error = vault.load().expect_err("nothing can be verified");
        assert!(matches!(&error, VaultError::Damaged { why, .. } if why.contains(KEY)), "{error:?}");
        let lead = vault.lead().expect("nobody leads");
        vault.set_aside(&lead).expect("it is set aside");
        vault.save(&lead, &contents(5)).expect("a new one is begun");
        assert_eq!(count(&vault).expect("it is whole"), Some(5));
    }
}

#[test]
fn what_a_newer_program_wrote_is_neither_read_nor_overwritten() {
    let dir = folder();
    let vault = saved(&dir, 2);
    let good = String::from_utf8(bytes(&vault, CURRENT)).expect("it is text");
    for (newer, word) in [
        (good.replacen(r#""format":1"#, r#""format":2"#, 1), "format 2"),
        ("{\"format\":2,\"else\":[]}\nnot even JSON".into(), "format 2"),
        (good.replacen("\n{", "\n{\"needs\":[\"seats/2\"],", 1), "seats/2"),
    ] {
        put(&vault, CURRENT, &newer);
        let lead = vault.lead().expect("nobody leads");
        for error in [vault.load().expect_err("it is newer"), vault.save(&lead, &contents(9)).expect_err("it is newer")] {
            assert!(matches!(&error, VaultError::Newer { needs, .. } if needs == &[word]), "{error:?}");
        }
        assert_eq!(bytes(&vault, CURRENT), newer.as_bytes());
    }
}

#[test]
fn a_vault_set_aside_is_kept_and_makes_room_for_a_new_one() {
    let dir = folder();
    let vault = saved(&dir, 2);
    let lead = vault.lead().expect("nobody leads");
    let old = bytes(&vault, CURRENT);
    vault.set_aside(&lead).expect("it is set aside");
    assert_eq!(count(&vault).expect("it is empty"), None);
    let empty = vault.generation().expect("it has a number");
    assert!(empty > 2, "a watcher sees it go: {empty}");
    assert_eq!(bytes(&vault, "vault.aside-1.json"), old);

    vault.save(&lead, &contents(7)).expect("a new one is begun");
    assert_eq!(count(&vault).expect("it is whole"), Some(7));
    assert!(vault.generation().expect("it has a number") > empty);
    vault.set_aside(&lead).expect("it is set aside again");
    assert!(names(&vault).contains(&"vault.aside-2.json".into()) && names(&vault).contains(&"vault.aside-1.key".into()));
    assert_eq!(bytes(&vault, "vault.aside-1.json"), old);
}

#[test]
fn a_folder_copied_to_another_host_is_read_there() {
    let (here, there) = (folder(), folder());
    let vault = saved(&here, 3);
    fs::create_dir(there.path().join("vault")).expect("a folder");
    for name in names(&vault) {
        fs::copy(vault.path(&name), there.path().join("vault").join(&name)).expect("it is copied");
    }
    let copy = FileVault::new(there.path().join("vault"), entropy());
    assert_eq!(copy.load().expect("it is whole there, too"), Some(contents(3)));
}

#[test]
fn a_save_that_fails_changes_nothing() {
    let dir = folder();
    let vault = saved(&dir, 2);
    let before = bytes(&vault, CURRENT);
    fs::remove_file(vault.path(PREVIOUS)).expect("it is removed");
    fs::create_dir_all(vault.path(PREVIOUS).join("in the way")).expect("a folder in its place");
    let lead = vault.lead().expect("nobody leads");
    assert!(matches!(vault.save(&lead, &contents(9)), Err(VaultError::Storage { .. })));
    assert_eq!(bytes(&vault, CURRENT), before);
    assert_eq!(count(&vault).expect("it is whole"), Some(2));
    assert!(names(&vault).iter().all(|name| !name.ends_with(".new")), "{:?}", names(&vault));
}

#[test]
fn each_trouble_of_the_disk_has_its_own_word() {
    let dir = folder();
    let vault = vault(&dir);
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        assert!(matches!(vault.storage(kind.into()), VaultError::Full { .. }), "{kind:?}");
    }
    assert!(matches!(vault.storage(io::ErrorKind::PermissionDenied.into()), VaultError::Storage { .. }));

    fs::write(dir.path().join("vault"), "a file where the folder should be").expect("it is written");
    let error = vault.lead().err().expect("there is no folder");
    assert!(matches!(&error, VaultError::Storage { place, .. } if *place == vault.place()), "{error:?}");
}

#[test]
fn two_do_not_lead_at_once_and_dropping_the_lead_passes_it_on() {
    let dir = folder();
    let (one, two) = (vault(&dir), vault(&dir));
    let lead = one.lead().expect("nobody leads");
    assert!(matches!(two.lead(), Err(VaultError::Led { .. })));
    drop(lead);
    drop(two.lead().expect("it was passed on"));
    drop(one.lead().expect("it was passed on"));
}

/// The test starts itself again as the process that leads.
#[test]
fn another_process_that_leads_is_named_and_its_death_passes_the_lead_on() {
    const DIR: &str = "KEYWARD_TEST_LEADS";
    if let Some(dir) = std::env::var_os(DIR) {
        let _lead = FileVault::new(dir, entropy()).lead().expect("nobody leads");
        println!("leads");
        let _ = io::stdin().read_line(&mut String::new());
        return;
    }
    let dir = folder();
    let vault = vault(&dir);
    let mut other = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "--nocapture", "vault::tests::another_process_that_leads_is_named_and_its_death_passes_the_lead_on"])
        .env(DIR, &vault.dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the other process starts");
    let said = BufReader::new(other.stdout.take().expect("its output")).lines();
    assert!(said.map_while(Result::ok).any(|line| line.ends_with("leads")), "the other process leads");

    let led = vault.lead().err().expect("the other leads");
    let VaultError::Led { by } = &led else { panic!("{led:?}") };
    if cfg!(unix) {
        let by = by.as_deref().expect("it says who it is");
        assert!(by.ends_with(&format!("process {}", other.id())), "{by}");
    }
    assert!(vault.load().expect("reading needs no lead").is_none());
    other.kill().expect("it is killed");
    other.wait().expect("it is dead");
    vault.lead().expect("the lead passed on");
}

#[cfg(unix)]
#[test]
fn its_files_are_for_their_owner_unless_an_installer_opened_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = folder();
    let vault = saved(&dir, 2);
    let mode = |name: &str| fs::metadata(vault.path(name)).expect("it is there").permissions().mode() & 0o777;
    for name in [CURRENT, PREVIOUS, KEY, LOCK] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert_eq!(mode(""), 0o700);
    fs::set_permissions(vault.path(CURRENT), fs::Permissions::from_mode(0o660)).expect("the installer opens it");
    let lead = vault.lead().expect("nobody leads");
    vault.save(&lead, &contents(3)).expect("it is saved");
    assert_eq!(mode(CURRENT), 0o660);
}

#[test]
fn its_debug_shows_no_secret() {
    let dir = folder();
    let vault = saved(&dir, 1);
    let shown = format!("{vault:?}");
    assert!(shown.starts_with("FileVault { dir: ") && shown.ends_with(", .. }"), "{shown}");
}

#[test]
fn a_reader_never_sees_half_of_a_save() {
    let dir = folder();
    let vault = saved(&dir, 1);
    std::thread::scope(|scope| {
        let saver = scope.spawn(|| {
            let lead = vault.lead().expect("nobody leads");
            for n in 2..=30 {
                vault.save(&lead, &contents(n)).expect("it is saved");
            }
        });
        let mut last = 1;
        while !saver.is_finished() {
            let seen = vault.read(CURRENT).expect("it is whole").expect("it is there at every instant");
            assert!(seen.number >= last && seen.contents.count == seen.number, "{} after {last}", seen.number);
            last = vault.generation().expect("it has a number");
            assert!(last >= seen.number);
        }
    });
}
