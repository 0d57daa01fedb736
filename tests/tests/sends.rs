//! How many codes go where (W8): a real SMTP server and a receiver of the SMS hook count what they get.

use countersign_tests::outside::Outside;
use countersign_tests::race::race;
use countersign_tests::shop::{Shop, mailed, mailing};
use http::Method;
use serde_json::{Value, json};

const SECRET: &str = "a secret of the hook, thirty-two characters";

#[tokio::test]
async fn an_address_gets_five_codes_an_hour_from_a_platform_however_many_accounts_have_it() {
    let smtp = Outside::smtp_server(None, json!({}));
    let server = mailing(&smtp).start().await;
    let shop = Shop::new(&server);
    let mut customers = Vec::new();
    for index in 0..6 {
        // Letter case makes no other address.
        let address = if index % 2 == 0 { "ada@example.com" } else { "ADA@example.com" };
        customers.push(shop.customer(json!({"email": address})).await.email);
    }
    let mut sent = Value::Null;
    for credential in &customers[..5] {
        sent = shop.challenge(credential).await.accepted(200);
    }
    let code = mailed(&smtp, "ada@example.com");
    let limited = shop.challenge(&customers[5]).await;
    limited.refused(429, "RATE_LIMITED");
    let wait: u64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "Retry-After: {wait}");
    // A refusal leaves the code before it as it was.
    shop.challenge(&customers[4]).await.refused(429, "RATE_LIMITED");
    let _ = shop.sign_in(&sent, &code).await;

    // Another platform has its own five, and another address too.
    let other = Shop::new(&server);
    let credential = other.customer(json!({"email": "ada@example.com"})).await.email;
    let _ = other.challenge(&credential).await.accepted(200);
    let credential = shop.customer(json!({"email": "bob@example.com"})).await.email;
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
    let refused = shop.customer(json!({"email": "refuse-recipient@example.com"})).await.email;
    for _ in 0..4 {
        shop.challenge(&refused).await.refused(503, "UNAVAILABLE");
    }
    // A code that nobody has is over, and its key destroyed.
    assert_eq!(server.database().number("SELECT count(*) FROM otp_issues WHERE ended_at IS NULL"), 0);
    assert_eq!(server.database().number("SELECT count(*) FROM otp_issues WHERE target_sealed IS NOT NULL"), 0);
    let unknown = shop.customer(json!({"email": "stall-mail@example.com"})).await.email;
    for _ in 0..2 {
        shop.challenge(&unknown).await.refused(503, "UNAVAILABLE");
    }
    shop.challenge(&unknown).await.refused(429, "RATE_LIMITED");
    let outcomes = "SELECT outcome FROM otp_sends ORDER BY outcome";
    assert_eq!(server.database().texts(outcomes), ["refused", "refused", "refused", "refused", "unknown", "unknown"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn fifty_credentials_on_one_number_get_five_messages() {
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
        let account = shop.customer(json!({"email": address, "phoneNumber": "+44207946200"})).await;
        let sent = shop.challenge(&account.email).await.accepted(200);
        let key = shop.sign_in(&sent, &mailed(&smtp, &address)).await;
        let body = json!({"type": "SMS_OTP", "accountId": account.id});
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
        let account = shop.customer(json!({"email": "ada@example.com", "phoneNumber": number})).await;
        let body = json!({"type": "SMS_OTP", "accountId": account.id});
        let answer = shop.request(Method::POST, "/auth/credentials").json(&body).send().await;
        if allowed {
            let _ = answer.accepted(202);
        } else {
            answer.refused(400, "DESTINATION_NOT_ALLOWED");
        }
    }
    assert_eq!(receiver.events("request").len(), 0);
}

#[tokio::test]
async fn a_credential_is_added_though_its_first_code_is_refused() {
    let receiver = Outside::sms_receiver(SECRET, None);
    let smtp = Outside::smtp_server(None, json!({}));
    let server = mailing(&smtp)
        .setting("delivery.sms_hook_url", &format!("http://127.0.0.1:{}/sms", receiver.port))
        .setting("delivery.sms_hook_secret", SECRET)
        .setting("delivery.sms_prefixes", "+44")
        .start()
        .await;
    let shop = Shop::new(&server);
    // The receiver answers with the last digits of the number.
    let account = shop.customer(json!({"email": "ada@example.com", "phoneNumber": "+44207946400"})).await;
    let sent = shop.challenge(&account.email).await.accepted(200);
    let key = shop.sign_in(&sent, &mailed(&smtp, "ada@example.com")).await;
    let body = json!({"type": "SMS_OTP", "accountId": account.id});
    let added = shop.request(Method::POST, "/auth/credentials").json(&body).ask().await.retry(&key).await.accepted(201);
    assert_eq!((&added["type"], added.get("otpEncryptionTargetBundle")), (&json!("SMS_OTP"), None));
    let refused = "SELECT count(*) FROM otp_sends WHERE outcome = 'refused'";
    assert_eq!(server.database().number(refused), 1);
    shop.challenge(added["id"].as_str().unwrap()).await.refused(503, "UNAVAILABLE");
}

#[tokio::test]
async fn the_code_that_the_hook_receives_signs_in() {
    let receiver = Outside::sms_receiver(SECRET, None);
    let smtp = Outside::smtp_server(None, json!({}));
    let server = mailing(&smtp)
        .setting("delivery.sms_hook_url", &format!("http://127.0.0.1:{}/sms", receiver.port))
        .setting("delivery.sms_hook_secret", SECRET)
        .setting("delivery.sms_prefixes", "+44")
        .start()
        .await;
    let shop = Shop::new(&server);
    let number = "+44207946200";
    let account = shop.customer(json!({"email": "ada@example.com", "phoneNumber": number})).await;
    let sent = shop.challenge(&account.email).await.accepted(200);
    let key = shop.sign_in(&sent, &mailed(&smtp, "ada@example.com")).await;
    let body = json!({"type": "SMS_OTP", "accountId": account.id});
    let added = shop.request(Method::POST, "/auth/credentials").json(&body).ask().await.retry(&key).await.accepted(201);
    let sent = shop.challenge(added["id"].as_str().unwrap()).await.accepted(200);
    let messages = receiver.events("request");
    assert!(messages.len() == 2 && messages.iter().all(|message| message["genuine"] == true), "{messages:?}");
    let code = messages[1]["body"]["text"].as_str().unwrap();
    let code = code.split(|sign: char| !sign.is_ascii_digit()).find(|digits| digits.len() == 6).expect("a code");
    assert!(messages.iter().all(|message| message["body"]["to"] == number));
    // The latest opens a session, which countersigns.
    let key = shop.sign_in(&sent, code).await;
    let target = format!("/auth/credentials/{}", account.email);
    let _ = shop.request(Method::DELETE, &target).ask().await.retry(&key).await.accepted(204);
}
