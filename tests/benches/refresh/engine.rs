//! Without HTTP: the server's own handlers, called in this process on a database of the same kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::cli_login::site::Site;
use countersign::clock::Clock;
use countersign::config::Config;
use countersign::delivery::SandboxDelivery;
use countersign::oidc::Oidc;
use countersign::sandbox::{self, Sandbox};
use countersign::server::Keys;
use countersign::store::connection::open_or_make;
use countersign::store::{Bounds, Location, Mode, Store};
use countersign::{Server, keys};
use countersign_api::operations::{self, RefreshAuthSessionInput, RefreshAuthSessionOutcome};
use countersign_api::types::{ChallengeAuthCredentialResponse, EmailOtpVerifyRequest, RefreshAuthSessionRequest};
use countersign_api::{Credentials, Operation, Request, Service as _};
use countersign_flow::otp_bundle::seal_code;
use countersign_flow::rand_core::UnwrapErr;
use countersign_flow::sealing::MasterKeys;
use countersign_flow::stamp::Stamp;
use countersign_flow::target_bundle::TargetBundle;
use http::HeaderMap;
use serde_json::json;
use tokio::sync::Mutex;

use crate::http::rate;
use crate::wallet::{ACCOUNTS, SETTINGS, Session, new_key};

/// Refreshes sessions without HTTP.
pub(crate) async fn run(connections: usize, duration: Duration) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, headers) = open(folder.path()).await;
    let mut sessions = Vec::new();
    for number in 0..ACCOUNTS {
        sessions.push(Mutex::new(log_in(&server, &headers, number).await));
    }
    let (server, headers, sessions) = (Arc::new(server), Arc::new(headers), Arc::new(sessions));
    let requests = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|task| {
            let (server, headers, sessions) = (Arc::clone(&server), Arc::clone(&headers), Arc::clone(&sessions));
            let requests = Arc::clone(&requests);
            tokio::spawn(async move {
                let mut turn = task;
                while started.elapsed() < duration {
                    let mut session = sessions[turn % ACCOUNTS].lock().await;
                    turn += connections;
                    *session = refresh(&server, &headers, &session).await;
                    requests.fetch_add(2, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a worker");
    }
    rate(requests.load(Ordering::Relaxed), started.elapsed())
}

/// A sandbox server without its HTTP side, and the headers of its client.
async fn open(folder: &std::path::Path) -> (Server, HeaderMap) {
    let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, settings.into_iter()).expect("settings");
    let rules = config.rules(Mode::Sandbox).expect("rules");
    let outside =
        (Site::new(&config.server).expect("a site"), Oidc::new(&config.oidc, Mode::Sandbox).expect("issuers"));
    sandbox::prepare(folder).expect("a folder");
    let location = Location::Sqlite(folder.join(sandbox::DATABASE));
    open_or_make(&location, Some(Mode::Sandbox), Clock).expect("a database");
    let store = Store::open(&location, Clock, Bounds::default()).expect("a store");
    let masters = MasterKeys::new(sandbox::master_key(folder).expect("a master key"));
    let keyring = keys::load(&store, &masters, rules.token_algorithm).await.expect("keys");
    let provisioned = Sandbox::new(folder, &store).provision().await.expect("a platform");
    let keys = Keys::new(masters, keyring).expect("every key");
    let server = Server::new(store, rules, Mode::Sandbox, keys, Arc::new(SandboxDelivery), outside);
    let basic = STANDARD.encode(format!("{}:{}", provisioned.client_id, provisioned.client_secret));
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Basic {basic}").parse().expect("a header"));
    (server, headers)
}

/// What the adapter would hand over.
fn request<O: Operation>(input: O::Input, body: Option<serde_json::Value>) -> Request<O> {
    Request { input, body }
}

async fn refresh(server: &Server, headers: &HeaderMap, session: &Session) -> Session {
    let key = new_key();
    let client_public_key = key.public().compressed_hex();
    let body = json!({"clientPublicKey": client_public_key});
    let typed = RefreshAuthSessionRequest { client_public_key: client_public_key.parse().expect("a key") };
    let mut input = RefreshAuthSessionInput::new(session.id.parse().expect("an id"), typed);
    let caller = server
        .authenticate_wallet(Credentials::new(operations::RefreshAuthSession::spec(), headers))
        .await
        .expect("a caller");
    let asked = server.refresh_auth_session(caller, request(input.clone(), Some(body.clone()))).await;
    let Ok(RefreshAuthSessionOutcome::ChallengeIssued(challenge)) = asked else { panic!("no challenge: {asked:?}") };
    input.grid_wallet_signature = Some(Stamp::make(challenge.payload_to_sign.as_bytes(), &session.key));
    input.request_id = Some(challenge.request_id.to_string());
    let caller = server
        .authenticate_wallet(Credentials::new(operations::RefreshAuthSession::spec(), headers))
        .await
        .expect("a caller");
    let opened = server.refresh_auth_session(caller, request(input, Some(body))).await;
    let Ok(RefreshAuthSessionOutcome::Created(opened)) = opened else { panic!("no session: {opened:?}") };
    Session { id: opened.id.to_string(), key }
}

async fn log_in(server: &Server, headers: &HeaderMap, number: usize) -> Session {
    use operations::{
        ChallengeAuthCredentialInput, CreateCustomerInput, ListAuthCredentialsInput, ListInternalAccountsInput,
        VerifyAuthCredentialInput, VerifyAuthCredentialOutcome,
    };

    let caller = server
        .authenticate_wallet(Credentials::new(operations::RefreshAuthSession::spec(), headers))
        .await
        .expect("a caller");
    let body = json!({"customerType": "INDIVIDUAL", "email": format!("bench{number}@example.com")});
    let typed = serde_json::from_value(body.clone()).expect("a customer");
    let customer = server.create_customer(caller.clone(), request(CreateCustomerInput::new(typed), Some(body))).await;
    let mut input = ListInternalAccountsInput::new();
    input.customer_id = Some(customer.expect("a customer").id);
    let accounts = server.list_internal_accounts(caller.clone(), request(input, None)).await.expect("accounts");
    let input = ListAuthCredentialsInput::new(accounts.data[0].id.clone());
    let credentials = server.list_auth_credentials(caller.clone(), request(input, None)).await.expect("credentials");
    let credential = credentials.data[0].id.clone();
    let input = ChallengeAuthCredentialInput::new(credential.clone());
    let challenged = server.challenge_auth_credential(caller.clone(), request(input, None)).await.expect("a challenge");
    let ChallengeAuthCredentialResponse::EmailOtp(sent) = challenged else { panic!("a code by email") };
    let bundle =
        TargetBundle::verify(&sent.otp_encryption_target_bundle, &server.quorum_public_key()).expect("a bundle");
    let key = new_key();
    let encrypted_otp_bundle =
        seal_code(bundle.target(), "000000", key.public(), &mut UnwrapErr(getrandom::SysRng)).expect("a seal");
    let body = json!({"type": "EMAIL_OTP", "encryptedOtpBundle": encrypted_otp_bundle});
    let sealed =
        EmailOtpVerifyRequest { encrypted_otp_bundle: Some(encrypted_otp_bundle), otp: None, client_public_key: None };
    let mut input = VerifyAuthCredentialInput::new(credential, sealed.into());
    let asked = server.verify_auth_credential(caller.clone(), request(input.clone(), Some(body.clone()))).await;
    let Ok(VerifyAuthCredentialOutcome::ChallengeIssued(challenge)) = asked else { panic!("no challenge: {asked:?}") };
    input.grid_wallet_signature = Some(Stamp::make(challenge.payload_to_sign.as_bytes(), &key));
    input.request_id = Some(challenge.request_id.to_string());
    let opened = server.verify_auth_credential(caller, request(input, Some(body))).await;
    let Ok(VerifyAuthCredentialOutcome::Ok(opened)) = opened else { panic!("no session: {opened:?}") };
    Session { id: opened.id.to_string(), key }
}
