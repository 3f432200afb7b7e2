//! A vendor at its key server: sells license keys, reads the books, through the admin API.

use std::fs;

use keyward_domain::entitlement::Entitlement;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::EntitlementId;
use keyward_domain::profile::ProductProfile;
use keyward_wire::{Issued, LogPage, media};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::host::client;
use crate::server::Server;

/// A vendor at a server.
pub(crate) struct Shop {
    pub(crate) client: reqwest::Client,
    pub(crate) url: String,
    pub(crate) ca: String,
    token: String,
}

/// What was sold: a key and for how many hosts.
pub(crate) struct Sold {
    pub(crate) key: LicenseKey,
    pub(crate) id: EntitlementId,
    pub(crate) activations: u32,
}

impl Shop {
    pub(crate) fn at(server: &Server) -> Self {
        let read = |name: &str| fs::read_to_string(server.data().join(name)).expect("a file of the data folder");
        let ca = read("tls/ca.pem");
        Self { client: client(&ca), url: server.url().into(), ca, token: read("admin-token") }
    }

    /// Adds a product and gives its profile.
    pub(crate) async fn product(&self) -> ProductProfile {
        let product = json!({
            "id": "cad", "name": "CAD", "versions": [{ "version": "2027", "released": "2020-01-01T00:00:00Z" }],
            "editions": ["Standard"], "languages": ["en-US"], "trial": { "days": 30, "local_days": 7 },
        });
        self.post::<Value>("/v1/admin/products", &product).await;
        self.get("/v1/admin/products/cad/profile").await
    }

    /// Sells a key for so many hosts.
    pub(crate) async fn sell(&self, activations: u32) -> Sold {
        let (key, id) = self.issue("stand-alone", &json!({ "activations": activations })).await;
        Sold { key, id, activations }
    }

    /// Sells a key for so many seats on a license server; two of them can be borrowed for a week.
    pub(crate) async fn sell_seats(&self, seats: u32) -> LicenseKey {
        self.issue(
            "network",
            &json!({ "seats": { "seats": seats, "overdraft": 0, "borrowing": { "days": 7, "seats": 2 }, "per": "user" } }),
        )
        .await
        .0
    }

    async fn issue(&self, key_type: &str, allowance: &Value) -> (LicenseKey, EntitlementId) {
        let terms = json!({
            "product": "cad", "editions": ["Standard"], "key_type": key_type, "medium": "license-key",
            "tenure": { "kind": "perpetual", "window": { "from": "2020-01-01T00:00:00Z" } }, "allowance": allowance,
        });
        let Issued { key, entitlement } = self.post("/v1/admin/entitlements", &terms).await;
        (key.parse().expect("a license key"), entitlement.id)
    }

    /// What stands in the books about what was sold.
    pub(crate) async fn entitlement(&self, id: &EntitlementId) -> Entitlement {
        self.get(&format!("/v1/admin/entitlements/{id}")).await
    }

    /// What happened, newest first, and who did it.
    pub(crate) async fn log(&self) -> Vec<(Box<str>, Box<str>)> {
        let page: LogPage = self.get("/v1/admin/log?most=1000").await;
        page.lines.into_iter().map(|line| (line.entry.actor, line.entry.act)).collect()
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        self.read(self.client.get(format!("{}{path}", self.url))).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> T {
        self.read(self.client.post(format!("{}{path}", self.url)).header("content-type", media::JSON).body(body.to_string())).await
    }

    async fn read<T: DeserializeOwned>(&self, call: reqwest::RequestBuilder) -> T {
        let response = call.bearer_auth(self.token.trim()).send().await.expect("the admin API answers");
        let status = response.status();
        let body = response.bytes().await.expect("a whole answer");
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("the answer has the form it should have")
    }
}
