//! What a run needs of the server: a product and license keys, made through the admin API.

use anyhow::{Context as _, Result, bail};
use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use keyward_domain::license_key::LicenseKey;
use keyward_domain::profile::ProductProfile;
use serde_json::json;

use crate::drive::Target;

const JSON: &str = "application/json";

/// Adds the product of the run and fetches its profile.
pub(crate) async fn product(target: &Target, token: &str) -> Result<ProductProfile> {
    let product = json!({
        "id": "load", "name": "Load", "versions": [{ "version": "1", "released": "2026-01-01T00:00:00Z" }], "editions": ["Standard"],
        "languages": ["en-US"], "trial": { "days": 30, "local_days": 30 },
    });
    call(target, token, Method::POST, "/v1/admin/products", product.to_string().into()).await?;
    let profile = call(target, token, Method::GET, "/v1/admin/products/load/profile", Bytes::new()).await?;
    serde_json::from_slice(&profile).context("could not read the profile")
}

/// Issues license keys with so many activations each.
pub(crate) async fn issue(target: &Target, token: &str, keys: usize, activations: usize) -> Result<Vec<LicenseKey>> {
    let terms = json!({
        "product": "load", "editions": ["Standard"], "key_type": "stand-alone", "medium": "license-key",
        "tenure": { "kind": "perpetual", "window": { "from": "2026-01-01T00:00:00Z" } }, "allowance": { "activations": activations },
    });
    let mut issued = Vec::new();
    for _ in 0..keys {
        let answer = call(target, token, Method::POST, "/v1/admin/entitlements", terms.to_string().into()).await?;
        let answer: keyward_wire::Issued = serde_json::from_slice(&answer).context("could not read the issued key")?;
        issued.push(answer.key.parse().context("the issued key is no key")?);
    }
    Ok(issued)
}

async fn call(target: &Target, token: &str, method: Method, path: &str, body: Bytes) -> Result<Bytes> {
    let mut sender = target.connect().await?;
    let (status, answer) = target.ask(&mut sender, method, path, JSON, Some(token), body).await?;
    if status != StatusCode::OK && status != StatusCode::CREATED {
        bail!("{path}: {status}: {}", String::from_utf8_lossy(&answer));
    }
    Ok(answer)
}
