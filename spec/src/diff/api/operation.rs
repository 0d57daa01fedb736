//! One operation that both documents have.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::tree::At;
use super::super::verdict::Direction;
use super::item::Item;
use super::{Api, is_deprecated, operation_id};

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
        self.parameters(call, (old_item, old), (new_item, new), found);
        self.request_body(old, new, direction, found);
        self.responses(old, new, direction.reversed(), found);
        self.security(old, new, direction, found);
        self.servers_of_operation((old_item, old), (new_item, new), found);
        self.callbacks(old, new, direction, found);
    }
}
