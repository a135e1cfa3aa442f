//! A headless Chromium, driven over WebDriver: plain HTTP with JSON, one request a connection.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use harness::free_port;
use harness::wait::{PATIENCE, holds_within};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How many browsers there may be at once: each takes the memory of dozens of daemons.
const AT_ONCE: usize = 3;

/// How many there are.
static OPEN: Mutex<usize> = Mutex::new(0);
static CLOSED: Condvar = Condvar::new();

/// The right to one browser more.
struct Permit;

impl Permit {
    /// Waits for it.
    fn wait() -> Permit {
        let open = OPEN.lock().expect("a number");
        *CLOSED.wait_while(open, |open| *open >= AT_ONCE).expect("a number") += 1;
        Permit
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *OPEN.lock().expect("a number") -= 1;
        CLOSED.notify_one();
    }
}

/// One browser with one window. Ends with the value.
pub(super) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: TempDir,
    _permit: Permit,
}

/// Keys that are no characters.
pub(super) const ENTER: char = '\u{e007}';
pub(super) const ESCAPE: char = '\u{e00c}';
pub(super) const TAB: char = '\u{e004}';

/// What the browser pretends to be.
#[derive(Clone, Copy)]
pub(super) struct Guise {
    /// A phone in place of a wide screen.
    pub(super) phone: bool,
    /// Dark colours wanted.
    pub(super) dark: bool,
}

/// Every guise, with its name.
pub(super) const GUISES: [(&str, Guise); 4] = [
    ("desktop-light", Guise { phone: false, dark: false }),
    ("desktop-dark", Guise { phone: false, dark: true }),
    ("phone-light", Guise { phone: true, dark: false }),
    ("phone-dark", Guise { phone: true, dark: true }),
];

impl Browser {
    /// A browser of Debian's packages `chromium` and `chromium-driver`.
    pub(super) fn start() -> Browser {
        let permit = Permit::wait();
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver, of the package chromium-driver");
        let profile = tempfile::tempdir().expect("a directory");
        let mut browser =
            Browser { driver, port, session: String::new(), profile, _permit: permit };
        let up = holds_within(PATIENCE, &mut || TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert!(up, "chromedriver does not answer");
        browser.open_session();
        browser
    }

    fn open_session(&mut self) {
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--window-size=1280,800".to_owned(),
            format!("--user-data-dir={}", self.profile.path().display()),
        ];
        let quiet = "--no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars \
                     --disable-background-networking --disable-component-update --disable-sync";
        arguments.extend(quiet.split_whitespace().map(str::to_owned));
        let downloads = json!({ "download.default_directory": self.downloads() });
        let options = json!({ "args": arguments, "prefs": downloads });
        let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let answer = self.request("POST", "/session", Some(&body)).expect("a session");
        self.session = answer["sessionId"].as_str().expect("an id").to_owned();
    }

    /// Where downloads go.
    pub(super) fn downloads(&self) -> PathBuf {
        self.profile.path().join("downloads")
    }

    /// Looks like `guise` from now on.
    pub(super) fn wear(&self, guise: Guise) {
        let scheme = if guise.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
        let (width, height) = if guise.phone { (390, 844) } else { (1280, 800) };
        let scale = if guise.phone { 2 } else { 1 };
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": guise.phone,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Blocks every script of the pages from now on.
    pub(super) fn block_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    }

    /// Opens an address and waits until it is loaded.
    pub(super) fn open(&self, address: &str) {
        self.command("POST", "/url", Some(&json!({ "url": address })));
    }

    /// Runs a script and gives what it returns.
    pub(super) fn run(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", Some(&json!({ "script": script, "args": [] })))
    }

    /// Lets scripts run in a frame of the page from now on, whoever's page is in it.
    pub(super) fn enter_frame(&self, index: usize) {
        self.command("POST", "/frame", Some(&json!({ "id": index })));
    }

    /// Waits until a script's expression is true.
    #[track_caller]
    pub(super) fn wait(&self, limit: Duration, expression: &str) {
        let script = format!("return Boolean({expression})");
        let holds = holds_within(limit, &mut || self.run(&script) == json!(true));
        assert!(holds, "{expression} does not come true; the page says: {}", self.text("main"));
    }

    /// Clicks what a selector finds, as a user would.
    #[track_caller]
    pub(super) fn click(&self, selector: &str) {
        let mut failure = String::new();
        let clicked = holds_within(PATIENCE, &mut || {
            let element = self.find(selector);
            let path = format!("/element/{element}/click");
            failure = self.try_command("POST", &path, Some(&json!({}))).err().unwrap_or_default();
            // The table may have been replaced since it was looked for.
            !failure.contains("stale element")
        });
        assert!(clicked && failure.is_empty(), "`{selector}` cannot be clicked: {failure}");
    }

