//! What `[eventlistener:x]` has beside the options of a program.

use crate::schema::section;
use crate::schema::value::{Integer, Text, UpperList};

section! {
    /// A pool of processes that are told of events.
    pub struct Listener {
        /// Order among the groups: smaller starts earlier and stops later. If set, order among the
        /// processes of the pool too.
        priority: Integer = "-1", E1, restart, info "group_prio";
        /// How many events may wait for a process that is ready.
        buffer_size: Integer = "10", E1, restart;
        /// What judges the answers; `supervisor.dispatchers:default_handler` is built in.
        result_handler: Text = "supervisor.dispatchers:default_handler", E1, restart;
        /// The types of event to be told of, separated by commas.
        events: UpperList = required, E1, restart;
        /// Must be false: stdout carries the protocol.
        redirect_stderr: bool = "false", E1, restart;
    }
}
