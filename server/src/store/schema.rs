//! The tables, for both backends. Columns are explained in `migrations/`.

// The one that diesel keeps of migrations that were run.
diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

diesel::table! {
    deployment (id) {
        id -> Integer,
        mode -> Text,
        created_at -> BigInt,
        last_committed_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (id) {
        id -> Text,
        purpose -> Text,
        public_key -> Binary,
        sealed -> Binary,
        created_at -> BigInt,
        algorithm -> Text,
        retires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    platforms (id) {
        id -> Text,
        name -> Text,
        client_id -> Text,
        secret_digest -> Binary,
        created_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    platform_audiences (platform_id, issuer, audience) {
        platform_id -> Text,
        issuer -> Text,
        audience -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    platform_relying_parties (platform_id) {
        platform_id -> Text,
        rp_id -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    platform_origins (platform_id, origin) {
        platform_id -> Text,
        origin -> Text,
    }
}

diesel::table! {
    platform_capabilities (platform_id, capability) {
        platform_id -> Text,
        capability -> Text,
        granted_at -> BigInt,
    }
}

diesel::table! {
    customers (id) {
        id -> Text,
        platform_id -> Text,
        customer_type -> Text,
        platform_customer_id -> Nullable<Text>,
        members -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    internal_accounts (id) {
        id -> Text,
        platform_id -> Text,
        customer_id -> Text,
        account_type -> Text,
        organization_id -> Text,
        user_id -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    cards (id) {
        id -> Text,
        platform_id -> Text,
        customer_id -> Text,
        form -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    card_funding_sources (id) {
        id -> Text,
        card_id -> Text,
        account_id -> Text,
        position -> Integer,
    }
}

diesel::table! {
    credentials (id) {
        id -> Text,
        platform_id -> Text,
        account_id -> Text,
        kind -> Text,
        nickname -> Text,
        data -> Text,
        wrong_since_success -> Integer,
        created_at -> BigInt,
        updated_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        uniqueness -> Text,
        sign_count -> Nullable<BigInt>,
    }
}

diesel::table! {
    wrong_codes (id) {
        id -> Text,
        credential_id -> Text,
        tried_at -> BigInt,
    }
}

diesel::table! {
    otp_issues (id) {
        id -> Text,
        platform_id -> Text,
        credential_id -> Text,
        account_id -> Text,
        code_mac -> Binary,
        target_public -> Binary,
        target_sealed -> Nullable<Binary>,
        issued_at -> BigInt,
        expires_at -> BigInt,
        wrong -> Integer,
        spent_by -> Nullable<Text>,
        spent_body -> Nullable<Binary>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    pending_requests (id) {
        id -> Text,
        platform_id -> Text,
        account_id -> Text,
        operation -> Text,
        resource -> Text,
        body_digest -> Binary,
        payload -> Binary,
        signers -> Text,
        issued_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        data -> Text,
    }
}

diesel::table! {
    otp_sends (issue_id) {
        issue_id -> Text,
        platform_id -> Text,
        destination -> Binary,
        outcome -> Nullable<Text>,
        reserved_at -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        platform_id -> Text,
        account_id -> Text,
        credential_id -> Text,
        public_key -> Binary,
        login_id -> Text,
        login_at -> BigInt,
        parent_id -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    delegated_keys (id) {
        id -> Text,
        platform_id -> Text,
        account_id -> Text,
        card_id -> Text,
        funding_source_id -> Text,
        public_key -> Binary,
        sealed -> Nullable<Binary>,
        nickname -> Text,
        status -> Text,
        request_id -> Nullable<Text>,
        request_expires_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    limits (bucket) {
        bucket -> Text,
        full_at -> BigInt,
    }
}

diesel::table! {
    audit_log (id) {
        id -> Text,
        platform_id -> Text,
        account_id -> Nullable<Text>,
        actor -> Text,
        action -> Text,
        resource -> Text,
        outcome -> Text,
        at -> BigInt,
        actor_key -> Nullable<Text>,
        digest -> Nullable<Text>,
    }
}

diesel::table! {
    audit_unsealed (seq) {
        seq -> BigInt,
        audit_id -> Text,
    }
}

diesel::table! {
    audit_links (platform_id, position) {
        platform_id -> Text,
        position -> BigInt,
        audit_id -> Text,
        row_digest -> Binary,
        link -> Binary,
    }
}

diesel::table! {
    audit_checkpoints (sequence) {
        sequence -> BigInt,
        at -> BigInt,
        statement -> Text,
        kid -> Text,
        signature -> Binary,
    }
}

diesel::table! {
    workspaces (id) {
        id -> Text,
        platform_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    identities (id) {
        id -> Text,
        platform_id -> Text,
        workspace_id -> Text,
        name -> Text,
        scopes -> Text,
        sponsor_id -> Text,
        sponsor_chain -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    service_keys (id) {
        id -> Text,
        platform_id -> Text,
        workspace_id -> Nullable<Text>,
        name -> Nullable<Text>,
        beginning -> Text,
        digest -> Binary,
        scopes -> Text,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    project_keys (digest) {
        digest -> Binary,
        platform_id -> Text,
        kind -> Text,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    token_families (id) {
        id -> Text,
        platform_id -> Text,
        identity_id -> Text,
        key_id -> Text,
        issued_with -> Text,
        parent_id -> Nullable<Text>,
        class -> Text,
        scopes -> Text,
        audience -> Text,
        paths -> Nullable<Text>,
        access_secs -> BigInt,
        refresh_secs -> BigInt,
        refresh_asked -> Bool,
        delegation_not_after -> Nullable<BigInt>,
        ends_at -> BigInt,
        generation -> BigInt,
        issued_at -> BigInt,
        access_expires_at -> BigInt,
        refresh_expires_at -> BigInt,
        rotated_at -> BigInt,
        retries -> BigInt,
        signing_key_id -> Text,
        expires_at -> BigInt,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    platform_callbacks (platform_id, url) {
        platform_id -> Text,
        url -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        platform_id -> Text,
        named_at -> Nullable<BigInt>,
        primary_email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        email_verified_at -> Nullable<BigInt>,
        display_name -> Nullable<Text>,
        client_metadata -> Nullable<Text>,
        server_metadata -> Nullable<Text>,
        made_for_attempt -> Nullable<Text>,
        signed_up_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    cli_sessions (id) {
        id -> Text,
        platform_id -> Text,
        user_id -> Text,
        refresh_digest -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    cli_attempts (id) {
        id -> Text,
        platform_id -> Text,
        polling_digest -> Binary,
        login_digest -> Binary,
        client_name -> Nullable<Text>,
        anonymous_session -> Nullable<Text>,
        claimed_at -> Nullable<BigInt>,
        approved_by -> Nullable<Text>,
        approved_at -> Nullable<BigInt>,
        denied_at -> Nullable<BigInt>,
        used_at -> Nullable<BigInt>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    sign_in_codes (id) {
        id -> Text,
        platform_id -> Text,
        nonce_digest -> Binary,
        typed_mac -> Binary,
        email -> Text,
        address -> Binary,
        wrong -> Integer,
        issued_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sign_in_addresses (platform_id, address) {
        platform_id -> Text,
        address -> Binary,
        wrong_since_success -> Integer,
    }
}

diesel::table! {
    sign_in_wrong_codes (id) {
        id -> Text,
        platform_id -> Text,
        address -> Binary,
        tried_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    deployment,
    signing_keys,
    platforms,
    platform_audiences,
    platform_relying_parties,
    platform_origins,
    platform_capabilities,
    customers,
    internal_accounts,
    cards,
    card_funding_sources,
    credentials,
    wrong_codes,
    otp_issues,
    otp_sends,
    pending_requests,
    sessions,
    delegated_keys,
    workspaces,
    identities,
    service_keys,
    token_families,
    limits,
    audit_log,
    audit_unsealed,
    audit_links,
    audit_checkpoints,
    project_keys,
    platform_callbacks,
    users,
    cli_sessions,
    cli_attempts,
    sign_in_codes,
    sign_in_addresses,
    sign_in_wrong_codes
);
