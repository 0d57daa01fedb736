//! How many codes go where (W8): sliding windows over one row for each code that was handed to a delivery, or was about
//! to be.
//!
//! A row is written in the transaction that stores the code, so that a crash counts as sent. Only a delivery that
//! definitely refused the message gives its allowance back.

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::id::{OtpIssueId, PlatformId};
use diesel::prelude::*;

use super::schema::{otp_issues, otp_sends, sign_in_codes};
use super::{Store, StoreError, Tx};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// No window is longer: older rows count for nothing.
pub(super) const LONGEST_WINDOW: Duration = DAY;

/// The most codes that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendLimits {
    /// To one destination by one platform, in an hour.
    pub destination_per_hour: u32,
    /// To one destination by one platform, in a day.
    pub destination_per_day: u32,
    /// To one destination by all platforms, in a day.
    pub destination_per_day_all: u32,
    /// By one platform, in a day.
    pub platform_per_day: u32,
}

/// What became of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The message was taken over.
    Accepted,
    /// It certainly wasn't: nobody has the code.
    Refused,
    /// Nobody said.
    Unknown,
}

impl Settled {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// A send that is about to be counted.
#[derive(Clone, Copy, Debug)]
pub struct NewSend {
    /// HMAC of channel and address or number.
    pub destination: [u8; 32],
    /// What is allowed.
    pub limits: SendLimits,
}

impl Tx<'_> {
    /// Counts a send, if every window has room for it.
    pub(super) fn reserve_send(
        &mut self,
        issue: OtpIssueId,
        platform: PlatformId,
        send: &NewSend,
    ) -> Result<(), StoreError> {
        let destination = send.destination.as_slice();
        // Accounts, and platforms, share destinations, so the account's lock doesn't serialise the count. Always in this
        // order, and after the account's lock: no two transactions wait for each other.
        self.lock_name(&format!("send:{}", hex::encode(destination)))?;
        self.lock_name(&format!("send-platform:{platform}"))?;
        let limits = send.limits;
        let mut full: Option<Duration> = None;
        for (own, here, window, limit) in [
            (true, true, HOUR, limits.destination_per_hour),
            (true, true, DAY, limits.destination_per_day),
            (false, true, DAY, limits.destination_per_day_all),
            (true, false, DAY, limits.platform_per_day),
        ] {
            let mut sends = otp_sends::table
                .filter(otp_sends::reserved_at.gt(self.now.minus(window).as_millis()))
                .filter(otp_sends::outcome.is_null().or(otp_sends::outcome.ne(Settled::Refused.as_str())))
                .select(otp_sends::reserved_at)
                .order(otp_sends::reserved_at.desc())
                // The send that has to leave the window before there is room: the `limit`th from the end.
                .offset(i64::from(limit).saturating_sub(1))
                .limit(1)
                .into_boxed();
            if own {
                sends = sends.filter(otp_sends::platform_id.eq(platform.to_string()));
            }
            if here {
                sends = sends.filter(otp_sends::destination.eq(destination.to_vec()));
            }
            let stands_in_the_way: Option<i64> = sends.first(self.conn).optional()?;
            if let Some(sent) = stands_in_the_way {
                let wait = Timestamp::from_millis(sent).plus(window).since(self.now).max(Duration::from_secs(1));
                full = full.max(Some(wait));
            }
        }
        if let Some(retry_after) = full {
            return Err(StoreError::Limited { limit: "sends", retry_after });
        }
        diesel::insert_into(otp_sends::table)
            .values((
                otp_sends::issue_id.eq(issue.to_string()),
                otp_sends::platform_id.eq(platform.to_string()),
                otp_sends::destination.eq(destination),
                otp_sends::reserved_at.eq(self.now.as_millis()),
            ))
            .execute(self.conn)?;
        Ok(())
    }
}

impl Store {
    /// Notes what became of a send. One that was definitely refused doesn't count, and its code ends: nobody has it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn settle_send(
        &self,
        platform: PlatformId,
        issue: OtpIssueId,
        settled: Settled,
    ) -> Result<(), StoreError> {
        self.write(Some(platform), move |tx| {
            diesel::update(otp_sends::table.find(issue.to_string()))
                .set(otp_sends::outcome.eq(settled.as_str()))
                .execute(tx.conn)?;
            if settled == Settled::Refused {
                let open = otp_issues::table.find(issue.to_string()).filter(otp_issues::ended_at.is_null());
                tx.destroyed_key = true;
                diesel::update(open)
                    .set((otp_issues::ended_at.eq(tx.now.as_millis()), otp_issues::target_sealed.eq(None::<Vec<u8>>)))
                    .execute(tx.conn)?;
                let open = sign_in_codes::table.find(issue.to_string()).filter(sign_in_codes::ended_at.is_null());
                diesel::update(open).set(sign_in_codes::ended_at.eq(tx.now.as_millis())).execute(tx.conn)?;
            }
            Ok(())
        })
        .await
    }
}
