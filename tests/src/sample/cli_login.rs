//! Logins of command lines, users and their sessions.

use serde_json::json;

use super::{Ids, Sample};

pub(super) fn sample<'a>(operation: &str, ids: &'a Ids) -> Option<Sample<'a>> {
    Some(match operation {
        "startCliLogin" => Sample::of("").with(json!({"expires_in_millis": 60_000})),
        "pollCliLogin" => Sample::of("").with(json!({"polling_code": ids.polling_code})),
        "completeCliLogin" => Sample::of("").with(json!({"login_code": ids.login_code, "mode": "check"})),
        "signUpAnonymously" | "endCurrentSession" | "refreshCurrentSession" => Sample::of(""),
        "sendSignInCode" => Sample::of("").with(json!({"email": "sample@example.com"})),
        "signInWithCode" => Sample::of("").with(json!({"code": ids.login_code})),
        "createUserSession" => Sample::of("").with(json!({"user_id": ids.user})),
        "exchangeRefreshToken" => {
            let (grant, project) = ("refresh_token", "sample");
            let body = json!({
                "grant_type": grant, "refresh_token": "sample", "client_id": project, "client_secret": "sample",
            });
            Sample::of("").with(body)
        }
        "createUser" => Sample::of("").with(json!({"display_name": "Ada Sample"})),
        "updateUser" => Sample::of(&ids.user).with(json!({"display_name": "Ada Sample"})),
        "getUser" | "deleteUser" => Sample::of(&ids.user),
        _ => return None,
    })
}
