//! How many codes go where (W8): a real SMTP server and a receiver of the SMS hook count what they get.

use countersign_client::wallet::KeyPair;
use countersign_tests::answer::RawAnswer;
use countersign_tests::outside::Outside;
use countersign_tests::race::race;
use countersign_tests::raw::RawRequest;
use countersign_tests::server::{Setup, TestServer};
use countersign_tests::wallet::IssuedCode;
use http::Method;
use serde_json::{Value, json};

const SECRET: &str = "a secret of the hook, thirty-two characters";

fn mailing(smtp: &Outside) -> Setup {
    TestServer::production()
        .setting("delivery.smtp_host", "localhost")
        .setting("delivery.smtp_port", &smtp.port.to_string())
        .setting("delivery.smtp_tls", "none")
        .setting("delivery.email_from", "Shop <no-reply@shop.example>")
        .setting("delivery.try_timeout_secs", "2")
        .setting("delivery.budget_secs", "2")
        // Another limit's, which would be reached first.
        .setting("limits.challenge_burst", "100")
}

struct Shop<'a> {
    server: &'a TestServer,
    id: String,
    secret: String,
}

impl<'a> Shop<'a> {
    fn new(server: &'a TestServer) -> Self {
        let (id, secret) = server.platform_create("Shop");
        Self { server, id, secret }
    }

    fn request(&self, method: Method, target: &str) -> RawRequest {
        self.server.request_as(method, target, &self.id, &self.secret)
    }

    /// A new customer's account and credential.
    async fn customer(&self, members: Value) -> (String, String) {
        let mut body = members;
        body["customerType"] = "INDIVIDUAL".into();
        let customer = self.request(Method::POST, "/customers").json(&body).send().await.accepted(201);
        let target = format!("/customers/internal-accounts?customerId={}", customer["id"].as_str().unwrap());
        let accounts = self.request(Method::GET, &target).send().await.accepted(200);
        let account = accounts["data"][0]["id"].as_str().unwrap().to_owned();
        let listed = self.request(Method::GET, &format!("/auth/credentials?accountId={account}")).send().await;
        let credential = listed.accepted(200)["data"][0]["id"].as_str().unwrap().to_owned();
        (account, credential)
    }

    async fn challenge(&self, credential: &str) -> RawAnswer {
        self.request(Method::POST, &format!("/auth/credentials/{credential}/challenge")).send().await
    }
}

/// The latest code that was mailed to this address.
fn mailed(smtp: &Outside, address: &str) -> String {
    let mails = smtp.events("mail");
    let mail = mails.iter().rev().find(|mail| mail["to"][0] == address).expect("a mail");
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail["content"].as_str().unwrap().lines().map(str::trim).find(is_code).expect("a code in the mail").to_owned()
}

#[tokio::test]
async fn an_address_gets_five_codes_an_hour_from_a_platform_however_many_accounts_have_it() {
    let smtp = Outside::smtp_server(None, json!({}));
    let server = mailing(&smtp).start().await;
    let shop = Shop::new(&server);
    let mut customers = Vec::new();
    for index in 0..6 {
        // Letter case makes no other address.
        let address = if index % 2 == 0 { "ada@example.com" } else { "ADA@example.com" };
        customers.push(shop.customer(json!({"email": address})).await.1);
    }
    let mut bundle = Value::Null;
    for credential in &customers[..5] {
        bundle = shop.challenge(credential).await.accepted(200)["otpEncryptionTargetBundle"].take();
    }
    let code = mailed(&smtp, "ada@example.com");
    let limited = shop.challenge(&customers[5]).await;
    limited.refused(429, "RATE_LIMITED");
    let wait: u64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "Retry-After: {wait}");
    // A refusal leaves the code before it as it was.
    shop.challenge(&customers[4]).await.refused(429, "RATE_LIMITED");
    let key = KeyPair::generate();
    let sealed = IssuedCode::of(bundle.as_str().unwrap()).bundle.seal_code(&code, &key).unwrap();
    let body = json!({"type": "EMAIL_OTP", "encryptedOtpBundle": sealed});
    let target = format!("/auth/credentials/{}/verify", customers[4]);
    let _ = shop.request(Method::POST, &target).json(&body).ask().await.retry(&key).await.accepted(200);

    // Another platform has its own five, and another address too.
    let other = Shop::new(&server);
    let (_, credential) = other.customer(json!({"email": "ada@example.com"})).await;
    let _ = other.challenge(&credential).await.accepted(200);
    let (_, credential) = shop.customer(json!({"email": "bob@example.com"})).await;
    let _ = shop.challenge(&credential).await.accepted(200);
    assert_eq!(smtp.events("mail").len(), 7);
    let contacts = "SELECT count(*) FROM otp_sends WHERE destination LIKE '%example%'";
    assert_eq!(server.database().number(contacts), 0);
}

