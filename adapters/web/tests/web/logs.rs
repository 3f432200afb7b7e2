//! What the log is told, and what it is not.

use std::io;
use std::sync::{Arc, Mutex};

use keyward_wire::RootSeed;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{Host, INTERNALS, TOKEN, Trouble, World, read};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_token_no_license_key_and_no_seed_reaches_the_log_at_its_most_talkative() {
    let captured = Captured::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(captured.clone()).finish();
    let _until_the_end = tracing::subscriber::set_default(subscriber);

    let world = World::new().await;
    let issued = world.issue(1).await;
    world.ask(&Host(1).activates(&world, 1, &issued.key)).await;
    let RootSeed { seed } = read(world.get("/v1/admin/root").await).await;
    world.client.get(world.at("/v1/admin/keys")).bearer_auth("wrong-token-77aa").send().await.expect("an answer");
    world.ask_in(format!("{{\"key\":\"{}\"}}", *issued.key).into()).await;
    world.get(&format!("/typed/{}?key={}", *issued.key, *issued.key)).await;
    world.ledger.get_into(Trouble::Failing);
    world.ask(&Host(1).activates(&world, 2, &issued.key)).await;

    let log = String::from_utf8(captured.0.lock().expect("nobody panicked").clone()).expect("the log is text");
    // The client in this test logs what it is doing, too; its lines are its own.
    let log: String =
        log.lines().filter(|line| !line.contains("hyper_util::client") && !line.contains("reqwest")).collect::<Vec<_>>().join("\n");
    for said in ["a wrong admin token was shown", INTERNALS, "route=\"/v1/exchange\"", "status=500"] {
        assert!(log.contains(said), "the log says {said:?}:\n{log}");
    }
    let seed = serde_json::to_value(RootSeed { seed }).expect("a seed is JSON")["seed"].as_str().expect("base64").to_owned();
    let groups = issued.key.split('-').take(4).collect::<Vec<_>>().join("-");
    for secret in [TOKEN, "wrong-token-77aa", issued.key.as_str(), &groups, &seed, "Bearer "] {
        assert!(!log.contains(secret), "the log says a secret: {:?}", log.lines().find(|line| line.contains(secret)));
    }
}
