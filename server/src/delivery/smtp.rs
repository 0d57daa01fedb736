//! Emails, by SMTP.
//!
//! lettre composes messages, speaks the protocol and does TLS. Its pooled transport isn't used: it doesn't tell whether
//! a failure came before or after the message went out, and a call that is given up at a deadline would leave its
//! connection in the pool in the middle of a dialogue, where the next message would read the answer to this one. Here a
//! connection is kept only after a dialogue that has come to its end.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::settings::is_loopback;
use super::templates::Templates;
use super::tries::{Attempt, Setback, Tries};
use super::{Cause, DeliverySettings, Message, Outcome};

/// A connection that has been idle for longer is closed. Servers wait for minutes, firewalls in between may not.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
/// An idle connection that doesn't answer so soon is taken for dead: there must be time left for a new one.
const ALIVE_LIMIT: Duration = Duration::from_secs(1);

/// An SMTP server, and how to write to people through it.
pub(super) struct Smtp {
    host: String,
    port: u16,
    tls: Tls,
    hello: ClientId,
    credentials: Option<Credentials>,
    from: Mailbox,
    subject: String,
    templates: Arc<Templates>,
    tries: Tries,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Smtp {
    /// The server of the settings, if there is one.
    pub(super) fn configure(settings: &DeliverySettings, templates: Arc<Templates>) -> Result<Option<Self>> {
        if settings.smtp_host.is_empty() {
            return Ok(None);
        }
        let host = settings.smtp_host.clone();
        let tls = match settings.smtp_tls.as_str() {
            "starttls" => Tls::Required(tls_parameters(settings)?),
            "tls" => Tls::Wrapper(tls_parameters(settings)?),
            "none" if is_loopback(&host) => Tls::None,
            "none" => bail!("delivery.smtp_tls may be `none` only if delivery.smtp_host is a loopback address"),
            _ => bail!("delivery.smtp_tls must be `starttls`, `tls` or `none`"),
        };
        let credentials = match (settings.smtp_username.as_str(), settings.smtp_password()?) {
            ("", None) => None,
            (name, Some(password)) if !name.is_empty() => {
                Some(Credentials::new(name.to_owned(), password.as_str().to_owned()))
            }
            _ => bail!("delivery.smtp_username and a password are set together or not at all"),
        };
        let from: Mailbox = settings.email_from.parse().context("delivery.email_from is no address")?;
        if !AsRef::<str>::as_ref(&from.email).is_ascii() {
            bail!("delivery.email_from must be an address in ASCII; a domain beyond it has a form in ASCII, too");
        }
        let subject = settings.email_subject.trim().to_owned();
        if subject.is_empty() || subject.chars().any(char::is_control) {
            bail!("delivery.email_subject must be one line of text");
        }
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let (port, tries, idle) = (settings.smtp_port, Tries::new(settings), Mutex::default());
        Ok(Some(Self { host, port, tls, hello, credentials, from, subject, templates, tries, idle }))
    }

    /// Sends a message.
    pub(super) async fn send(&self, message: Message<'_>) -> Outcome {
        match self.compose(&message) {
            Ok(letter) => self.tries.persist(&Dispatch { smtp: self, letter }).await,
            Err(cause) => Outcome::Refused(cause),
        }
    }

    fn compose(&self, message: &Message<'_>) -> Result<Letter, Cause> {
        // An address is where a caller's text meets a mail's headers. lettre would refuse line breaks too.
        let well_formed = !message.destination.contains(char::is_control);
        let to = message.destination.parse::<Address>().ok().filter(|_| well_formed);
        let to = to.ok_or_else(|| Cause::new("the address is none that mail can be sent to"))?;
        let text = self.templates.email_text(message);
        let html = self.templates.email_html(message);
        let broken = || Cause::new("the message can't be composed");
        let sender = Some(self.from.email.clone());
        let mail = lettre::Message::builder()
            // Said here, or lettre would read the address out of the header again, and doesn't read all that it writes.
            .envelope(Envelope::new(sender, vec![to.clone()]).map_err(|_| broken())?)
            .message_id(Some(format!("<{}@{}>", message.issue.uuid(), self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(self.subject.clone())
            // Keeps holiday notices from answering.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(text.as_str().to_owned(), html.as_str().to_owned()))
            .map_err(|_| broken())?;
        Ok(Letter { to, bytes: Zeroizing::new(mail.formatted()) })
    }

    /// A connection on which a message may be begun.
    async fn connection(&self, until: Instant) -> Result<AsyncSmtpConnection, Setback> {
        if let Some(mut connection) = self.take_idle() {
            let soon = until.min(Instant::now() + ALIVE_LIMIT);
            if step(Step::Connect, soon, connection.command(Noop)).await.is_ok() {
                return Ok(connection);
            }
            // What ended this one, a restart or a firewall, has ended the others too.
            self.idle().clear();
        }
        let (host, port) = (self.host.as_str(), self.port);
        step(Step::Connect, until, async {
            let from_first_byte =
                if let Tls::Wrapper(parameters) = &self.tls { Some(parameters.clone()) } else { None };
            // If the first of several addresses doesn't answer, there is time for another.
            let each = Some(until.saturating_duration_since(Instant::now()) / 2);
            let connected = AsyncSmtpConnection::connect_tokio1((host, port), each, &self.hello, from_first_byte, None);
            let mut connection = connected.await?;
            if let Tls::Required(parameters) = &self.tls {
                connection.starttls(parameters.clone(), &self.hello).await?;
            }
            if let Some(credentials) = &self.credentials {
                connection.auth(DEFAULT_MECHANISMS, credentials).await?;
            }
            Ok(connection)
        })
        .await
    }

    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle();
        idle.retain(|(_, since)| since.elapsed() < IDLE_LIMIT);
        idle.pop().map(|(connection, _)| connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tls_parameters(settings: &DeliverySettings) -> Result<TlsParameters> {
    let mut builder = TlsParameters::builder(settings.smtp_host.clone());
    if let Some(pem) = settings.certificates()? {
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).context("delivery.ca_file")?);
    }
    builder.build().context("TLS for delivery.smtp_host")
}

/// A composed mail.
struct Letter {
    to: Address,
    bytes: Zeroizing<Vec<u8>>,
}

/// A letter on its way.
struct Dispatch<'a> {
    smtp: &'a Smtp,
    letter: Letter,
}

impl Attempt for Dispatch<'_> {
    async fn attempt(&self, until: Instant) -> Result<(), Setback> {
        let Self { smtp, letter } = self;
        let mut connection = smtp.connection(until).await?;
        let parameters = parameters(&connection, letter)?;
        let mail = Mail::new(Some(smtp.from.email.clone()), parameters);
        let recipient = Rcpt::new(letter.to.clone(), Vec::new());
        exchange(Step::Sender, until, connection.command(mail)).await?;
        exchange(Step::Recipient, until, connection.command(recipient)).await?;
        exchange(Step::Data, until, connection.command(Data)).await?;
        exchange(Step::Message, until, connection.message(&letter.bytes)).await?;
        smtp.idle().push((connection, Instant::now()));
        Ok(())
    }
}

/// What the server has to be told of a letter that isn't plain ASCII, if it knows of such letters.
fn parameters(connection: &AsyncSmtpConnection, letter: &Letter) -> Result<Vec<MailParameter>, Setback> {
    let to: &str = letter.to.as_ref();
    let wanted = [
        (to.is_ascii(), Extension::SmtpUtfEight, MailParameter::SmtpUtfEight),
        (letter.bytes.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)),
    ];
    let mut parameters = Vec::new();
    for (ascii, extension, parameter) in wanted {
        if !ascii && !connection.server_info().supports_feature(extension) {
            let cause = Cause::new("SMTP: the server takes no addresses beyond ASCII");
            return Err(Setback { cause, again: false, handed_over: false, pause: None });
        }
        parameters.extend((!ascii).then_some(parameter));
    }
    Ok(parameters)
}

/// A part of the dialogue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Sender,
    Recipient,
    Data,
    Message,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Data => "DATA",
            Self::Message => "the message",
        }
    }
}

