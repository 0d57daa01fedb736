//! Service tokens: who may be granted what, and the life of a family of tokens.
//!
//! ```text
//! issue    Asked, identity's and grantor's scopes --grant--> Scopes      never above the grantor (T1)
//!          Scopes, Lifetimes, now               --Family::begin--> Family
//! refresh  Family, generation of the token, now --Family::rotate--> Next | Again | Reused
//! claims   Family, Subject                      --claims--> the two payloads
//! ```
//!
//! A family is all pairs that descend from one issue. Its row is the authority; what a token says of scopes, times or its
//! family is a note. Nothing of it is stored per token: the id of a token is made of its family and its generation, and a
//! refresh token of another generation than the family's was used before.

mod claims;
mod family;
mod grant;
mod id;
mod key;
pub mod path;
pub mod scope;

pub use claims::{REFRESH_SCOPE, Subject, TokenType, claims};
pub use family::{Begin, Class, Family, FamilyFault, Lifetimes, Rotation};
pub use grant::{Asked, GrantFault, RELAYFILE, default_audience, grant, path_scopes};
pub use id::{ApiKeyId, FamilyId, IdentityId, ServiceKeyId, TokenId, WorkspaceTokenId};
pub use key::{KeyKind, ServiceKey};
