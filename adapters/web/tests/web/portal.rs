//! The portal over real sockets: a browser that does what its pages say, and nothing else.

mod bounds;
mod door;
mod files;
mod owner;
mod pages;
mod refused;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_domain::document::Request;
use keyward_domain::entitlement::Sale;
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::names::EntitlementId;
use keyward_domain::seal::{Envelope, Sealed, SignatureEntry};
use keyward_engine::Portal;
use keyward_fakes::{FakeClock, FakeEntropy, FakeMailer, FakeSecrets};
use keyward_ports::Clock as _;
use keyward_web::{Config, Server};
use keyward_wire::{Issued, xml};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};

use crate::world::{Desk, Host, World, config, terms, tls};

/// A vendor with a portal. The portal's process can be ended and begun again.
pub(crate) struct Shop {
    pub(crate) world: World,
    desk: Parts,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) mailer: Arc<FakeMailer>,
}

struct Parts {
    issuer: Arc<keyward_engine::Issuer>,
    console: Arc<keyward_engine::Console>,
    secrets: Arc<FakeSecrets>,
    starts: AtomicU32,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(base: Config) -> Self {
        let desk = Desk::begun().await;
        let parts = Parts {
            issuer: Arc::clone(&desk.issuer),
            console: Arc::clone(&desk.console),
            secrets: Arc::new(FakeSecrets::new()),
            starts: AtomicU32::new(0),
        };
        let clock = Arc::new(FakeClock::at("2027-01-01T09:00:00Z".parse().expect("an instant")));
        let mailer = Arc::new(FakeMailer::new());
        let ledger = Arc::clone(&desk.ledger);
        let config = parts.config(base, &ledger, &clock, &mailer);
        let world = desk.serve(config).await.expect("the server starts");
        Self { world, desk: parts, clock, mailer }
    }

    /// Ends the server and begins it again on the same ledger and secrets.
    pub(crate) async fn restart(&mut self) {
        let config = self.desk.config(config(), &self.world.ledger, &self.clock, &self.mailer);
        let running = Server::start(config, Arc::clone(&self.desk.issuer), Arc::clone(&self.desk.console)).await;
        self.world.running = running.expect("the server starts again");
    }

    /// Sells a license for so many hosts.
    pub(crate) async fn sell(&self, activations: u32) -> Issued {
        self.world.issue(activations).await
    }

    /// The same, with an owner on record.
    pub(crate) async fn sell_to(&self, activations: u32, owner: &str) -> Issued {
        let terms = serde_json::from_value(terms(activations)).expect("terms");
        let sale = Sale { terms, owner: Some(owner.parse().expect("an address")) };
        let issued = self.desk.console.issue(sale, "test").await.expect("it is sold");
        Issued { key: issued.key.expose(), entitlement: issued.entitlement }
    }

    /// How many hosts hold a license.
    pub(crate) async fn held(&self, id: &EntitlementId) -> usize {
        self.desk.console.entitlement(id).await.expect("it was sold").slots.len()
    }

    pub(crate) async fn reissue(&self, id: &EntitlementId) -> String {
        self.desk.console.reissue(id, "test").await.expect("a new key").key.expose().to_string()
    }

    pub(crate) fn browser(&self) -> Browser {
        let client = Client::builder().tls_backend_preconfigured(tls(None)).no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.retry(reqwest::retry::never()).build().expect("a client");
        Browser { client, url: self.world.running.url().into(), cookies: BTreeMap::new(), language: "en" }
    }

    /// A browser that is logged in.
    pub(crate) async fn visitor(&self, key: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.log_in(key).await;
        assert!(page.status == 200 && page.path == "/portal/licenses", "{page:?}");
        browser
    }
}

impl Parts {
    fn config(&self, base: Config, ledger: &Arc<crate::world::Troubled>, clock: &Arc<FakeClock>, mailer: &Arc<FakeMailer>) -> Config {
        let entropy = Arc::new(FakeEntropy::seeded(100 + u64::from(self.starts.fetch_add(1, Ordering::Relaxed))));
        let ledger = Arc::clone(ledger);
        let portal =
            Portal::open(ledger, self.secrets.clone(), Arc::clone(clock) as _, entropy, Arc::clone(&self.issuer), Arc::clone(mailer) as _);
        Config { portal: Some(Arc::new(portal.expect("the portal opens"))), ..base }
    }
}

/// What a page came as.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bytes: Vec<u8>,
}

impl Page {
    pub(crate) fn html(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("a page is text")
    }

