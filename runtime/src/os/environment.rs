//! The environment a program starts with: the daemon's own, what tells the program where it is,
//! and what its configuration adds (CFG-328).

use std::ffi::{CString, NulError, OsString};
use std::os::unix::ffi::OsStringExt;

use compiler::plan::{Listen, Plan, ProcessPlan};
use indexmap::IndexMap;

/// The daemon's own environment, taken once at its start.
#[derive(Clone)]
pub struct Inherited(IndexMap<OsString, OsString>);

impl Inherited {
    /// Takes the environment of this process.
    pub fn take() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// One variable of it.
    pub fn get(&self, name: &str) -> Option<&OsString> {
        self.0.get(std::ffi::OsStr::new(name))
    }

    /// The complete environment of a process, later layers replacing earlier ones (RUN-220).
    ///
    /// # Errors
    /// When a name or value holds a NUL byte, which no environment can carry.
    pub fn for_process(
        &self,
        group: &str,
        process: &ProcessPlan,
        server_url: Option<&str>,
    ) -> Result<Vec<CString>, NulError> {
        let mut variables = self.0.clone();
        let mut set = |name: &str, value: &str| {
            variables.insert(name.into(), value.into());
        };
        set("SUPERVISOR_ENABLED", "1");
        // CFG-331: an empty `serverurl` leaves an inherited variable in place.
        if let Some(url) = process.program.serverurl.as_deref().or(server_url)
            && !url.is_empty()
        {
            set("SUPERVISOR_SERVER_URL", url);
        }
        set("SUPERVISOR_PROCESS_NAME", &process.name);
        set("SUPERVISOR_GROUP_NAME", group);
        for (name, value) in process.program.environment.iter() {
            set(name, value);
        }
        variables.into_iter().map(entry).collect()
    }
}

/// The URL programs are told to reach the daemon by: the first UNIX socket, else the last inet
/// server (RUN-222).
pub fn server_url(plan: &Plan) -> Option<String> {
    let unix = plan.servers.iter().find_map(|server| match &server.listen {
        Listen::Unix { file, .. } => Some(format!("unix://{}", file.display())),
        Listen::Inet { .. } => None,
    });
    unix.or_else(|| {
        plan.servers.iter().rev().find_map(|server| match &server.listen {
            Listen::Inet { host, port } => {
                let host = if host.is_empty() { "localhost" } else { host };
                Some(format!("http://{host}:{port}"))
            }
            Listen::Unix { .. } => None,
        })
    })
}

fn entry((name, value): (OsString, OsString)) -> Result<CString, NulError> {
    let mut bytes = name.into_vec();
    bytes.push(b'=');
    bytes.extend(value.into_vec());
    CString::new(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use compiler::Options;
    use compiler::host::memory::MemoryHost;

    use super::*;

    fn plan(text: &str) -> Plan {
        let host = MemoryHost::new([("/s.conf", text)]);
        compiler::compile(&host, Path::new("/s.conf"), &Options::default()).plan.unwrap()
    }

    fn check(options: &str, url: Option<&str>, expected: &[&str]) {
        let text = format!("[supervisord]\nenvironment=A=d,B=d\n[program:p]\ncommand=x\n{options}");
        let inherited = [("A", "i"), ("Z", "i"), ("SUPERVISOR_SERVER_URL", "old")];
        let inherited = inherited.map(|(name, value)| (name.into(), value.into()));
        let process = &plan(&text).groups[0].processes[0];
        let entries = Inherited(inherited.into_iter().collect());
        let entries = entries.for_process("g", process, url).unwrap();
        let entries: Vec<_> = entries.iter().map(|entry| entry.to_str().unwrap()).collect();
        assert_eq!(entries, expected, "{options}");
    }

    // CFG-328, CFG-329, CFG-330, CFG-331
    #[test]
    fn later_layers_win() {
        let own = ["SUPERVISOR_ENABLED=1", "SUPERVISOR_PROCESS_NAME=p", "SUPERVISOR_GROUP_NAME=g"];
        check(
            "",
            Some("unix:///s"),
            &["A=d", "Z=i", "SUPERVISOR_SERVER_URL=unix:///s", own[0], own[1], own[2], "B=d"],
        );
        check(
            "serverurl=\n",
            Some("unix:///s"),
            &["A=d", "Z=i", "SUPERVISOR_SERVER_URL=old", own[0], own[1], own[2], "B=d"],
        );
        check(
            "serverurl=http://h:1\nenvironment=SUPERVISOR_ENABLED=0,B=p\n",
            None,
            &[
                "A=d",
                "Z=i",
                "SUPERVISOR_SERVER_URL=http://h:1",
                "SUPERVISOR_ENABLED=0",
                own[1],
                own[2],
                "B=p",
            ],
        );
    }

    // RUN-222
    #[test]
    fn programs_are_told_the_socket_before_the_port() {
        let url = |servers: &str| server_url(&plan(&format!("[supervisord]\n{servers}")));
        assert_eq!(url(""), None);
        let ports = "[inet_http_server]\nport=h:1\n[inet_http_server2]\nport=:2\n";
        assert_eq!(url(ports).as_deref(), Some("http://localhost:2"));
        let both = format!("{ports}[unix_http_server]\nfile=/s.sock\n");
        assert_eq!(url(&both).as_deref(), Some("unix:///s.sock"));
    }
}
