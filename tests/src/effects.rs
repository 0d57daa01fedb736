//! Every call that changes something, ready to be sent, each on an account of its own: what becomes of one is nothing to
//! the others, so a test may let them fail in turn, or all at once.

use countersign_client::wallet::KeyPair;
use http::Method;
use serde_json::json;

use crate::authenticator::Passkey;
use crate::party::Party;
use crate::raw::RawRequest;
use crate::server::TestServer;

/// What effects write, and what a failed one leaves as it was.
pub const TABLES: [&str; 13] = [
    "customers",
    "internal_accounts",
    "cards",
    "card_funding_sources",
    "credentials",
    "wrong_codes",
    "otp_issues",
    "otp_sends",
    "pending_requests",
    "sessions",
    "delegated_keys",
    "limits",
    "audit_log",
];

/// A call that changes something.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The operation.
    pub operation: &'static str,
    /// Which of its calls.
    pub name: &'static str,
    /// A statement without which it has no effect, as a trigger names it.
    pub writes: &'static str,
    /// The status of its success.
    pub status: u16,
    /// The call.
    pub request: RawRequest,
    /// The account.
    pub account: String,
    /// The session that has countersigned.
    pub signer: Option<String>,
}

/// The effects, and the parties that they are prepared for.
struct Effects<'a> {
    server: &'a TestServer,
    made: Vec<Effect>,
}

impl<'a> Effects<'a> {
    async fn party(&self) -> Party<'a> {
        Party::new(self.server, &format!("party{}", self.made.len())).await
    }
}

fn effect(
    party: &Party<'_>,
    what: (&'static str, &'static str),
    writes: &'static str,
    sent: (RawRequest, u16),
) -> Effect {
    let ((operation, name), (request, status)) = (what, sent);
    Effect { operation, name, writes, status, request, account: party.account.clone(), signer: None }
}

impl Effect {
    /// Whether it writes a row of the audit log.
    #[must_use]
    pub fn is_audited(&self) -> bool {
        self.writes != "INSERT ON pending_requests" && self.name != "first leg"
    }

    fn signed_by(mut self, session: &str) -> Self {
        self.signer = Some(session.to_owned());
        self
    }
}

/// Every effect of a sandbox's server.
pub async fn every_effect(server: &TestServer) -> Vec<Effect> {
    let mut effects = Effects { server, made: Vec::new() };
    effects.platform_resources().await;
    effects.credentials().await;
    effects.logins().await;
    effects.sessions().await;
    effects.delegated_keys().await;
    effects.made
}

