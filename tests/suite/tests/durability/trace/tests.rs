use super::*;

const SOUND: &str = r#"
11 recvfrom(9<TCP:[127.0.0.1:80->127.0.0.1:5001]>, "POST /v1/exchange HTTP/1.1\r\n"..., 8192, 0, NULL, NULL) = 900
12 pwrite64(5</d/ledger.db-wal>, "SQL"..., 4120, 32) = 4120
12 fdatasync(5</d/ledger.db-wal> <unfinished ...>
11 recvfrom(10<TCP:[127.0.0.1:80->127.0.0.1:5002]>,  <unfinished ...>
12 <... fdatasync resumed>)          = 0
11 <... recvfrom resumed>"POST /v1/exchange HTTP/1.1\r\n"..., 8192, 0, NULL, NULL) = 900
11 writev(9<TCP:[127.0.0.1:80->127.0.0.1:5001]>, [{iov_base="HTTP/1.1 200 OK\r\n"..., iov_len=20}], 1) = 20
12 --- SIGTERM {si_signo=SIGTERM} ---
12 +++ exited with 0 +++
"#;

#[test]
fn calls_are_read_in_the_order_in_which_they_began() {
    let calls = calls(SOUND);
    let names: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["recvfrom", "pwrite64", "fdatasync", "recvfrom", "writev"]);
    assert_eq!((calls[2].target(), calls[2].began, calls[2].returned, calls[2].result), ("/d/ledger.db-wal", 3, Some(5), Some(0)));
    assert_eq!(calls[3].target(), "TCP:[127.0.0.1:80->127.0.0.1:5002]");
    assert!(calls[3].arguments.contains("POST /v1/exchange"), "{:?}", calls[3]);
    assert!(calls[4].is_sending() && calls[4].result == Some(20));
    let failed = super::calls("7 fdatasync(5</d/x>) = -1 EIO (Input/output error)\n7 fsync(5</d/x> <unfinished ...>\n");
    assert_eq!(failed.iter().map(|call| (call.returned, call.result)).collect::<Vec<_>>(), [(Some(0), None), (None, None)]);
    let renamed = super::calls(r#"7 renameat2(AT_FDCWD</w>, "/d/.a", AT_FDCWD</w>, "/d/a", RENAME_NOREPLACE) = 0"#);
    assert_eq!((renamed[0].target(), renamed[0].paths()), ("", vec![Path::new("/d/.a"), Path::new("/d/a")]));
}

const WRITE: &str = r#"2 pwrite64(5</d/ledger.db-wal>, "x", 1, 0) = 1"#;
const BEGIN: &str = "2 fdatasync(5</d/ledger.db-wal> <unfinished ...>";
const END: &str = "2 <... fdatasync resumed>) = 0";
const FAIL: &str = "2 <... fdatasync resumed>) = -1 EIO (Input/output error)";
const OTHER: &str = "2 fdatasync(6</d/other>) = 0";
const ASK: &str = r#"1 recvfrom(9<TCP:[1:1->2:2]>, "POST /v1/exchange HTTP/1.1", 99, 0, NULL, NULL) = 9"#;
const TELL: &str = r#"1 sendto(9<TCP:[1:1->2:2]>, "HTTP/1.1 200 OK", 15, MSG_NOSIGNAL, NULL, 0) = 15"#;
const LOG: &str = r#"1 write(2</d/log>, "answered", 8) = 8"#;