    /// Whether its text says something, entities apart.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.html().replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\"").contains(text)
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let html = self.html();
        let rest = html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no field {name} in {html}"));
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Where the links lead whose address begins so.
    pub(crate) fn links(&self, begin: &str) -> Vec<String> {
        self.html()
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|it| it.starts_with(begin))
            .map(String::from)
            .collect()
    }

    /// The code of what went wrong.
    pub(crate) fn code(&self) -> Option<String> {
        let html = self.html();
        Some(html.split("<code>").nth(1)?.split('<').next()?.to_owned())
    }
}

/// A browser without scripts: cookies, redirects, forms.
pub(crate) struct Browser {
    client: Client,
    pub(crate) url: String,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) language: &'static str,
}

impl Browser {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.url)).header("accept-language", self.language);
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    /// Sends a request, keeps its cookies, and goes where it leads.
    pub(crate) async fn go(&mut self, request: RequestBuilder) -> Page {
        let mut page = self.step(request).await;
        while page.status == 303 {
            page = self.step(self.request(Method::GET, &page.headers[LOCATION.as_str()])).await;
        }
        page
    }

    /// One request and its answer.
    pub(crate) async fn step(&mut self, request: RequestBuilder) -> Page {
        let response = request.send().await.expect("the portal answers");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().expect("a cookie is text");
            let (name, rest) = text.split_once('=').expect("a cookie has a name");
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), rest.split(';').next().unwrap_or_default().into());
            }
        }
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let (status, path, headers) = (response.status().as_u16(), response.url().path().to_owned(), headers.collect());
        Page { status, path, headers, bytes: response.bytes().await.expect("a body").to_vec() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.go(self.request(Method::GET, path)).await
    }

    /// Sends a form.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        self.go(self.request(Method::POST, path).header(CONTENT_TYPE, kind).header("sec-fetch-site", "same-origin").body(body)).await
    }

    /// Opens the first page and types a license key.
    pub(crate) async fn log_in(&mut self, key: &str) -> Page {
        let page = self.get("/portal").await;
        self.post("/portal", &[("form", &page.field("form")), ("key", key)]).await
    }

    /// Opens a tab, chooses a file and submits it.
    pub(crate) async fn submit(&mut self, tab: &str, file: &[u8]) -> Page {
        let page = self.get(tab).await;
        self.send_file(tab, &page.field("form"), file).await
    }

    pub(crate) async fn send_file(&mut self, tab: &str, form: &str, file: &[u8]) -> Page {
        self.go(self.file_request(tab, form, file)).await
    }

    pub(crate) fn file_request(&self, tab: &str, form: &str, file: &[u8]) -> RequestBuilder {
        let mut body = format!("--b\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n{form}\r\n").into_bytes();
        body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\Users\\ada\\secret.xml\"\r\n\r\n");
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = self.request(Method::POST, tab).header(CONTENT_TYPE, "multipart/form-data; boundary=b");
        request.header("sec-fetch-site", "same-origin").body(body)
    }
}

pub(crate) const ACTIVATION: &str = "/portal/activation";
pub(crate) const RETURN: &str = "/portal/return";

/// A request as a file.
pub(crate) fn as_file(request: &Envelope) -> Vec<u8> {
    xml::write_request(request, &[("Product", "Example CAD")])
}

/// A host's activation as a file.
pub(crate) fn activation_of(host: u8, shop: &Shop, count: u64, key: &str) -> Vec<u8> {
    as_file(&Host(host).activates(&shop.world, count, key))
}

/// When the portal thinks it is.
pub(crate) fn now(shop: &Shop) -> keyward_domain::time::Timestamp {
    shop.clock.now().wall
}

/// A request with other words, signed by a device and a license key.
pub(crate) fn signed_anew(request: &Envelope, key: &str, device: u8, change: impl FnOnce(&mut Request)) -> Envelope {
    let mut words: Request = serde_json::from_slice(request.payload()).expect("a request");
    change(&mut words);
    let key: LicenseKey = key.parse().expect("a license key");
    let keys = [SigningKey::from_seed(&[device; 32]), SigningKey::from_seed(&key.seed())];
    words.device = keys[0].public();
    let sign = |message: &[u8]| {
        let entry = |key: &SigningKey| SignatureEntry { keyid: key.public().to_string().into(), sig: key.sign(message) };
        Ok::<_, std::convert::Infallible>(keys.iter().map(entry).collect())
    };
    Sealed::seal(words, sign).expect("it is signed").envelope().clone()
}
