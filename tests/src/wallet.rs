//! What a wallet user does, step by step, over the generated client.

use std::sync::Arc;

use countersign_client::operations::{
    ChallengeAuthCredential, ChallengeAuthCredentialInput, ListAuthCredentialsInput, ListAuthSessionsInput,
    RefreshAuthSession, RefreshAuthSessionInput, RefreshAuthSessionOutcome, RevokeAuthSession, RevokeAuthSessionInput,
    VerifyAuthCredential, VerifyAuthCredentialInput, VerifyAuthCredentialOutcome,
};
use countersign_client::types::{
    AuthMethodId, AuthSession, ChallengeAuthCredentialResponse, EmailOtpVerifyRequest, InternalAccountId,
    RefreshAuthSessionRequest, SessionId, VerifyAuthCredentialRequest,
};
use countersign_client::wallet::{KeyPair, TargetBundle};
use countersign_client::{Client, Operation};
use countersign_flow::key::PublicKey;
use serde_json::Value;

use crate::answer::{Answer, Pending};
use crate::server::TestServer;

/// The code of every sandbox server.
pub const CODE: &str = "000000";
/// A code that no sandbox server issues.
pub const WRONG_CODE: &str = "123456";

/// An account with its email credential, and a client of its platform.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// The client.
    pub client: Client,
    /// The account.
    pub account: InternalAccountId,
    /// The email credential.
    pub credential: AuthMethodId,
}

impl TestServer {
    /// The account that every sandbox server has.
    pub async fn wallet(&self) -> Wallet {
        let account = self.env("ACCOUNT_ID").parse().expect("an account id");
        Wallet::of(self.client(), account).await
    }
}

impl Wallet {
    /// The wallet of an account with an email credential.
    ///
    /// # Panics
    /// When the account has none.
    pub async fn of(client: Client, account: InternalAccountId) -> Self {
        let listed = client.list_auth_credentials(ListAuthCredentialsInput::new(account.clone())).await;
        let credentials = listed.expect("the credentials of an account").value.data;
        let credential = credentials.first().expect("an email credential").id.clone();
        Self { client, account, credential }
    }

    /// Asks for a code.
    pub async fn challenge(&self) -> Answer<ChallengeAuthCredential> {
        Answer::to(&self.client, &ChallengeAuthCredentialInput::new(self.credential.clone())).await
    }

    /// Asks for a code and checks the bundle that comes back.
    pub async fn issue_code(&self) -> IssuedCode {
        IssuedCode::of(&target_bundle(self.challenge().await.outcome()))
    }

    /// The first leg of a login with any body.
    pub async fn verify(&self, body: &VerifyAuthCredentialRequest) -> Answer<VerifyAuthCredential> {
        Answer::to(&self.client, &self.verify_input(body)).await
    }

    /// A login's call without the headers of a retry.
    #[must_use]
    pub fn verify_input(&self, body: &VerifyAuthCredentialRequest) -> VerifyAuthCredentialInput {
        VerifyAuthCredentialInput::new(self.credential.clone(), body.clone())
    }

    /// A login up to its first leg: code, bundle, 202.
    pub async fn begin_login(&self) -> PendingLogin {
        let key = KeyPair::generate();
        let body = self.issue_code().await.seal(CODE, &key);
        let pending = Pending::begin(&self.client, self.verify_input(&body)).await;
        PendingLogin { wallet: self.clone(), body, key, pending }
    }

    /// A whole login.
    pub async fn login(&self) -> Session {
        self.begin_login().await.finish().await
    }

    /// The live sessions, as listed.
    pub async fn sessions(&self) -> Vec<AuthSession> {
        let listed = self.client.list_auth_sessions(ListAuthSessionsInput::new(self.account.clone())).await;
        listed.expect("the sessions of an account").value.data
    }

    /// The ids of the live sessions, sorted.
    pub async fn session_ids(&self) -> Vec<SessionId> {
        let mut ids: Vec<_> = self.sessions().await.into_iter().map(|session| session.id).collect();
        ids.sort();
        ids
    }
}

