//! SV008: a byte order mark, or bytes that are not UTF-8.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, Mended, Meta, Rule};

/// Reported by the compiler, for it is refused.
pub(super) struct BomOrEncoding;

static META: Meta = Meta {
    code: codes::BOM_OR_ENCODING,
    depth: Depth::Plan,
    what: "Finds a byte order mark at the start of a file, and bytes that are not UTF-8.",
    why: "The mark becomes the first character of the first line, which is then no header: `File contains no section headers`.",
    remedy: "Save the file as UTF-8 without a byte order mark.",
    seen: &[],
    examples: &[Example {
        bad: "\u{feff}[supervisord]\n",
        good: "[supervisord]\n",
        mended: Mended::Safely,
    }],
    clean: &["; été\n[supervisord]\n"],
};

impl Rule for BomOrEncoding {
    fn meta(&self) -> &'static Meta {
        &META
    }
}