/// Takes a step until a deadline.
async fn step<T>(step: Step, until: Instant, taken: impl Future<Output = Result<T, Error>>) -> Result<T, Setback> {
    let handed_over = step == Step::Message;
    match timeout_at(until, taken).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(setback(step, handed_over, &error)),
        Err(_) => {
            let cause = Cause::new(format!("SMTP: no answer in time to {}", step.name()));
            Err(Setback { cause, again: true, handed_over, pause: None })
        }
    }
}

/// Takes a step whose answer has its own class. One of another belongs to another command: an answer was slipped in before
/// TLS began, or is left from somewhere else, and what seems to accept the message accepts something else.
async fn exchange(
    taken: Step,
    until: Instant,
    answer: impl Future<Output = Result<Response, Error>>,
) -> Result<(), Setback> {
    let class = if taken == Step::Data { Severity::PositiveIntermediate } else { Severity::PositiveCompletion };
    if step(taken, until, answer).await?.code().severity == class {
        return Ok(());
    }
    let cause = Cause::new(format!("SMTP: an answer that doesn't belong to {}", taken.name()));
    Err(Setback { cause, again: true, handed_over: taken == Step::Message, pause: None })
}

/// What a failed step means. The server's own words may repeat the address, so only its number is told.
fn setback(step: Step, handed_over: bool, error: &Error) -> Setback {
    if let Some(code) = error.status() {
        // A definite answer, to the message too: it wasn't taken.
        let cause = Cause::new(format!("SMTP: {code} to {}", step.name()));
        return Setback { cause, again: error.is_transient(), handed_over: false, pause: None };
    }
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    // No STARTTLS, no way to sign in, a certificate that isn't trusted: the same the next time.
    let hopeless = error.is_client() || io.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
    let cause = match step {
        Step::Connect => format!("SMTP: {} failed: {error}", step.name()),
        _ => format!("SMTP: the connection broke at {}", step.name()),
    };
    Setback { cause: Cause::new(cause), again: !hopeless, handed_over, pause: None }
}