/// The target bundle of a code that was sent by email.
///
/// # Panics
/// When something else was.
#[must_use]
#[track_caller]
pub fn target_bundle(challenged: ChallengeAuthCredentialResponse) -> String {
    match challenged {
        ChallengeAuthCredentialResponse::EmailOtp(sent) => sent.otp_encryption_target_bundle,
        other => panic!("no code was sent by email: {other:?}"),
    }
}

/// The body of a login by a code that was sent by email and is encrypted.
#[must_use]
pub fn sealed_body(bundle: String) -> VerifyAuthCredentialRequest {
    EmailOtpVerifyRequest { encrypted_otp_bundle: Some(bundle), otp: None, client_public_key: None }.into()
}

/// A code that was issued: the key to seal it to.
#[derive(Clone, Debug)]
pub struct IssuedCode {
    /// The checked bundle.
    pub bundle: TargetBundle,
    /// The key in it.
    pub target: PublicKey,
}

impl IssuedCode {
    /// Reads and checks a bundle. Its own quorum key is trusted, as a wallet with a pinned one would not.
    ///
    /// # Panics
    /// When the bundle isn't as `enclaveQuorumPublic` says.
    #[must_use]
    pub fn of(bundle: &str) -> Self {
        let outer: Value = serde_json::from_str(bundle).expect("a bundle is JSON");
        let quorum = outer["enclaveQuorumPublic"].as_str().expect("enclaveQuorumPublic");
        let data = hex::decode(outer["data"].as_str().expect("data")).expect("hex");
        let data: Value = serde_json::from_slice(&data).expect("data is JSON");
        let target = data["targetPublic"].as_str().expect("targetPublic");
        Self {
            bundle: TargetBundle::verify(bundle, quorum).expect("a true bundle"),
            target: PublicKey::from_hex(target).expect("a P-256 key"),
        }
    }

    /// The body of a login: a code, and the key of the session to open.
    ///
    /// # Panics
    /// When the code can't be sealed.
    #[must_use]
    pub fn seal(&self, code: &str, key: &KeyPair) -> VerifyAuthCredentialRequest {
        let encrypted_otp_bundle = self.bundle.seal_code(code, key).expect("a code can be sealed");
        sealed_body(encrypted_otp_bundle)
    }

    /// The body of a login whose sealed plaintext is any text.
    ///
    /// # Panics
    /// When it can't be sealed.
    #[must_use]
    pub fn seal_text(&self, plaintext: &str) -> VerifyAuthCredentialRequest {
        let mut entropy = countersign_flow::rand_core::UnwrapErr(getrandom::SysRng);
        let (encapsulated, ciphertext) =
            countersign_flow::hpke::seal(&self.target, plaintext.as_bytes(), &mut entropy).expect("a valid key");
        let (encapsulated, ciphertext) = (encapsulated.uncompressed_hex(), hex::encode(ciphertext));
        let bundle = serde_json::json!({"encappedPublic": encapsulated, "ciphertext": ciphertext});
        sealed_body(bundle.to_string())
    }
}

/// A login after its first leg.
pub struct PendingLogin {
    wallet: Wallet,
    /// The body of both legs.
    pub body: VerifyAuthCredentialRequest,
    /// The key that is sealed in the body.
    pub key: KeyPair,
    /// The second leg.
    pub pending: Pending<VerifyAuthCredential>,
}

impl PendingLogin {
    /// The second leg.
    ///
    /// # Panics
    /// When it doesn't open a session.
    pub async fn finish(self) -> Session {
        match self.pending.retry(&self.key).await.accepted(200) {
            VerifyAuthCredentialOutcome::Ok(session) => Session::new(&self.wallet, &session, self.key),
            VerifyAuthCredentialOutcome::ChallengeIssued(_) => panic!("a second leg opens a session"),
        }
    }
}

/// A session and its key.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose it is.
    pub wallet: Wallet,
    /// Its id.
    pub id: SessionId,
    /// Its private key.
    pub key: Arc<KeyPair>,
    /// As the server described it when it was opened.
    pub opened: AuthSession,
}

impl Session {
    fn new(wallet: &Wallet, opened: &AuthSession, key: KeyPair) -> Self {
        Self { wallet: wallet.clone(), id: opened.id.clone(), key: Arc::new(key), opened: opened.clone() }
    }

