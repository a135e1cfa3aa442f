//! `[group:x]`: programs under one name.

use crate::schema::section;
use crate::schema::value::{Integer, List};

section! {
    /// Programs that are started, stopped and updated as one.
    pub struct Group {
        /// The programs, separated by commas, in the order they are started.
        programs: List = "", E1, restart;
        /// Order among the groups: smaller starts earlier and stops later.
        priority: Integer = "999", E1, restart, info "group_prio";
    }
}
