//! What a daemon takes for itself on its machine, so that another one can be held against it.

use std::path::Path;

use super::text::{LogFile, is_template, log_file};
use super::view::{Config, Kind, Section, Written};
use crate::source::Sources;

/// A daemon of the same machine.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The name of its main file.
    pub(super) name: String,
    /// Its pid file, its log, its sockets and ports.
    pub(super) takes: Vec<String>,
    /// Where its AUTO logs are and what they are known by, if it has any.
    pub(super) auto_logs: Option<(String, String)>,
}

impl Neighbour {
    /// The daemon with these files.
    pub fn new(sources: &Sources) -> Self {
        let config = Config::new(sources);
        let main = sources.ids().next().map(|id| sources.path(id));
        Neighbour {
            name: main.unwrap_or(Path::new("")).display().to_string(),
            takes: taken(&config).map(|(_, value)| value).collect(),
            auto_logs: auto_logs(&config),
        }
    }
}

/// What a configuration takes for itself, with the value as far as the text tells it.
pub(super) fn taken<'s, 'a>(
    config: &'s Config<'a>,
) -> impl Iterator<Item = (&'s Written<'a>, String)> {
    let keys = |kind: Kind| -> &[&str] {
        match kind {
            Kind::Supervisord => &["logfile", "pidfile"],
            Kind::UnixServer => &["file"],
            Kind::InetServer => &["port"],
            Kind::Ctl
            | Kind::Include
            | Kind::Program
            | Kind::EventListener
            | Kind::Fcgi
            | Kind::Group
            | Kind::RpcInterface
            | Kind::CtlPlugin
            | Kind::Default
            | Kind::Unknown => &[],
        }
    };
    let written = config
        .sections()
        .flat_map(move |section| keys(section.kind).iter().filter_map(move |key| section.get(key)));
    written.filter_map(move |written| {
        let here = config.sources.path(written.file()).parent().unwrap_or(Path::new(""));
        let value = written.value.replace("%(here)s", &here.to_string_lossy());
        let own = !is_template(&value) && log_file(&value) == LogFile::File;
        own.then_some((written, value))
    })
}

/// The `identifier` and the `childlogdir` of a daemon that has AUTO logs.
pub(super) fn auto_logs(config: &Config<'_>) -> Option<(String, String)> {
    let daemon = config.section("supervisord")?;
    let is_auto = |program: &Section<'_>, log: &str| {
        program.value(log).is_none_or(|value| log_file(value) == LogFile::Auto)
    };
    let mut programs = config.programs();
    programs.any(|program| is_auto(program, "stdout_logfile")).then(|| {
        let value = |key: &str, default: &str| daemon.value(key).unwrap_or(default).to_owned();
        (value("identifier", "supervisor"), value("childlogdir", ""))
    })
}
