//! The texts of messages: files with placeholders.
//!
//! Three files, built in and each replaceable by one of the same name in the folder of `delivery.templates`:
//! `email.txt`, `email.html`, `sms.txt`. They know `{{code}}`, which each must have, `{{minutes}}`, and `{{platform}}`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use zeroize::Zeroizing;

use super::Message;

const BUILT_IN: [(&str, &str); 3] = [
    ("email.txt", include_str!("../../templates/email.txt")),
    ("email.html", include_str!("../../templates/email.html")),
    ("sms.txt", include_str!("../../templates/sms.txt")),
];

/// The templates of all channels.
#[derive(Debug)]
pub(super) struct Templates {
    email_text: Template,
    email_html: Template,
    sms: Template,
    minutes: String,
}

impl Templates {
    /// The built-in templates, and in their stead those of `folder`, unless that is empty.
    ///
    /// # Errors
    /// The folder can't be read, holds a text that is no template of ours, or a template has a mistake: where.
    pub(super) fn load(folder: &Path, code_life: Duration) -> Result<Self> {
        if !folder.as_os_str().is_empty() {
            refuse_unknown(folder)?;
        }
        let [email_text, email_html, sms] = BUILT_IN.map(|(name, built_in)| template(folder, name, built_in));
        // Rounded down: a text shouldn't promise more time than there is.
        let minutes = (code_life.as_secs() / 60).max(1).to_string();
        Ok(Self { email_text: email_text?, email_html: email_html?, sms: sms?, minutes })
    }

    pub(super) fn email_text(&self, message: &Message<'_>) -> Zeroizing<String> {
        self.fill(&self.email_text, message, message.platform)
    }

    pub(super) fn email_html(&self, message: &Message<'_>) -> Zeroizing<String> {
        self.fill(&self.email_html, message, &escaped(message.platform))
    }

    pub(super) fn sms(&self, message: &Message<'_>) -> Zeroizing<String> {
        self.fill(&self.sms, message, message.platform)
    }

    fn fill(&self, template: &Template, message: &Message<'_>, platform: &str) -> Zeroizing<String> {
        let values: Vec<&str> = template
            .0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Code => message.code.as_str(),
                Part::Minutes => &self.minutes,
                Part::Platform => platform,
            })
            .collect();
        // The length is known beforehand, so that growing leaves no copy behind.
        Zeroizing::new(values.concat())
    }
}

/// Misspelt names would be ignored without a word.
fn refuse_unknown(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("delivery.templates: reading {}", folder.display()))?;
    let known = BUILT_IN.map(|(name, _)| name);
    for entry in entries {
        let path = entry.with_context(|| format!("delivery.templates: reading {}", folder.display()))?.path();
        let text = path.extension().is_some_and(|extension| extension == "txt" || extension == "html");
        let known = path.file_name().is_some_and(|name| known.iter().any(|known| name == *known));
        if text && !known {
            bail!("delivery.templates: {} is none of email.txt, email.html, sms.txt", path.display());
        }
    }
    Ok(())
}

fn template(folder: &Path, name: &str, built_in: &str) -> Result<Template> {
    let path = folder.join(name);
    if folder.as_os_str().is_empty() || !path.exists() {
        return Template::parse(built_in);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("delivery.templates: reading {}", path.display()))?;
    Template::parse(&text).with_context(|| format!("delivery.templates: {}", path.display()))
}

#[derive(Debug)]
struct Template(Vec<Part>);

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Code,
    Minutes,
    Platform,
}

impl Template {
    fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let text = text.trim_end();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            parts.push(Part::Text(before.to_owned()));
            let line = text[..text.len() - after.len()].lines().count();
            let Some((name, behind)) = after.split_once("}}") else { bail!("line {line}: a placeholder has no end") };
            parts.push(match name.trim() {
                "code" => Part::Code,
                "minutes" => Part::Minutes,
                "platform" => Part::Platform,
                name => bail!("line {line}: {{{{{name}}}}} is none of the placeholders code, minutes, platform"),
            });
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        if !parts.contains(&Part::Code) {
            bail!("{{{{code}}}} is missing");
        }
        Ok(Self(parts))
    }
}

/// Text as HTML, in elements and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use countersign_flow::id::OtpIssueId;
    use countersign_flow::secret::OtpCode;

    use super::super::Channel;
    use super::*;

    fn load(files: &[(&str, &str)]) -> Result<Templates> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Templates::load(folder.path(), Duration::from_secs(359))
    }

    fn filled(templates: &Templates) -> [String; 3] {
        let message = Message {
            issue: OtpIssueId::from_uuid(uuid::Uuid::nil()),
            channel: Channel::Email,
            destination: "someone@example.com",
            platform: "<Shop> & \"{{code}}\"",
            code: &OtpCode::sandbox(),
        };
        [templates.email_text(&message), templates.email_html(&message), templates.sms(&message)]
            .map(|text| text.to_string())
    }

    #[test]
    fn a_folder_replaces_the_texts_that_it_has() {
        let replaced = load(&[("email.html", "<p>{{platform}}: {{ code }}, {{minutes}} min</p>\n")]).unwrap();
        let [text, html, sms] = filled(&replaced);
        assert_eq!(html, "<p>&lt;Shop&gt; &amp; &quot;{{code}}&quot;: 000000, 5 min</p>");
        let [built_in_text, built_in_html, built_in_sms] =
            filled(&Templates::load(Path::new(""), Duration::from_mins(5)).unwrap());
        assert_eq!((text, sms), (built_in_text, built_in_sms));
        assert_ne!(html, built_in_html);
    }

    #[test]
    fn built_in_texts_have_everything_and_one_sms_is_enough() {
        let templates = Templates::load(Path::new(""), Duration::from_mins(5)).unwrap();
        let [text, html, sms] = filled(&templates);
        assert!(text.contains("000000") && text.contains("5 minutes") && text.contains("<Shop>"), "{text}");
        assert!(html.contains("000000") && html.contains("5 minutes") && !html.contains("<Shop>"), "{html}");
        assert!(sms.contains("000000") && sms.len() <= 160 && sms.is_ascii(), "{sms}");
    }

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        for (name, text, told) in [
            ("email.txt", "Code: {{code}}\n\nHello {{name}}", "line 3: {{name}} is none of the placeholders"),
            ("email.html", "<p>{{minutes}}</p>", "{{code}} is missing"),
            ("sms.txt", "{{code}} {{minutes", "line 1: a placeholder has no end"),
            ("emial.txt", "{{code}}", "is none of email.txt, email.html, sms.txt"),
        ] {
            let refused = format!("{:#}", load(&[(name, text)]).unwrap_err());
            assert!(refused.contains(told) && refused.contains(name), "{refused}");
        }
        let missing = Templates::load(Path::new("/nowhere"), Duration::from_mins(5)).unwrap_err();
        assert!(format!("{missing:#}").contains("/nowhere"));
    }
}
