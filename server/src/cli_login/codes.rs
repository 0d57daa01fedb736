//! Sign-in codes: sent by email, and tried.

use std::net::IpAddr;
use std::time::Duration;

use countersign_flow::cli_login::callback::Callback;
use countersign_flow::cli_login::code::SignInCode;
use countersign_flow::id::{CliAttemptId, CliSessionId, OtpIssueId, UserId};
use countersign_flow::secret::{MacKey, destination_mac};

use super::NewTokens;
use crate::clock::entropy;
use crate::delivery::{Channel, Message, Outcome};
use crate::error::ApiError;
use crate::server::Server;
use crate::store::cli_login::sign_in::{NewSignInCode, SignedIn, Try};
use crate::store::cli_login::{CliRefusal, Costs};
use crate::store::platforms::Platform;
use crate::store::sends::{NewSend, Settled};
use crate::store::{Bucket, Mode};

/// A code that someone asks for.
pub(crate) struct SignInRequest<'a> {
    /// The project.
    pub(crate) platform: &'a Platform,
    /// Where the code goes.
    pub(crate) email: &'a str,
    /// Where the link leads, if the message has one.
    pub(crate) callback: Option<&'a str>,
    /// Who asks.
    pub(crate) address: Option<IpAddr>,
}

/// A code that someone has typed, or that a link brought.
pub(crate) struct TypedCode<'a> {
    /// The project.
    pub(crate) platform: &'a Platform,
    /// Typed part and nonce.
    pub(crate) code: &'a str,
    /// The session of the access token that came with it.
    pub(crate) caller: Option<CliSessionId>,
    /// The attempt on whose page it was typed.
    pub(crate) page_of: Option<CliAttemptId>,
    /// Who tries it.
    pub(crate) address: Option<IpAddr>,
}

impl Server {
    fn sign_in_costs(&self, platform: &Platform, address: Option<IpAddr>) -> Costs {
        Costs::default()
            .and_of(Bucket::CliAddress, address, self.rules.cli.address)
            .and(Bucket::SignIn(platform.id), self.rules.cli.sign_ins)
    }

    /// Sends a code, whether anyone has the address or not; returns its nonce.
    pub(crate) async fn send_sign_in_code(&self, to: SignInRequest<'_>) -> Result<String, ApiError> {
        let callback = self.registered_callback(to.platform, to.callback).await?;
        let unavailable = |cause| ApiError::unavailable(Duration::from_mins(1)).because(cause);
        self.delivery.check(Channel::Email).map_err(unavailable)?;
        let missing = || ApiError::internal("a key of the server is missing");
        let mut rng = entropy();
        let id = OtpIssueId::mint(self.now(), &mut rng);
        let address = destination_mac(self.keys.destination_mac().ok_or_else(missing)?, "email", to.email);
        let (code, send) = match self.mode {
            Mode::Sandbox => (SignInCode::sandbox(&mut rng), None),
            Mode::Production => {
                let send = NewSend { destination: address, limits: self.rules.sends };
                (SignInCode::generate(&mut rng), Some(send))
            }
        };
        let new = NewSignInCode {
            id,
            nonce_digest: code.nonce_digest(),
            typed_mac: code.typed_mac(self.keys.otp_mac().ok_or_else(missing)?, id),
            email: to.email.to_owned(),
            address,
            send,
        };
        let costs = self.sign_in_costs(to.platform, to.address);
        self.store.issue_sign_in_code(to.platform.id, new, self.rules.otp, costs).await?;
        let link = callback.map(|callback| callback.with_code(&code.whole()));
        let message = Message {
            issue: id,
            channel: Channel::Email,
            destination: to.email,
            platform: &to.platform.name,
            code: code.typed(),
            link: link.as_deref(),
        };
        let settled = match self.delivery.deliver(message).await {
            Outcome::Accepted => Settled::Accepted,
            Outcome::Refused(_) => Settled::Refused,
            Outcome::Unknown(_) => Settled::Unknown,
        };
        if self.mode == Mode::Production
            && let Err(cause) = self.store.settle_send(to.platform.id, id, settled).await
        {
            // It counts as sent then, and whoever was sent it may use it.
            tracing::warn!(%cause, "what became of a code could not be noted");
        }
        if settled == Settled::Accepted { Ok(code.nonce().to_owned()) } else { Err(ApiError::undelivered()) }
    }

    /// The callback, if links of the platform may lead there.
    async fn registered_callback(
        &self,
        platform: &Platform,
        callback: Option<&str>,
    ) -> Result<Option<Callback>, ApiError> {
        let Some(text) = callback else { return Ok(None) };
        let asked = Callback::parse(text).map_err(|cause| ApiError::from(CliRefusal::Callback).because(cause))?;
        let mut registered = self.store.callbacks(platform.id).await?;
        if registered.is_empty() {
            registered.extend(self.site.own_page());
        }
        if registered.iter().any(|registered| asked.is_within(registered)) {
            Ok(Some(asked))
        } else {
            Err(CliRefusal::Callback.into())
        }
    }

    /// Tries a code; returns who has signed in, and the session's tokens.
    pub(crate) async fn try_sign_in_code(
        &self,
        typed: TypedCode<'_>,
        tokens: NewTokens,
    ) -> Result<(SignedIn, NewTokens), ApiError> {
        let costs = self.sign_in_costs(typed.platform, typed.address);
        let code = SignInCode::parse(typed.code);
        let attempted = Try {
            // What isn't a code at all is looked for all the same, so that it costs the same.
            nonce_digest: code.as_ref().map_or([0; 32], SignInCode::nonce_digest),
            caller: typed.caller,
            page_of: typed.page_of,
            new_user: UserId::mint(self.now(), &mut entropy()),
            session: tokens.session,
            policy: self.rules.otp,
        };
        let key = self.keys.otp_mac().ok_or_else(|| ApiError::internal("a key of the server is missing"))?;
        let key = MacKey::from_bytes(&key.to_bytes());
        let is_right = move |id: OtpIssueId, mac: &[u8; 32]| code.is_some_and(|code| code.matches(&key, id, mac));
        let signed_in = self.store.sign_in(typed.platform.id, attempted, costs, is_right).await?;
        Ok((signed_in, tokens))
    }
}
