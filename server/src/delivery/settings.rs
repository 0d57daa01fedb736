//! The settings of delivery: `[delivery]`.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use reqwest::Certificate;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::store::connection::refuse_loose_mode;

/// Delivery of codes. Empty text is no setting; a channel without host or URL isn't served.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverySettings {
    /// The sender of emails: `no-reply@example.com`, or `Example <no-reply@example.com>`.
    pub email_from: String,
    /// The subject of emails.
    pub email_subject: String,
    /// The SMTP server that takes emails.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// `starttls`, `tls` (from the first byte, usually port 465), or, on loopback only, `none`.
    pub smtp_tls: String,
    /// The name to sign in with; empty: no sign-in.
    pub smtp_username: String,
    /// A file of mode 0600 that holds the password.
    pub smtp_password_file: PathBuf,
    /// The password itself; meant for the environment, not for the file.
    #[serde(skip_serializing)]
    pub smtp_password: Option<String>,
    /// Where messages for SMS are posted to.
    pub sms_hook_url: String,
    /// A file of mode 0600 that holds the secret of the signature.
    pub sms_hook_secret_file: PathBuf,
    /// The secret itself; meant for the environment, not for the file.
    #[serde(skip_serializing)]
    pub sms_hook_secret: Option<String>,
    /// SMS go to numbers that begin with one of these, such as `+1`. In the environment: divided by commas.
    pub sms_prefixes: Vec<String>,
    /// A folder with texts that replace the built-in ones of the same name.
    pub templates: PathBuf,
    /// A file of certificates (PEM) to trust besides the system's, for SMTP and hook.
    pub ca_file: PathBuf,
    /// The most messages of a channel on their way at the same time.
    pub connections: u32,
    /// The most time of one try, in seconds.
    pub try_timeout_secs: u64,
    /// The most time of all tries together, in seconds: a caller waits for them, and so does a stop, which takes longer.
    pub budget_secs: u64,
    /// Codes to one address or number within a platform, in any hour.
    pub destination_per_hour: u32,
    /// The same, in any 24 hours.
    pub destination_per_day: u32,
    /// The same, in any 24 hours, over all platforms.
    pub destination_per_day_all: u32,
    /// Codes of a platform, in any 24 hours.
    pub platform_per_day: u32,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            email_from: String::new(),
            email_subject: "Your sign-in code".to_owned(),
            smtp_host: String::new(),
            smtp_port: 587,
            smtp_tls: "starttls".to_owned(),
            smtp_username: String::new(),
            smtp_password_file: PathBuf::new(),
            smtp_password: None,
            sms_hook_url: String::new(),
            sms_hook_secret_file: PathBuf::new(),
            sms_hook_secret: None,
            sms_prefixes: Vec::new(),
            templates: PathBuf::new(),
            ca_file: PathBuf::new(),
            connections: 8,
            try_timeout_secs: 5,
            budget_secs: 8,
            destination_per_hour: 5,
            destination_per_day: 20,
            destination_per_day_all: 50,
            platform_per_day: 10_000,
        }
    }
}

impl std::fmt::Debug for DeliverySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliverySettings")
            .field("smtp_host", &self.smtp_host)
            .field("email_from", &self.email_from)
            .finish_non_exhaustive()
    }
}

impl DeliverySettings {
    /// What holds for every channel.
    pub(super) fn check(&self) -> Result<()> {
        let Self { connections, try_timeout_secs, budget_secs, .. } = *self;
        if !(1..=1_000).contains(&connections) {
            bail!("delivery.connections must be between 1 and 1000");
        }
        if try_timeout_secs == 0 || budget_secs < try_timeout_secs || budget_secs > 300 {
            bail!(
                "delivery.try_timeout_secs must be at least 1, delivery.budget_secs no less than that and 300 at most"
            );
        }
        if self.smtp_host.is_empty() != self.email_from.is_empty() {
            bail!("delivery.smtp_host and delivery.email_from are set together or not at all");
        }
        if self.sms_hook_url.is_empty() != self.sms_prefixes.is_empty() {
            bail!("delivery.sms_hook_url and delivery.sms_prefixes are set together or not at all");
        }
        Ok(())
    }

