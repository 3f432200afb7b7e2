//! The portal of the real server over its real ledger: several browsers at once, a power cut between upload and download, lost answers.

use std::collections::BTreeMap;
use std::fs;
use std::process::Child;
use std::sync::Barrier;

use keyward_domain::profile::TlsTerms;
use keyward_proxy::ClientConfig;
use keyward_wire::xml;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use tokio::runtime::Runtime;

use super::{Island, answer};
use crate::site::{Site, serve};

/// So many send the same file at the same moment, so often.
const BROWSERS: usize = 6;
const ROUNDS: usize = 4;

const ACTIVATION: &str = "/portal/activation";
const RETURN: &str = "/portal/return";

/// A browser of its own: its connections, its cookies.
struct Browser {
    runtime: Runtime,
    client: reqwest::Client,
    url: String,
    cookies: BTreeMap<String, String>,
}

/// Sends a file with the form of a tab that is open.
type SendFile = Box<dyn FnOnce(&mut Browser, &[u8]) -> Page + Send>;

/// What came back, and where it was found.
struct Page {
    status: u16,
    path: String,
    bytes: Vec<u8>,
}

impl Page {
    fn html(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn form(&self) -> String {
        let html = self.html();
        html.split("name=\"form\" value=\"").nth(1).and_then(|it| it.split('"').next()).expect("the page has a form").to_owned()
    }

    /// Where the downloads are, the newest first.
    fn downloads(&self) -> Vec<String> {
        let html = self.html();
        let links = html.split("href=\"").skip(1).filter_map(|it| it.split('"').next());
        links.filter(|it| it.starts_with("/portal/answers/") && it.ends_with("/file")).map(String::from).collect()
    }
}

impl Browser {
    /// A browser that is logged in with a license key.
    fn visiting(site: &Site, url: &str, key: &str) -> Self {
        let ca = fs::read_to_string(site.dir().join("server/tls/ca.pem")).expect("the authority");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let client = keyward_proxy::client(&ClientConfig::new(TlsTerms { ca: Some(ca), pins: Vec::new() })).expect("a client");
        let mut browser = Self { runtime, client, url: url.into(), cookies: BTreeMap::new() };
        let form = browser.get("/portal").form();
        let form = reqwest::Url::parse_with_params("form:", [("form", form.as_str()), ("key", key)]).expect("a form");
        let body = form.query().unwrap_or_default().to_owned();
        let page = browser.post("/portal", "application/x-www-form-urlencoded", body.as_bytes());
        assert_eq!((page.status, page.path.as_str()), (200, "/portal/licenses"), "{}", page.html());
        browser
    }

    fn get(&mut self, path: &str) -> Page {
        self.go(|browser, at| browser.client.get(at), path)
    }

    fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> Page {
        self.go(|browser, at| browser.client.post(at).header(CONTENT_TYPE, kind).body(body.to_vec()), path)
    }

    /// Opens a tab; what comes back sends a file there.
    fn tab(&mut self, tab: &'static str) -> SendFile {
        let form = self.get(tab).form();
        Box::new(move |browser, file| {
            let mut body = format!("--b\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n{form}\r\n--b\r\n").into_bytes();
            body.extend_from_slice(b"Content-Disposition: form-data; name=\"file\"; filename=\"a.xml\"\r\n\r\n");
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n--b--\r\n");
            browser.post(tab, "multipart/form-data; boundary=b", &body)
        })
    }

    fn submit(&mut self, tab: &'static str, file: &[u8]) -> Page {
        self.tab(tab)(self, file)
    }

    /// Presses Download.
    fn download(&mut self, page: &Page) -> Vec<u8> {
        let link = page.downloads().into_iter().next().unwrap_or_else(|| panic!("there is a download: {}", page.html()));
        let file = self.get(&link);
        assert_eq!(file.status, 200, "{}", file.html());
        file.bytes
    }

    /// One request, and where it leads.
    fn go(&mut self, request: impl Fn(&Self, String) -> reqwest::RequestBuilder, path: &str) -> Page {
        let mut page = self.step(request(self, format!("{}{path}", self.url)));
        while let Some(place) = page.1.take() {
            page = self.step(self.client.get(format!("{}{place}", self.url)));
        }
        page.0
    }

    fn step(&mut self, request: reqwest::RequestBuilder) -> (Page, Option<String>) {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(COOKIE, cookies.join("; "));
        let (response, bytes) = self.runtime.block_on(async {
            let response = request.send().await.expect("the portal answers");
            let head = (response.status().as_u16(), response.url().path().to_owned(), response.headers().clone());
            (head, response.bytes().await.expect("all of it").to_vec())
        });
        let (status, path, headers) = response;
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|it| it.to_str().ok()) {
            let (name, value) = cookie.split(';').next().and_then(|it| it.split_once('=')).expect("a cookie");
            self.cookies.insert(name.into(), value.into());
        }
        let leads = headers.get(LOCATION).and_then(|it| it.to_str().ok()).map(String::from);
        (Page { status, path, bytes }, leads)
    }
}

/// A server that was begun again on the same data.
struct Again(Child, String);