    /// A refresh's call without the headers of a retry.
    ///
    /// # Panics
    /// When the text doesn't look like a public key: the generated client would not send it.
    #[must_use]
    pub fn refresh_input(&self, client_public_key: &str) -> RefreshAuthSessionInput {
        let client_public_key = client_public_key.parse().expect("SEC1 hex");
        RefreshAuthSessionInput::new(self.id.clone(), RefreshAuthSessionRequest { client_public_key })
    }

    /// The first leg of a refresh, answered in any way.
    pub async fn ask_refresh(&self, client_public_key: &str) -> Answer<RefreshAuthSession> {
        Answer::to(&self.wallet.client, &self.refresh_input(client_public_key)).await
    }

    /// A refresh up to its first leg.
    pub async fn begin_refresh(&self, client_public_key: &str) -> Pending<RefreshAuthSession> {
        Pending::begin(&self.wallet.client, self.refresh_input(client_public_key)).await
    }

    /// A whole refresh to a fresh key that this test holds.
    pub async fn refresh(&self) -> Self {
        let key = KeyPair::generate();
        let pending = self.begin_refresh(&key.compressed_hex()).await;
        let opened = created(pending.retry(&self.key).await);
        Self::new(&self.wallet, &opened, key)
    }

    /// A whole refresh whose new key the server makes and seals.
    ///
    /// # Panics
    /// When the sealed key doesn't come or doesn't open.
    pub async fn refresh_sealed(&self) -> Self {
        let recipient = KeyPair::generate();
        let pending = self.begin_refresh(&recipient.uncompressed_hex()).await;
        let opened = created(pending.retry(&self.key).await);
        let sealed = opened.encrypted_session_signing_key.as_deref().expect("a sealed session key");
        let key = recipient.open_session_key(sealed).expect("sealed to the key that was sent");
        Self::new(&self.wallet, &opened, key)
    }

    /// A revocation up to its first leg.
    pub async fn begin_revoke(&self) -> Pending<RevokeAuthSession> {
        Pending::begin(&self.wallet.client, RevokeAuthSessionInput::new(self.id.clone())).await
    }

    /// The first leg of a revocation, answered in any way.
    pub async fn ask_revoke(&self) -> Answer<RevokeAuthSession> {
        Answer::to(&self.wallet.client, &RevokeAuthSessionInput::new(self.id.clone())).await
    }

    /// A whole revocation, signed by the session itself.
    pub async fn revoke(&self) {
        let _ = self.begin_revoke().await.retry(&self.key).await.accepted(204);
    }

    /// Insists that the session can do nothing any more: it can't be refreshed, it is not listed, its stamp is refused.
    ///
    /// # Panics
    /// When it can.
    pub async fn assert_dead(&self) {
        self.ask_refresh(&KeyPair::generate().compressed_hex()).await.refused(401, "UNAUTHORIZED");
        self.ask_revoke().await.refused(404, "REFERENCE_NOT_FOUND");
        assert!(!self.wallet.session_ids().await.contains(&self.id), "{} is listed", self.id);
    }

    /// Insists that the session is live: it can begin a refresh and is listed.
    ///
    /// # Panics
    /// When it isn't.
    pub async fn assert_live(&self) {
        let _ = self.begin_refresh(&KeyPair::generate().compressed_hex()).await;
        assert!(self.wallet.session_ids().await.contains(&self.id), "{} is not listed", self.id);
    }
}

/// The session of a refresh's second leg.
///
/// # Panics
/// When it was refused.
#[must_use]
#[track_caller]
pub fn created(answer: Answer<RefreshAuthSession>) -> AuthSession {
    match answer.accepted(201) {
        RefreshAuthSessionOutcome::Created(session) => session,
        RefreshAuthSessionOutcome::ChallengeIssued(_) => panic!("a second leg opens a session"),
    }
}

/// How many of many racing answers had each status.
#[must_use]
pub fn statuses<O: Operation>(answers: &[Answer<O>]) -> std::collections::BTreeMap<u16, usize>
where
    O::Outcome: std::fmt::Debug,
    O::Error: std::fmt::Debug,
{
    answers.iter().fold(std::collections::BTreeMap::new(), |mut counts, answer| {
        *counts.entry(answer.status()).or_default() += 1;
        counts
    })
}
