//! Settings are read, and refused, by name.

use super::*;

fn environment(variables: &[(&str, &str)]) -> Result<Config> {
    Config::load(None, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn the_environment_overrides_a_setting() {
    let config = environment(&[("COUNTERSIGN_SESSIONS_TTL_SECS", "1"), ("COUNTERSIGN_VECTORS", "x")]).unwrap();
    assert_eq!(config.sessions.ttl_secs, 1);
    assert_eq!(config.sessions.max_live, 100);
}

#[test]
fn unknown_and_ill_typed_settings_are_refused_by_name() {
    for (variable, word) in [
        ("COUNTERSIGN_SESSIONS_TTL", "sessions.ttl is no setting"),
        ("COUNTERSIGN_OTP_TTL_SECS", "otp.ttl_secs must be a whole number"),
    ] {
        let refused = format!("{:#}", environment(&[(variable, "soon")]).unwrap_err());
        assert!(refused.contains(word), "{refused}");
    }
}

#[test]
fn errors_say_where_and_never_repeat_a_value() {
    for (text, place) in [
        ("[keys]\nmaster_key = \"CANARY", "line 2"),
        ("[keys]\nmaster_key = 0xCA4A47", "keys.master_key must be text"),
        ("[database]\nurl = [\"postgres://u:CANARY@h/d\"]", "database.url must be text"),
        ("[sessions]\nttl_secs = -5", "sessions.ttl_secs must be a whole number"),
        ("[session]\nttl_secs = 5", "[session] is no section"),
    ] {
        let refused = parse(text).and_then(|table| check(&table)).unwrap_err();
        let refused = format!("{refused:#}");
        assert!(refused.contains(place) && !refused.contains("CANARY") && !refused.contains("13257287"), "{refused}");
    }
}

#[test]
fn a_master_key_of_digits_stays_text() {
    let digits = "1".repeat(64);
    let config = environment(&[("COUNTERSIGN_KEYS_MASTER_KEY", digits.as_str())]).unwrap();
    assert_eq!(config.keys.master_key, Some(digits));
}

#[test]
fn lives_of_nothing_are_refused() {
    let config = environment(&[("COUNTERSIGN_OTP_TTL_SECS", "0")]).unwrap();
    assert!(config.rules(Mode::Production).unwrap_err().to_string().contains("otp.ttl_secs"));
}

#[test]
fn a_stop_takes_longer_than_a_delivery() {
    let rules = |mode, variables: &[(&str, &str)]| environment(variables).unwrap().rules(mode).map(|_| ());
    let too_long = [("COUNTERSIGN_DELIVERY_BUDGET_SECS", "10")];
    let refused = rules(Mode::Production, &too_long).unwrap_err().to_string();
    assert!(refused.contains("delivery.budget_secs") && refused.contains("server.stop_secs"), "{refused}");
    assert!(rules(Mode::Production, &[("COUNTERSIGN_SERVER_STOP_SECS", "8")]).is_err());
    for (name, value) in [("COUNTERSIGN_DELIVERY_BUDGET_SECS", "9"), ("COUNTERSIGN_SERVER_STOP_SECS", "9")] {
        assert!(rules(Mode::Production, &[(name, value)]).is_ok(), "{name}");
    }
    assert!(rules(Mode::Sandbox, &too_long).is_ok());
}

#[test]
fn issuers_come_from_the_file_and_replace_the_known_ones() {
    let read = |text: &str| -> Result<Config> {
        let table = parse(text)?;
        check(&table)?;
        Ok(table.try_into()?)
    };
    let named = |config: &Config| -> Vec<_> {
        config.oidc.issuer.iter().map(|issuer| issuer.name.clone().or(issuer.issuer.clone()).unwrap()).collect()
    };
    assert_eq!(named(&read("[oidc]\nmax_age_secs = 30").unwrap()), ["google", "apple"]);
    let own = "[[oidc.issuer]]\nissuer = \"https://login.example.com\"\nprivate_address = true\n[[oidc.issuer]]\nname = \"apple\"";
    let own = read(own).unwrap();
    assert_eq!(named(&own), ["https://login.example.com", "apple"]);
    assert!(own.oidc.issuer[0].private_address && !own.oidc.issuer[1].private_address);
    for (text, word) in [
        ("[[oidc.issuer]]\nname = 5", "oidc.issuer.name must be text"),
        ("[[oidc.issuer]]\nprivate_address = \"CANARY\"", "oidc.issuer.private_address must be true or false"),
        ("[[oidc.issuer]]\nurl = \"CANARY\"", "oidc.issuer.url is no setting"),
        ("[oidc]\nissuer = [\"CANARY\"]", "oidc.issuer must be [[oidc.issuer]]"),
        ("[oidc]\nissuer = \"CANARY\"", "oidc.issuer must be [[oidc.issuer]]"),
    ] {
        let refused = format!("{:#}", read(text).unwrap_err());
        assert!(refused.contains(word) && !refused.contains("CANARY"), "{refused}");
    }
    assert!(environment(&[("COUNTERSIGN_OIDC_ISSUER", "https://login.example.com")]).is_err());
    assert!(Config::listing().contains("[[oidc.issuer]] = [{ name = \"google\" }, { name = \"apple\" }]"));
}