impl Effects<'_> {
    async fn platform_resources(&mut self) {
        let party = self.party().await;
        let body = json!({"customerType": "INDIVIDUAL", "email": "another@example.com"});
        let request = party.post("/customers", &body);
        let made = effect(&party, ("createCustomer", "the call"), "INSERT ON internal_accounts", (request, 201));
        let body = json!({"cardholderId": party.customer, "form": "VIRTUAL", "fundingSources": [party.account]});
        let request = party.post("/cards", &body);
        let card = effect(&party, ("createCard", "the call"), "INSERT ON card_funding_sources", (request, 201));
        self.made.extend([made, card]);
    }

    async fn credentials(&mut self) {
        let operation = "createAuthCredential";
        let party = self.party().await;
        let first = effect(&party, (operation, "SMS, first leg"), "INSERT ON pending_requests", (party.add_sms(), 202));
        self.made.push(first);
        for (name, kind) in [("SMS", 0), ("a passkey", 1), ("an identity", 2)] {
            let party = self.party().await;
            let first = match kind {
                0 => party.add_sms(),
                1 => party.add_passkey(&Passkey::default()),
                _ => party.add_identity(),
            };
            let request = first.ask().await.stamped(&party.key);
            let added = effect(&party, (operation, name), "INSERT ON credentials", (request, 201));
            self.made.push(added.signed_by(&party.session));
        }

        let operation = "revokeAuthCredential";
        let party = self.party().await;
        let sms = party.added(party.add_sms()).await;
        let revoke = party.delete(&format!("/auth/credentials/{sms}"));
        let asked = revoke.clone().ask().await;
        let first = effect(&party, (operation, "first leg"), "INSERT ON pending_requests", (revoke, 202));
        let request = asked.stamped(&party.key);
        let revoked = effect(&party, (operation, "second leg"), "UPDATE ON credentials", (request, 204));
        self.made.extend([first, revoked.signed_by(&party.session)]);
    }

    async fn logins(&mut self) {
        let operation = "challengeAuthCredential";
        let party = self.party().await;
        let request = party.challenge(&party.email, &json!({}));
        let code = effect(&party, (operation, "a code"), "INSERT ON otp_issues", (request, 200));
        self.made.push(code);
        let party = self.party().await;
        let passkey = party.added(party.add_passkey(&Passkey::default())).await;
        let key = KeyPair::generate();
        let request = party.challenge(&passkey, &json!({"clientPublicKey": key.compressed_hex()}));
        let asked = effect(&party, (operation, "a passkey"), "INSERT ON pending_requests", (request, 200));
        self.made.push(asked);

        let operation = "verifyAuthCredential";
        let party = self.party().await;
        let (request, _) = party.sealed_login().await;
        let first = effect(&party, (operation, "a sealed code"), "INSERT ON pending_requests", (request, 202));
        self.made.push(first);
        let party = self.party().await;
        let (login, key) = party.sealed_login().await;
        let request = login.ask().await.stamped(&key);
        let second = effect(&party, (operation, "a sealed code's session"), "INSERT ON sessions", (request, 200));
        self.made.push(second);
        let party = self.party().await;
        let (request, _) = party.plain_login().await;
        let plain = effect(&party, (operation, "a plain code"), "INSERT ON sessions", (request, 200));
        self.made.push(plain);
        let party = self.party().await;
        let identity = party.added(party.add_identity()).await;
        let (request, _) = party.token_login(&identity);
        let token = effect(&party, (operation, "a token"), "INSERT ON sessions", (request, 200));
        self.made.push(token);
        let party = self.party().await;
        let passkey = Passkey::default();
        let id = party.added(party.add_passkey(&passkey)).await;
        let (request, _) = party.passkey_login(&id, &passkey, 1).await;
        let login = effect(&party, (operation, "a passkey"), "UPDATE ON credentials", (request, 200));
        self.made.push(login);
    }

    async fn sessions(&mut self) {
        let key = KeyPair::generate();
        let refresh = |party: &Party<'_>| {
            let body = json!({"clientPublicKey": key.compressed_hex()});
            party.post(&format!("/auth/sessions/{}/refresh", party.session), &body)
        };
        let operation = "refreshAuthSession";
        let party = self.party().await;
        let asked = refresh(&party).ask().await;
        let first = effect(&party, (operation, "first leg"), "INSERT ON pending_requests", (refresh(&party), 202));
        let request = asked.stamped(&party.key);
        let second = effect(&party, (operation, "second leg"), "INSERT ON sessions", (request, 201));
        self.made.extend([first, second.signed_by(&party.session)]);

        let operation = "revokeAuthSession";
        let party = self.party().await;
        let (other, _) = party.sign_in().await;
        let revoke = party.request(Method::DELETE, &format!("/auth/sessions/{other}"));
        let asked = revoke.clone().ask().await;
        let first = effect(&party, (operation, "first leg"), "INSERT ON pending_requests", (revoke, 202));
        let request = asked.stamped(&party.key);
        let second = effect(&party, (operation, "second leg"), "UPDATE ON sessions", (request, 204));
        self.made.extend([first, second.signed_by(&party.session)]);
    }

    async fn delegated_keys(&mut self) {
        let operation = "createDelegatedKey";
        let party = self.party().await;
        let request = party.delegate(&party.card().await);
        let first = effect(&party, (operation, "first leg"), "INSERT ON delegated_keys", (request, 202));
        let request = party.delegate(&party.card().await).ask().await.stamped(&party.key);
        let second = effect(&party, (operation, "second leg"), "UPDATE ON delegated_keys", (request, 202));
        self.made.extend([first, second.signed_by(&party.session)]);
        let party = self.party().await;
        let asked = party.delegate(&party.card().await).ask().await.ask_again(&party.key).await;
        let request = asked.stamped(&party.key);
        let third = effect(&party, (operation, "third leg"), "UPDATE ON delegated_keys", (request, 201));
        self.made.push(third.signed_by(&party.session));

        let party = self.party().await;
        let (key, signing) = (party.delegated_key().await, party.delegated_key().await);
        let operation = "revokeDelegatedKey";
        let revoke = party.delete(&format!("/auth/delegated-keys/{key}"));
        let asked = revoke.clone().ask().await;
        let first = effect(&party, (operation, "first leg"), "INSERT ON pending_requests", (revoke, 202));
        let request = asked.stamped(&party.key);
        let second = effect(&party, (operation, "second leg"), "UPDATE ON delegated_keys", (request, 204));
        let request = party.stamp(&signing);
        let stamp = effect(&party, ("stampWithDelegatedKey", "the call"), "INSERT ON audit_log", (request, 200));
        self.made.extend([first, second.signed_by(&party.session), stamp]);
    }
}
