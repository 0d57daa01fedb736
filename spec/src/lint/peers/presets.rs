//! What the rule sets of other linters turn on: facts about `@redocly/cli` 2.77.0 and `@stoplight/spectral-rulesets`
//! 1.23.1.

use super::Severities;
use crate::lint::rule::Severity;

/// The named rule sets of Redocly, in the order of the columns below.
const SETS: [&str; 4] = ["minimal", "recommended", "recommended-strict", "spec"];

/// Each built-in rule of Redocly for OpenAPI 3.0 and 3.1 with a letter for each set: error, warning, or `-` for off.
const REDOCLY: &[(&str, &str)] = &[
    ("array-parameter-serialization", "----"),
    ("boolean-parameter-prefixes", "----"),
    ("component-name-unique", "----"),
    ("info-contact", "----"),
    ("info-license", "-we-"),
    ("info-license-strict", "-we-"),
    ("no-ambiguous-paths", "wwe-"),
    ("no-duplicated-enum-values", "-we-"),
    ("no-duplicated-tag-names", "-wee"),
    ("no-empty-servers", "wee-"),
    ("no-enum-type-mismatch", "wee-"),
    ("no-example-value-and-externalValue", "weee"),
    ("no-http-verbs-in-paths", "----"),
    ("no-identical-paths", "weee"),
    ("no-illogical-composition-keywords", "-we-"),
    ("no-invalid-media-type-examples", "wwe-"),
    ("no-invalid-parameter-examples", "-we-"),
    ("no-invalid-schema-examples", "-we-"),
    ("no-mixed-number-range-constraints", "-we-"),
    ("no-path-trailing-slash", "wee-"),
    ("no-required-schema-properties-undefined", "wwe-"),
    ("no-schema-type-mismatch", "wee-"),
    ("no-server-example.com", "wwe-"),
    ("no-server-trailing-slash", "eee-"),
    ("no-server-variables-empty-enum", "eee-"),
    ("no-undefined-server-variable", "weee"),
    ("no-unresolved-refs", "eeee"),
    ("no-unsafe-markdown", "-we-"),
    ("no-unused-components", "wwe-"),
    ("nullable-type-sibling", "weee"),
    ("operation-2xx-response", "wwe-"),
    ("operation-4xx-problem-details-rfc7807", "----"),
    ("operation-4xx-response", "-we-"),
    ("operation-description", "----"),
    ("operation-operationId", "wwe-"),
    ("operation-operationId-unique", "weee"),
    ("operation-operationId-url-safe", "wee-"),
    ("operation-parameters-unique", "weee"),
    ("operation-singular-tag", "----"),
    ("operation-summary", "wee-"),
    ("operation-tag-defined", "----"),
    ("parameter-description", "----"),
    ("path-declaration-must-exist", "weee"),
    ("path-http-verbs-order", "----"),
    ("path-not-include-query", "weee"),
    ("path-parameters-defined", "weee"),
    ("path-params-defined", "----"),
    ("path-segment-plural", "----"),
    ("paths-kebab-case", "----"),
    ("request-mime-type", "----"),
    ("required-string-property-missing-min-length", "----"),
    ("response-contains-header", "----"),
    ("response-contains-property", "----"),
    ("response-mime-type", "----"),
    ("scalar-property-missing-example", "----"),
    ("security-defined", "wee-"),
    ("security-scopes-defined", "-we-"),
    ("spec-components-invalid-map-name", "weee"),
    ("spec-example-values", "----"),
    ("spec-ref-siblings", "-wee"),
    ("spec-strict-refs", "---e"),
    ("struct", "eeee"),
    ("tag-description", "wwe-"),
    ("tags-alphabetical", "----"),
];

/// The severities of a named rule set of Redocly.
pub(super) fn redocly(set: &str) -> Option<Severities> {
    let column = SETS.iter().position(|known| *known == set)?;
    let severity = |letters: &str| match letters.as_bytes().get(column) {
        Some(b'e') => Some(Severity::Error),
        Some(b'w') => Some(Severity::Warning),
        _ => None,
    };
    Some(REDOCLY.iter().map(|(name, letters)| ((*name).to_owned(), severity(letters))).collect())
}

/// All rules of Redocly, each off.
pub(super) fn redocly_off() -> Severities {
    REDOCLY.iter().map(|(name, _)| ((*name).to_owned(), None)).collect()
}

/// The rules of `spectral:oas` for OpenAPI 3: whether it is recommended, and its severity.
const SPECTRAL: &[(&str, bool, Severity)] = &[
    ("array-items", true, Severity::Error),
    ("contact-properties", false, Severity::Warning),
    ("duplicated-entry-in-enum", true, Severity::Warning),
    ("info-contact", true, Severity::Warning),
    ("info-description", true, Severity::Warning),
    ("info-license", false, Severity::Warning),
    ("license-url", false, Severity::Warning),
    ("no-$ref-siblings", true, Severity::Error),
    ("no-eval-in-markdown", true, Severity::Warning),
    ("no-script-tags-in-markdown", true, Severity::Warning),
    ("oas3-api-servers", true, Severity::Warning),
    ("oas3-callbacks-in-callbacks", true, Severity::Warning),
    ("oas3-examples-value-or-externalValue", true, Severity::Warning),
    ("oas3-operation-security-defined", true, Severity::Warning),
    ("oas3-parameter-description", false, Severity::Warning),
    ("oas3-schema", true, Severity::Error),
    ("oas3-server-not-example.com", false, Severity::Warning),
    ("oas3-server-trailing-slash", true, Severity::Warning),
    ("oas3-server-variables", true, Severity::Error),
    ("oas3-unused-component", true, Severity::Warning),
    ("oas3-valid-media-example", true, Severity::Error),
    ("oas3-valid-schema-example", true, Severity::Error),
    ("oas3_1-callbacks-in-webhook", true, Severity::Warning),
    ("oas3_1-servers-in-webhook", true, Severity::Warning),
    ("openapi-tags", false, Severity::Warning),
    ("openapi-tags-alphabetical", false, Severity::Warning),
    ("openapi-tags-uniqueness", true, Severity::Error),
    ("operation-description", true, Severity::Warning),
    ("operation-operationId", true, Severity::Warning),
    ("operation-operationId-unique", true, Severity::Error),
    ("operation-operationId-valid-in-url", true, Severity::Warning),
    ("operation-parameters", true, Severity::Warning),
    ("operation-singular-tag", false, Severity::Warning),
    ("operation-success-response", true, Severity::Warning),
    ("operation-tag-defined", true, Severity::Warning),
    ("operation-tags", true, Severity::Warning),
    ("path-declarations-must-exist", true, Severity::Warning),
    ("path-keys-no-trailing-slash", true, Severity::Warning),
    ("path-not-include-query", true, Severity::Warning),
    ("path-params", true, Severity::Error),
    ("tag-description", false, Severity::Warning),
    ("typed-enum", true, Severity::Warning),
];

/// The rules of `spectral:oas` with their severities, and whether each is recommended.
pub(super) fn spectral() -> impl Iterator<Item = (&'static str, bool, Severity)> {
    SPECTRAL.iter().copied()
}

/// Whether a rule set of Spectral for OpenAPI has a rule of this name, be it for another version.
pub(super) fn is_spectral(name: &str) -> bool {
    name.starts_with("oas2-") || name.starts_with("oas3_2-") || SPECTRAL.iter().any(|(known, ..)| *known == name)
}
