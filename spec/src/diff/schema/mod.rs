//! Schemas as the comparison sees them.

mod read;
mod shape;
mod shapes;
mod types;

pub(super) use read::{bare_text, is_null};
pub(super) use shape::{Bound, Limit, Shape, Union, Values};
pub(super) use shapes::{Alternative, ShapeId, Shapes, component_name};
pub(super) use types::Types;
