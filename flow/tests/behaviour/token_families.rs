//! Families of service tokens: their times are clamped and capped, they rotate once, and they end when a token comes back.

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::id::PlatformId;
use countersign_flow::service_token::scope::Scopes;
use countersign_flow::service_token::{
    Begin, Class, Family, FamilyFault, FamilyId, Lifetimes, Rotation, Subject, TokenType, claims,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{NOW, rng};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// A moment that is no whole second.
const LATE: Timestamp = Timestamp::from_millis(NOW.as_millis() + 999);

fn scopes(texts: &[&str]) -> Scopes {
    Scopes::parse(texts).unwrap()
}

fn begin(class: Class) -> Begin {
    Begin {
        id: FamilyId::mint(NOW, &mut rng()),
        class,
        scopes: scopes(&["relayfile:fs:*", "relayauth:role:read"]),
        audience: vec!["relayfile".to_owned()],
        access_secs: None,
        refresh_secs: None,
        delegation_not_after: None,
    }
}

fn family(begin: Begin) -> Family {
    Family::begin(begin, &Lifetimes::default(), LATE).unwrap()
}

fn secs_after(secs: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(secs))
}

fn next(family: Family, now: Timestamp) -> Family {
    let generation = family.generation;
    match family.rotate(generation, &scopes(&["*:*:*"]), &Lifetimes::default(), now) {
        Ok(Rotation::Next(next)) => next,
        other => panic!("{other:?}"),
    }
}

#[test]
fn lives_are_the_default_or_what_was_asked_for_clamped() {
    for (class, access, refresh, expected) in [
        (Class::Identity, None, None, (HOUR, DAY)),
        (Class::Identity, Some(1), Some(1), (1, 1)),
        (Class::Identity, Some(DAY + 1), Some(90 * DAY), (DAY, 90 * DAY)),
        (Class::Identity, Some(u64::MAX), Some(u64::MAX), (DAY, 90 * DAY)),
        (Class::Agent, None, None, (HOUR, DAY)),
        (Class::Agent, Some(HOUR + 1), Some(30 * DAY), (HOUR, 30 * DAY)),
        (Class::Path, Some(DAY), None, (HOUR, DAY)),
        (Class::WorkspacePath, Some(60), Some(2), (60, 2)),
    ] {
        let made = family(Begin { access_secs: access, refresh_secs: refresh, ..begin(class) });
        assert_eq!(made.issued, NOW);
        assert_eq!(made.access_expires, secs_after(expected.0), "{class} {access:?}");
        assert_eq!(made.refresh_expires, secs_after(expected.1), "{class} {refresh:?}");
        assert_eq!(made.refresh_ttl_asked, refresh.is_some());
    }
}

#[test]
fn a_rotation_carries_the_lives_and_never_outlives_the_family() {
    let mut current = family(Begin { refresh_secs: Some(90 * DAY), ..begin(Class::Identity) });
    for round in 1..=8 {
        let now = secs_after(round * 45 * DAY);
        current = next(current, now);
        assert_eq!(current.generation, u32::try_from(round).unwrap());
        assert!(current.refresh_ttl_asked && current.refresh_ttl == Duration::from_secs(90 * DAY));
        assert_eq!(current.refresh_expires, now.plus(Duration::from_secs(90 * DAY)).min(secs_after(365 * DAY)));
    }
    let now = secs_after(365 * DAY - 1);
    let last = next(Family { refresh_expires: now.plus(Duration::from_secs(1)), ..current }, now);
    assert_eq!((last.access_expires, last.refresh_expires), (secs_after(365 * DAY), secs_after(365 * DAY)));
    let over = last.rotate(9, &scopes(&[]), &Lifetimes::default(), secs_after(365 * DAY));
    assert_eq!(over, Err(FamilyFault::Expired));
}

#[test]
fn a_refresh_token_serves_until_its_second_is_over() {
    let made = || family(Begin { refresh_secs: Some(10), ..begin(Class::Agent) });
    let before = secs_after(10).minus(Duration::from_millis(1));
    assert!(made().rotate(0, &scopes(&[]), &Lifetimes::default(), before).is_ok());
    for late in [secs_after(10), secs_after(1_000)] {
        assert_eq!(made().rotate(0, &scopes(&[]), &Lifetimes::default(), late), Err(FamilyFault::Expired));
    }
}

#[test]
fn a_delegation_caps_every_pair() {
    let end = NOW.plus(Duration::from_millis(90_500));
    let made = family(Begin { delegation_not_after: Some(end), ..begin(Class::Path) });
    assert_eq!((made.access_expires, made.refresh_expires), (secs_after(90), secs_after(90)));
    let later = next(made.clone(), secs_after(60));
    assert_eq!((later.access_expires, later.refresh_expires), (secs_after(90), secs_after(90)));
    let refused = |now| made.clone().rotate(0, &scopes(&[]), &Lifetimes::default(), now);
    assert_eq!(refused(end), Err(FamilyFault::DelegationExpired));
    assert_eq!(refused(secs_after(90)), Err(FamilyFault::DelegationExpired));
    let begun = |after: u64| {
        let end = NOW.plus(Duration::from_millis(after));
        Family::begin(Begin { delegation_not_after: Some(end), ..begin(Class::Path) }, &Lifetimes::default(), NOW)
    };
    assert_eq!(begun(0), Err(FamilyFault::DelegationExpired));
    assert_eq!(begun(999), Err(FamilyFault::DelegationExpired));
    assert!(begun(1_000).is_ok());
}

