//! Accounts of a sandbox beside the one that it begins with, each with a customer, a session, and what else a test asks for.

use countersign_client::wallet::KeyPair;
use countersign_flow::payload::digest_hex;
use http::Method;
use serde_json::{Value, json};

use crate::authenticator::{Passkey, base64url};
use crate::raw::{Asked, RawRequest};
use crate::server::TestServer;
use crate::wallet::{CODE, IssuedCode};

/// An issuer that every sandbox knows, and asks nothing.
pub const ISSUER: &str = "https://accounts.google.com";
/// What a browser's page chose for a registration.
const CHALLENGE: [u8; 32] = [7; 32];

/// A customer, its account, and a session of it.
#[derive(Debug)]
pub struct Party<'a> {
    server: &'a TestServer,
    credentials: (String, String),
    /// The customer.
    pub customer: String,
    /// The account.
    pub account: String,
    /// The credential by email.
    pub email: String,
    /// A session.
    pub session: String,
    /// The session's key.
    pub key: KeyPair,
}

impl<'a> Party<'a> {
    /// A new customer of the sandbox's platform, signed in.
    ///
    /// # Panics
    /// When the answers aren't as documented.
    pub async fn new(server: &'a TestServer, name: &str) -> Self {
        let credentials = (server.env("CLIENT_ID").to_owned(), server.env("CLIENT_SECRET").to_owned());
        Self::of(server, credentials, name).await
    }

    /// A new customer of a platform, signed in.
    ///
    /// # Panics
    /// When the answers aren't as documented.
    pub async fn of(server: &'a TestServer, credentials: (String, String), name: &str) -> Self {
        let texts = [String::new(), String::new(), String::new(), String::new()];
        let [customer, account, email, session] = texts;
        let key = KeyPair::generate();
        let mut party = Self { server, credentials, customer, account, email, session, key };
        let body = json!({
            "customerType": "INDIVIDUAL", "email": format!("{name}@example.com"), "phoneNumber": "+15550100200",
        });
        party.customer = id(&party.post("/customers", &body).send().await.accepted(201));
        let target = format!("/customers/internal-accounts?customerId={}", party.customer);
        party.account = id(&party.get(&target).send().await.accepted(200)["data"][0]);
        let target = format!("/auth/credentials?accountId={}", party.account);
        party.email = id(&party.get(&target).send().await.accepted(200)["data"][0]);
        (party.session, party.key) = party.sign_in().await;
        party
    }

    /// A request of the party's platform.
    pub fn request(&self, method: Method, target: &str) -> RawRequest {
        self.server.request_as(method, target, &self.credentials.0, &self.credentials.1)
    }

    /// A `GET`.
    pub fn get(&self, target: &str) -> RawRequest {
        self.request(Method::GET, target)
    }

    /// A `POST`.
    pub fn post(&self, target: &str, body: &Value) -> RawRequest {
        self.request(Method::POST, target).json(body)
    }

    /// A `DELETE`.
    pub fn delete(&self, target: &str) -> RawRequest {
        self.request(Method::DELETE, target)
    }

    /// `POST /auth/credentials/{id}/challenge`
    pub fn challenge(&self, credential: &str, body: &Value) -> RawRequest {
        self.post(&format!("/auth/credentials/{credential}/challenge"), body)
    }

    /// `POST /auth/credentials/{id}/verify`
    pub fn verify(&self, credential: &str, body: &Value) -> RawRequest {
        self.post(&format!("/auth/credentials/{credential}/verify"), body)
    }

    /// A login by a code in plain text, ready to be sent, and the key of its session.
    pub async fn plain_login(&self) -> (RawRequest, KeyPair) {
        let _ = self.challenge(&self.email, &json!({})).send().await.accepted(200);
        let key = KeyPair::generate();
        let body = json!({"type": "EMAIL_OTP", "otp": CODE, "clientPublicKey": key.compressed_hex()});
        (self.verify(&self.email, &body), key)
    }

    /// The first leg of a login by a sealed code, ready to be sent, and the key of its session.
    ///
    /// # Panics
    /// When no code is sent.
    pub async fn sealed_login(&self) -> (RawRequest, KeyPair) {
        let sent = self.challenge(&self.email, &json!({})).send().await.accepted(200);
        let issued = IssuedCode::of(sent["otpEncryptionTargetBundle"].as_str().expect("a bundle"));
        let key = KeyPair::generate();
        let bundle = issued.bundle.seal_code(CODE, &key).expect("a code can be sealed");
        (self.verify(&self.email, &json!({"type": "EMAIL_OTP", "encryptedOtpBundle": bundle})), key)
    }

