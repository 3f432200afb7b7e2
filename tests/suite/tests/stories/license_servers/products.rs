//! A license server with licenses of two products: each is judged by the profile of its own.

use keyward_domain::entitlement::Terms;
use keyward_domain::profile::ProductProfile;

use super::*;
use crate::by_file::viewer;

/// Row N1: the vendor ships a new version of one product, which believes no older key statement; the license of the other carries one.
#[tokio::test]
async fn a_license_is_believed_by_the_profile_of_its_own_product() {
    let world = world(41);
    let (profile, _) = viewer(&world);
    let sell =
        |product: &ProductId| world.vendor().sell(Terms { product: product.clone(), ..world.vendor().network(2) }).expect("it is sold");
    let other = sell(&profile.product);
    // The pool that comes first is another product's.
    let first = loop {
        let sold = sell(&world.vendor().profile().product);
        if sold.id < other.id {
            break sold;
        }
    };
    let site = Site::new(&world, "lan");
    let viewers = Arc::new(site.host.beside(Arc::clone(&profile)));
    site.server.attend(Arc::clone(&viewers));
    site.host.licenses().delegate(first.key, &unheard).await.expect("the vendor lets it");
    viewers.delegate(other.key, &unheard).await.expect("the vendor lets it");
    site.catch_up().await;
    let mut client = Client { product: profile.product.clone(), ..Client::new(&world, 11) };
    client.borrow(&site).await.expect("a loan");

    // The new version comes, and the server is started again.
    let newer = ProductProfile { lowest_statement: 2, ..(*world.vendor().profile()).clone() };
    let Site { host, journals, task, .. } = site;
    task.abort();
    host.restart();
    let site = Site::start(host, seed("lan"), journals, Anchors::new());
    let newer = Arc::new(site.host.beside(Arc::new(newer)));
    site.server.attend(Arc::clone(&newer));
    site.server.attend(Arc::new(site.host.beside(profile)));
    for license in [&first.id, &other.id] {
        site.server.take_up(license, &newer).await.expect("its journal is there");
    }
    let told = site.server.catch_up().await;
    assert!(matches!(&told, Err(CatchUpError::Lost { license, .. }) if *license == first.id), "only the other is believed: {told:?}");
    client.give_back(&site).await;
    let seats = site.server.status().await.expect("the pools are kept").pools;
    assert!(seats.iter().all(|pool| pool.overview.used == 0), "it came back to its own pool");
}

/// The journal of one license cannot be opened.
#[tokio::test]
async fn what_is_wrong_with_one_license_keeps_nothing_from_the_others() {
    let world = world(42);
    let site = Site::new(&world, "lan");
    let mut licenses = Vec::new();
    for _ in 0..2 {
        let sold = world.vendor().sell(world.vendor().network(1)).expect("it is sold");
        site.host.licenses().delegate(sold.key, &unheard).await.expect("the vendor lets it");
        licenses.push(sold.id);
    }
    licenses.sort();
    let [broken, well] = [licenses[0].clone(), licenses[1].clone()];
    let damaged = broken.clone();
    let premises = Premises {
        signer: Arc::new(SoftwareSigner::from_seed(&seed("lan"))),
        secret: ServerSecret::new([9; 32]),
        rhythm: Rhythm::default(),
        lending: Default::default(),
        clock: site.host.clock().clone(),
        pools: Arc::new(move |license: EntitlementId| {
            let journal: Arc<dyn Journal> = Arc::new(FakeJournal::new());
            let opened = if license == damaged { Err(JournalError::Closed) } else { Ok((journal, Start::default())) };
            Box::pin(async move { opened })
        }),
    };
    let (server, keepings) = LicenseServer::new(premises);
    tokio::spawn(keepings.run());
    server.attend(site.host.licenses());
    let error = server.catch_up().await.expect_err("one cannot be taken up");
    assert!(error.to_string().contains(&*broken.to_string()), "{error}");
    assert_eq!(error.news(), [News { license: well.clone(), what: Ok(Acted::Done) }]);
    assert_eq!(server.licenses(), [well]);
}
