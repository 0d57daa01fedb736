//! `service.rs`: the trait that handlers implement, and its registration with dropshot.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::operations::Names;
use super::{Output, docs};
use crate::api::{Api, Operation};
use crate::names::{ident, pascal, snake};

/// `WalletCaller`: the type of those who come through a door.
fn caller(door: &str) -> Ident {
    ident(&format!("{}Caller", pascal(door)))
}

/// `authenticate_wallet`
fn authenticate(door: &str) -> Ident {
    ident(&format!("authenticate_{}", snake(door)))
}

pub(crate) fn emit(api: &Api, out: &mut Output) {
    let doors = api.doors.iter().map(|door| {
        let (caller, authenticate) = (caller(&door.name), authenticate(&door.name));
        let schemes = door.schemes.iter().map(|scheme| format!("`{scheme}`")).collect::<Vec<_>>().join(", ");
        let type_docs = docs(&format!("A caller of the door `{}`, with credentials of {schemes}.", door.name));
        let method_docs = docs(&format!(
            "Decides who calls the operations of the door `{}`. Asked before anything else of a request is looked at.",
            door.name
        ));
        quote! {
            #type_docs
            type #caller: Send + 'static;
            #method_docs
            fn #authenticate(
                &self,
                credentials: crate::Credentials<'_>,
            ) -> impl Future<Output = Result<Self::#caller, countersign_models::RawReply>> + Send;
        }
    });
    let methods = api.operations.iter().map(|operation| {
        let Names { module, marker, .. } = Names::of(operation);
        let heading = format!("`{} {}`", operation.method, operation.path);
        let docs = docs(&operation.summary.as_ref().map_or(heading.clone(), |summary| format!("{heading}: {summary}")));
        let caller = operation.security.as_ref().map(|security| {
            let caller = caller(&security.door);
            quote!(caller: Self::#caller,)
        });
        quote! {
            #docs
            fn #module(
                &self,
                #caller
                request: crate::Request<operations::#marker>,
            ) -> impl Future<Output = crate::Answered<operations::#marker>> + Send;
        }
    });
    let routes = api.operations.iter().map(route);
    let markers = api.operations.iter().map(|operation| Names::of(operation).marker);
    out.file("api/server/src/generated/mod.rs", quote! {
        //! Written by the generator: see the crate's documentation.
        use countersign_models::operations;

        /// Every operation of the document, and who may call it. What isn't implemented doesn't compile.
        pub trait Service: crate::Authority { #(#doors)* #(#methods)* }

        #(#routes)*

        /// Every operation of the document, registered with dropshot.
        ///
        /// # Errors
        /// Paths that dropshot's router refuses, such as a literal beside a variable.
        pub fn api_description<S: Service>() -> Result<dropshot::ApiDescription<crate::Context<S>>, dropshot::ApiDescriptionRegisterError> {
            let mut api = dropshot::ApiDescription::new();
            #(crate::register::<S, operations::#markers>(&mut api)?;)*
            Ok(api)
        }
    });
}

/// What an operation does with a request: its caller first, if it has one.
fn route(operation: &Operation) -> TokenStream {
    let Names { module, marker, .. } = Names::of(operation);
    let body = match &operation.security {
        None => quote! { incoming.handled(self, |request| self.#module(request)).await },
        Some(security) => {
            let authenticate = authenticate(&security.door);
            quote! {
                match self.#authenticate(incoming.credentials()).await {
                    Ok(caller) => incoming.handled(self, |request| self.#module(caller, request)).await,
                    Err(reply) => incoming.refused(reply).await,
                }
            }
        }
    };
    quote! {
        impl<S: Service> crate::Serve<operations::#marker> for S {
            async fn serve(&self, incoming: crate::Incoming) -> countersign_models::RawReply { #body }
        }
    }
}