    /// A further session by a code, and its key.
    pub async fn sign_in(&self) -> (String, KeyPair) {
        let (login, key) = self.plain_login().await;
        (id(&login.send().await.accepted(200)), key)
    }

    /// The first leg of adding a credential of this kind, with these members beside.
    pub fn add(&self, kind: &str, members: &Value) -> RawRequest {
        let mut body = members.clone();
        body["type"] = kind.into();
        body["accountId"] = self.account.as_str().into();
        self.post("/auth/credentials", &body)
    }

    /// The first leg of adding codes by SMS.
    pub fn add_sms(&self) -> RawRequest {
        self.add("SMS_OTP", &json!({}))
    }

    /// The first leg of adding a passkey.
    pub fn add_passkey(&self, passkey: &Passkey) -> RawRequest {
        let challenge = base64url(CHALLENGE);
        let attestation = passkey.attestation(&challenge, 0);
        self.add("PASSKEY", &json!({"nickname": "Phone", "attestation": attestation, "challenge": challenge}))
    }

    /// The first leg of adding an identity.
    pub fn add_identity(&self) -> RawRequest {
        self.add("OAUTH", &json!({"oidcToken": self.token(None)}))
    }

    /// Adds a credential; its id.
    pub async fn added(&self, first_leg: RawRequest) -> String {
        id(&first_leg.ask().await.retry(&self.key).await.accepted(201))
    }

    /// A token of the sandbox's kind about this party, as of when its account was made.
    ///
    /// # Panics
    /// When the customer's id holds no time.
    #[must_use]
    pub fn token(&self, for_key: Option<&KeyPair>) -> String {
        let uuid = self.customer.split(':').nth(1).expect("an id").replace('-', "");
        let seconds = i64::from_str_radix(&uuid[..12], 16).expect("a time") / 1_000;
        let mut claims = json!({
            "iss": ISSUER, "aud": "a client", "sub": self.customer, "iat": seconds, "exp": seconds + 3_600,
        });
        if let Some(key) = for_key {
            claims["nonce"] = digest_hex(key.compressed_hex().as_bytes()).into();
        }
        let header = json!({"alg": "RS256", "typ": "JWT"});
        format!("{}.{}.sandbox", base64url(header.to_string()), base64url(claims.to_string()))
    }

    /// A login by a token of the identity, ready to be sent, and the key of its session.
    pub fn token_login(&self, identity: &str) -> (RawRequest, KeyPair) {
        let key = KeyPair::generate();
        let token = self.token(Some(&key));
        let body = json!({"type": "OAUTH", "oidcToken": token, "clientPublicKey": key.compressed_hex()});
        (self.verify(identity, &body), key)
    }

    /// A login by a passkey, ready to be sent, and the key of its session.
    ///
    /// # Panics
    /// When there is no challenge.
    pub async fn passkey_login(&self, credential: &str, passkey: &Passkey, count: u32) -> (RawRequest, KeyPair) {
        let key = KeyPair::generate();
        let asked = self.challenge(credential, &json!({"clientPublicKey": key.compressed_hex()}));
        let asked = asked.send().await.accepted(200);
        let assertion = passkey.assertion(asked["challenge"].as_str().expect("a challenge"), count);
        let login = self.verify(credential, &json!({"type": "PASSKEY", "assertion": assertion}));
        (login.header("Request-Id", asked["requestId"].as_str().expect("an id")), key)
    }

    /// A new card that the account funds.
    pub async fn card(&self) -> String {
        let body = json!({"cardholderId": self.customer, "form": "VIRTUAL", "fundingSources": [self.account]});
        id(&self.post("/cards", &body).send().await.accepted(201))
    }

    /// The first leg of making a delegated key.
    pub fn delegate(&self, card: &str) -> RawRequest {
        self.post("/auth/delegated-keys", &json!({"cardId": card, "nickname": "Settlement"}))
    }

    /// A delegated key of a new card.
    pub async fn delegated_key(&self) -> String {
        let card = self.card().await;
        let asked: Asked = self.delegate(&card).ask().await.ask_again(&self.key).await;
        id(&asked.retry(&self.key).await.accepted(201))
    }

    /// A stamp of a delegated key.
    pub fn stamp(&self, key: &str) -> RawRequest {
        self.post(&format!("/auth/delegated-keys/{key}/stamp"), &json!({"payloadToSign": "a payload"}))
    }
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}
