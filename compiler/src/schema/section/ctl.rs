//! `[supervisorctl]`: how the client reaches the daemon.

use crate::schema::section;
use crate::schema::value::{CtlUrl, HistoryFile, Optional, Secret, Text};

section! {
    /// The client's options.
    pub struct Ctl {
        /// Where the daemon is: `unix://` and a path, or `http://` and an address.
        serverurl: CtlUrl = "http://localhost:9001", E7Here, live;
        /// What stands before each line of the shell.
        prompt: Text = "supervisor", E7, live;
        /// User name to give.
        username: Optional<Text> = unset, E7, live;
        /// Password to give.
        password: Optional<Secret> = unset, E7, live;
        /// File that keeps the lines of the shell.
        history_file: HistoryFile = unset, E7Here, live;
    }
}
