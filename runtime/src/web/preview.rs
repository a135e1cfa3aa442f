//! What the configuration on disk would change, worked out without touching what the daemon has
//! staged. The compilation runs on a thread of its own.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use compiler::diagnostic::{Diagnostic, Severity};
use compiler::host::system::SystemHost;
use compiler::lint::{self, Policy};
use compiler::plan::Plan;
use compiler::plan::diff::{PlanDiff, diff};
use compiler::report::{Excerpt, excerpts};
use compiler::{Compiled, Depth};

use crate::api::{Daemon, Draft};
use crate::supervisor::message::{Reply, Request};

/// The difference between what is active and what is on disk.
#[derive(Debug)]
pub(super) struct Preview {
    /// The file that was read.
    pub(super) file: PathBuf,
    /// What an update would do, or why it can do nothing; the text may be empty where `findings`
    /// say it.
    pub(super) outcome: Result<PlanDiff, String>,
    /// What is wrong with the configuration, as `supervisord --check` finds it.
    pub(super) findings: Vec<Finding>,
}

/// Something found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// How bad it is.
    pub(super) severity: Severity,
    /// Its code and name.
    pub(super) code: String,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
    /// The file it is about as a whole, if it is not about a line.
    pub(super) file: Option<String>,
    /// The lines it points at.
    pub(super) excerpts: Vec<Excerpt>,
}

/// Compiles the daemon's configuration anew, as a reread would, and compares. `None` while the
/// daemon stops.
pub(super) async fn of<D: Daemon>(daemon: &D) -> Option<Preview> {
    let Ok(Reply::Config(view)) = daemon.request(Request::Config).await else {
        return None;
    };
    let drafter = daemon.drafter();
    let working = tokio::task::spawn_blocking(move || {
        let Draft { file, plan, compiled } = drafter();
        let base = file.parent().unwrap_or(Path::new("/"));
        let findings = compiled.map_or_else(Vec::new, |compiled| findings(&compiled, base));
        let active = Plan { groups: view.active, ..(*view.plan).clone() };
        Preview { outcome: plan.map(|plan| diff(&active, &plan)), file, findings }
    });
    working.await.ok()
}

/// The worst first, because an error is what a reader looks for; those as bad in their order.
fn findings(compiled: &Compiled, base: &Path) -> Vec<Finding> {
    let policy = Policy { depth: Depth::Host, ..Policy::default() };
    let sources = &compiled.sources;
    let found = lint::run(sources, &SystemHost, policy, &compiled.diagnostics);
    let finding = |diagnostic: &Diagnostic| Finding {
        severity: diagnostic.severity,
        code: format!("{} {}", diagnostic.code.id(), diagnostic.code.slug()),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        file: diagnostic.file().map(|file| file.display().to_string()),
        excerpts: excerpts(diagnostic, sources, base),
    };
    let mut findings: Vec<Finding> = found.in_file_order().into_iter().map(finding).collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    findings
}
