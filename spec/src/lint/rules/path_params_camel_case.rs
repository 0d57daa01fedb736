//! ## What it finds
//! A path parameter whose name is not in camelCase.
//! ## Why it matters
//! Client methods take it as an argument.
//! ## Fix
//! Write `sessionId`, not `session_id`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("path-params-camelCase", Check::Object(&[Kind::Parameter], check));

fn check(parameter: Site<'_>, report: &mut Report<'_>) {
    super::query_params_camel_case::named(parameter, "path", report);
}
