//! Settings: one TOML file, each setting overridable as `COUNTERSIGN_<SECTION>_<NAME>`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use countersign_flow::limit::{Limit, SANDBOX_FACTOR};
use countersign_flow::otp::OtpPolicy;
use countersign_flow::session::SessionPolicy;
use serde::{Deserialize, Serialize};

use crate::oidc::OidcSettings;
use crate::delivery::DeliverySettings;
use crate::store::Mode;
use crate::store::requests::RequestPolicy;

/// All settings. Every one has a default, but `database.url` and a master key, which `serve --sandbox` sets itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The HTTP server.
    pub server: ServerSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// Secrets at rest.
    pub keys: KeySettings,
    /// Sessions.
    pub sessions: SessionSettings,
    /// Pending requests of signed retries.
    pub requests: RequestSettings,
    /// One-time codes.
    pub otp: OtpSettings,
    /// Issuers of OpenID Connect, and what their tokens must keep to.
    pub oidc: OidcSettings,
    /// Rates.
    pub limits: LimitSettings,
    /// How codes reach people.
    pub delivery: DeliverySettings,
    /// Deleting what is over.
    pub purge: PurgeSettings,
}

/// The HTTP server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// The largest request body, in bytes.
    pub body_limit_bytes: usize,
    /// How long a stop waits for what is in flight, in seconds.
    pub stop_secs: u64,
}

/// The database.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// `sqlite:PATH`.
    pub url: String,
}

/// Secrets at rest.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySettings {
    /// A file of mode 0600 that holds the master key: 64 hex digits.
    pub master_key_file: Option<PathBuf>,
    /// The master key itself; meant for the environment, not for the file.
    #[serde(skip_serializing)]
    pub master_key: Option<String>,
}

/// Sessions.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// Life of a session, in seconds.
    pub ttl_secs: u64,
    /// Life of all sessions of one login, in seconds.
    pub lifetime_cap_secs: u64,
    /// The most live sessions of one account.
    pub max_live: u32,
}

/// Pending requests.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestSettings {
    /// Life of a pending request, in seconds.
    pub ttl_secs: u64,
    /// The most live pending requests of one account.
    pub max_live: u32,
}

/// One-time codes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OtpSettings {
    /// Life of a code, in seconds.
    pub ttl_secs: u64,
    /// This many wrong codes end a code.
    pub wrong_per_issue: u32,
    /// This many wrong codes of a credential within the window refuse further ones until it moves.
    pub wrong_per_window: u32,
    /// The window, in seconds.
    pub window_secs: u64,
    /// This many wrong codes of a credential since its last success lock it.
    pub wrong_until_locked: u32,
}

/// Rates: a burst, then one per refill time. Sandbox is 100 times wider.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Challenges of a credential.
    pub challenge_burst: u32,
    /// In seconds.
    pub challenge_refill_secs: u64,
    /// Verifications of a credential.
    pub verify_burst: u32,
    /// In seconds.
    pub verify_refill_secs: u64,
    /// Failed retries on an account. They never end a pending request.
    pub failed_retry_burst: u32,
    /// In seconds.
    pub failed_retry_refill_secs: u64,
}

/// Deleting what is over.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PurgeSettings {
    /// Time between two rounds, in seconds.
    pub interval_secs: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8080".to_owned(), body_limit_bytes: 64 * 1024, stop_secs: 10 }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        let policy = SessionPolicy::default();
        Self {
            ttl_secs: policy.ttl.as_secs(),
            lifetime_cap_secs: policy.lifetime_cap.as_secs(),
            max_live: policy.max_live,
        }
    }
}

impl Default for RequestSettings {
    fn default() -> Self {
        Self { ttl_secs: 300, max_live: 1_000 }
    }
}

impl Default for OtpSettings {
    fn default() -> Self {
        let policy = OtpPolicy::default();
        Self {
            ttl_secs: policy.ttl.as_secs(),
            wrong_per_issue: policy.wrong_per_issue,
            wrong_per_window: policy.wrong_per_window,
            window_secs: policy.window.as_secs(),
            wrong_until_locked: policy.wrong_until_locked,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            challenge_burst: 5,
            challenge_refill_secs: 30,
            verify_burst: 10,
            verify_refill_secs: 10,
            failed_retry_burst: 300,
            failed_retry_refill_secs: 1,
        }
    }
}

