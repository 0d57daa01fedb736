//! How codes reach people: by email over SMTP, by SMS through the operator's HTTP hook, in a sandbox not at all.
//!
//! A handler asks [`Delivery::check`] and [`Delivery::allows`] before it stores a code, stores it, and hands it over
//! once with [`Delivery::deliver`]; tries and their limits are in here. What comes back says what it costs (W8):
//!
//! | outcome | when | the allowance |
//! | --- | --- | --- |
//! | accepted | SMTP: the message was taken; hook: 2xx | is used |
//! | refused | nothing was handed over: no connection, SMTP 4xx or 5xx, hook 3xx, 4xx but 408 | is given back |
//! | unknown | the message went out and no answer came, hook 408 or 5xx | is used |
//!
//! The texts and buffers of this module are zeroized. Copies in lettre, reqwest and TLS are theirs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use countersign_flow::id::OtpIssueId;

use crate::clock::Clock;

mod sandbox;
mod settings;
mod sms_hook;
mod smtp;
pub(crate) mod templates;
mod tries;

pub use sandbox::SandboxDelivery;
pub use settings::DeliverySettings;
use sms_hook::SmsHook;
use smtp::Smtp;
use templates::Templates;

/// A way to reach people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Email.
    Email,
    /// SMS.
    Sms,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email => "email",
            Self::Sms => "SMS",
        })
    }
}

/// A code on its way.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The issue of the code. Every try carries it, so that a receiver can tell a repetition.
    pub issue: OtpIssueId,
    /// The way to take.
    pub channel: Channel,
    /// The email address, or the number in E.164.
    pub destination: &'a str,
    /// The platform's name, as templates may show it.
    pub platform: &'a str,
    /// The code.
    pub code: &'a str,
    /// A link that brings the whole code along, for codes that have one.
    pub link: Option<&'a str>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken over.
    Accepted,
    /// It certainly wasn't.
    Refused(Cause),
    /// It was handed over, and no one said that it was taken.
    Unknown(Cause),
}

impl Outcome {
    /// The word for it in the database.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Why it isn't accepted.
    #[must_use]
    pub const fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Accepted => None,
            Self::Refused(cause) | Self::Unknown(cause) => Some(cause),
        }
    }
}

/// Why a message wasn't accepted, for the log: it names no contact, no code, and repeats no text of a receiver's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl Cause {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Nothing is set up that could deliver by this channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no delivery by {0} is configured")]
pub struct NotConfigured(pub Channel);

/// The future of a delivery.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Something that delivers codes. Asked after the code is stored, so that no one holds a code that isn't.
pub trait Delivery: Send + Sync {
    /// Whether it could deliver by this channel at all; asked before a code is stored.
    ///
    /// # Errors
    /// It couldn't.
    fn check(&self, channel: Channel) -> Result<(), NotConfigured>;

    /// Whether codes may be sent there. By SMS that is decided by the prefixes in the settings (W8).
    fn allows(&self, channel: Channel, destination: &str) -> bool;

    /// Delivers a message, trying again within the time in the settings. What went wrong is in the log already.
    fn deliver<'a>(&'a self, message: Message<'a>) -> Delivering<'a>;
}

/// Production's: each channel as its settings say, or none.
pub struct Channels {
    email: Option<Smtp>,
    sms: Option<SmsHook>,
}

impl Channels {
    /// The channels that are set up. `code_life` is how long a code lives, for the texts.
    ///
    /// # Errors
    /// A setting that is missing or makes no sense, or a template with a mistake: which.
    pub fn configure(settings: &DeliverySettings, code_life: Duration, clock: Clock) -> Result<Self> {
        settings.check()?;
        let templates = Arc::new(Templates::load(&settings.templates, code_life)?);
        Ok(Self {
            email: Smtp::configure(settings, Arc::clone(&templates))?,
            sms: SmsHook::configure(settings, templates, code_life, clock)?,
        })
    }
}

impl Delivery for Channels {
    fn check(&self, channel: Channel) -> Result<(), NotConfigured> {
        let there = match channel {
            Channel::Email => self.email.is_some(),
            Channel::Sms => self.sms.is_some(),
        };
        if there { Ok(()) } else { Err(NotConfigured(channel)) }
    }

    fn allows(&self, channel: Channel, destination: &str) -> bool {
        match channel {
            Channel::Email => true,
            Channel::Sms => self.sms.as_ref().is_some_and(|hook| hook.allows(destination)),
        }
    }

    fn deliver<'a>(&'a self, message: Message<'a>) -> Delivering<'a> {
        Box::pin(async move {
            let outcome = match (message.channel, &self.email, &self.sms) {
                (Channel::Email, Some(smtp), _) => smtp.send(message).await,
                (Channel::Sms, _, Some(hook)) => hook.send(message).await,
                (channel, ..) => Outcome::Refused(Cause::new(NotConfigured(channel).to_string())),
            };
            if let Some(cause) = outcome.cause() {
                let (channel, issue) = (message.channel, message.issue);
                tracing::warn!(%channel, %issue, outcome = outcome.as_str(), %cause, "a code was not delivered");
            }
            outcome
        })
    }
}