#[tokio::test]
async fn only_a_definite_refusal_gives_the_allowance_back() {
    let smtp = Outside::smtp_server(None, json!({}));
    let server = mailing(&smtp).setting("delivery.destination_per_hour", "2").start().await;
    let shop = Shop::new(&server);
    let (_, refused) = shop.customer(json!({"email": "refuse-recipient@example.com"})).await;
    for _ in 0..4 {
        shop.challenge(&refused).await.refused(503, "UNAVAILABLE");
    }
    // A code that nobody has is over, and its key destroyed.
    assert_eq!(server.database().number("SELECT count(*) FROM otp_issues WHERE ended_at IS NULL"), 0);
    assert_eq!(server.database().number("SELECT count(*) FROM otp_issues WHERE target_sealed IS NOT NULL"), 0);
    let (_, unknown) = shop.customer(json!({"email": "stall-mail@example.com"})).await;
    for _ in 0..2 {
        shop.challenge(&unknown).await.refused(503, "UNAVAILABLE");
    }
    shop.challenge(&unknown).await.refused(429, "RATE_LIMITED");
    let outcomes = "SELECT outcome FROM otp_sends ORDER BY outcome";
    assert_eq!(server.database().texts(outcomes), ["refused", "refused", "refused", "refused", "unknown", "unknown"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_credentials_on_one_number_get_five_messages() {
    let receiver = Outside::sms_receiver(SECRET, None);
    let smtp = Outside::smtp_server(None, json!({}));
    let server = mailing(&smtp)
        .setting("delivery.sms_hook_url", &format!("http://127.0.0.1:{}/sms", receiver.port))
        .setting("delivery.sms_hook_secret", SECRET)
        .setting("delivery.sms_prefixes", "+44")
        .start()
        .await;
    let shop = Shop::new(&server);
    let mut legs = Vec::new();
    for index in 0..50 {
        let address = format!("ada{index}@example.com");
        let (account, email) = shop.customer(json!({"email": address, "phoneNumber": "+44207946200"})).await;
        let sent = shop.challenge(&email).await.accepted(200);
        let key = KeyPair::generate();
        let issued = IssuedCode::of(sent["otpEncryptionTargetBundle"].as_str().unwrap());
        let sealed = issued.bundle.seal_code(&mailed(&smtp, &address), &key).unwrap();
        let body = json!({"type": "EMAIL_OTP", "encryptedOtpBundle": sealed});
        let target = format!("/auth/credentials/{email}/verify");
        let _ = shop.request(Method::POST, &target).json(&body).ask().await.retry(&key).await.accepted(200);
        let body = json!({"type": "SMS_OTP", "accountId": account});
        legs.push(shop.request(Method::POST, "/auth/credentials").json(&body).ask().await.stamped(&key));
    }
    let answers = race(50, |index| legs[index].clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 5);
    for limited in answers.iter().filter(|answer| answer.status != 201) {
        limited.refused(429, "RATE_LIMITED");
    }
    assert_eq!(receiver.events("request").len(), 5);
    // Nothing was added where nothing was sent, and the retry of that isn't used up.
    assert_eq!(server.database().number("SELECT count(*) FROM credentials WHERE kind = 'SMS_OTP'"), 5);
    let unused = "SELECT count(*) FROM pending_requests WHERE operation = 'add-credential' AND used_at IS NULL";
    assert_eq!(server.database().number(unused), 45);
}

#[tokio::test]
async fn sms_go_to_the_prefixes_of_the_settings_only() {
    let receiver = Outside::sms_receiver(SECRET, None);
    let smtp = Outside::smtp_server(None, json!({}));
    let server = mailing(&smtp)
        .setting("delivery.sms_hook_url", &format!("http://127.0.0.1:{}/sms", receiver.port))
        .setting("delivery.sms_hook_secret", SECRET)
        .setting("delivery.sms_prefixes", "+49,+44")
        .start()
        .await;
    let shop = Shop::new(&server);
    for (number, allowed) in [("+44207946200", true), ("+12025550123", false)] {
        let (account, _) = shop.customer(json!({"email": "ada@example.com", "phoneNumber": number})).await;
        let body = json!({"type": "SMS_OTP", "accountId": account});
        let answer = shop.request(Method::POST, "/auth/credentials").json(&body).send().await;
        if allowed {
            let _ = answer.accepted(202);
        } else {
            answer.refused(400, "DESTINATION_NOT_ALLOWED");
        }
    }
    assert_eq!(receiver.events("request").len(), 0);
}