#[test]
fn a_token_that_comes_back_ends_the_family() {
    let once = next(family(begin(Class::Identity)), LATE);
    let back = |family: &Family, generation, lifetimes: &Lifetimes, now| {
        family.clone().rotate(generation, &scopes(&[]), lifetimes, now).unwrap()
    };
    assert_eq!(back(&once, 0, &Lifetimes::default(), LATE), Rotation::Reused);
    // No token of a generation to come was ever made.
    assert_eq!(back(&once, 2, &Lifetimes::default(), LATE), Rotation::Reused);

    let window = Lifetimes { retry_window: Duration::from_secs(30), ..Lifetimes::default() };
    let mut current = once.clone();
    for retries in 1..=3 {
        let again = Family { retries, ..once.clone() };
        assert_eq!(back(&current, 0, &window, LATE.plus(Duration::from_secs(29))), Rotation::Again(again.clone()));
        current = again;
    }
    assert_eq!(back(&current, 0, &window, LATE), Rotation::Reused, "a fourth time");
    assert_eq!(back(&once, 0, &window, LATE.plus(Duration::from_secs(30))), Rotation::Reused, "too late");
    let twice = next(once, LATE);
    assert_eq!(back(&twice, 0, &window, LATE), Rotation::Reused, "its successor was used");
    assert!(matches!(back(&twice, 1, &window, LATE), Rotation::Again(_)));
}

#[test]
fn a_rotation_grants_what_family_and_identity_both_allow() {
    let made = family(begin(Class::Identity));
    let narrowed = |now: &[&str]| match made.clone().rotate(0, &scopes(now), &Lifetimes::default(), LATE) {
        Ok(Rotation::Next(next)) => next.scopes.texts(),
        other => panic!("{other:?}"),
    };
    assert_eq!(narrowed(&["*:*:*"]), ["relayfile:fs:*", "relayauth:role:read"]);
    assert_eq!(narrowed(&["relayfile:fs:read"]), ["relayfile:fs:read"]);
    assert_eq!(narrowed(&["relayfile:fs:read", "relayauth:token:create"]), ["relayfile:fs:read"]);
    assert!(narrowed(&[]).is_empty());
}

#[test]
fn both_tokens_of_a_pair_say_what_they_are() {
    let subject = Subject {
        identity: "agent_1".to_owned(),
        organisation: PlatformId::from_uuid(Uuid::from_u128(1)),
        workspace: "ws_1".to_owned(),
        sponsor: "key_1".to_owned(),
        sponsor_chain: vec!["key_1".to_owned(), "agent_1".to_owned()],
        issued_with: "key_1".to_owned(),
    };
    let made = family(Begin { refresh_secs: Some(100 * DAY), ..begin(Class::Agent) });
    let claims = |token_type| Value::Object(claims(&made, &subject, "https://auth.example.com", token_type));
    let (access, refresh) = (claims(TokenType::Access), claims(TokenType::Refresh));
    let sid = made.id.to_string();
    let uuid = sid.strip_prefix("sess_").unwrap();
    let now = NOW.as_millis() / 1_000;
    assert_eq!(
        access,
        json!({
            "sub": "agent_1", "org": "00000000-0000-0000-0000-000000000001", "wks": "ws_1",
            "scopes": ["relayfile:fs:*", "relayauth:role:read"], "sponsorId": "key_1",
            "sponsorChain": ["key_1", "agent_1"], "token_type": "access", "iss": "https://auth.example.com",
            "aud": ["relayfile"], "exp": now + 3_600, "iat": now, "jti": format!("tok_{uuid}_0a"), "sid": sid,
            "parentTokenId": "key_1", "meta": {"refreshTokenTtl": "7776000"},
        })
    );
    let mut expected = access;
    expected["token_type"] = json!("refresh");
    expected["scopes"] = json!(["relayauth:token:refresh"]);
    expected["aud"] = json!(["relayauth"]);
    expected["exp"] = json!(now + 7_776_000);
    expected["jti"] = json!(format!("tok_{uuid}_0r"));
    assert_eq!(refresh, expected);
    let plain = family(begin(Class::Identity));
    let silent = countersign_flow::service_token::claims(&plain, &subject, "i", TokenType::Access);
    assert!(!silent.contains_key("meta"));
}

#[test]
fn a_class_is_told_by_the_prefix_of_its_tokens() {
    for (token, stripped) in [
        ("a.b.c", ("", "a.b.c")),
        ("relay_ag_a.b.c", ("relay_ag_", "a.b.c")),
        ("relay_pa_a.b.c", ("relay_pa_", "a.b.c")),
        ("relay_pa_relay_ag_a", ("relay_pa_", "relay_ag_a")),
    ] {
        assert_eq!(Class::strip(token), stripped);
    }
    for class in Class::ALL {
        assert_eq!(class.to_string().parse(), Ok(class));
        assert_eq!(Class::strip(&format!("{}x", class.prefix())), (class.prefix(), "x"));
    }
}
