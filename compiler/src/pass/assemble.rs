//! From typed sections to the plan, in canonical order (CFG-315).

use std::path::Path;

use super::check::Checked;
use crate::plan::{Notice, Plan};
use crate::schema::section::Supervisord;

/// The plan of a configuration without errors.
pub(crate) fn assemble(
    root: &Path,
    supervisord: Supervisord,
    mut notices: Vec<Notice>,
    checked: &mut Checked,
) -> Plan {
    let mut groups = std::mem::take(&mut checked.groups);
    groups.sort_by(|one, other| (one.priority, &one.name).cmp(&(other.priority, &other.name)));
    notices.append(&mut checked.notices);
    // Warnings are logged first; among equals the order found stays (CFG-335).
    notices.sort_by_key(|notice| notice.level);
    Plan {
        root: root.to_owned(),
        supervisord,
        servers: std::mem::take(&mut checked.servers),
        interfaces: std::mem::take(&mut checked.interfaces),
        groups,
        notices,
    }
}
