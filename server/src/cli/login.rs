//! `countersign login`, `whoami`, `logout`: the client side of CLI login, from a terminal.
//!
//! The session is one file of mode 0600: which server and project, and the refresh token. Nothing else is kept.

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use countersign_flow::Timestamp;
use countersign_flow::cli_login::code::short_code;
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::wait;
use crate::clock::Clock;
use crate::files::write_private;
use crate::store::connection::refuse_loose_mode;

/// Time between two polls.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Time between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(100);
const SPINNER: [char; 4] = ['|', '/', '-', '\\'];

/// Where the session is kept
#[derive(Args, Clone)]
pub(crate) struct Kept {
    /// The file of the session. By default session.json in the folder countersign of your settings
    #[arg(long, value_name = "FILE")]
    session_file: Option<PathBuf>,
}

/// Log in through a browser, and keep the session in a file of mode 0600
#[derive(Args)]
pub(crate) struct Login {
    /// The server, such as `https://auth.example.com`
    #[arg(long, value_name = "URL", env = "BASE_URL")]
    base_url: String,
    /// The project's id
    #[arg(long, value_name = "ID", env = "PROJECT_ID")]
    project_id: String,
    /// The project's publishable client key
    #[arg(long, value_name = "KEY", env = "PUBLISHABLE_CLIENT_KEY")]
    publishable_client_key: String,
    /// Open no browser, only say where to go
    #[arg(long)]
    no_browser: bool,
    #[command(flatten)]
    kept: Kept,
}

/// Say who is logged in
#[derive(Args)]
pub(crate) struct Whoami {
    #[command(flatten)]
    kept: Kept,
}

/// End the session, and delete its file
#[derive(Args)]
pub(crate) struct Logout {
    #[command(flatten)]
    kept: Kept,
}

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Session {
    base_url: String,
    project_id: String,
    publishable_client_key: String,
    refresh_token: String,
}

impl Kept {
    fn path(&self) -> Result<PathBuf> {
        if let Some(path) = &self.session_file {
            return Ok(path.clone());
        }
        let of_home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".config"));
        let set = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = set.or_else(of_home).context("there is no home folder: name a file with --session-file")?;
        Ok(folder.join("countersign").join("session.json"))
    }

    fn read(&self) -> Result<Session> {
        let path = self.path()?;
        if !path.exists() {
            bail!("nobody is logged in: run `countersign login`");
        }
        refuse_loose_mode(&path)?;
        let text = Zeroizing::new(fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?);
        serde_json::from_str(&text)
            .map_err(|_| anyhow::anyhow!("{} is not what a login wrote: delete it", path.display()))
    }

    fn write(&self, session: &Session) -> Result<PathBuf> {
        let path = self.path()?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.with_context(|| format!("making {}", folder.display()))?;
        }
        write_private(&path, &Zeroizing::new(serde_json::to_string_pretty(session)? + "\n"))?;
        Ok(path)
    }
}

/// A server, as programs of one project talk to it.
struct Door<'a> {
    http: reqwest::Client,
    base_url: &'a str,
    project_id: &'a str,
    key: &'a str,
}

/// An answer: its status, when to come back, and its body.
struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Value,
}

impl Answer {
    fn text(&self, member: &str) -> Result<&str> {
        self.body[member].as_str().with_context(|| format!("the server's answer has no `{member}`"))
    }

    /// The body of a success.
    fn accepted(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let message = self.body["message"].as_str().unwrap_or("no reason given");
        bail!("the server refused ({}): {message}", self.status.as_u16())
    }
}

impl<'a> Door<'a> {
    fn new(base_url: &'a str, project_id: &'a str, key: &'a str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("starting the HTTP client")?;
        Ok(Self { http, base_url: base_url.trim_end_matches('/'), project_id, key })
    }

    fn of(session: &'a Session) -> Result<Self> {
        Self::new(&session.base_url, &session.project_id, &session.publishable_client_key)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<(&str, &str)>,
        body: Option<Value>,
    ) -> Result<Answer> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base_url))
            .header("x-stack-access-type", "client")
            .header("x-stack-project-id", self.project_id)
            .header("x-stack-publishable-client-key", self.key);
        if let Some((name, token)) = token {
            request = request.header(name, token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        // The cause names the URL, which holds nothing secret: codes and tokens travel in headers and bodies.
        let response = request.send().await.context("asking the server")?;
        let status = response.status();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let text = response.text().await.context("reading the server's answer")?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { status, retry_after: retry_after.map(Duration::from_secs), body })
    }

    /// Who a refresh token is of, in words.
    async fn whoami(&self, refresh: &str) -> Result<String> {
        let path = "/api/v1/auth/sessions/current/refresh";
        let answer = self.call(Method::POST, path, Some(("x-stack-refresh-token", refresh)), None).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            bail!("the session has ended: run `countersign login`");
        }
        let answer = answer.accepted()?;
        let access = ("x-stack-access-token", answer.text("access_token")?);
        let me = self.call(Method::GET, "/api/v1/users/me", Some(access), None).await?.accepted()?;
        let id = me.text("id")?;
        Ok(match me.body["primary_email"].as_str() {
            Some(email) => format!("{email} ({id})"),
            None if me.body["is_anonymous"] == true => format!("an anonymous user ({id})"),
            None => id.to_owned(),
        })
    }
}

