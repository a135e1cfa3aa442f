//! SV032: a worker killed in the middle of a job.

use crate::diagnostic::codes;
use crate::lint::command::Command;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A worker killed in the middle of a job.
pub(super) struct StopwaitsecsShorterThanJob;

static META: Meta = Meta {
    code: codes::STOPWAITSECS_SHORTER_THAN_JOB,
    depth: Depth::Plan,
    what: "Finds workers of job queues (celery, Laravel, rq, sidekiq, resque, dramatiq, messenger) \
           that have no more than the default 10 seconds to finish a job, or less than their own \
           `--timeout`.",
    why: "A worker that is told to stop finishes its job first; after `stopwaitsecs` it is killed in \
          the middle of it.",
    remedy: "Set `stopwaitsecs` to a little more than the longest job takes.",
    seen: &["#721"],
    examples: &[Example {
        bad: "[program:w]\ncommand=celery -A app worker\n",
        good: "[program:w]\ncommand=celery -A app worker\nstopwaitsecs=600\n",
        mended: Mended::ByHand,
    }],
    clean: &["[program:beat]\ncommand=celery -A app beat\n"],
};

/// The time a stop has when `stopwaitsecs` is not written.
const DEFAULT: i64 = 10;

impl Rule for StopwaitsecsShorterThanJob {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let (Some(command), Some(written)) = (section.command(), section.get("command")) else {
                continue;
            };
            let Some(wait) = section.number("stopwaitsecs", DEFAULT) else { continue };
            let timeout = command.value_of("--timeout").and_then(|value| value.parse::<i64>().ok());
            let short = timeout.map_or(wait <= DEFAULT, |timeout| wait < timeout);
            if short && is_worker(command) {
                let place = section.get("stopwaitsecs").map_or(written.span(), |wait| wait.whole());
                let found = cx
                    .advice(
                        place,
                        format!("a job that takes longer than {wait} seconds is killed by a stop"),
                    )
                    .help("set `stopwaitsecs` to more than the longest job takes");
                cx.report(found);
            }
        }
    }
}

fn is_worker(command: &Command) -> bool {
    let says = |word: &str| command.words.iter().any(|spoken| spoken.text == word);
    let celery = says("worker") && command.words.iter().any(|word| word.text.ends_with("celery"));
    let rq = says("worker") && command.words.iter().any(|word| word.text.ends_with("rq"));
    let php = ["queue:work", "horizon", "messenger:consume"].iter().any(|word| says(word));
    celery || rq || php || ["sidekiq", "resque", "dramatiq"].contains(&command.program())
}
