//! Backups of a server that is at work, and what comes of them (promise 8).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use keyward_domain::document::{Ask, Body};

use crate::host::{Host, held, open, send};
use crate::server::{Place, keywardd};
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_after_a_backup_is_taken_up_again_from_its_own_signature() {
    let place = Place::new();
    let server = place.serve(&[]);
    let shop = Shop::at(&server);
    let profile = shop.product().await;
    let sold = shop.sell(40).await;
    let (data, file, restored) = (place.data().display().to_string(), place.at("backup"), place.at("restored"));
    let (file_name, restored_name) = (file.display().to_string(), restored.display().to_string());

    // Twenty hosts activate while the backup is made: it holds some of them, and is whole.
    let hosts: Vec<_> = (0..20).map(Host::new).collect();
    let requests: Vec<_> = hosts.iter().map(|host| host.activates(&profile, &sold.key)).collect();
    let backup = tokio::task::spawn_blocking({
        let (data, file_name) = (data.clone(), file_name.clone());
        move || keywardd(&["backup", &data, &file_name])
    });
    let mut answers = Vec::new();
    for request in &requests {
        answers.push(send(&shop.client, &shop.url, request).await.answer());
    }
    let (status, error) = backup.await.expect("the backup ends");
    assert!(status.success(), "{error}");
    assert_eq!(fs::metadata(&file).expect("the backup").permissions().mode() & 0o777, 0o600, "it holds the server's keys");
    let (late, late_asks) = (Host::new(99), Host::new(99).activates(&profile, &sold.key));
    let late_answer = send(&shop.client, &shop.url, &late_asks).await.answer();

    for (target, why) in [(&data, "is there already"), (&file_name, "is there already")] {
        let (status, error) = keywardd(&["restore", &file_name, target]);
        assert!(!status.success() && error.contains(why), "{error}");
    }
    let (status, error) = keywardd(&["backup", &data, &file_name]);
    assert!(!status.success() && error.contains("is there already"), "{error}");
    let before = shop.entitlement(&sold.id).await;
    assert_eq!(before.slots.len(), 21, "a refused restore and a refused backup change nothing");
    drop(server);

    let (status, error) = keywardd(&["restore", &file_name, &restored_name]);
    assert!(status.success(), "{error}");
    assert_eq!(fs::metadata(restored.join("admin-token")).expect("the token").permissions().mode() & 0o777, 0o600);
    let server = place.serve_over(&restored);
    let shop = Shop::at(&server);
    assert!(shop.log().await.iter().any(|(actor, act)| (&**actor, &**act) == ("restore", "restored from a backup")));
    let known = shop.entitlement(&sold.id).await.slots.len();
    assert!(known <= 20, "the backup was made before the last host activated: {known}");

    // Whoever comes with its certificate has its slot, whether or not the backup knew it.
    let everybody = hosts.iter().zip(&requests).zip(&answers).chain([((&late, &late_asks), &late_answer)]);
    for ((host, asked), answer) in everybody {
        let Body::Certificate(shown) = open(&profile, asked, answer) else { panic!("it had a certificate") };
        let refresh = host.asks(&profile, 2, Ask::Refresh { activation: shown.activation.clone(), held: held(answer) }, None);
        let answer = send(&shop.client, &shop.url, &refresh).await.answer();
        let Body::Certificate(fresh) = open(&profile, &refresh, &answer) else {
            panic!("it is refused: {:?}", open(&profile, &refresh, &answer))
        };
        assert_eq!((fresh.activation, fresh.generation), (shown.activation, shown.generation + 1));
    }
    let mut slots: Vec<_> = shop.entitlement(&sold.id).await.slots.into_iter().map(|slot| slot.activation).collect();
    let mut kept: Vec<_> = before.slots.into_iter().map(|slot| slot.activation).collect();
    slots.sort_unstable();
    kept.sort_unstable();
    assert_eq!(slots, kept);
    println!("the backup held {known} of 20 hosts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_and_leaves_nothing_behind() {
    let place = Place::new();
    assert!(place.serve(&[]).stop().success());
    let (data, file) = (place.data().display().to_string(), place.at("backup").display().to_string());
    let (status, error) = keywardd(&["backup", &data, &file]);
    assert!(status.success(), "{error}");
    let sound = fs::read(&file).expect("the backup");
    let middle = sound.len() / 2;
    let before = names(&place);
    let changed = |at: usize| {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        bytes
    };
    let find = |what: &[u8]| sound.windows(what.len()).position(|window| window == what).expect("it is in the backup");
    for (what, bytes) in [
        ("cut off", sound[..middle].to_vec()),
        ("without its end", sound[..sound.len() - 3 * 512].to_vec()),
        ("changed in the ledger", changed(600)),
        ("changed in the middle", changed(middle)),
        ("changed in a certificate", changed(find(b"-----BEGIN CERTIFICATE-----") + 60)),
        ("changed in a digest", changed(find(b"\"admin-token\":\"") + 20)),
        ("empty", Vec::new()),
        ("something else", b"hello".to_vec()),
        ("zeros", vec![0; 10240]),
    ] {
        fs::write(place.at("bad"), bytes).expect("a damaged backup");
        let (status, error) = keywardd(&["restore", &place.at("bad").display().to_string(), &place.at("new").display().to_string()]);
        assert!(!status.success() && error.contains("backup"), "{what}: {error}");
        fs::remove_file(place.at("bad")).expect("it is removed");
        assert_eq!(names(&place), before, "{what}");
    }
}

/// The names of everything in a place, hidden files too.
fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.at("")).expect("the place").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}