    /// Types into what a selector finds.
    pub(super) fn enter(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.command("POST", &format!("/element/{element}/value"), Some(&json!({ "text": text })));
    }

    /// Puts a text in place of what a selector's field holds, or chooses it, and says so to the page.
    pub(super) fn fill(&self, selector: &str, text: &str) {
        self.run(&format!(
            "const field = document.querySelector({}); field.value = {}; \
             field.dispatchEvent(new Event('input')); return 1",
            json!(selector),
            json!(text)
        ));
    }

    /// Waits until what a selector finds shows a text; needs no script.
    #[track_caller]
    pub(super) fn wait_text(&self, selector: &str, part: &str) {
        let using = json!({ "using": "css selector", "value": selector });
        let mut text = String::new();
        let holds = holds_within(PATIENCE, &mut || {
            // On its way to another page, the browser knows the old one's elements no more.
            let found = self.try_command("POST", "/element", Some(&using)).ok();
            let shown = found.as_ref().and_then(id_of).and_then(|element| {
                self.try_command("GET", &format!("/element/{element}/text"), None).ok()
            });
            text = shown.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            text.contains(part)
        });
        assert!(holds, "`{selector}` does not come to show {part:?} but {text:?}");
    }

    /// Presses and lets go of keys, wherever the focus is.
    pub(super) fn press(&self, keys: &[char]) {
        let down_and_up = |key: &char| {
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
        };
        let actions: Vec<Value> = keys.iter().flat_map(down_and_up).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.command("POST", "/actions", Some(&json!({ "actions": [keyboard] })));
    }

    /// The visible text of what a selector finds.
    pub(super) fn text(&self, selector: &str) -> String {
        let element = self.find(selector);
        let text = self.command("GET", &format!("/element/{element}/text"), None);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The names a screen reader gives to everything on the page that can be operated.
    pub(super) fn labels(&self) -> Vec<(String, String)> {
        let using =
            json!({ "using": "css selector", "value": "a, button, input, select, textarea" });
        let found = self.command("POST", "/elements", Some(&using));
        let displayed = |id: &&str| {
            self.command("GET", &format!("/element/{id}/displayed"), None) == json!(true)
        };
        let ids = found.as_array().expect("elements").iter().filter_map(id_of).filter(displayed);
        ids.map(|id| {
            let label = self.command("GET", &format!("/element/{id}/computedlabel"), None);
            let html = self.command("GET", &format!("/element/{id}/property/outerHTML"), None);
            let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
            (text(html), text(label))
        })
        .collect()
    }

    /// Saves a picture of the page below `PLANVISOR_SCREENSHOTS`, if that is set.
    pub(super) fn picture(&self, name: &str) {
        let Some(directory) = std::env::var_os("PLANVISOR_SCREENSHOTS") else { return };
        let shot = self.devtools("Page.captureScreenshot", json!({ "format": "png" }));
        let encoded = shot["data"].as_str().expect("a picture");
        fs::create_dir_all(&directory).expect("a directory");
        let path = Path::new(&directory).join(format!("{name}.png"));
        fs::write(path, decode(encoded)).expect("to save the picture");
    }

    fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.command("POST", "/goog/cdp/execute", Some(&body))
    }

    #[track_caller]
    fn find(&self, selector: &str) -> String {
        let using = json!({ "using": "css selector", "value": selector });
        let found = self.command("POST", "/element", Some(&using));
        id_of(&found).unwrap_or_else(|| panic!("nothing is `{selector}`")).to_owned()
    }

    #[track_caller]
    fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.try_command(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn try_command(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        self.request(method, &format!("/session/{}{path}", self.session), body)
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut connection =
            TcpStream::connect(("127.0.0.1", self.port)).map_err(|error| error.to_string())?;
        connection.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        connection.write_all(head.as_bytes()).map_err(|error| error.to_string())?;
        let mut answer = BufReader::new(connection);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).map_err(|error| error.to_string())?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| "no length")?;
            }
            if line.is_empty() {
                break;
            }
        }
        // The driver keeps the connection open whatever it is told.
        let mut body = vec![0; length];
        answer.read_exact(&mut body).map_err(|error| error.to_string())?;
        let mut json: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let value = json["value"].take();
        match value.get("error") {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session; when the driver is gone, so is it.
        let _ = self.request("DELETE", &format!("/session/{}", self.session), None);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn id_of(element: &Value) -> Option<&str> {
    element.as_object()?.values().next()?.as_str()
}

/// Base64, as far as the driver uses it.
fn decode(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values: Vec<u32> = text.chars().filter_map(|c| digits.find(c)).map(|v| v as u32).collect();
    let mut bytes = Vec::with_capacity(values.len() * 3 / 4);
    for group in values.chunks(4) {
        let bits = group.iter().enumerate().fold(0, |bits, (at, v)| bits | (v << (18 - 6 * at)));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
