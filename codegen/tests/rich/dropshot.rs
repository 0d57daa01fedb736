//! The three items of dropshot that generated server code names.
#![allow(dead_code)]

use std::marker::PhantomData;

/// Registered operations.
pub struct ApiDescription<C>(PhantomData<C>);

/// Why one can't be registered.
#[derive(Debug)]
pub struct ApiDescriptionRegisterError;

impl<C> ApiDescription<C> {
    /// None registered.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}
