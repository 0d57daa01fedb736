//! Making, sending and opening one-time codes, for the handlers that issue and try them.
//!
//! A code is made outside a transaction, stored in one together with its place among the sends (W8), and then handed to
//! the delivery: whoever holds a code holds one that works. What became of the delivery is noted afterwards; a crash in
//! between counts as sent.

use std::time::Duration;

use countersign_flow::credential::KindName;
use countersign_flow::id::{AuthMethodId, InternalAccountId, OtpIssueId};
use countersign_flow::key::{PublicKey, SecretKey};
use countersign_flow::otp::OtpIssue;
use countersign_flow::otp_bundle::{OpenedCode, SealedCode};
use countersign_flow::payload::Subject;
use countersign_flow::sealing;
use countersign_flow::secret::{OtpCode, code_mac, destination_mac};
use countersign_flow::target_bundle::TargetBundle;
use countersign_flow::verification_token::VerificationType;

use crate::clock::entropy;
use crate::delivery::{Channel, Message, Outcome};
use crate::error::ApiError;
use crate::keys::otp_target_seat;
use crate::server::Server;
use crate::store::Mode;
use crate::store::otp::{NewIssue, OpenIssue};
use crate::store::platforms::Platform;
use crate::store::sends::{NewSend, Settled};

/// Whose code it is, and where it goes.
#[derive(Clone, Copy)]
pub(crate) struct Addressee<'a> {
    /// The platform.
    pub(crate) platform: &'a Platform,
    /// The credential.
    pub(crate) credential: AuthMethodId,
    /// Its account.
    pub(crate) account: InternalAccountId,
    /// How codes of this kind travel.
    pub(crate) channel: Channel,
    /// The address or number.
    pub(crate) destination: &'a str,
}

/// A code that isn't stored yet.
pub(crate) struct NewCode {
    id: OtpIssueId,
    code: OtpCode,
    target: PublicKey,
}

/// How the codes of a kind travel, for kinds that have codes.
pub(crate) fn channel(kind: KindName) -> Option<Channel> {
    kind.verification().map(|verification| match verification {
        VerificationType::Email => Channel::Email,
        VerificationType::Sms => Channel::Sms,
    })
}

/// The name of a channel among what is counted by destination. Stored within a MAC: it never changes.
const fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Sms => "sms",
    }
}

impl Server {
    /// Whether a code could go there at all; asked before one is made.
    pub(crate) fn require_delivery(&self, channel: Channel, destination: &str) -> Result<(), ApiError> {
        self.delivery.check(channel).map_err(|cause| ApiError::unavailable(Duration::from_mins(1)).because(cause))?;
        if self.delivery.allows(channel, destination) { Ok(()) } else { Err(ApiError::destination_not_allowed()) }
    }

    /// Makes a code, and what is stored of it.
    pub(crate) fn make_code(&self, to: Addressee<'_>) -> Result<(NewCode, NewIssue), ApiError> {
        let missing = || ApiError::internal("a key of the server is missing");
        let mac_key = self.keys.otp_mac().ok_or_else(missing)?;
        let (now, mut rng) = (self.now(), entropy());
        let (code, send) = match self.mode {
            Mode::Sandbox => (OtpCode::sandbox(), None),
            Mode::Production => {
                let key = self.keys.destination_mac().ok_or_else(missing)?;
                let destination = destination_mac(key, name(to.channel), to.destination);
                (OtpCode::generate(&mut rng), Some(NewSend { destination, limits: self.rules.sends }))
            }
        };
        let target = SecretKey::generate(&mut rng);
        let id = OtpIssueId::mint(now, &mut rng);
        let (row_id, public_key) = (id.to_string(), target.public().sec1_compressed());
        let seat = otp_target_seat(to.platform.id, &row_id, &public_key);
        let sealed = sealing::seal(self.keys.masters().current(), &seat, target.to_bytes().as_slice(), &mut rng)?;
        let new = NewIssue {
            issue: OtpIssue::issue(id, to.credential, to.account, now, &self.rules.otp),
            platform: to.platform.id,
            code_mac: code_mac(mac_key, id, to.credential, code.as_str()),
            target: *target.public(),
            target_sealed: sealed,
            send,
        };
        Ok((NewCode { id, code, target: *target.public() }, new))
    }

    /// Sends a stored code, and notes what became of it. Returns its target bundle, or `None` if nobody can say that the
    /// code has reached anyone.
    pub(crate) async fn send_code(
        &self,
        code: &NewCode,
        to: Addressee<'_>,
        subject: Subject,
    ) -> Result<Option<String>, ApiError> {
        let message = Message {
            issue: code.id,
            channel: to.channel,
            destination: to.destination,
            platform: &to.platform.name,
            code: code.code.as_str(),
            link: None,
        };
        let settled = match self.delivery.deliver(message).await {
            Outcome::Accepted => Settled::Accepted,
            Outcome::Refused(_) => Settled::Refused,
            Outcome::Unknown(_) => Settled::Unknown,
        };
        if self.mode == Mode::Production
            && let Err(cause) = self.store.settle_send(to.platform.id, code.id, settled).await
        {
            // It counts as sent then, and whoever was sent it may use it.
            tracing::warn!(%cause, "what became of a code could not be noted");
        }
        if settled != Settled::Accepted {
            return Ok(None);
        }
        let quorum = self.keys.quorum().ok_or_else(|| ApiError::internal("a key of the server is missing"))?;
        Ok(Some(TargetBundle::issue(quorum, &code.target, subject.organization_id, subject.user_id)))
    }

    /// Opens a bundle with the target key of the open code. `None`: there is no code to open it with.
    pub(crate) fn open_bundle(
        &self,
        platform: &Platform,
        open: Option<&OpenIssue>,
        bundle: &str,
    ) -> Result<Option<OpenedCode>, ApiError> {
        let Some((open, sealed)) = open.and_then(|open| Some((open, open.target_sealed.as_ref()?))) else {
            return Ok(None);
        };
        let sealed_code = SealedCode::parse(bundle)?;
        let (row_id, public_key) = (open.issue.id.to_string(), open.target.sec1_compressed());
        let seat = otp_target_seat(platform.id, &row_id, &public_key);
        let scalar = sealing::open(self.keys.masters(), &seat, sealed)?;
        let scalar: &[u8; 32] = scalar.as_slice().try_into().map_err(ApiError::internal)?;
        Ok(Some(sealed_code.open(&SecretKey::from_bytes(scalar)?)?))
    }
}