impl Default for PurgeSettings {
    fn default() -> Self {
        Self { interval_secs: 60 }
    }
}

impl std::fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySettings").field("master_key_file", &self.master_key_file).finish_non_exhaustive()
    }
}

/// The rules of a running server, made of its settings.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Sessions.
    pub sessions: SessionPolicy,
    /// Pending requests.
    pub requests: RequestPolicy,
    /// One-time codes.
    pub otp: OtpPolicy,
    /// Challenges of a credential.
    pub challenge: Limit,
    /// Verifications of a credential.
    pub verify: Limit,
    /// Failed retries on an account.
    pub failed_retry: Limit,
    /// The largest request body, in bytes.
    pub body_limit: usize,
}

impl Config {
    /// Reads `file`, if there is one, and lets `environment` override it.
    ///
    /// # Errors
    /// The file can't be read, or a setting is unknown or of the wrong type: which, and where.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut table = match file {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
                parse(&text).with_context(|| format!("in {}", path.display()))?
            }
        };
        for (variable, value) in environment {
            let Some((section, name)) = variable.strip_prefix("COUNTERSIGN_").and_then(|rest| rest.split_once('_'))
            else {
                continue;
            };
            let (section, name) = (section.to_ascii_lowercase(), name.to_ascii_lowercase());
            if kind_of(&section, "").is_none() {
                // Some other program's, or misspelt: worth a word, not worth a refusal.
                eprintln!("warning: {variable} names no setting and is ignored");
                continue;
            }
            let place = table.entry(section.clone()).or_insert_with(|| toml::Table::new().into());
            let Some(place) = place.as_table_mut() else { bail!("`{section}` must be a table of settings") };
            let value = match kind_of(&section, &name) {
                Some(Kind::Count) => value.parse::<i64>().map_or_else(|_| value.into(), toml::Value::from),
                Some(Kind::List) => list(&value),
                _ => value.into(),
            };
            place.insert(name, value);
        }
        check(&table)?;
        // What is left to refuse is a number out of range; the library's own message would repeat it, and it is not secret.
        table.try_into().context("a setting is out of range")
    }

    /// The settings with their defaults, for `--help`.
    #[must_use]
    pub fn listing() -> String {
        let defaults = toml::Table::try_from(Self::default()).unwrap_or_default();
        let mut out = String::new();
        for (section, settings) in &defaults {
            for (name, value) in settings.as_table().into_iter().flatten() {
                out.push_str(&match value {
                    toml::Value::Array(values) if values.iter().any(toml::Value::is_table) => {
                        format!("  [[{section}.{name}]] = {value}, in the file only\n")
                    }
                    _ => format!("  {section}.{name} = {value}\n"),
                });
            }
        }
        let unlisted: Vec<String> = UNLISTED.iter().map(|(section, name)| format!("{section}.{name}")).collect();
        out + "  " + &unlisted.join(", ") + ", database.url: no default"
    }

    /// The rules that follow from the settings.
    ///
    /// # Errors
    /// A setting that would make the server useless, such as a life of zero seconds.
    pub fn rules(&self, mode: Mode) -> Result<Rules> {
        let secs = |name: &str, value: u64| {
            // A century is more than any life here needs, and keeps the arithmetic of milliseconds safe.
            if (1..=3_153_600_000).contains(&value) {
                Ok(Duration::from_secs(value))
            } else {
                bail!("{name} must be between 1 and 3153600000 seconds")
            }
        };
        let count = |name: &str, value: u32| if value > 0 { Ok(value) } else { bail!("{name} must be at least 1") };
        let factor = match mode {
            Mode::Sandbox => SANDBOX_FACTOR,
            Mode::Production => 1,
        };
        let limit = |name: &str, burst: u32, refill: u64| -> Result<Limit> {
            let burst = count(&format!("limits.{name}_burst"), burst)?;
            Ok(Limit::new(burst, secs(&format!("limits.{name}_refill_secs"), refill)?).widened(factor))
        };
        let Self { server, sessions, requests, otp, limits, .. } = self;
        if server.body_limit_bytes < 1_024 {
            bail!("server.body_limit_bytes must be at least 1024");
        }
        Ok(Rules {
            sessions: SessionPolicy {
                ttl: secs("sessions.ttl_secs", sessions.ttl_secs)?,
                lifetime_cap: secs("sessions.lifetime_cap_secs", sessions.lifetime_cap_secs)?,
                max_live: count("sessions.max_live", sessions.max_live)?,
            },
            requests: RequestPolicy {
                ttl: secs("requests.ttl_secs", requests.ttl_secs)?,
                max_live: count("requests.max_live", requests.max_live)?,
            },
            otp: OtpPolicy {
                ttl: secs("otp.ttl_secs", otp.ttl_secs)?,
                wrong_per_issue: count("otp.wrong_per_issue", otp.wrong_per_issue)?,
                wrong_per_window: count("otp.wrong_per_window", otp.wrong_per_window)?,
                window: secs("otp.window_secs", otp.window_secs)?,
                wrong_until_locked: count("otp.wrong_until_locked", otp.wrong_until_locked)?,
            },
            challenge: limit("challenge", limits.challenge_burst, limits.challenge_refill_secs)?,
            verify: limit("verify", limits.verify_burst, limits.verify_refill_secs)?,
            failed_retry: limit("failed_retry", limits.failed_retry_burst, limits.failed_retry_refill_secs)?,
            body_limit: server.body_limit_bytes,
        })
    }
}