impl Login {
    pub(crate) fn run(&self) -> Result<()> {
        wait(async {
            let door = Door::new(&self.base_url, &self.project_id, &self.publishable_client_key)?;
            let start = json!({ "client_name": client_name() });
            let started = door.call(Method::POST, "/api/v1/auth/cli", None, Some(start)).await?.accepted()?;
            let (polling_code, login_code) = (started.text("polling_code")?, started.text("login_code")?);
            let expires = started.text("expires_at")?;
            let expires = chrono::DateTime::parse_from_rfc3339(expires).context("the server's answer has no time")?;
            let url = format!("{}/handler/cli-auth-confirm?login_code={login_code}", door.base_url);
            println!("Open this page, and compare the code:\n\n  {url}\n  {}\n", short_code(login_code));
            std::io::stdout().flush()?;
            if !self.no_browser {
                open_browser(&url);
            }
            let refresh_token = poll(&door, polling_code, Timestamp::from_millis(expires.timestamp_millis())).await?;
            let who = door.whoami(&refresh_token).await?;
            let session = Session {
                base_url: door.base_url.to_owned(),
                project_id: self.project_id.clone(),
                publishable_client_key: self.publishable_client_key.clone(),
                refresh_token,
            };
            let path = self.kept.write(&session)?;
            println!("Logged in as {who}. The session is in {}.", path.display());
            Ok(())
        })
    }
}

impl Whoami {
    pub(crate) fn run(&self) -> Result<()> {
        wait(async {
            let session = self.kept.read()?;
            let who = Door::of(&session)?.whoami(&session.refresh_token).await?;
            println!("{who} at {}", session.base_url);
            Ok(())
        })
    }
}

impl Logout {
    pub(crate) fn run(&self) -> Result<()> {
        wait(async {
            let session = self.kept.read()?;
            let token = Some(("x-stack-refresh-token", session.refresh_token.as_str()));
            let path = "/api/v1/auth/sessions/current";
            let answer = Door::of(&session)?.call(Method::DELETE, path, token, None).await?;
            // One that has ended already is ended well enough.
            if answer.status != StatusCode::UNAUTHORIZED {
                answer.accepted()?;
            }
            remove(&self.kept.path()?)?;
            println!("Logged out.");
            Ok(())
        })
    }
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| format!("deleting {}", path.display()))
}

/// Polls until a person has decided, or the time is over.
async fn poll(door: &Door<'_>, polling_code: &str, expires: Timestamp) -> Result<String> {
    loop {
        let body = json!({ "polling_code": polling_code });
        let answer = door.call(Method::POST, "/api/v1/auth/cli/poll", None, Some(body)).await?;
        if matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            spin(answer.retry_after.unwrap_or(POLL_INTERVAL), expires).await;
            continue;
        }
        let answer = answer.accepted()?;
        match answer.text("status")? {
            "success" => {
                clear_line();
                return Ok(answer.text("refresh_token")?.to_owned());
            }
            "waiting" => spin(POLL_INTERVAL, expires).await,
            refused => {
                clear_line();
                bail!(
                    "{}",
                    match refused {
                        "denied" => "the login was denied",
                        "expired" => "nobody decided in time: run `countersign login` again",
                        "used" => "another program has taken the session: run `countersign login` again",
                        _ => "the server says a word that this version doesn't know",
                    }
                );
            }
        }
    }
}

/// Waits, with the time that is left on the terminal.
async fn spin(duration: Duration, expires: Timestamp) {
    let until = Clock.now().plus(duration);
    let mut turn = 0;
    loop {
        let now = Clock.now();
        if now >= until {
            return;
        }
        if std::io::stderr().is_terminal() {
            let left = expires.since(now).as_secs();
            let picture = SPINNER[turn % SPINNER.len()];
            eprint!("\r{picture} waiting for the page, {}:{:02} left ", left / 60, left % 60);
            turn += 1;
        }
        tokio::time::sleep(TICK.min(until.since(now))).await;
    }
}

fn clear_line() {
    if std::io::stderr().is_terminal() {
        eprint!("\r{:40}\r", "");
    }
}

/// What the page shows of this program.
fn client_name() -> String {
    let host = fs::read_to_string("/etc/hostname").unwrap_or_default();
    match host.trim() {
        "" => "countersign".to_owned(),
        host => format!("countersign on {host}").chars().take(64).collect(),
    }
}

/// Opens the page, if this machine knows how. Where it doesn't, the printed address is enough.
fn open_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = || Stdio::null();
    let _ = Command::new(opener).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}
