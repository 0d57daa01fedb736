//! Settings: one TOML file, each setting overridable as `COUNTERSIGN_<SECTION>_<NAME>`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use countersign_flow::jws::Algorithm;
use countersign_flow::limit::{Limit, SANDBOX_FACTOR};
use countersign_flow::otp::OtpPolicy;
use countersign_flow::service_token::Lifetimes;
use countersign_flow::session::SessionPolicy;
use serde::{Deserialize, Serialize};

use crate::delivery::DeliverySettings;
use crate::oidc::OidcSettings;
use crate::store::logins::LoginPolicy;
use crate::store::requests::RequestPolicy;
use crate::store::sends::SendLimits;
use crate::store::{Bounds, Mode};

mod settings;

pub use settings::{
    AuditSettings, CliSettings, CredentialSettings, DatabaseSettings, KeySettings, LimitSettings, OtpSettings,
    PurgeSettings, RequestSettings, ServerSettings, SessionSettings, TokenSettings,
};

/// The longest window in which the answer to a refresh may be given again (T3).
const LONGEST_RETRY_WINDOW_SECS: u64 = 30;

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
    /// CLI login.
    pub cli: CliSettings,
    /// Credentials.
    pub credentials: CredentialSettings,
    /// How codes reach people.
    pub delivery: DeliverySettings,
    /// Service tokens.
    pub tokens: TokenSettings,
    /// The chain of the audit log.
    pub audit: AuditSettings,
    /// Deleting what is over.
    pub purge: PurgeSettings,
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
    /// Stamps by a delegated key.
    pub stamp: Limit,
    /// Codes that are sent.
    pub sends: SendLimits,
    /// CLI login.
    pub cli: CliRules,
    /// The most credentials of an account.
    pub most_credentials: u32,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// Lives of service tokens.
    pub tokens: Lifetimes,
    /// What service tokens are signed with.
    pub token_algorithm: Algorithm,
    /// Sealing the audit log.
    pub audit: AuditRules,
    /// Connections to the database.
    pub database: Bounds,
}

/// Lifetimes and rates of CLI login. The same in a sandbox: people and programs try there what they will meet.
#[derive(Clone, Copy, Debug)]
pub struct CliRules {
    /// Life of a session that doesn't say, and the longest.
    pub session_ttl: Duration,
    /// Life of an access token.
    pub access_ttl: Duration,
    /// How long attempts are kept after their expiry, and sessions and users after their end.
    pub kept: Duration,
    /// Starts, completions, sign-ups and sign-ins of one address together.
    pub address: Limit,
    /// Starts of one project.
    pub starts: Limit,
    /// Anonymous sign-ups of one project.
    pub sign_ups: Limit,
    /// Sign-in codes and sign-ins of one project.
    pub sign_ins: Limit,
    /// Polls of one attempt.
    pub poll: Limit,
}

/// When the audit log is sealed.
#[derive(Clone, Copy, Debug)]
pub struct AuditRules {
    /// Time between two rounds.
    pub seal: Duration,
    /// Time between two checkpoints.
    pub checkpoint: Duration,
}

impl Rules {
    /// The rules of a login.
    #[must_use]
    pub const fn login(&self) -> LoginPolicy {
        LoginPolicy { sessions: self.sessions, otp: self.otp, verify: self.verify }
    }
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

    /// Who service tokens say made them, of a server that listens at `base`.
    #[must_use]
    pub fn issuer(&self, base: &str) -> String {
        let chosen = [&self.tokens.issuer, &self.server.public_url].into_iter().find(|text| !text.is_empty());
        chosen.map_or(base, String::as_str).to_owned()
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
        let per_minute = |name: &str, count: u32| match count {
            1..=60_000 => Ok(Limit::new(count, Duration::from_mins(1) / count)),
            _ => bail!("{name} must be between 1 and 60000"),
        };
        let Self {
            server, database, sessions, requests, otp, limits, cli, credentials, delivery, audit, tokens, ..
        } = self;
        if tokens.retry_window_secs > LONGEST_RETRY_WINDOW_SECS {
            bail!("tokens.retry_window_secs must be at most {LONGEST_RETRY_WINDOW_SECS}");
        }
        if server.body_limit_bytes < 1_024 {
            bail!("server.body_limit_bytes must be at least 1024");
        }
        // A stop that came first would cut a delivery off whose code is stored already. A sandbox delivers nothing.
        if mode == Mode::Production && delivery.budget_secs >= server.stop_secs {
            bail!(
                "delivery.budget_secs is {} and must be less than server.stop_secs, which is {}: a stop waits for codes on their way",
                delivery.budget_secs,
                server.stop_secs
            );
        }
        if !(1..=1_000).contains(&audit.seal_millis) {
            bail!("audit.seal_millis must be between 1 and 1000");
        }
        if !(1..=1_000).contains(&database.connections) {
            bail!("database.connections must be between 1 and 1000");
        }
        Ok(Rules {
            database: Bounds { connections: database.connections, ..Bounds::default() },
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
            stamp: limit("stamp", limits.stamp_burst, limits.stamp_refill_secs)?,
            sends: SendLimits {
                destination_per_hour: count("delivery.destination_per_hour", delivery.destination_per_hour)?,
                destination_per_day: count("delivery.destination_per_day", delivery.destination_per_day)?,
                destination_per_day_all: count("delivery.destination_per_day_all", delivery.destination_per_day_all)?,
                platform_per_day: count("delivery.platform_per_day", delivery.platform_per_day)?,
            },
            cli: CliRules {
                session_ttl: secs("cli.session_ttl_secs", cli.session_ttl_secs)?,
                access_ttl: secs("cli.access_ttl_secs", cli.access_ttl_secs)?,
                kept: secs("cli.kept_secs", cli.kept_secs)?,
                address: per_minute("cli.address_per_minute", cli.address_per_minute)?,
                starts: per_minute("cli.starts_per_minute", cli.starts_per_minute)?,
                sign_ups: per_minute("cli.sign_ups_per_minute", cli.sign_ups_per_minute)?,
                sign_ins: per_minute("cli.sign_ins_per_minute", cli.sign_ins_per_minute)?,
                poll: Limit::new(
                    count("cli.poll_burst", cli.poll_burst)?,
                    secs("cli.poll_refill_secs", cli.poll_refill_secs)?,
                ),
            },
            most_credentials: count("credentials.max", credentials.max)?,
            tokens: Lifetimes {
                access: secs("tokens.access_secs", tokens.access_secs)?,
                longest_access: secs("tokens.longest_access_secs", tokens.longest_access_secs)?,
                longest_delegated_access: secs(
                    "tokens.longest_delegated_access_secs",
                    tokens.longest_delegated_access_secs,
                )?,
                refresh: secs("tokens.refresh_secs", tokens.refresh_secs)?,
                longest_refresh: secs("tokens.longest_refresh_secs", tokens.longest_refresh_secs)?,
                family: secs("tokens.family_secs", tokens.family_secs)?,
                retry_window: Duration::from_secs(tokens.retry_window_secs),
            },
            token_algorithm: Algorithm::named(&tokens.algorithm)
                .context("tokens.algorithm must be `EdDSA`, `RS256` or `ES256`")?,
            body_limit: server.body_limit_bytes,
            audit: AuditRules {
                seal: Duration::from_millis(audit.seal_millis),
                checkpoint: secs("audit.checkpoint_secs", audit.checkpoint_secs)?,
            },
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
mod tests;
