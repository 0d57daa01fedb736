//! Codes on their way: a real SMTP server, a receiver of the SMS hook, and what is told of each outcome (W8, S6).

use std::io;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::clock::{Clock, entropy};
use countersign::delivery::{Cause, Channel, Channels, Delivery as _, DeliverySettings, Message, Outcome};
use countersign_flow::id::OtpIssueId;
use countersign_flow::secret::OtpCode;
use countersign_tests::outside::{Authority, Outside};
use serde_json::{Value, json};

const SECRET: &str = "canary-5e1c-of-the-hook-and-32-long";
const LIFE: Duration = Duration::from_mins(5);

const NEVER: RangeInclusive<usize> = 0..=0;
const ONCE: RangeInclusive<usize> = 1..=1;
const TWICE: RangeInclusive<usize> = 2..=2;
const OFTEN: RangeInclusive<usize> = 2..=9;

/// Settings for a server of this test's; a try takes two seconds at most, all of them four.
fn email(server: &Outside, authority: Option<&Authority>) -> DeliverySettings {
    DeliverySettings {
        email_from: "Shöp <no-reply@shop.example>".to_owned(),
        smtp_host: "localhost".to_owned(),
        smtp_port: server.port,
        smtp_tls: if authority.is_some() { "starttls" } else { "none" }.to_owned(),
        ca_file: authority.map(Authority::ca_file).unwrap_or_default(),
        try_timeout_secs: 2,
        budget_secs: 4,
        ..DeliverySettings::default()
    }
}

fn sms(receiver: &Outside) -> DeliverySettings {
    DeliverySettings {
        sms_hook_url: format!("http://127.0.0.1:{}/sms?key=canary-in-the-url", receiver.port),
        sms_hook_secret: Some(SECRET.to_owned()),
        sms_prefixes: vec!["+1555".to_owned(), "+44".to_owned()],
        try_timeout_secs: 2,
        budget_secs: 4,
        ..DeliverySettings::default()
    }
}

fn configure(settings: &DeliverySettings) -> Channels {
    Channels::configure(settings, LIFE, Clock).unwrap_or_else(|cause| panic!("{cause:#}"))
}

/// A code as handed over: what was sent, and what became of it.
struct Sent {
    id: String,
    code: String,
    outcome: Outcome,
}

async fn send(channels: &Channels, channel: Channel, destination: &str) -> Sent {
    let code = OtpCode::generate(&mut entropy());
    let issue = OtpIssueId::mint(Clock.now(), &mut entropy());
    let message = Message { issue, channel, destination, platform: "Shop & Söhne", code: code.as_str(), link: None };
    let outcome = channels.deliver(message).await;
    Sent { id: issue.uuid().to_string(), code: code.as_str().to_owned(), outcome }
}

async fn mail(channels: &Channels, to: &str) -> Sent {
    send(channels, Channel::Email, to).await
}

/// The contents of all mails, and of each its Message-ID.
fn mails(server: &Outside) -> Vec<(String, String)> {
    let content = |event: Value| event["content"].as_str().unwrap().to_owned();
    let id = |content: &str| content.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
    server.events("mail").into_iter().map(content).map(|content| (id(&content), content)).collect()
}

fn told(cause: Option<&Cause>) -> String {
    cause.map(ToString::to_string).unwrap_or_default()
}

