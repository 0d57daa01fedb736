//! `service.rs`: the trait that handlers implement, and its registration with dropshot.

use quote::quote;

use super::operations::Names;
use super::{Output, docs};
use crate::api::Api;

pub(crate) fn emit(api: &Api, out: &mut Output) {
    let methods = api.operations.iter().map(|operation| {
        let Names { module, marker, .. } = Names::of(operation);
        let heading = format!("`{} {}`", operation.method, operation.path);
        let docs = docs(&operation.summary.as_ref().map_or(heading.clone(), |summary| format!("{heading}: {summary}")));
        let caller = operation.secured.then(|| quote!(caller: Self::Principal,));
        quote! {
            #docs
            fn #module(
                &self,
                #caller
                request: crate::Request<operations::#marker>,
            ) -> impl Future<Output = crate::Answered<operations::#marker>> + Send;
        }
    });
    let routes = api.operations.iter().map(|operation| {
        let Names { module, marker, .. } = Names::of(operation);
        if operation.secured {
            quote! {
                impl<S: Service> crate::Serve<operations::#marker> for S {
                    async fn serve(&self, incoming: crate::Incoming) -> countersign_models::RawReply {
                        incoming.secured(self, |caller, request| self.#module(caller, request)).await
                    }
                }
            }
        } else {
            quote! {
                impl<S: Service> crate::Serve<operations::#marker> for S {
                    async fn serve(&self, incoming: crate::Incoming) -> countersign_models::RawReply {
                        incoming.public(self, |request| self.#module(request)).await
                    }
                }
            }
        }
    });
    let markers = api.operations.iter().map(|operation| Names::of(operation).marker);
    out.file("api/server/src/generated/mod.rs", quote! {
        //! Written by the generator: see the crate's documentation.
        use countersign_models::operations;

        /// Every operation of the document. What isn't implemented doesn't compile.
        pub trait Service: crate::Authority { #(#methods)* }

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
