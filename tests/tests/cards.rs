//! Cards and their funding sources.

use countersign_tests::answer::RawAnswer;
use countersign_tests::sample::Ids;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

async fn create(server: &TestServer, body: &Value) -> RawAnswer {
    server.request(Method::POST, "/cards").json(body).send().await
}

async fn get(server: &TestServer, id: &str) -> RawAnswer {
    server.request(Method::GET, &format!("/cards/{id}")).send().await
}

/// A further customer of the sandbox's platform, and its account.
async fn customer(server: &TestServer) -> (String, String) {
    let body = json!({"customerType": "INDIVIDUAL"});
    let customer = server.request(Method::POST, "/customers").json(&body).send().await.accepted(201);
    let customer = customer["id"].as_str().unwrap().to_owned();
    let target = format!("/customers/internal-accounts?customerId={customer}");
    let accounts = server.request(Method::GET, &target).send().await.accepted(200);
    (customer, accounts["data"][0]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
pub(crate) async fn a_card_is_returned_as_it_was_created() {
    let server = TestServer::sandbox().start().await;
    let (customer, account) = customer(&server).await;
    for form in ["VIRTUAL", "PHYSICAL"] {
        let body = json!({"cardholderId": customer, "form": form, "fundingSources": [account]});
        let card = create(&server, &body).await.accepted(201);
        assert_eq!((&card["cardholderId"], &card["form"]), (&json!(customer), &json!(form)));
        let sources = card["fundingSources"].as_array().unwrap();
        assert_eq!(sources.len(), 1);
        assert_eq!(sources[0]["internalAccountId"], account);
        assert_eq!(get(&server, card["id"].as_str().unwrap()).await.accepted(200), card);
    }
    let rows = "SELECT count(*) FROM audit_log WHERE action = 'create-card'";
    // The sandbox's own, and these two.
    assert_eq!(server.database().number(rows), 3);
}

#[tokio::test]
async fn who_and_what_pays_must_belong_together() {
    let server = TestServer::sandbox().start().await;
    let (customer, account) = customer(&server).await;
    let jane = server.env("ACCOUNT_ID").to_owned();
    let card =
        |holder: &str, sources: Value| json!({"cardholderId": holder, "form": "VIRTUAL", "fundingSources": sources});
    let unknown = Ids::unknown();
    create(&server, &card(&customer, json!([jane]))).await.invalid(&["body/fundingSources/0"]);
    create(&server, &card(&customer, json!([account, jane]))).await.invalid(&["body/fundingSources/1"]);
    let upper = format!("InternalAccount:{}", account.trim_start_matches("InternalAccount:").to_uppercase());
    create(&server, &card(&customer, json!([account, upper]))).await.invalid(&["body/fundingSources/1"]);
    create(&server, &card(&unknown.customer, json!([account]))).await.refused(404, "REFERENCE_NOT_FOUND");
    create(&server, &card(&customer, json!([account, unknown.account]))).await.refused(404, "REFERENCE_NOT_FOUND");
    for sources in [json!([]), json!([account, account]), json!("x"), json!(["Card:1"])] {
        create(&server, &card(&customer, sources)).await.refused(400, "INVALID_INPUT");
    }
    create(&server, &json!({"cardholderId": customer, "form": "PAPER", "fundingSources": [account]}))
        .await
        .invalid(&["body/form"]);
    assert_eq!(server.database().count("cards"), 1);
}

#[tokio::test]
async fn unknown_and_malformed_cards_are_told_apart() {
    let server = TestServer::sandbox().start().await;
    get(&server, &Ids::unknown().card).await.refused(404, "REFERENCE_NOT_FOUND");
    get(&server, "Card:1").await.invalid(&["path/id"]);
}

#[tokio::test]
async fn another_platforms_card_customer_and_account_are_unknown() {
    let server = TestServer::sandbox().start().await;
    let (id, secret) = server.platform_create("Stranger");
    let theirs = |method, target: &str| server.request_as(method, target, &id, &secret);
    theirs(Method::GET, &format!("/cards/{}", server.env("CARD_ID"))).send().await.refused(404, "REFERENCE_NOT_FOUND");
    let (customer, account) = customer(&server).await;
    let body = json!({"cardholderId": customer, "form": "VIRTUAL", "fundingSources": [account]});
    theirs(Method::POST, "/cards").json(&body).send().await.refused(404, "REFERENCE_NOT_FOUND");
}