/// What a setting holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Section,
    Text,
    Count,
    /// `[[section.name]]`, in the file only.
    Tables,
    /// Texts; in the environment divided by commas.
    List,
}

/// The settings that aren't among the defaults: secrets, and what has no default.
const UNLISTED: &[(&str, &str)] = &[
    ("keys", "master_key"),
    ("keys", "master_key_file"),
    ("delivery", "smtp_password"),
    ("delivery", "sms_hook_secret"),
];

fn list(value: &str) -> toml::Value {
    let texts = value.split(',').map(str::trim).filter(|text| !text.is_empty());
    toml::Value::Array(texts.map(toml::Value::from).collect())
}

/// What the setting `section.name` holds, or that there is such a section for an empty name.
fn kind_of(section: &str, name: &str) -> Option<Kind> {
    if UNLISTED.contains(&(section, name)) {
        return Some(Kind::Text);
    }
    let known = toml::Table::try_from(Config::default()).ok()?;
    let section = known.get(section)?;
    if name.is_empty() {
        return Some(Kind::Section);
    }
    match section.get(name)? {
        toml::Value::String(_) => Some(Kind::Text),
        toml::Value::Array(values) if values.iter().any(toml::Value::is_table) => Some(Kind::Tables),
        toml::Value::Array(_) => Some(Kind::List),
        _ => Some(Kind::Count),
    }
}

/// Parses TOML; the error says where and never repeats the line, which may hold a key.
fn parse(text: &str) -> Result<toml::Table> {
    text.parse().map_err(|cause: toml::de::Error| {
        let before = text.get(..cause.span().map_or(0, |span| span.start)).unwrap_or(text);
        let (line, column) =
            (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or("").chars().count() + 1);
        anyhow::anyhow!("line {line}, column {column}: {}", cause.message())
    })
}

