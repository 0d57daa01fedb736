//! Schemas as the comparison sees them.

mod bare;
mod read;
mod shape;
mod shapes;
mod types;
mod unions;

pub(super) use bare::bare_text;
pub(super) use read::is_aside;
pub(super) use shape::{Bound, Condition, Contains, Limit, Shape, Union, Values};
pub(super) use shapes::{Alternative, Key, ShapeId, Shapes, component_name};
pub(super) use types::Types;
pub(super) use unions::is_null;
