//! The key server that is administered: what each endpoint takes and gives.

use std::fs;
use std::io;
use std::path::Path;

use keyward::vendor::wire::{
    ADMIN_PATH, Accepted, AddToken, EntitlementPage, Extend, Free, Issued, IssuedToken, LogPage, Owner, RootSeed, TokenLine, TokenList,
};
use keyward::vendor::{AdminError, AdminToken, HttpsConsole, Method};
use keyward::{ActivationId, ProductId, ProductProfile, Timestamp};
use keyward_domain::entitlement::{Entitlement, Sale};
use keyward_domain::names::{EmailAddress, EntitlementId, TokenName};
use keyward_domain::product::Product;
use keyward_domain::profile::TlsTerms;
use keyward_domain::seal::Envelope;
use keyward_engine::console::{Handed, KeyChange, KeyList, RootChange};
use keyward_proxy::ClientConfig;
use keyward_words::{CommandText, Words};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::exit::{Failure, told};
use crate::progress::wait;

/// A key server.
pub(super) struct Server(HttpsConsole);

impl Server {
    /// The server at an address, with the token in a file, to speak in these words.
    pub(super) fn at(url: &str, token: &Path, ca: Option<&Path>, words: Words) -> Result<Self, Failure> {
        let shown = |file: &Path| file.display().to_string();
        let no_token = |why: io::Error| Failure::wrong(&CommandText::TokenNotRead { file: shown(token), why: why.to_string() });
        let no_ca = |file: &Path, why: io::Error| CommandText::AuthoritiesNotRead { file: shown(file), why: why.to_string() };
        let text = Zeroizing::new(fs::read_to_string(token).map_err(no_token)?);
        let token = AdminToken::parse(&text).map_err(|_| Failure::wrong(&CommandText::TokenIsNone { file: shown(token) }))?;
        let ca = ca.map(|file| fs::read_to_string(file).map_err(|error| Failure::wrong(&no_ca(file, error)))).transpose()?;
        let tls = TlsTerms { ca, pins: Vec::new() };
        let client = keyward_proxy::client(&ClientConfig::new(tls)).map_err(|error| Failure::usage(told(&error)))?;
        let console = HttpsConsole::new(client, url, token).map_err(|_| Failure::wrong(&CommandText::NoAddress { address: url.into() }))?;
        Ok(Self(console.in_language(words.language())))
    }

    pub(super) fn add_product(&self, product: &Product) -> Result<Product, Failure> {
        self.post("/products", product)
    }

    pub(super) fn profile(&self, id: &ProductId) -> Result<ProductProfile, Failure> {
        self.get(&format!("/products/{id}/profile"))
    }

    pub(super) fn issue(&self, sale: &Sale) -> Result<Issued, Failure> {
        self.post("/entitlements", sale)
    }

    pub(super) fn entitlements(&self, after: Option<&EntitlementId>) -> Result<EntitlementPage, Failure> {
        let after = after.map(|id| format!("?after={id}")).unwrap_or_default();
        self.get(&format!("/entitlements{after}"))
    }

    pub(super) fn entitlement(&self, id: &EntitlementId) -> Result<Entitlement, Failure> {
        self.get(&format!("/entitlements/{id}"))
    }

    pub(super) fn revoke(&self, id: &EntitlementId) -> Result<Entitlement, Failure> {
        self.post(&format!("/entitlements/{id}/revoke"), &())
    }

    pub(super) fn extend(&self, id: &EntitlementId, until: Timestamp) -> Result<Entitlement, Failure> {
        self.post(&format!("/entitlements/{id}/extend"), &Extend { until })
    }

    pub(super) fn reissue(&self, id: &EntitlementId) -> Result<Issued, Failure> {
        self.post(&format!("/entitlements/{id}/reissue"), &())
    }

    pub(super) fn free(&self, id: &EntitlementId, activation: ActivationId) -> Result<Entitlement, Failure> {
        self.post(&format!("/entitlements/{id}/free"), &Free { activation })
    }

    pub(super) fn set_owner(&self, id: &EntitlementId, owner: Option<EmailAddress>) -> Result<Entitlement, Failure> {
        self.post(&format!("/entitlements/{id}/owner"), &Owner { owner })
    }

    pub(super) fn answer(&self, request: &Envelope) -> Result<Handed, Failure> {
        self.post("/answer", request)
    }

    pub(super) fn tokens(&self) -> Result<TokenList, Failure> {
        self.get("/tokens")
    }

    pub(super) fn add_token(&self, token: &AddToken) -> Result<IssuedToken, Failure> {
        self.post("/tokens", token)
    }

    pub(super) fn revoke_token(&self, name: &TokenName) -> Result<TokenLine, Failure> {
        self.post(&format!("/tokens/{name}/revoke"), &())
    }

    pub(super) fn log(&self, of: Option<&EntitlementId>, before: Option<u64>) -> Result<LogPage, Failure> {
        let of = of.map(|id| format!("of={id}"));
        let before = before.map(|position| format!("before={position}"));
        let query: Vec<_> = of.into_iter().chain(before).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        self.get(&format!("/log{query}"))
    }

    pub(super) fn keys(&self) -> Result<KeyList, Failure> {
        self.get("/keys")
    }

    pub(super) fn change_keys(&self, change: &KeyChange) -> Result<RootChange, Failure> {
        self.post("/keys/change", change)
    }

    pub(super) fn accept_statement(&self, sealed: &Envelope) -> Result<Accepted, Failure> {
        self.post("/keys/statement", sealed)
    }

    pub(super) fn export_root(&self) -> Result<RootSeed, Failure> {
        self.get("/root")
    }

    pub(super) fn root_is_kept(&self) -> Result<(), Failure> {
        self.post("/root/kept", &())
    }

    pub(super) fn remove_root(&self) -> Result<(), Failure> {
        self.call(Method::DELETE, "/root", None::<&()>)
    }

    fn get<Res: DeserializeOwned>(&self, path: &str) -> Result<Res, Failure> {
        self.call(Method::GET, path, None::<&()>)
    }

    /// `()` as a body is none.
    fn post<Req: Serialize, Res: DeserializeOwned>(&self, path: &str, body: &Req) -> Result<Res, Failure> {
        self.call(Method::POST, path, Some(body).filter(|_| size_of::<Req>() > 0))
    }

    fn call<Req: Serialize, Res: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&Req>) -> Result<Res, Failure> {
        wait::<_, AdminError>(self.0.call(method, &format!("{ADMIN_PATH}{path}"), body))
    }
}