/// Names every setting that is unknown or of the wrong kind, without its value.
fn check(table: &toml::Table) -> Result<()> {
    let mut faults = Vec::new();
    for (section, settings) in table {
        let Some(settings) = settings.as_table().filter(|_| kind_of(section, "").is_some()) else {
            faults.push(format!("[{section}] is no section of settings"));
            continue;
        };
        for (name, value) in settings {
            match (kind_of(section, name), value) {
                (None, _) => faults.push(format!("{section}.{name} is no setting")),
                (Some(Kind::Count), toml::Value::Integer(0..)) | (Some(Kind::Text), toml::Value::String(_)) => {}
                (Some(Kind::Tables), toml::Value::Array(tables)) => {
                    faults.extend(crate::oidc::settings::faults(tables));
                }
                (Some(Kind::Tables), _) => {
                    faults.push(format!("{section}.{name} must be [[{section}.{name}]] in the file"));
                }
                (Some(Kind::List), toml::Value::Array(texts)) if texts.iter().all(toml::Value::is_str) => {}
                (Some(Kind::List), _) => faults.push(format!("{section}.{name} must be a list of texts")),
                (Some(Kind::Count), _) => faults.push(format!("{section}.{name} must be a whole number, 0 or more")),
                (Some(_), _) => faults.push(format!("{section}.{name} must be text")),
            }
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        bail!("{}; `countersign serve --help` lists the settings", faults.join("; "))
    }
}

/// The environment of this process. What isn't UTF-8 is no setting of ours.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<Config> {
        Config::load(None, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn the_environment_overrides_a_setting() {
        let config = environment(&[("COUNTERSIGN_SESSIONS_TTL_SECS", "1"), ("COUNTERSIGN_VECTORS", "x")]).unwrap();
        assert_eq!(config.sessions.ttl_secs, 1);
        assert_eq!(config.sessions.max_live, 100);
    }

    #[test]
    fn unknown_and_ill_typed_settings_are_refused_by_name() {
        for (variable, word) in [
            ("COUNTERSIGN_SESSIONS_TTL", "sessions.ttl is no setting"),
            ("COUNTERSIGN_OTP_TTL_SECS", "otp.ttl_secs must be a whole number"),
        ] {
            let refused = format!("{:#}", environment(&[(variable, "soon")]).unwrap_err());
            assert!(refused.contains(word), "{refused}");
        }
    }

    #[test]
    fn errors_say_where_and_never_repeat_a_value() {
        for (text, place) in [
            ("[keys]\nmaster_key = \"CANARY", "line 2"),
            ("[keys]\nmaster_key = 0xCA4A47", "keys.master_key must be text"),
            ("[database]\nurl = [\"postgres://u:CANARY@h/d\"]", "database.url must be text"),
            ("[sessions]\nttl_secs = -5", "sessions.ttl_secs must be a whole number"),
            ("[session]\nttl_secs = 5", "[session] is no section"),
        ] {
            let refused = parse(text).and_then(|table| check(&table)).unwrap_err();
            let refused = format!("{refused:#}");
            assert!(
                refused.contains(place) && !refused.contains("CANARY") && !refused.contains("13257287"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_master_key_of_digits_stays_text() {
        let digits = "1".repeat(64);
        let config = environment(&[("COUNTERSIGN_KEYS_MASTER_KEY", digits.as_str())]).unwrap();
        assert_eq!(config.keys.master_key, Some(digits));
    }

    #[test]
    fn issuers_come_from_the_file_and_replace_the_known_ones() {
        let read = |text: &str| -> Result<Config> {
            let table = parse(text)?;
            check(&table)?;
            Ok(table.try_into()?)
        };
        let named = |config: &Config| -> Vec<_> {
            config.oidc.issuer.iter().map(|issuer| issuer.name.clone().or(issuer.issuer.clone()).unwrap()).collect()
        };
        assert_eq!(named(&read("[oidc]\nmax_age_secs = 30").unwrap()), ["google", "apple"]);
        let own = "[[oidc.issuer]]\nissuer = \"https://login.example.com\"\nprivate_address = true\n[[oidc.issuer]]\nname = \"apple\"";
        let own = read(own).unwrap();
        assert_eq!(named(&own), ["https://login.example.com", "apple"]);
        assert!(own.oidc.issuer[0].private_address && !own.oidc.issuer[1].private_address);
        for (text, word) in [
            ("[[oidc.issuer]]\nname = 5", "oidc.issuer.name must be text"),
            ("[[oidc.issuer]]\nprivate_address = \"CANARY\"", "oidc.issuer.private_address must be true or false"),
            ("[[oidc.issuer]]\nurl = \"CANARY\"", "oidc.issuer.url is no setting"),
            ("[oidc]\nissuer = [\"CANARY\"]", "oidc.issuer must be [[oidc.issuer]]"),
            ("[oidc]\nissuer = \"CANARY\"", "oidc.issuer must be [[oidc.issuer]]"),
        ] {
            let refused = format!("{:#}", read(text).unwrap_err());
            assert!(refused.contains(word) && !refused.contains("CANARY"), "{refused}");
        }
        assert!(environment(&[("COUNTERSIGN_OIDC_ISSUER", "https://login.example.com")]).is_err());
        assert!(Config::listing().contains("[[oidc.issuer]] = [{ name = \"google\" }, { name = \"apple\" }]"));
    }

    #[test]
    fn lives_of_nothing_are_refused() {
        let config = environment(&[("COUNTERSIGN_OTP_TTL_SECS", "0")]).unwrap();
        assert!(config.rules(Mode::Production).unwrap_err().to_string().contains("otp.ttl_secs"));
    }
}
