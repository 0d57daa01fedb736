//! ## What it finds
//! An operation that takes part in the signed retry by halves. A 202 whose schema declares `payloadToSign` and
//! `requestId`, be it in a branch of a union, goes with both headers `Grid-Wallet-Signature` and `Request-Id`, and the
//! headers together go with such a 202. Then a 401 must be documented too.
//! ## Why it matters
//! Clients that follow the document sign what nobody asked for, or never sign what must be signed.
//! ## Fix
//! Add what is missing. A 202 without anything to sign is fine; so is the signature alone without a 202, and a
//! `Request-Id` alone where one branch of a union needs it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("signed-retry-pair", Check::Operation(check));

const SIGNATURE: &str = "Grid-Wallet-Signature";
const REQUEST: &str = "Request-Id";

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if !op.is_path() {
        return;
    }
    let challenge = op.answer("202").filter(|answer| answer.schemas().into_iter().any(is_challenge));
    let missing: Vec<&str> = [SIGNATURE, REQUEST].into_iter().filter(|name| !op.has_header(name)).collect();
    match challenge {
        Some(_) if !missing.is_empty() => {
            let title = op.title();
            let missing = missing.join("` and `");
            report.key(op.site(), format!("`{title}` returns something to sign, but does not take `{missing}`"));
        }
        None if missing.is_empty() => {
            let message =
                format!("`{}` takes `{SIGNATURE}` and `{REQUEST}`, but no 202 returns what to sign", op.title());
            report.key(op.site(), message);
        }
        _ => {}
    }
    let refuses = op.answers().iter().any(|answer| matches!(answer.status, "401" | "4XX" | "4xx"));
    if (challenge.is_some() || missing.is_empty())
        && !refuses
        && let Some(responses) = op.site().get("responses")
    {
        report.key(responses, format!("`{}` checks a signature, but documents no 401", op.title()));
    }
}

fn is_challenge(schema: Site<'_>) -> bool {
    let forms = schema::forms(schema);
    forms.iter().any(|form| schema::declares(form, "payloadToSign") && schema::declares(form, "requestId"))
}
