//! What a run needs of the vendor's server: a product and license keys, made through the admin API.

use anyhow::{Context as _, Result, bail};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::profile::ProductProfile;
use keyward_wire::media;
use serde_json::{Value, json};

use crate::line::{Head, Target};

/// Adds the product of the run and fetches its profile.
pub(crate) async fn product(target: &Target, token: &str) -> Result<ProductProfile> {
    let product = json!({
        "id": "load", "name": "Load", "versions": [{ "version": "1", "released": "2026-01-01T00:00:00Z" }], "editions": ["Standard"],
        "languages": ["en-US"], "trial": { "days": 30, "local_days": 30 },
    });
    call(target, token, "POST", "/v1/admin/products", product.to_string().as_bytes()).await?;
    let profile = call(target, token, "GET", "/v1/admin/products/load/profile", b"").await?;
    serde_json::from_slice(&profile).context("could not read the profile")
}

/// Issues license keys with so many activations each.
pub(crate) async fn issue(target: &Target, token: &str, keys: usize, activations: usize) -> Result<Vec<LicenseKey>> {
    let terms = terms("stand-alone", &json!({ "activations": activations }));
    let mut issued = Vec::new();
    for _ in 0..keys {
        issued.push(sell(target, token, &terms).await?.parse().context("the issued key is no key")?);
    }
    Ok(issued)
}

/// Issues a network license key with so many seats.
pub(crate) async fn network(target: &Target, token: &str, seats: u32) -> Result<String> {
    let pool = json!({ "seats": { "seats": seats, "overdraft": 0, "borrowing": null, "per": "user" } });
    sell(target, token, &terms("network", &pool)).await
}

fn terms(key_type: &str, allowance: &Value) -> Value {
    json!({
        "product": "load", "editions": ["Standard"], "key_type": key_type, "medium": "license-key",
        "tenure": { "kind": "perpetual", "window": { "from": "2026-01-01T00:00:00Z" } }, "allowance": allowance,
    })
}

async fn sell(target: &Target, token: &str, terms: &Value) -> Result<String> {
    let answer = call(target, token, "POST", "/v1/admin/entitlements", terms.to_string().as_bytes()).await?;
    let answer: keyward_wire::Issued = serde_json::from_slice(&answer).context("could not read the issued key")?;
    Ok(answer.key.as_str().to_owned())
}

async fn call(target: &Target, token: &str, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>> {
    let mut line = target.connect().await?;
    let head = Head { method, path, kind: media::JSON, token: Some(token) };
    let (status, answer) = line.ask(target, &head, body).await?;
    if status != 200 && status != 201 {
        bail!("{path}: {status}: {}", String::from_utf8_lossy(answer));
    }
    Ok(answer.to_vec())
}