/// Everything that is logged by this thread, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_mail_goes_over_starttls_after_signing_in_and_carries_the_code_in_text_and_html() {
    let authority = Authority::new();
    let server = Outside::smtp_server(Some(&authority), json!({"login": ["shop", "canary-of-the-password"]}));
    let channels = configure(&DeliverySettings {
        smtp_username: "shop".to_owned(),
        smtp_password: Some("canary-of-the-password".to_owned()),
        email_subject: "Ihr Code für den Shop".to_owned(),
        ..email(&server, Some(&authority))
    });
    let sent = mail(&channels, "jane@example.com").await;
    assert_eq!(sent.outcome, Outcome::Accepted);
    let event = server.wait_for(|event| event["event"] == "mail");
    assert_eq!((&event["tls"], &event["login"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!((&event["sender"], &event["to"][0]), (&"no-reply@shop.example".into(), &"jane@example.com".into()));
    assert_eq!(event["hello"], "shop.example");
    let content = event["content"].as_str().unwrap();
    for part in [
        format!("Message-ID: <{}@shop.example>", sent.id),
        "From: =?utf-8?b?U2jDtnA=?= <no-reply@shop.example>".to_owned(),
        "To: jane@example.com".to_owned(),
        "Auto-Submitted: auto-generated".to_owned(),
        "Content-Type: multipart/alternative".to_owned(),
        "Content-Type: text/plain; charset=utf-8".to_owned(),
        "Content-Type: text/html; charset=utf-8".to_owned(),
    ] {
        assert!(content.contains(&part), "{part} is not in:\n{content}");
    }
    assert!(!content.contains("für den"), "a subject beyond ASCII is encoded:\n{content}");
    assert_eq!(content.matches(&sent.code).count(), 2, "{content}");
}

#[tokio::test]
async fn what_an_smtp_server_does_decides_between_accepted_refused_and_unknown() {
    let (log, _guard) = Log::start();
    let server = Outside::smtp_server(None, json!({}));
    let channels = configure(&email(&server, None));
    for (word, outcome, cause, recipients, contents) in [
        ("accept", "accepted", "", ONCE, ONCE),
        ("refuse-recipient", "refused", "SMTP: 550 to the recipient", ONCE, NEVER),
        ("later-once", "accepted", "", TWICE, ONCE),
        ("later", "refused", "SMTP: 451 to the recipient", OFTEN, NEVER),
        ("stall-recipient", "refused", "SMTP: no answer in time to the recipient", OFTEN, NEVER),
        ("drop-recipient", "refused", "SMTP: the connection broke at the recipient", OFTEN, NEVER),
        ("refuse-mail", "refused", "SMTP: 554 to the message", ONCE, ONCE),
        ("stall-mail", "unknown", "SMTP: no answer in time to the message", OFTEN, OFTEN),
        ("drop-mail", "unknown", "SMTP: the connection broke at the message", OFTEN, OFTEN),
        ("drop-mail-once", "accepted", "", TWICE, TWICE),
    ] {
        let to = format!("{word}@canary.example");
        let before = mails(&server).len();
        let sent = mail(&channels, &to).await;
        assert_eq!((sent.outcome.as_str(), told(sent.outcome.cause()).as_str()), (outcome, cause), "{word}");
        let tried = server.events("recipient").iter().filter(|event| event["to"] == to.as_str()).count();
        let arrived = mails(&server).split_off(before);
        assert!(recipients.contains(&tried) && contents.contains(&arrived.len()), "{word}: {tried}, {}", arrived.len());
        for (id, content) in arrived {
            assert_eq!(id, format!("<{}@shop.example>", sent.id), "{word}: one id over all tries");
            assert!(content.contains(&sent.code), "{word}");
        }
        let log = log.text();
        assert!(!log.contains(&sent.code) && !log.contains("canary"), "{word}: {log}");
        assert_eq!(log.contains(&sent.id), outcome != "accepted", "{word}: {log}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_the_next_mails() {
    let server = Outside::smtp_server(None, json!({}));
    let channels = configure(&DeliverySettings { try_timeout_secs: 1, budget_secs: 1, ..email(&server, None) });
    for _ in 0..2 {
        assert_eq!(mail(&channels, "slow-mail@example.com").await.outcome.as_str(), "unknown");
        assert_eq!(mail(&channels, "refuse-mail@example.com").await.outcome.as_str(), "refused");
        assert_eq!(mail(&channels, "accept@example.com").await.outcome, Outcome::Accepted);
    }
}

#[tokio::test]
async fn a_connection_serves_many_mails_and_one_that_was_closed_meanwhile_none() {
    let authority = Authority::new();
    let server = Outside::smtp_server(Some(&authority), json!({}));
    let channels = configure(&email(&server, Some(&authority)));
    for _ in 0..3 {
        assert_eq!(mail(&channels, "accept@example.com").await.outcome, Outcome::Accepted);
    }
    assert_eq!(server.events("connection").len(), 1);
    assert_eq!(mail(&channels, "close-after-mail@example.com").await.outcome, Outcome::Accepted);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (first, second) = tokio::join!(mail(&channels, "accept@example.com"), mail(&channels, "accept@example.com"));
    assert_eq!((first.outcome, second.outcome), (Outcome::Accepted, Outcome::Accepted));
    assert_eq!(server.events("connection").len(), 3);
    assert_eq!(mails(&server).len(), 6);
}

#[tokio::test]
async fn a_connection_that_went_silent_costs_no_mail_its_time() {
    let server = Outside::smtp_server(None, json!({}));
    let channels = configure(&DeliverySettings { budget_secs: 2, ..email(&server, None) });
    assert_eq!(mail(&channels, "freeze-after-mail@example.com").await.outcome, Outcome::Accepted);
    assert_eq!(mail(&channels, "accept@example.com").await.outcome, Outcome::Accepted);
    assert_eq!(server.events("connection").len(), 2);
}

#[tokio::test]
async fn a_mail_may_go_over_tls_from_the_first_byte() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let server = Outside::smtp_server(Some(&ours), json!({"tls_at_once": true}));
    let settings = |authority| DeliverySettings { smtp_tls: "tls".to_owned(), ..email(&server, Some(authority)) };
    assert_eq!(mail(&configure(&settings(&foreign)), "jane@example.com").await.outcome.as_str(), "refused");
    assert_eq!(mail(&configure(&settings(&ours)), "jane@example.com").await.outcome, Outcome::Accepted);
    assert_eq!(server.events("mail").len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_slipped_in_before_tls_makes_no_mail_accepted() {
    let authority = Authority::new();
    let server = Outside::smtp_server(Some(&authority), json!({"inject": true}));
    let outcome = mail(&configure(&email(&server, Some(&authority))), "jane@example.com").await.outcome;
    assert_eq!(told(outcome.cause()), "SMTP: an answer that doesn't belong to DATA");
    assert_eq!(outcome.as_str(), "refused");
    assert!(server.events("mail").is_empty());
}

#[tokio::test]
async fn addresses_beyond_ascii_are_for_servers_that_take_them() {
    let server = Outside::smtp_server(None, json!({"utf8": true}));
    let sent = mail(&configure(&email(&server, None)), "j\u{e4}ne@example.com").await;
    assert_eq!(sent.outcome, Outcome::Accepted);
    assert!(mails(&server)[0].1.contains("To: j\u{e4}ne@example.com"));
}

#[tokio::test]
async fn no_mail_goes_to_a_server_that_shows_no_certificate_of_trust_or_no_starttls() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let server = Outside::smtp_server(Some(&foreign), json!({}));
    for settings in [
        email(&server, Some(&ours)),
        // The right authority, for another name.
        DeliverySettings { smtp_host: "127.0.0.1".to_owned(), ..email(&server, Some(&foreign)) },
    ] {
        let outcome = mail(&configure(&settings), "jane@example.com").await.outcome;
        assert_eq!(outcome.as_str(), "refused");
        assert!(told(outcome.cause()).contains("certificate"), "{outcome:?}");
    }
    let open = Outside::smtp_server(None, json!({}));
    let outcome = mail(&configure(&email(&open, Some(&ours))), "jane@example.com").await.outcome;
    assert!(outcome.as_str() == "refused" && told(outcome.cause()).contains("STARTTLS"), "{outcome:?}");
    let closed = open.port;
    drop(open);
    let gone = DeliverySettings { smtp_port: closed, ..email(&server, None) };
    assert_eq!(mail(&configure(&gone), "jane@example.com").await.outcome.as_str(), "refused");
    assert!(server.events("recipient").is_empty() && server.events("mail").is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_logged() {
    let (log, _guard) = Log::start();
    let authority = Authority::new();
    let server = Outside::smtp_server(Some(&authority), json!({"login": ["shop", "right"]}));
    let channels = configure(&DeliverySettings {
        smtp_username: "shop".to_owned(),
        smtp_password: Some("canary-of-the-password".to_owned()),
        ..email(&server, Some(&authority))
    });
    let outcome = mail(&channels, "jane@example.com").await.outcome;
    assert_eq!(outcome.as_str(), "refused");
    assert!(told(outcome.cause()).contains("535"), "{outcome:?}");
    assert!(log.text().contains("535") && !log.text().contains("canary"), "{}", log.text());
}

#[tokio::test]
async fn an_address_adds_no_header_and_no_recipient() {
    let server = Outside::smtp_server(None, json!({}));
    let channels = configure(&email(&server, None));
    for hostile in [
        "jane@example.com\r\nBcc: eve@example.com",
        "jane@example.com\nSubject: x",
        "jane@example.com, eve@example.com",
        "jane@example.com>\r\nRCPT TO:<eve@example.com",
        "\"a\r\nBcc: eve@example.com\"@example.com",
        "Jane <jane@example.com>",
        "j\u{e4}ne@example.com",
        "no-address",
        "",
    ] {
        assert_eq!(mail(&channels, hostile).await.outcome.as_str(), "refused", "{hostile:?}");
    }
    assert!(server.events("recipient").is_empty());
    assert_eq!(mail(&channels, "\"a, b\"@example.com").await.outcome, Outcome::Accepted);
    assert_eq!(server.events("recipient").len(), 1);
}

#[tokio::test]
async fn what_the_hook_answers_decides_between_accepted_refused_and_unknown() {
    let (log, _guard) = Log::start();
    let receiver = Outside::sms_receiver(SECRET, None);
    let channels = configure(&sms(&receiver));
    for (last, outcome, cause, requests) in [
        ("200", "accepted", "", ONCE),
        ("204", "accepted", "", ONCE),
        ("307", "refused", "SMS hook: 307", ONCE),
        ("400", "refused", "SMS hook: 400", ONCE),
        ("408", "unknown", "SMS hook: 408", OFTEN),
        ("429", "refused", "SMS hook: 429", ONCE),
        // Once, with a second's pause.
        ("428", "accepted", "", TWICE),
        ("500", "unknown", "SMS hook: 500", OFTEN),
        ("502", "accepted", "", TWICE),
        ("000", "unknown", "SMS hook: no answer in time", OFTEN),
        ("001", "unknown", "SMS hook: the connection broke", OFTEN),
    ] {
        let to = format!("+15550137{last}");
        let sent = send(&channels, Channel::Sms, &to).await;
        assert_eq!((sent.outcome.as_str(), told(sent.outcome.cause()).as_str()), (outcome, cause), "{last}");
        let mut arrived = receiver.events("request");
        arrived.retain(|event| event["body"]["to"] == to.as_str());
        assert!(requests.contains(&arrived.len()), "{last}: {}", arrived.len());
        for event in arrived {
            assert_eq!(event["genuine"], true, "{last}");
            assert_eq!(event["path"], "/sms?key=canary-in-the-url", "{last}: a redirect was followed");
            assert_eq!(event["headers"]["content-type"], "application/json");
            let body = event["body"].as_object().unwrap();
            assert_eq!((&body["id"], &body["validSeconds"], body.len()), (&sent.id.as_str().into(), &300.into(), 4));
            assert!(body["text"].as_str().unwrap().contains(&sent.code), "{last}");
        }
        let log = log.text();
        for secret in [sent.code.as_str(), to.as_str(), "canary"] {
            assert!(!log.contains(secret), "{last}: {log}");
        }
    }
}

#[tokio::test]
async fn a_receiver_with_another_secret_refuses_and_nothing_else_was_signed() {
    let receiver = Outside::sms_receiver("another secret of the receiver's own", None);
    let outcome = send(&configure(&sms(&receiver)), Channel::Sms, "+15550137200").await.outcome;
    assert_eq!(told(outcome.cause()), "SMS hook: 401");
    assert_eq!(receiver.events("request")[0]["genuine"], false);
}

#[tokio::test]
async fn the_hook_is_called_over_tls_if_its_certificate_is_trusted() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let receiver = Outside::sms_receiver(SECRET, Some(&ours));
    let settings = |authority: &Authority| DeliverySettings {
        sms_hook_url: format!("https://localhost:{}/sms", receiver.port),
        ca_file: authority.ca_file(),
        ..sms(&receiver)
    };
    let outcome = send(&configure(&settings(&foreign)), Channel::Sms, "+15550137200").await.outcome;
    assert_eq!(outcome.as_str(), "refused");
    assert!(told(outcome.cause()).contains("certificate"), "{outcome:?}");
    assert!(receiver.events("request").is_empty());
    assert_eq!(send(&configure(&settings(&ours)), Channel::Sms, "+15550137200").await.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn sms_go_to_the_configured_prefixes_and_a_channel_that_is_not_set_up_says_so() {
    let receiver = Outside::sms_receiver(SECRET, None);
    let channels = configure(&sms(&receiver));
    for (number, allowed) in
        [("+15550137200", true), ("+447700900123", true), ("+4915112345678", false), ("15550137200", false)]
    {
        assert_eq!(channels.allows(Channel::Sms, number), allowed, "{number}");
    }
    assert!(channels.check(Channel::Sms).is_ok());
    assert!(channels.check(Channel::Email).is_err());
    assert_eq!(mail(&channels, "jane@example.com").await.outcome.as_str(), "refused");
    let none = configure(&DeliverySettings::default());
    assert!(none.check(Channel::Sms).is_err() && !none.allows(Channel::Sms, "+15550137200"));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name_and_without_their_value() {
    let folder = tempfile::tempdir().unwrap();
    let loose = folder.path().join("loose");
    std::fs::write(&loose, "canary").unwrap();
    std::fs::set_permissions(&loose, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let mail = || DeliverySettings {
        email_from: "no-reply@shop.example".to_owned(),
        smtp_host: "localhost".to_owned(),
        ..DeliverySettings::default()
    };
    let hook = || DeliverySettings {
        sms_hook_url: "https://hook.example/".to_owned(),
        sms_hook_secret: Some(SECRET.to_owned()),
        sms_prefixes: vec!["+1".to_owned()],
        ..DeliverySettings::default()
    };
    let text = str::to_owned;
    for (settings, told) in [
        (DeliverySettings { email_from: String::new(), ..mail() }, "delivery.email_from"),
        (DeliverySettings { email_from: text("no address"), ..mail() }, "delivery.email_from"),
        (DeliverySettings { email_subject: text("a\r\nBcc: b@example.com"), ..mail() }, "delivery.email_subject"),
        (DeliverySettings { smtp_tls: text("maybe"), ..mail() }, "delivery.smtp_tls"),
        (DeliverySettings { smtp_host: text("mail.example"), smtp_tls: text("none"), ..mail() }, "loopback"),
        (DeliverySettings { smtp_username: text("shop"), ..mail() }, "delivery.smtp_username"),
        (DeliverySettings { smtp_password: Some(text("canary")), ..mail() }, "delivery.smtp_username"),
        (DeliverySettings { smtp_password_file: loose.clone(), ..mail() }, "chmod 600"),
        (
            DeliverySettings { smtp_password_file: loose.clone(), smtp_password: Some(text("canary")), ..mail() },
            "delivery.smtp_password and delivery.smtp_password_file",
        ),
        (DeliverySettings { ca_file: "/nowhere".into(), ..mail() }, "delivery.ca_file"),
        (DeliverySettings { ca_file: loose, ..hook() }, "delivery.ca_file"),
        (DeliverySettings { templates: "/nowhere".into(), ..mail() }, "delivery.templates"),
        (DeliverySettings { connections: 0, ..mail() }, "delivery.connections"),
        (DeliverySettings { budget_secs: 1, ..mail() }, "delivery.budget_secs"),
        (DeliverySettings { sms_hook_url: text("http://hook.example/"), ..hook() }, "delivery.sms_hook_url"),
        (DeliverySettings { sms_hook_url: text("http://localhost.example/"), ..hook() }, "delivery.sms_hook_url"),
        (DeliverySettings { sms_hook_url: text("ftp://127.0.0.1/"), ..hook() }, "delivery.sms_hook_url"),
        (DeliverySettings { sms_hook_url: text("https://u:canary@hook.example/"), ..hook() }, "delivery.sms_hook_url"),
        (DeliverySettings { sms_hook_secret: Some(text("canary")), ..hook() }, "delivery.sms_hook_secret"),
        (DeliverySettings { sms_hook_secret: None, ..hook() }, "delivery.sms_hook_secret"),
        (DeliverySettings { sms_prefixes: Vec::new(), ..hook() }, "delivery.sms_prefixes"),
        (DeliverySettings { sms_prefixes: vec![text("canary")], ..hook() }, "delivery.sms_prefixes"),
        (DeliverySettings { sms_prefixes: vec![text("+")], ..hook() }, "delivery.sms_prefixes"),
    ] {
        let refused = format!("{:#}", Channels::configure(&settings, LIFE, Clock).err().expect(told));
        assert!(refused.contains(told) && !refused.contains("canary"), "{told}: {refused}");
    }
    assert!(Channels::configure(&mail(), LIFE, Clock).is_ok() && Channels::configure(&hook(), LIFE, Clock).is_ok());
}
