//! `client.rs`: one method per operation, named after its operationId.

use quote::quote;

use super::operations::Names;
use super::{Output, docs};
use crate::api::Api;

pub(crate) fn emit(api: &Api, out: &mut Output) {
    let methods = api.operations.iter().map(|operation| {
        let Names { module, marker, input, outcome, error } = Names::of(operation);
        let heading = format!("`{} {}`", operation.method, operation.path);
        let docs = docs(&match (&operation.summary, &operation.description) {
            (Some(summary), Some(description)) => format!("{summary}\n\n{heading}\n\n{description}"),
            (Some(only), None) | (None, Some(only)) => format!("{only}\n\n{heading}"),
            (None, None) => heading,
        });
        let deprecated = operation.deprecated.then(|| quote!(#[deprecated]));
        quote! {
            #docs
            ///
            /// # Errors
            /// The documented errors of the operation, or why no documented answer was had.
            #deprecated
            pub async fn #module(
                &self,
                input: operations::#input,
            ) -> Result<crate::Reply<operations::#outcome>, crate::CallError<operations::#error>> {
                self.call::<operations::#marker>(&input).await
            }
        }
    });
    out.file(
        "api/client/src/generated/mod.rs",
        quote! {
            //! Written by the generator: see the crate's documentation.
            use countersign_models::operations;

            impl crate::Client { #(#methods)* }
        },
    );
}
