//! SV030: several processes of one name, or on one port.

use crate::diagnostic::codes;
use crate::lint::command::Command;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// Several processes of one name, or on one port.
pub(super) struct NumprocsWithoutProcessNum;

static META: Meta = Meta {
    code: codes::NUMPROCS_WITHOUT_PROCESS_NUM,
    depth: Depth::Plan,
    what: "Finds `numprocs` above 1 without `%(process_num)` in `process_name`, which supervisor \
           refuses, and with one fixed port for all processes, which it does not.",
    why: "Processes of one name cannot be told apart; of several on one port, one gets it.",
    remedy: "Put `%(process_num)02d` into `process_name`, and `%(process_num)d` into the port.",
    seen: &["#177"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nnumprocs=2\n",
            good: "[program:web]\ncommand=/srv/web\nprocess_name=%(program_name)s_%(process_num)02d\nnumprocs=2\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\n  command=/srv/web\n  numprocs=2\n  process_name=worker\n",
            good: "[program:web]\n  command=/srv/web\n  numprocs=2\n  process_name=worker_%(process_num)02d\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web --port=8000\nnumprocs=2\nprocess_name=web_%(process_num)d\n",
            good: "[program:web]\ncommand=/srv/web --port=800%(process_num)d\nnumprocs=2\nprocess_name=web_%(process_num)d\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &[
        "[program:w]\ncommand=celery worker -c 2\nnumprocs=4\nprocess_name=w_%(process_num)d\nstopwaitsecs=60\n",
    ],
};

impl Rule for NumprocsWithoutProcessNum {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let many = section.number("numprocs", 1).is_some_and(|count| count > 1);
            let (Some(command), Some(written)) = (section.command(), section.get("command")) else {
                continue;
            };
            let apart = ["command", "environment"].iter().any(|key| {
                section
                    .value(key)
                    .is_some_and(|value| value.contains("process_num") || value.contains("%(ENV_"))
            });
            if let (true, false, Some(option)) = (many, apart, port_option(command)) {
                let found = cx
                    .finding(
                        written.span(),
                        format!("every process of this program gets the same `{option}`"),
                    )
                    .help("put `%(process_num)d` into the port");
                cx.report(found);
            }
        }
    }
}

fn port_option(command: &Command) -> Option<&'static str> {
    ["--port", "--http-port", "--listen-port"].into_iter().find(|option| {
        command
            .value_of(option)
            .is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()) && port != "0")
    })
}
