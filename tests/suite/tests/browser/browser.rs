//! Chromium without a window, driven from outside.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use thirtyfour::prelude::*;

/// How long something may take to come.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

/// A browser with a profile and a folder for downloads of its own.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    program: Child,
    /// Open as long as it runs, so that it can go on talking.
    _said: BufReader<ChildStdout>,
    dir: TempDir,
}

impl Browser {
    /// A browser; none if there is none on this computer, which is said.
    pub(crate) async fn start(language: &str) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder of its own");
        let chromium = ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| {
            let said = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            said.is_ok_and(|status| status.success())
        });
        let (Some((program, said, port)), true) = (chromedriver(), chromium) else {
            println!("skipped: chromium or chromedriver is not installed (Debian: chromium, chromium-driver)");
            return None;
        };
        let downloads = dir.path().join("downloads");
        fs::create_dir(&downloads).expect("a folder for downloads");
        let mut caps = DesiredCapabilities::chrome();
        for flag in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ] {
            caps.add_arg(flag).expect("a flag");
        }
        caps.add_arg(&format!("--user-data-dir={}", dir.path().join("profile").display())).expect("a flag");
        caps.add_arg(&format!("--lang={language}")).expect("a flag");
        let prefs = serde_json::json!({ "download.default_directory": downloads, "intl.accept_languages": language });
        caps.add_experimental_option("prefs", prefs).expect("preferences");
        // Its client takes the process's provider; whoever came first has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), caps).await.expect("chromium starts");
        Some(Self { driver, program, _said: said, dir })
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) {
        self.driver.clone().quit().await.expect("chromium ends");
        self.program.kill().and_then(|()| self.program.wait()).expect("chromedriver ends");
    }

    /// A folder that is the test's own.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) async fn find(&self, css: &str) -> WebElement {
        self.driver.find(By::Css(css)).await.unwrap_or_else(|error| panic!("there is no {css}: {error}"))
    }

    /// What the page says to a person.
    pub(crate) async fn text(&self) -> String {
        self.find("body").await.text().await.expect("the page has a text")
    }

    /// Presses something that leads to another page, and waits for that.
    pub(crate) async fn click(&self, css: &str) {
        let before = self.find("html").await;
        self.press(css).await;
        before.wait_until().stale().await.unwrap_or_else(|error| panic!("{css} leads nowhere: {error}"));
    }

    /// Presses something that leads to no other page.
    pub(crate) async fn press(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css} cannot be pressed: {error}"));
    }

    /// Presses a key, wherever the focus is.
    pub(crate) async fn key(&self, key: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(key).perform().await.expect("a key is pressed");
    }

    /// Presses a key that leads to another page, and waits for that.
    pub(crate) async fn key_to_page(&self, key: Key) {
        let before = self.find("html").await;
        self.key(key).await;
        before.wait_until().stale().await.unwrap_or_else(|error| panic!("the key leads nowhere: {error}"));
    }

    pub(crate) async fn path(&self) -> String {
        self.driver.current_url().await.expect("an address").path().into()
    }

    /// Waits until something is so.
    pub(crate) async fn comes_to(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let mut looks = tokio::time::interval(LOOK);
        let came = async {
            while !is_so().await {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, came).await.unwrap_or_else(|_| panic!("it does not come to this: {what}"));
    }

    /// Waits for a whole file in the folder for downloads, and takes it out of there.
    pub(crate) async fn downloaded(&self) -> (String, Vec<u8>) {
        let folder = self.dir.path().join("downloads");
        self.comes_to("the file is downloaded", async || whole_file(&folder).is_some()).await;
        let file = whole_file(&folder).expect("nobody else takes it");
        let bytes = fs::read(&file).expect("the file can be read");
        fs::remove_file(&file).expect("the file is taken");
        (file.file_name().expect("it has a name").to_string_lossy().into_owned(), bytes)
    }

    /// Sets the size of what is seen, in CSS pixels, as on that device.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics = serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await.expect("the size is set");
    }

    /// What a camera sees of the page's code on a screen of that width; each of its modules has three pixels or more.
    pub(crate) async fn code(&self, width: u32) -> Vec<u8> {
        self.resize(width, 1600).await;
        let script = "const it = document.querySelector('.codes img'); return [it.getBoundingClientRect().width, it.naturalWidth];";
        let sizes = self.driver.execute(script, Vec::new()).await.expect("the code is measured");
        let [shown, drawn]: [f64; 2] = sizes.convert().expect("two numbers");
        assert!(shown >= drawn && shown >= f64::from(width.min(640)) * 0.9, "{shown} of {drawn} pixels on {width}");
        self.driver.screenshot_as_png().await.expect("a picture")
    }

    /// Keeps pictures of the page, wide and as on a phone, where somebody wants them; at 360 pixels nothing may stick out.
    pub(crate) async fn shot(&self, name: &str) {
        for (width, height) in [(360, 740), (390, 844), (1280, 900)] {
            self.resize(width, height).await;
            let wide = self.driver.execute("return document.documentElement.scrollWidth", Vec::new()).await.expect("it has a width");
            let wide: u32 = wide.convert().expect("a number");
            assert!(wide <= width, "{name} is {wide} pixels wide on {width}");
            if let Some(folder) = std::env::var_os("KEYWARD_SHOTS").map(PathBuf::from) {
                let high = self.driver.execute("return document.documentElement.scrollHeight", Vec::new()).await.expect("it has a height");
                self.resize(width, high.convert::<u32>().expect("a number").clamp(height, 3000)).await;
                fs::create_dir_all(&folder).expect("the folder for pictures");
                let picture = self.driver.screenshot_as_png().await.expect("a picture");
                fs::write(folder.join(format!("{name}-{width}.png")), picture).expect("the picture is kept");
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Chromedriver on a port of its own; none if there is none on this computer. It takes a port of IPv6 and then the same number of IPv4, which
/// somebody else may have: then it says so and ends, and is started once more.
fn chromedriver() -> Option<(Child, BufReader<ChildStdout>, u16)> {
    loop {
        let mut program = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut said = BufReader::new(program.stdout.take().expect("its output is a pipe"));
        let mut lines = Vec::new();
        for line in said.by_ref().lines().map_while(Result::ok) {
            if let Some((_, port)) = line.split_once("successfully on port ") {
                let port = port.trim_end_matches('.').parse().expect("a port");
                return Some((program, said, port));
            }
            lines.push(line);
        }
        program.wait().expect("it has ended");
        assert!(lines.iter().any(|line| line.contains("port not available")), "chromedriver says its port: {lines:?}");
    }
}

/// A file that is not still coming: Chromium keeps its name with an empty file, and renames what came whole onto it.
fn whole_file(folder: &Path) -> Option<PathBuf> {
    let mut files = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let is_whole =
        |file: &fs::DirEntry| file.path().extension().is_some_and(|it| it == "xml") && file.metadata().is_ok_and(|it| it.len() > 0);
    files.find(is_whole).map(|file| file.path())
}