    pub(super) fn smtp_password(&self) -> Result<Option<Zeroizing<String>>> {
        secret("smtp_password", self.smtp_password.as_deref(), &self.smtp_password_file)
    }

    pub(super) fn sms_hook_secret(&self) -> Result<Option<Zeroizing<String>>> {
        secret("sms_hook_secret", self.sms_hook_secret.as_deref(), &self.sms_hook_secret_file)
    }

    /// The certificates to trust besides the system's, in PEM.
    pub(super) fn certificates(&self) -> Result<Option<Vec<u8>>> {
        if self.ca_file.as_os_str().is_empty() {
            return Ok(None);
        }
        let path = self.ca_file.display();
        let pem = fs::read(&self.ca_file).with_context(|| format!("delivery.ca_file: reading {path}"))?;
        if Certificate::from_pem_bundle(&pem).is_ok_and(|certificates| !certificates.is_empty()) {
            return Ok(Some(pem));
        }
        bail!("delivery.ca_file: {path} holds no certificates in PEM")
    }
}

/// A secret of the settings: its text, or that of a file of mode 0600.
fn secret(name: &str, text: Option<&str>, file: &Path) -> Result<Option<Zeroizing<String>>> {
    let secret = match (text, file.as_os_str().is_empty()) {
        (Some(_), false) => bail!("delivery.{name} and delivery.{name}_file are both set: keep one"),
        (Some(text), true) => Zeroizing::new(text.to_owned()),
        (None, true) => return Ok(None),
        (None, false) => {
            refuse_loose_mode(file)?;
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            let text = Zeroizing::new(text);
            Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    };
    if secret.is_empty() {
        bail!("delivery.{name} is empty");
    }
    Ok(Some(secret))
}

/// Whether a host, as in a URL or alone, is this machine: `localhost`, or a loopback address.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(text: &str) -> Result<Config> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), text)?;
        Config::load(Some(file.path()), std::iter::empty())
    }

    #[test]
    fn prefixes_are_a_list_in_the_file_and_divided_by_commas_in_the_environment() {
        assert_eq!(read("[delivery]\nsms_prefixes = [\"+1\", \"+44\"]").unwrap().delivery.sms_prefixes, ["+1", "+44"]);
        let variable = ("COUNTERSIGN_DELIVERY_SMS_PREFIXES".to_owned(), " +1,+44 ,".to_owned());
        let config = Config::load(None, [variable].into_iter()).unwrap();
        assert_eq!(config.delivery.sms_prefixes, ["+1", "+44"]);
        for wrong in ["[1]", "\"+1\"", "[\"+1\", 44]"] {
            let refused = format!("{:#}", read(&format!("[delivery]\nsms_prefixes = {wrong}")).unwrap_err());
            assert!(refused.contains("delivery.sms_prefixes must be a list of texts"), "{refused}");
        }
    }

    #[test]
    fn secrets_are_printed_in_no_form() {
        let text =
            "[delivery]\nsmtp_password = \"canary-1\"\nsms_hook_secret = \"canary-2\"\nsms_hook_url = \"canary-3\"";
        let config = read(text).unwrap();
        assert_eq!(config.delivery.smtp_password.as_deref(), Some("canary-1"));
        assert!(!format!("{config:?}").contains("canary"));
        let mut listed = toml::Table::try_from(&config.delivery).unwrap();
        listed.remove("sms_hook_url");
        assert!(listed.len() > 10 && !format!("{listed:?}").contains("canary"), "{listed:?}");
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "128.0.0.1", "0.0.0.0", "[::]", "::2", "127.0.0.1.example", "", "[", "127.1"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_secret_in_a_file_loses_its_line_end_and_nothing_else() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), " with spaces \r\n").unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secret("x", None, file.path()).unwrap().unwrap().as_str(), " with spaces ");
        fs::write(file.path(), "\n").unwrap();
        assert!(secret("x", None, file.path()).is_err(), "an empty secret is a mistake");
        assert!(secret("x", None, Path::new("/nowhere")).is_err());
    }
}
