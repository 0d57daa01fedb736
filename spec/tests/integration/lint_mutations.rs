//! Seeded mistakes in the project's own document: each is found at its line, and the untouched document is clean.

use countersign_spec::lint::{Lint, LintFormat, Linted};
use std::fs;
use std::path::{Path, PathBuf};

/// A mistake: in `file`, `from` becomes `to`. The finding of `rule` stands in `at` (that file, if empty), at the first
/// line that holds `line`.
struct Mistake {
    rule: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    at: &'static str,
    line: &'static str,
}

const fn seed(
    rule: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    line: &'static str,
) -> Mistake {
    Mistake { rule, file, from, to, at: "", line }
}

impl Mistake {
    const fn seen_in(self, at: &'static str) -> Self {
        Self { at, ..self }
    }
}

const REFRESH: &str = "paths/auth/sessions-id-refresh.yaml";
const SESSIONS: &str = "paths/auth/sessions.yaml";
const ACCOUNTS: &str = "paths/platform/customers-internal-accounts.yaml";
const ROOT: &str = "openapi.yaml";
const SESSION: &str = "components/schemas/auth/AuthSession.yaml";
const KEY: &str = "components/schemas/auth/ClientPublicKey.yaml";
const CODES: &str = "components/schemas/common/Error401Code.yaml";
const PROOF: &str = "components/schemas/auth/EmailOtpVerifyRequest.yaml";
const UNION: &str = "components/schemas/auth/VerifyAuthCredentialRequest.yaml";
const CUSTOMER: &str = "components/schemas/platform/CreateCustomerRequest.yaml";
const PAGE: &str = "components/schemas/platform/InternalAccountList.yaml";
const SIGNATURE: &str = "components/parameters/auth/GridWalletSignature.yaml";
const ACCOUNT_ID: &str = "components/parameters/auth/AccountIdQuery.yaml";

