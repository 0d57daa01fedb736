//! ## What it finds
//! A list without the parts of paging: the parameters `limit` and `cursor`, and in the 200 object `data` and `hasMore`.
//! A list is a 200 object with an array `data`, or one whose only required array of objects is its main member, on a path
//! that does not end in a variable. What has a required `id`, or two required plain values that do not speak of paging,
//! is a resource and no list. One finding for each missing part.
//! ## Why it matters
//! Every list grows; paging cannot be added later without breaking clients.
//! ## Fix
//! Add what is missing. A list that cannot grow gets an override that says why.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("list-pagination", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let Some(list) = list_of(op) else { return };
    let parameters = op.parameters();
    for name in ["limit", "cursor"] {
        let is_there = parameters.iter().any(|one| one.text("in") == Some("query") && one.text("name") == Some(name));
        if !is_there {
            report.key(op.site(), format!("`{}` returns a list and does not take `{name}`", op.title()));
        }
    }
    for name in ["data", "hasMore"] {
        if schema::property(list, name).is_none() {
            report.key(list.end(), format!("the list has no `{name}`"));
        }
    }
}

/// The schema of the list that an operation returns.
pub(crate) fn list_of<'a>(op: Op<'a>) -> Option<Site<'a>> {
    if op.operation.method != "get" || !op.is_path() {
        return None;
    }
    op.answer("200")?.schemas().into_iter().find(|schema| {
        schema::property(*schema, "data").is_some_and(|data| schema::is(data, "array"))
            || (!op.operation.path.ends_with('}') && has_main_list(*schema))
    })
}

/// Words in the names of what goes with a page.
const PAGING: [&str; 14] = [
    "more", "next", "previous", "prev", "cursor", "total", "count", "limit", "offset", "page", "pages", "size",
    "object", "kind",
];

/// Whether a schema exists for the sake of one list: it is the only required array of objects, and no other object and
/// nothing that makes it a resource stands beside it.
fn has_main_list(schema: Site<'_>) -> bool {
    let mut others: Vec<(&str, Site<'_>)> = schema::properties(schema);
    others.retain(|(name, _)| schema::requires(schema, name));
    let lists = others.extract_if(.., |(_, property)| is_list_of_objects(*property)).count();
    let has_object = others.iter().any(|(_, other)| schema::is(*other, "object"));
    let is_of_paging = |name: &str| casing::words(name).iter().any(|word| PAGING.contains(&word.as_str()));
    let own = others.iter().filter(|(name, _)| !is_of_paging(name)).count();
    let is_resource = own > 1 || others.iter().any(|(name, _)| *name == "id");
    lists == 1 && !has_object && !is_resource
}

fn is_list_of_objects(property: Site<'_>) -> bool {
    let items = schema::parts(property).into_iter().find_map(|part| part.get("items"));
    schema::is(property, "array") && items.is_some_and(|items| schema::is(items, "object") || items.end().has("oneOf"))
}
