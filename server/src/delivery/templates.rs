//! The texts of messages: files with placeholders.
//!
//! Files, built in and each replaceable by one of the same name in the folder of `delivery.templates`: `email.txt`,
//! `email.html`, `sms.txt`, and for messages with a link `email-link.txt`, `email-link.html`. They know `{{code}}`, which
//! each must have, `{{minutes}}`, and `{{platform}}`; those of links know and must have `{{link}}` too.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use zeroize::Zeroizing;

use super::Message;

const BUILT_IN: [(&str, &str); 5] = [
    ("email.txt", include_str!("../../templates/email.txt")),
    ("email.html", include_str!("../../templates/email.html")),
    ("sms.txt", include_str!("../../templates/sms.txt")),
    ("email-link.txt", include_str!("../../templates/email-link.txt")),
    ("email-link.html", include_str!("../../templates/email-link.html")),
];

/// The templates of all channels.
#[derive(Debug)]
pub(super) struct Templates {
    email_text: Template,
    email_html: Template,
    email_link_text: Template,
    email_link_html: Template,
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
        let read = |(name, built_in)| template(folder, name, built_in);
        let [email_text, email_html, sms, email_link_text, email_link_html] = BUILT_IN.map(read);
        // Rounded down: a text shouldn't promise more time than there is.
        let minutes = (code_life.as_secs() / 60).max(1).to_string();
        Ok(Self {
            email_text: email_text?,
            email_html: email_html?,
            email_link_text: email_link_text?,
            email_link_html: email_link_html?,
            sms: sms?,
            minutes,
        })
    }

    pub(super) fn email_text(&self, message: &Message<'_>) -> Zeroizing<String> {
        let template = if message.link.is_some() { &self.email_link_text } else { &self.email_text };
        self.fill(template, message, message.platform, message.link.unwrap_or_default())
    }

    pub(super) fn email_html(&self, message: &Message<'_>) -> Zeroizing<String> {
        let template = if message.link.is_some() { &self.email_link_html } else { &self.email_html };
        let link = Zeroizing::new(escaped(message.link.unwrap_or_default()));
        self.fill(template, message, &escaped(message.platform), &link)
    }

    pub(super) fn sms(&self, message: &Message<'_>) -> Zeroizing<String> {
        self.fill(&self.sms, message, message.platform, message.link.unwrap_or_default())
    }

    fn fill(&self, template: &Template, message: &Message<'_>, platform: &str, link: &str) -> Zeroizing<String> {
        let values: Vec<&str> = template
            .0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Code => message.code,
                Part::Link => link,
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
        let is_known = path.file_name().is_some_and(|name| known.iter().any(|known| name == *known));
        if text && !is_known {
            bail!("delivery.templates: {} is none of {}", path.display(), known.join(", "));
        }
    }
    Ok(())
}

fn template(folder: &Path, name: &str, built_in: &str) -> Result<Template> {
    let path = folder.join(name);
    if folder.as_os_str().is_empty() || !path.exists() {
        return Template::parse(built_in, name);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("delivery.templates: reading {}", path.display()))?;
    Template::parse(&text, name).with_context(|| format!("delivery.templates: {}", path.display()))
}

#[derive(Debug)]
struct Template(Vec<Part>);

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Code,
    Link,
    Minutes,
    Platform,
}

impl Template {
    fn parse(text: &str, name: &str) -> Result<Self> {
        let of_links = name.contains("-link");
        let mut parts = Vec::new();
        let text = text.trim_end();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            parts.push(Part::Text(before.to_owned()));
            let line = text[..text.len() - after.len()].lines().count();
            let Some((name, behind)) = after.split_once("}}") else { bail!("line {line}: a placeholder has no end") };
            parts.push(match name.trim() {
                "code" => Part::Code,
                "link" if of_links => Part::Link,
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
        if of_links && !parts.contains(&Part::Link) {
            bail!("{{{{link}}}} is missing");
        }
        Ok(Self(parts))
    }
}

/// Text as HTML, in elements and in quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
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
    use super::super::Channel;
    use super::*;
    use countersign_flow::id::OtpIssueId;

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
            code: "000000",
            link: None,
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
    fn a_message_with_a_link_has_texts_of_its_own() {
        let templates = Templates::load(Path::new(""), Duration::from_mins(5)).unwrap();
        let link = Some("https://app.example.com/?a=1&code=abc");
        let issue = OtpIssueId::from_uuid(uuid::Uuid::nil());
        let (channel, destination) = (Channel::Email, "someone@example.com");
        let message = Message { issue, channel, destination, platform: "Shop", code: "abc123", link };
        let [text, html] = [templates.email_text(&message), templates.email_html(&message)];
        assert!(text.contains("https://app.example.com/?a=1&code=abc\n") && text.contains("abc123"), "{}", *text);
        assert!(
            html.contains("href=\"https://app.example.com/?a=1&amp;code=abc\"") && html.contains("abc123"),
            "{}",
            *html
        );
    }

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        for (name, text, told) in [
            ("email.txt", "Code: {{code}}\n\nHello {{name}}", "line 3: {{name}} is none of the placeholders"),
            ("email.html", "<p>{{minutes}}</p>", "{{code}} is missing"),
            ("email.txt", "{{code}} {{link}}", "line 1: {{link}} is none of the placeholders"),
            ("email-link.html", "<p>{{code}}</p>", "{{link}} is missing"),
            ("sms.txt", "{{code}} {{minutes", "line 1: a placeholder has no end"),
            ("emial.txt", "{{code}}", "is none of email.txt, email.html, sms.txt, email-link.txt"),
        ] {
            let refused = format!("{:#}", load(&[(name, text)]).unwrap_err());
            assert!(refused.contains(told) && refused.contains(name), "{refused}");
        }
        let missing = Templates::load(Path::new("/nowhere"), Duration::from_mins(5)).unwrap_err();
        assert!(format!("{missing:#}").contains("/nowhere"));
    }
}