const MISTAKES: &[Mistake] = &[
    seed("bundle-in-sync", SESSION, "example: ada@example.com", "example: eve@example.com", "openapi:").seen_in(ROOT),
    seed(
        "signed-retry-pair",
        REFRESH,
        "    - $ref: ../../components/parameters/auth/RetryRequestId.yaml\n",
        "",
        "post:",
    ),
    seed("signed-retry-pair", SIGNATURE, "name: Grid-Wallet-Signature", "name: Wallet-Signature", "post:")
        .seen_in(REFRESH),
    seed(
        "redundant-length",
        CUSTOMER,
        "    pattern: ^\\+[1-9][0-9]{1,14}$",
        "    maxLength: 3\n    pattern: ^[0-9]{3}$",
        "maxLength: 3",
    ),
    seed("p256-key-pattern", KEY, "^(0[23]", "^(0[234]", "pattern:"),
    seed("p256-key-pattern", KEY, "{128})$", "{130})$", "pattern:"),
    seed("no-invalid-media-type-examples", REFRESH, "type: EMAIL_OTP", "type: EMAIL_OTPP", "type: EMAIL_OTPP"),
    seed(
        "no-invalid-media-type-examples",
        SESSIONS,
        "                    nickname: ada@example.com\n",
        "",
        "- id: Session:",
    ),
    seed(
        "no-invalid-schema-examples",
        SESSION,
        "example: '2026-11-20T09:45:41.912Z'",
        "example: tomorrow",
        "example: tomorrow",
    ),
    seed(
        "no-invalid-parameter-examples",
        ACCOUNT_ID,
        "example: InternalAccount:",
        "example: Account:",
        "example: Account:",
    ),
    seed(
        "example-no-undeclared-property",
        REFRESH,
        "nickname: ada@example.com",
        "nickname: ada@example.com\n                nickName: ada",
        "nickName: ada",
    ),
    seed(
        "id-example-format",
        SESSION,
        "  nickname:\n",
        "  deviceId:\n    type: string\n    description: Which device.\n    example: Device:12\n  nickname:\n",
        "example: Device:12",
    ),
    seed(
        "prose-endpoint-exists",
        "paths/platform/customers.yaml",
        "`GET /auth/credentials`",
        "`GET /auth/methods`",
        "`GET /auth/methods`",
    ),
    seed(
        "prose-error-code-declared",
        REFRESH,
        "`WALLET_SIGNATURE_INVALID`",
        "`WALLET_SIGNATURE_WRONG`",
        "`WALLET_SIGNATURE_WRONG`",
    ),
    seed(
        "prose-status-documented",
        REFRESH,
        "again after that.",
        "again after that. A locked account answers `423`.",
        "`423`",
    ),
    seed("prose-vs-schema", SIGNATURE, "unpadded base64url of", "lower-case hex of", "lower-case hex of"),
    seed(
        "prose-vs-schema",
        "components/schemas/auth/RequestId.yaml",
        "It goes into",
        "It is the `requestIdd` property. It goes into",
        "requestIdd",
    ),
    seed(
        "enum-table-sync",
        CODES,
        "  | `REQUEST_ID_MISSING` | `Grid-Wallet-Signature` came without `Request-Id`. |\n",
        "",
        "Why a request",
    ),
    seed(
        "enum-table-sync",
        CODES,
        "  - REQUEST_ID_INVALID\n",
        "  - REQUEST_ID_INVALID\n  - REQUEST_ID_USED\n",
        "Why a request",
    ),
    seed(
        "union-mapping-members",
        UNION,
        "    EMAIL_OTP: ./EmailOtpVerifyRequest.yaml",
        "    EMAIL_OTP: ./ChallengeAuthCredentialRequest.yaml",
        "EMAIL_OTP: ./Challenge",
    ),
    seed("discriminator-variant-const", PROOF, "    enum:\n      - EMAIL_OTP\n", "", "  type:"),
    seed("discriminator-variant-const", PROOF, "  - type\n", "", "  type:"),
    seed(
        "discriminator-only-on-union",
        PAGE,
        "required:",
        "discriminator:\n  propertyName: data\nrequired:",
        "discriminator:",
    ),
    seed("union-member-title", PROOF, "title: Email code\n", "", "type: object"),
    seed(
        "spec-ref-siblings",
        SESSION,
        "    $ref: ./SessionId.yaml",
        "    $ref: ./SessionId.yaml\n    title: Id",
        "title: Id",
    ),
    seed("enum-has-type", CODES, "type: string\n", "", "enum:"),
    seed("enum-value-identifier", CODES, "- REQUEST_ID_INVALID", "- 2ND_REQUEST_ID", "- 2ND_REQUEST_ID"),
    seed("list-pagination", ACCOUNTS, "    - $ref: ../../components/parameters/platform/LimitQuery.yaml\n", "", "get:"),
    seed(
        "no-inline-object-schema",
        SESSION,
        "  nickname:\n    type: string",
        "  nickname:\n    type: object\n    properties: {}",
        "  nickname:",
    ),
    seed("deprecated-flag-matches-prose", SESSION, "    deprecated: true\n", "", "Deprecated, because"),
    seed(
        "router-conflict",
        ROOT,
        "  /auth/sessions/{id}/refresh:",
        "  /auth/sessions/{sessionId}/refresh:",
        "/auth/sessions/{sessionId}/refresh:",
    ),
    seed(
        "codegen-safe/enum-collision",
        CODES,
        "  - REQUEST_ID_INVALID\n",
        "  - REQUEST_ID_INVALID\n  - RequestIdInvalid\n",
        "- RequestIdInvalid",
    ),
    seed(
        "codegen-safe/inline-body",
        SESSIONS,
        "            $ref: ../../components/schemas/auth/AuthSessionList.yaml",
        "            type: object\n            properties: {}",
        "          schema:",
    ),
    seed("no-unresolved-refs", SESSION, "./SessionId.yaml", "./SesionId.yaml", "$ref: ./SesionId.yaml"),
    seed(
        "no-unused-components",
        ROOT,
        "  securitySchemes:\n",
        "  securitySchemes:\n    Bearer: {type: http, scheme: bearer}\n",
        "Bearer:",
    ),
    seed("struct", SESSION, "description: The nickname", "descripton: The nickname", "descripton:"),
    seed("operation-summary", REFRESH, "  summary: Refresh a session\n", "", "post:"),
    seed(
        "operation-operationId-unique",
        SESSIONS,
        "operationId: listAuthSessions",
        "operationId: listAuthCredentials",
        "operationId: listAuthCredentials",
    ),
    seed("operation-tag-defined", SESSIONS, "    - Sessions", "    - Session", "- Session"),
    seed("security-defined", ROOT, "  - BasicAuth: []", "  - BasicAuht: []", "BasicAuht"),
    seed(
        "path-parameters-defined",
        REFRESH,
        "    - $ref: ../../components/parameters/auth/SessionIdPath.yaml\n",
        "",
        "post:",
    ),
    seed("field-names-camelCase", SESSION, "  updatedAt:\n", "  updated_at:\n", "updated_at:"),
    seed("enum-values-upper-snake-case", CODES, "- UNAUTHORIZED", "- unauthorized", "- unauthorized"),
    seed("query-params-camelCase", ACCOUNT_ID, "name: accountId", "name: account_id", "name: account_id"),
    seed("schema-properties-have-examples", PAGE, "    example: true\n", "", "  hasMore:"),
    seed(
        "schema-properties-have-descriptions",
        PAGE,
        "    description: Whether another page follows.\n",
        "",
        "  hasMore:",
    ),
    seed("no-required-schema-properties-undefined", PAGE, "  - hasMore\n", "  - hasMoore\n", "- hasMoore"),
    seed(
        "unauthorized-names-triggers",
        SESSIONS,
        "        `UNAUTHORIZED`: the client id or the client secret is missing or wrong.",
        "        Unauthorized.",
        "        Unauthorized.",
    ),
    seed("delete-returns-204", "paths/auth/sessions-id.yaml", "'204':", "'200':", "  responses:"),
    seed(
        "name-collision",
        ROOT,
        "components:\n",
        "components:\n  schemas:\n    AuthSession: {type: string}\n",
        "type: object",
    )
    .seen_in(SESSION),
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

fn lint(root: PathBuf) -> Linted {
    Lint { root, ..Lint::default() }.run().unwrap_or_else(|cause| panic!("{cause}"))
}

#[test]
fn every_seeded_mistake_is_found_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("../openapi"), folder.path());
    let clean = lint(folder.path().join(ROOT));
    assert!(clean.findings.is_empty(), "{}", clean.print(LintFormat::Text));
    let mut missed = Vec::new();
    for mistake in MISTAKES {
        let path = folder.path().join(mistake.file);
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(mistake.from), "{} does not hold {:?}", mistake.file, mistake.from);
        let after = before.replacen(mistake.from, mistake.to, 1);
        fs::write(&path, &after).unwrap();
        let linted = lint(folder.path().join(ROOT));
        let found: Vec<(String, u32)> = linted
            .findings
            .iter()
            .filter(|finding| finding.rule == mistake.rule)
            .map(|finding| {
                let place = linted.place(finding);
                (place.file.strip_prefix(folder.path()).unwrap().display().to_string(), place.line)
            })
            .collect();
        let file = if mistake.at.is_empty() { mistake.file } else { mistake.at };
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        let line = 1 + text.lines().position(|line| line.contains(mistake.line)).unwrap_or(usize::MAX - 1);
        if !found.iter().any(|(where_, at)| where_ == file && usize::try_from(*at) == Ok(line)) {
            missed.push(format!("{} in {file}:{line} ({:?}): found {found:?}", mistake.rule, mistake.to));
        }
        fs::write(&path, before).unwrap();
        // Bundling again for every mistake would take long; the first is the one about the bundle.
        let _ = fs::remove_dir_all(folder.path().join("dist"));
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
