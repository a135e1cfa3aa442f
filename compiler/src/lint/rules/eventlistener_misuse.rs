//! SV040: an event listener that hears nothing, or loses events.

use grammar::Span;

use crate::diagnostic::{Fix, Severity, codes};
use crate::lint::view::{Config, Kind, Section, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// An event listener that hears nothing, or loses events.
pub(super) struct EventlistenerMisuse;

static META: Meta = Meta {
    code: codes::EVENTLISTENER_MISUSE,
    depth: Depth::Plan,
    what: "Finds listeners that wait for events no program sends, listeners of the output of \
           programs or of ticks every five seconds with a buffer of 10 events or less, and \
           `stdout_events_enabled` or `stdout_capture_maxbytes` on a listener.",
    why: "Output events come in bursts: when the buffer is full, the oldest are thrown away. They are \
          sent only for programs that have `stdout_events_enabled` or `stdout_capture_maxbytes` set.",
    remedy: "Raise `buffer_size`, and enable the events of the programs meant.",
    seen: &["superlance#131", "superlance#119", "SONiC#7083", "#7106"],
    examples: &[
        Example {
            bad: "[program:a]\ncommand=/srv/a\n[eventlistener:e]\ncommand=/srv/e\nevents=PROCESS_LOG\nbuffer_size=1000\n",
            good: "[program:a]\ncommand=/srv/a\nstdout_events_enabled=true\n[eventlistener:e]\ncommand=/srv/e\nevents=PROCESS_LOG\nbuffer_size=1000\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:a]\ncommand=/srv/a\nstdout_events_enabled=true\n[eventlistener:e]\ncommand=/srv/e\nevents=PROCESS_LOG_STDOUT\n",
            good: "[program:a]\ncommand=/srv/a\nstdout_events_enabled=true\n[eventlistener:e]\ncommand=/srv/e\nevents=PROCESS_LOG_STDOUT\nbuffer_size=1000\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[eventlistener:e]\n  command=/srv/e\n  events=TICK_5 ; often\n  autostart=true\n",
            good: "[eventlistener:e]\n  command=/srv/e\n  events=TICK_5 ; often\n  buffer_size=1000\n  autostart=true\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[eventlistener:e]\ncommand=/srv/e\nevents=PROCESS_STATE\nstdout_events_enabled=true\n",
            good: "[eventlistener:e]\ncommand=/srv/e\nevents=PROCESS_STATE\n",
            mended: Mended::Safely,
        },
    ],
    clean: &["[eventlistener:e]\ncommand=/srv/e\nevents=PROCESS_STATE,TICK_60\n"],
};

impl Rule for EventlistenerMisuse {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for listener in config.of_kind(Kind::EventListener) {
            without_effect(cx, listener);
            let Some(events) = listener.get("events") else { continue };
            let names: Vec<String> =
                events.value.split(',').map(|name| name.trim().to_ascii_uppercase()).collect();
            let hears = |prefix: &str| names.iter().any(|name| name.starts_with(prefix));
            let (output, capture) = (hears("PROCESS_LOG"), hears("PROCESS_COMMUNICATION"));
            let whole = !cx.policy.fragment;
            if whole && output && !anybody(config, is_logging) {
                silent(cx, events.span(), "stdout_events_enabled");
            } else if whole && capture && !anybody(config, is_captured) {
                silent(cx, events.span(), "stdout_capture_maxbytes");
            } else if output
                || names.iter().any(|name| name == "EVENT") && anybody(config, is_logging)
            {
                small_buffer(cx, listener, events, Severity::Warning);
            } else if names.iter().any(|name| ["TICK_5", "TICK", "EVENT"].contains(&&**name)) {
                small_buffer(cx, listener, events, Severity::Info);
            }
        }
    }
}

fn silent(cx: &mut LintContext<'_>, place: Span, option: &str) {
    let found = cx
        .finding(place, "no program sends what this listener waits for")
        .help(format!("set `{option}` in the programs it should hear"));
    cx.report(found);
}

fn small_buffer(
    cx: &mut LintContext<'_>,
    listener: &Section<'_>,
    events: &Written<'_>,
    severity: Severity,
) {
    // Less than one is refused.
    if !listener.number("buffer_size", 10).is_some_and(|size| (1..=10).contains(&size)) {
        return;
    }
    let size = listener.get("buffer_size");
    let edit = match size {
        Some(size) => (size.span(), "1000".to_owned()),
        None => cx.config.line_below(events, "buffer_size=1000"),
    };
    let place = size.map_or(events.span(), |size| size.whole());
    let message = match severity {
        Severity::Info => "ticks every five seconds fill a buffer of 10 events within a minute",
        Severity::Warning | Severity::Error => {
            "a burst of output fills a buffer of 10 events, and the oldest are lost"
        }
    };
    let mut found = cx
        .finding(place, message)
        .help("set `buffer_size=1000`")
        .fixed_by(Fix::safe("set `buffer_size=1000`", vec![edit]));
    found.severity = severity;
    cx.report(found);
}

/// Options of a stream that carries the protocol (CFG-241).
fn without_effect(cx: &mut LintContext<'_>, listener: &Section<'_>) {
    let on = [
        ("stdout_events_enabled", listener.flag("stdout_events_enabled", false) == Some(true)),
        ("stdout_capture_maxbytes", listener.bytes("stdout_capture_maxbytes", 0) > Some(0)),
    ];
    for (key, _) in on.into_iter().filter(|(_, on)| *on) {
        if let Some(written) = listener.own(key) {
            let lines = cx.config.lines(written.whole());
            let found = cx
                .finding(written.whole(), format!("`{key}` has no effect on a listener"))
                .labelled("its stdout carries the protocol")
                .fixed_by(Fix::safe(format!("remove `{key}`"), vec![(lines, String::new())]));
            cx.report(found);
        }
    }
}

fn anybody(config: &Config<'_>, speaks: fn(&Section<'_>) -> bool) -> bool {
    config.programs().any(speaks)
}

fn is_logging(program: &Section<'_>) -> bool {
    ["stdout_events_enabled", "stderr_events_enabled"]
        .iter()
        .any(|key| program.flag(key, false) != Some(false))
}

fn is_captured(program: &Section<'_>) -> bool {
    ["stdout_capture_maxbytes", "stderr_capture_maxbytes"]
        .iter()
        .any(|key| program.bytes(key, 0) != Some(0))
}