impl Again {
    /// The power fails, and comes back.
    fn after_a_power_cut(site: &mut Site) -> Self {
        site.stop();
        let (server, url) = serve(&site.dir().join("server"), &site.dir().join("server-anchor"));
        Self(server, url)
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn in_use(page: &Page, says: &str) {
    assert!(page.html().contains(says), "{says} in {}", page.html());
}

/// Row O4, by file: whoever sends it, and by whichever road, it is one request.
#[test]
fn the_same_request_by_many_browsers_at_once_takes_one_seat_and_all_get_the_same_bytes() {
    let site = Site::open();
    let (key, _) = site.issue(&["--tenure", "perpetual", "--type", "stand-alone", "--activations", "9"]);
    for round in 1..=ROUNDS {
        let host = Island::of(&site, &format!("host-{round}"));
        host.host.run(&["activate", &key, "--request", &host.on_stick("a.xml")]).done();
        let file = fs::read(host.stick.join("a.xml")).expect("the request");
        let at_once = together(&site, site.url(), &key, ACTIVATION, &file, true);
        assert_one(&at_once, round);
        host.host.run(&["load", &host.put("answer.xml", &at_once[0].1)]).done();
        assert!(host.host.run(&["status"]).done().contains("| Enabled |"));
        in_use(&Browser::visiting(&site, site.url(), &key).get("/portal/licenses"), &format!("{round} of 9 in use"));

        // And as many bring the return.
        if round == ROUNDS {
            host.host.run(&["return", "1", "--request", &host.on_stick("b.xml")]).done();
            let file = fs::read(host.stick.join("b.xml")).expect("the request");
            let at_once = together(&site, site.url(), &key, RETURN, &file, true);
            assert_one(&at_once, round);
            host.host.run(&["load", &host.put("receipt.xml", &at_once[0].1)]).done();
            in_use(&Browser::visiting(&site, site.url(), &key).get("/portal/licenses"), &format!("{} of 9 in use", ROUNDS - 1));
        }
    }
}

fn assert_one(at_once: &[(String, Vec<u8>)], round: usize) {
    let [first, others @ ..] = at_once else { panic!("nobody was there") };
    for other in others {
        assert_eq!(other.0, first.0, "one answer has one page, round {round}");
        assert!(other.1 == first.1, "the same bytes, round {round}");
    }
}

/// What each of several browsers gets that send a file at the same moment; one more host sends it over the network, if it is so wanted.
fn together(site: &Site, url: &str, key: &str, tab: &'static str, file: &[u8], and_online: bool) -> Vec<(String, Vec<u8>)> {
    let ready = Barrier::new(BROWSERS + usize::from(and_online));
    let browsers: Vec<_> = (0..BROWSERS)
        .map(|_| {
            let mut browser = Browser::visiting(site, url, key);
            let send = browser.tab(tab);
            (browser, send)
        })
        .collect();
    let ready = &ready;
    std::thread::scope(|scope| {
        let browsers = browsers.into_iter().map(|(mut browser, send)| {
            scope.spawn(move || {
                ready.wait();
                let page = send(&mut browser, file);
                assert_eq!(page.status, 200, "{}", page.html());
                (page.path.clone(), browser.download(&page))
            })
        });
        let browsers: Vec<_> = browsers.collect();
        let online = and_online.then(|| {
            scope.spawn(|| {
                let request = xml::read_request(file).expect("a request");
                ready.wait();
                answer(site, &request)
            })
        });
        let got: Vec<_> = browsers.into_iter().map(|it| it.join().expect("the browser is served")).collect();
        if let Some(online) = online {
            let online = online.join().expect("the host is answered");
            assert_eq!(xml::read_answer(&got[0].1).expect("an answer"), online, "by whichever road");
        }
        got
    })
}

#[test]
fn an_answer_waits_for_its_download_through_a_power_cut_and_a_lost_one_is_had_again() {
    let mut site = Site::open();
    let (key, _) = site.issue_one();
    let a = Island::of(&site, "a");
    a.host.run(&["activate", &key, "--request", &a.on_stick("a.xml")]).done();
    let request = fs::read(a.stick.join("a.xml")).expect("the request");
    let mut browser = Browser::visiting(&site, site.url(), &key);
    let page = browser.submit(ACTIVATION, &request);
    assert!(page.path.starts_with("/portal/answers/"), "{}", page.html());

    // The page is open, nothing was downloaded yet.
    let again = Again::after_a_power_cut(&mut site);
    browser.url.clone_from(&again.1);
    let first = browser.download(&page);
    // The answer is lost on its way: somebody else looks for it, or sends the request again.
    let mut other = Browser::visiting(&site, &again.1, &key);
    let table = other.get("/portal/licenses");
    in_use(&table, "1 of 1 in use");
    assert!(other.download(&table) == first, "from the table");
    let found = other.submit(ACTIVATION, &request);
    assert_eq!(found.path, page.path);
    assert!(other.download(&found) == first, "by the same request");
    for at_once in together(&site, &again.1, &key, ACTIVATION, &request, false) {
        assert!(at_once == (page.path.clone(), first.clone()), "by many at once");
    }
    in_use(&other.get("/portal/licenses"), "1 of 1 in use");
    a.host.run(&["load", &a.put("answer.xml", &first)]).done();
    assert!(a.host.run(&["status"]).done().contains("| Enabled |"));
}
