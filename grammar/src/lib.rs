//! The line language of `supervisord.conf` and the notations of its values.
//!
//! One file at a time, text in, spanned syntax tree out. Nothing here reads a file, follows an
//! include or knows what an option means.

pub mod ast;
mod decode;
mod ini;
mod print;
mod repr;
pub mod span;
pub mod value;
mod whitespace;

pub use ast::{Entry, File, Section};
pub use decode::{DecodeError, DecodeReason, decode};
pub use ini::{
    Line, Lines, Parsed, Role, Shape, SyntaxError, SyntaxErrorKind, lines, parse, shape,
};
pub use print::print;
pub use repr::{ascii_only, python_repr};
pub use span::{FileId, Span, Spanned};
pub use whitespace::{is_space, strip};
