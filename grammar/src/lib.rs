//! The line language of `supervisord.conf` and the notations of its values.
//!
//! One file at a time, text in, spanned syntax tree out. Nothing here reads a file, follows an
//! include or knows what an option means.

pub mod ast;
pub mod span;

pub use ast::{Entry, File, Section};
pub use span::{FileId, Span, Spanned};
