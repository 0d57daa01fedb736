//! A platform in production, whose codes go out through a real SMTP server.

use countersign_client::wallet::KeyPair;
use http::Method;
use serde_json::{Value, json};

use crate::answer::RawAnswer;
use crate::outside::Outside;
use crate::raw::RawRequest;
use crate::server::{Setup, TestServer};
use crate::wallet::IssuedCode;

/// A production server that mails codes through this SMTP server.
#[must_use]
pub fn mailing(smtp: &Outside) -> Setup {
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

/// The latest code that was mailed to this address.
///
/// # Panics
/// When none was.
#[must_use]
pub fn mailed(smtp: &Outside, address: &str) -> String {
    let mails = smtp.events("mail");
    let mail = mails.iter().rev().find(|mail| mail["to"][0] == address).expect("a mail");
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let content = mail["content"].as_str().expect("a text");
    content.lines().map(str::trim).find(is_code).expect("a code in the mail").to_owned()
}

/// A platform of a production server.
#[derive(Debug)]
pub struct Shop<'a> {
    server: &'a TestServer,
    client_id: String,
    secret: String,
    /// The platform's id.
    pub platform: String,
}

/// A customer's account and its credential by email.
#[derive(Clone, Debug)]
pub struct ShopAccount {
    /// The account.
    pub id: String,
    /// The credential.
    pub email: String,
}

impl<'a> Shop<'a> {
    /// A new platform.
    #[must_use]
    pub fn new(server: &'a TestServer) -> Self {
        let (client_id, secret) = server.platform_create("Shop");
        let query = format!("SELECT id FROM platforms WHERE client_id = '{client_id}'");
        let platform = server.database().texts(&query).remove(0);
        Self { server, client_id, secret, platform }
    }

    /// A request with the platform's credentials.
    pub fn request(&self, method: Method, target: &str) -> RawRequest {
        self.server.request_as(method, target, &self.client_id, &self.secret)
    }

    /// A new customer with these members, an email address among them.
    ///
    /// # Panics
    /// When the answers aren't as documented.
    pub async fn customer(&self, members: Value) -> ShopAccount {
        let mut body = members;
        body["customerType"] = "INDIVIDUAL".into();
        let customer = self.request(Method::POST, "/customers").json(&body).send().await.accepted(201);
        let target = format!("/customers/internal-accounts?customerId={}", text(&customer["id"]));
        let accounts = self.request(Method::GET, &target).send().await.accepted(200);
        let id = text(&accounts["data"][0]["id"]);
        let listed = self.request(Method::GET, &format!("/auth/credentials?accountId={id}")).send().await;
        let email = text(&listed.accepted(200)["data"][0]["id"]);
        ShopAccount { id, email }
    }

    /// Asks for a code.
    pub async fn challenge(&self, credential: &str) -> RawAnswer {
        self.request(Method::POST, &format!("/auth/credentials/{credential}/challenge")).send().await
    }

    /// Asks another process of the same deployment for a code.
    pub async fn challenge_at(&self, server: &TestServer, credential: &str) -> RawAnswer {
        let target = format!("/auth/credentials/{credential}/challenge");
        server.request_as(Method::POST, &target, &self.client_id, &self.secret).send().await
    }

    /// Signs in with a code that has been sent; returns the session's key.
    ///
    /// # Panics
    /// When it isn't the code.
    pub async fn sign_in(&self, sent: &Value, code: &str) -> KeyPair {
        let key = KeyPair::generate();
        let issued = IssuedCode::of(&text(&sent["otpEncryptionTargetBundle"]));
        let sealed = issued.bundle.seal_code(code, &key).expect("a code can be sealed");
        let body = json!({"type": sent["type"], "encryptedOtpBundle": sealed});
        let target = format!("/auth/credentials/{}/verify", text(&sent["id"]));
        let _ = self.request(Method::POST, &target).json(&body).ask().await.retry(&key).await.accepted(200);
        key
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
