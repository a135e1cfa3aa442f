//! Plans to supervise, written down in a few words.

use std::path::Path;
use std::sync::Arc;

use compiler::host::memory::MemoryHost;
use compiler::plan::Plan;
use compiler::{Options, compile};

/// The plan of a configuration with one section a line, as
/// `program:web startsecs=0 autostart=false`. Programs get a command.
pub(crate) fn plan(sections: &[&str]) -> Arc<Plan> {
    let mut text = String::from("[supervisord]\n");
    for section in sections {
        let mut words = section.split(' ');
        let name = words.next().unwrap_or_default();
        text.push_str(&format!("[{name}]\n"));
        if !name.starts_with("group:") {
            text.push_str("command=/bin/cat\n");
        }
        words.for_each(|option| text.extend([option, "\n"]));
    }
    let host = MemoryHost::new([("/etc/supervisord.conf", text.clone())]);
    let compiled = compile(&host, Path::new("/etc/supervisord.conf"), &Options::default());
    let problem = compiled.original_error().map(str::to_owned);
    Arc::new(compiled.plan.unwrap_or_else(|| panic!("{text}: {problem:?}")))
}
