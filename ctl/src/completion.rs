//! What the words of a line are completed to: names of actions, groups and processes that exist
//! now (CTL-139). The key that asks for it is the line editor's.

use rpc::Method;
use rpc::types::ProcessInfo;

use crate::actions::{self, Words};
use crate::client::CallError;
use crate::session::{Session, action_names};

/// The processes of the daemon, fetched once for each command line.
#[derive(Debug, Default)]
pub(crate) struct Known(Option<Vec<ProcessInfo<'static>>>);

impl Known {
    /// The last word of `line` and what it can become, each with a blank after it.
    pub(crate) fn complete<'l>(
        &mut self,
        session: &mut Session,
        line: &'l str,
    ) -> (&'l str, Vec<String>) {
        let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let (before, text) = line.split_at(start);
        let words = match before.split_whitespace().next() {
            None => Words::Actions,
            Some(action) => actions::find(action).map_or(Words::Free, |action| action.words),
        };
        let candidates = match words {
            Words::Free => Vec::new(),
            Words::Actions => {
                std::iter::once("help").chain(action_names()).map(str::to_owned).collect()
            }
            Words::Groups => groups(self.infos(session)),
            Words::Processes => processes(self.infos(session), text),
        };
        let fitting = candidates.into_iter().filter(|candidate| candidate.starts_with(text));
        (text, fitting.map(|candidate| candidate + " ").collect())
    }

    /// A daemon that cannot be asked has no names.
    fn infos(&mut self, session: &mut Session) -> &[ProcessInfo<'static>] {
        self.0.get_or_insert_with(|| {
            let infos: Result<_, CallError> = session.call(Method::GetAllProcessInfo, &[]);
            session.daemon.hang_up();
            infos.unwrap_or_default()
        })
    }
}

fn groups(infos: &[ProcessInfo<'_>]) -> Vec<String> {
    let mut groups: Vec<String> = infos.iter().map(|info| info.group.to_string()).collect();
    groups.dedup();
    groups
}

/// `group:process` and `group:*` where names differ or a colon is typed, else the one name.
fn processes(infos: &[ProcessInfo<'_>], text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for info in infos {
        if !text.contains(':') && info.name == info.group {
            names.push(info.name.to_string());
            continue;
        }
        names.push(format!("{}:{}", info.group, info.name));
        let all = format!("{}:*", info.group);
        if !names.contains(&all) {
            names.push(all);
        }
    }
    names
}
