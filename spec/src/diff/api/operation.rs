//! One operation that both documents have.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::tree::At;
use super::super::verdict::Direction;
use super::item::Item;
use super::{Api, is_deprecated, operation_id, tag};
use crate::node::Node;
use chrono::NaiveDate;

/// An operation: where it is called, and which way its requests go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    /// The path in BASE, whose variables may have had other names.
    pub(super) old_path: &'a str,
    pub(super) method: &'static str,
    pub(super) direction: Direction,
}

impl Call<'_> {
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.method.trim_start_matches("x-").to_uppercase(), self.path)
    }
}

impl<'a> Api<'_, '_, 'a> {
    /// Compares an operation, given with its path item.
    pub(super) fn operation(
        &mut self,
        call: Call<'a>,
        (old_item, old): (&Item<'a>, At<'a>),
        (new_item, new): (&Item<'a>, At<'a>),
        found: &mut Found,
    ) {
        let direction = call.direction;
        let (was, is) = (operation_id(old), operation_id(new));
        if was != is {
            let at = self.comparison.head.tree.child(new, "operationId").unwrap_or(new);
            let (message, subject) = match (was, is) {
                (Some(was), Some(is)) => {
                    (format!("{} is called {} now", code(was), code(is)), format!("{} to {}", code(was), code(is)))
                }
                (None, is) => {
                    let (label, is) = (code(call.label()), code(is.unwrap_or_default()));
                    (format!("{label} is called {is} now"), format!("{label} to {is}"))
                }
                (Some(was), None) => (format!("{} has no `operationId` any more", code(was)), code(was)),
            };
            let finding = Finding::new(Kind::OperationIdChanged, direction, (Side::Head, at.loc()), message);
            found.add(finding.about(subject));
        }
        if is_deprecated(old.node) != is_deprecated(new.node) {
            let (kind, verb) = if is_deprecated(new.node) {
                (Kind::Deprecated, "is deprecated")
            } else {
                (Kind::NoLongerDeprecated, "is no longer deprecated")
            };
            let message = format!("{} {verb}", code(call.label()));
            let finding = Finding::new(kind, direction, (Side::Head, new.loc()), message);
            found.add(finding.about(code(call.label())));
        }
        self.promises(call, old, new, found);
        self.parameters(call, (old_item, old), (new_item, new), found);
        self.request_body(old, new, direction, found);
        self.responses(old, new, direction.reversed(), found);
        self.security(old, new, direction, found);
        self.servers_of_operation((old_item, old), (new_item, new), found);
        self.callbacks(old, new, direction, found);
    }
    /// What an operation says of its own future, and where generated code files it.
    fn promises(&self, call: Call<'a>, old: At<'a>, new: At<'a>, found: &mut Found) {
        let head = self.comparison.head.tree;
        let mut add = |kind, keyword, message: String| {
            let at = head.child(new, keyword).unwrap_or(new);
            let finding = Finding::new(kind, call.direction, (Side::Head, at.loc()), message);
            found.add(finding.about(code(call.label())));
        };
        let label = code(call.label());
        if let (Some(was), Some(is)) = (tag(old.node), tag(new.node))
            && was != is
        {
            let message = format!("{label} is filed under {} and no longer under {}", code(is), code(was));
            add(Kind::OperationTagChanged, "tags", message);
        }
        let day = |at: At<'a>| at.node.get("x-sunset")?.as_str()?.parse::<NaiveDate>().ok();
        if let (Some(was), Some(is)) = (day(old), day(new))
            && is < was
        {
            add(Kind::SunsetEarlier, "x-sunset", format!("{label} ends on {is}, and was to end on {was}"));
        }
        let level = |at: At<'a>| at.node.get("x-stability-level").and_then(Node::as_str);
        let rank = |level: Option<&str>| level.map_or(STABILITY.len(), stability);
        let (was, is) = (level(old), level(new));
        if rank(is) < rank(was) {
            let shown = |level: Option<&str>| level.map_or("stable".to_owned(), code);
            let message = format!("{label} was {} and is {}", shown(was), shown(is));
            add(Kind::StabilityLowered, "x-stability-level", message);
        }
    }
}

/// Levels of `x-stability-level`, each of which promises more than the one before. What says nothing is stable.
const STABILITY: [&str; 3] = ["draft", "alpha", "beta"];

fn stability(level: &str) -> usize {
    STABILITY.iter().position(|known| level.eq_ignore_ascii_case(known)).unwrap_or(STABILITY.len())
}
