//! SV005: an option indented into the value above it.

use grammar::Span;

use crate::diagnostic::{Fix, codes};
use crate::lint::view::{Config, Kind, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};
use crate::schema::{self, SectionSpec};

/// An option indented into the value above it.
pub(super) struct SwallowedOption;

static META: Meta = Meta {
    code: codes::SWALLOWED_OPTION,
    depth: Depth::Plan,
    what: "Finds lines that read like an option or a header but are indented deeper than the option \
           above them.",
    why: "Such a line continues the value above: `autostart=false` becomes part of the command.",
    remedy: "Indent every option of a section alike.",
    seen: &[],
    examples: &[Example {
        bad: "[program:web]\ndirectory=/srv\n  autostart=false\ncommand=/srv/web\n",
        good: "[program:web]\ndirectory=/srv\nautostart=false\ncommand=/srv/web\n",
        mended: Mended::Unsafely,
    }],
    clean: &[
        "[program:web]\ncommand=/srv/web\n  --user=x\n  --port 80\n",
        "[program:web]\ncommand=/srv/web\nenvironment=A=\"1\",\n  user=\"x\"\n",
    ],
};

impl Rule for SwallowedOption {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.sections() {
            let long = section.written().iter().filter(|written| !written.entry.rest.is_empty());
            for written in long.filter(|written| written.key != "environment") {
                let spec = schema::section_of(section.name);
                for &line in &written.entry.rest {
                    if reads_like_an_option(config, line, spec) {
                        let found = cx
                            .finding(
                                line,
                                format!("this line is part of the value of `{}`", written.key),
                            )
                            .labelled("indented deeper than the option above")
                            .help("indent it like the other options")
                            .fixed_by(dedented(config, written, line));
                        cx.report(found);
                    }
                }
            }
        }
    }
}

fn reads_like_an_option(config: &Config<'_>, line: Span, spec: Option<&SectionSpec>) -> bool {
    let text = line.of(config.text(line.file));
    if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Kind::of(name) != Kind::Unknown;
    }
    let Some(delimiter) = text.find(['=', ':']) else { return false };
    let key = text[..delimiter].trim_end().to_lowercase();
    spec.is_some_and(|spec| spec.option(&key).is_some())
}

fn dedented(config: &Config<'_>, above: &Written<'_>, line: Span) -> Fix {
    let text = config.text(line.file);
    let indent = |at: Span| {
        let start = config.lines(at).start;
        Span { start, end: at.start, ..at }
    };
    let wanted = indent(above.key_span()).of(text).to_owned();
    Fix::risky("indent it like the option above", vec![(indent(line), wanted)])
}
