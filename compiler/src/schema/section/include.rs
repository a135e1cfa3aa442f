//! `[include]`: further files.

use crate::schema::section;
use crate::schema::value::Text;

section! {
    /// Further files.
    pub struct Include {
        /// Patterns of paths, separated by blanks, relative to this file.
        files: Text = required, E6, restart;
    }
}