/// Made-up traces, whether both rules hold in them, and how many answers were sound.
#[test]
fn an_answer_before_the_sync_returned_is_reported() {
    for (trace, one, many) in [
        (&[ASK, WRITE, BEGIN, END, TELL][..], true, true),
        (&[ASK, WRITE, BEGIN, LOG, END, LOG, TELL], true, true),
        // Never synced: `synchronous=OFF`.
        (&[ASK, WRITE, TELL], false, false),
        (&[ASK, WRITE, TELL, BEGIN, END], false, false),
        // Not returned yet.
        (&[ASK, WRITE, BEGIN, TELL, END], false, false),
        // Begun before what it should have synced.
        (&[ASK, BEGIN, WRITE, END, TELL], false, false),
        // Failed.
        (&[ASK, WRITE, BEGIN, FAIL, TELL], false, false),
        // Another file.
        (&[ASK, WRITE, OTHER, TELL], false, false),
        // Somebody else's deed came after the sync: wrong if clients come one after the other, right if there are many.
        (&[ASK, WRITE, BEGIN, END, WRITE, TELL], false, true),
        // What was synced was another's: the answer's own deed is nowhere, or comes after it.
        (&[WRITE, BEGIN, END, ASK, TELL], false, false),
        (&[WRITE, BEGIN, END, ASK, TELL, WRITE, BEGIN, END], false, false),
    ] {
        let calls = calls(&trace.join("\n"));
        for (rule, watched, holds) in [("one", one_after_the_other(&calls), one), ("many", many_at_once(&calls), many)] {
            assert_eq!((watched.violations.is_empty(), watched.sound), (holds, usize::from(holds)), "{rule} {watched:?} {trace:#?}");
        }
    }
    let hidden: Vec<_> = [WRITE, BEGIN, END, ASK, TELL].map(|line| line.replace("POST", "\\27\\3").replace("HTTP/1.1 200", "\\27")).into();
    assert_eq!(
        one_after_the_other(&calls(&hidden.join("\n"))),
        Watched { sound: 1, violations: Vec::new() },
        "TLS hides what is an answer"
    );
    let watched = one_after_the_other(&calls(&[WRITE, TELL].join("\n")));
    assert_eq!(watched.violations, ["line 2: sent to TCP:[1:1->2:2] while what line 1 wrote to ledger.db-wal was not synced"]);
}

#[test]
fn a_request_before_the_vault_is_on_the_disk_is_reported() {
    let write = r#"3 write(4</v/.vault.json-1.new>, "{", 1) = 1"#;
    let sync = "3 fdatasync(4</v/.vault.json-1.new>) = 0";
    let rename = r#"3 rename("/v/.vault.json-1.new", "/v/vault.json") = 0"#;
    let folder = "3 fsync(4</v>) = 0";
    let send = r#"3 sendto(9<TCP:[1:1->2:2]>, "\26\3", 2, MSG_NOSIGNAL, NULL, 0) = 2"#;
    for (trace, expected) in [
        (&[write, sync, rename, folder, send][..], ""),
        (&[write, sync, rename, folder], "nothing was sent"),
        (&[write, sync, rename, send, folder], "has a name that was not synced"),
        (&[write, sync, folder, rename, send], "has a name that was not synced"),
        (&[write, rename, folder, sync, send], "was not synced before it got its name"),
        (&[sync, write, rename, folder, send], "was not synced before it got its name"),
        (&[write, sync, send, rename, folder], "had not got its name"),
        (&[send], "had not got its name"),
    ] {
        let found = saved_before_sent(&calls(&trace.join("\n")), &[Path::new("/v/vault.json")]);
        assert_eq!(found.len(), usize::from(!expected.is_empty()), "{found:?}");
        assert!(found.iter().all(|found| found.ends_with(expected)), "{found:?} {expected}");
    }
    // Two files, the second one before the first.
    let anchor: Vec<_> =
        [write, sync, rename, folder].map(|line| line.replace("/v/", "/a/").replace("</v>", "</a>").replace("vault", "anchor")).into();
    let files = [Path::new("/v/vault.json"), Path::new("/a/anchor.json")];
    let vault = [write, sync, rename, folder].map(str::to_owned).to_vec();
    let all = |parts: &[&[String]]| [parts.concat(), vec![send.to_owned()]].concat().join("\n");
    assert_eq!(saved_before_sent(&calls(&all(&[&vault, &anchor])), &files), [""; 0]);
    assert_eq!(saved_before_sent(&calls(&all(&[&anchor, &vault])), &files).len(), 1);
}
