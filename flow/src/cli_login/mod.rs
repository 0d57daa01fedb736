//! CLI login: a program in a terminal gets a session through a browser.
//!
//! ```text
//! program   start ----------> attempt: waiting          polling code, login code
//! person    page, or an application's own:  complete    -> approved       or deny -> denied
//! program   poll -----------> a new session, once       -> used
//! any time                                              -> expired
//! ```
//!
//! Codes are random and stored as digests. A poll and a claim make a new session; nobody is handed another one's token.
//! A program may begin as an anonymous user. That user is upgraded in place ([`user::sign_in`]) or its work is merged
//! into another's ([`user::merge`]), both only by a person's choice.
//!
//! | question | module |
//! | --- | --- |
//! | what codes and tokens look like | [`code`] |
//! | what a poll is told, what an attempt may still do | [`attempt`] |
//! | who signs in, and what is merged | [`user`] |
//! | whether a typed code is right, and how often it may be tried | [`sign_in`] |
//! | where a link by email may lead | [`callback`] |

pub mod attempt;
pub mod callback;
pub mod code;
pub mod sign_in;
pub mod user;
