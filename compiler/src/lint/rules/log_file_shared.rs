//! SV026: one log file written and rotated by several streams.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, codes};
use crate::lint::text::{LogFile, holds, log_file};
use crate::lint::view::{STDERR_LOG, Section, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// One log file written and rotated by several streams.
pub(super) struct LogFileShared;

static META: Meta = Meta {
    code: codes::LOG_FILE_SHARED,
    depth: Depth::Plan,
    what: "Finds one file as the log of two programs, of several processes of one program, or of \
           both streams of a process, where at least one of them rotates it.",
    why: "Each rotates the file under the others, which go on writing to the renamed one: lines are \
          lost and backups overwritten.",
    remedy: "Give each its own file: `%(program_name)s` and `%(process_num)s` tell them apart; \
             `redirect_stderr=true` joins the streams of one process.",
    seen: &["#702"],
    examples: &[
        Example {
            bad: "[program:a]\ncommand=/srv/a\nstdout_logfile=/var/log/x.log\n\
                  [program:b]\ncommand=/srv/b\nstdout_logfile=/var/log/x.log\n",
            good: "[program:a]\ncommand=/srv/a\nstdout_logfile=/var/log/a.log\n\
                   [program:b]\ncommand=/srv/b\nstdout_logfile=/var/log/b.log\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:a]\ncommand=/srv/a\nnumprocs=2\nprocess_name=a_%(process_num)d\nstdout_logfile=/var/log/a.log\n",
            good: "[program:a]\ncommand=/srv/a\nnumprocs=2\nprocess_name=a_%(process_num)d\nstdout_logfile=/var/log/a_%(process_num)d.log\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:a]\ncommand=/srv/a\nstdout_logfile=/var/log/a.log\nstderr_logfile=/var/log/a.log\n",
            good: "[program:a]\ncommand=/srv/a\nstdout_logfile=/var/log/a.log\nredirect_stderr=true\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &[
        "[DEFAULT]\nstdout_logfile=/var/log/%(program_name)s.log\n[program:a]\ncommand=/srv/a\n[program:b]\ncommand=/srv/b\n",
        "[program:a]\ncommand=/srv/a\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstderr_logfile=/dev/stdout\nstderr_logfile_maxbytes=0\n",
    ],
};

/// A stream that writes to a file.
struct Stream<'s, 'a> {
    section: &'s Section<'a>,
    written: &'s Written<'a>,
    rotates: bool,
}

impl Rule for LogFileShared {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        let mut files: IndexMap<_, Vec<Stream<'_, '_>>> = IndexMap::new();
        let mut own = Vec::new();
        for section in config.sections() {
            for stream in streams(section) {
                if is_own(&stream) {
                    own.push(stream);
                } else {
                    files.entry(path(&stream)).or_default().push(stream);
                }
            }
            match &own[..] {
                [one, other] if path(one) == path(other) => judge(cx, &own),
                apart => apart.chunks(1).for_each(|stream| judge(cx, stream)),
            }
            own.clear();
        }
        files.values().for_each(|streams| judge(cx, streams));
    }
}

/// The streams of a section that go to files.
fn streams<'s, 'a>(section: &'s Section<'a>) -> impl Iterator<Item = Stream<'s, 'a>> {
    section.kind.logs().iter().filter_map(move |&log| {
        let redirected = || section.flag("redirect_stderr", false) != Some(false);
        let written = section.get(log.file).filter(|written| {
            log_file(&written.value) == LogFile::File && !(log == STDERR_LOG && redirected())
        })?;
        let rotates = section.bytes(log.maxbytes, 50 << 20) != Some(0);
        Some(Stream { section, written, rotates })
    })
}

/// Whether anything but the name in its path differs between programs, variables of their own among
/// it: no other section surely has the same file.
fn is_own(stream: &Stream<'_, '_>) -> bool {
    holds(&stream.written.value, &["%(group_name)", "%(process_num)", "%(ENV_", "%(here)"])
}

/// The path with what can be told of its expansions, so that equal texts are equal files.
fn path<'s>(stream: &Stream<'s, '_>) -> Cow<'s, str> {
    let value: &'s str = &stream.written.value;
    match holds(value, &["%(program_name)s"]) {
        true => Cow::Owned(value.replace("%(program_name)s", stream.section.subject())),
        false => Cow::Borrowed(value),
    }
}

/// Reports the streams that write to one file.
fn judge(cx: &mut LintContext<'_>, streams: &[Stream<'_, '_>]) {
    if streams.iter().any(|stream| stream.rotates) {
        let found = match streams {
            [stream] => multiplied(cx, stream),
            [first, rest @ ..] => shared(cx, first, rest),
            [] => None,
        };
        found.into_iter().for_each(|finding| cx.report(finding));
    }
}

/// Several processes of one program.
fn multiplied(cx: &LintContext<'_>, stream: &Stream<'_, '_>) -> Option<Diagnostic> {
    let many = stream.section.number("numprocs", 1)? > 1;
    let apart = holds(&stream.written.value, &["%(process_num)", "%(ENV_"]);
    let numprocs = stream.section.get("numprocs").filter(|_| many && !apart)?;
    Some(
        cx.finding(
            stream.written.span(),
            "every process of this program writes and rotates this file",
        )
        .also(numprocs.whole(), "that many processes")
        .help("put `%(process_num)d` into the name"),
    )
}

fn shared(
    cx: &LintContext<'_>,
    first: &Stream<'_, '_>,
    rest: &[Stream<'_, '_>],
) -> Option<Diagnostic> {
    let one = rest.iter().all(|stream| stream.section.name == first.section.name);
    let last = rest.last()?;
    let others: Vec<_> = std::iter::once(first).chain(&rest[..rest.len() - 1]).collect();
    let (message, help) = if one {
        (
            "both streams write and rotate this file",
            "set `redirect_stderr=true` instead of `stderr_logfile`",
        )
    } else {
        ("several programs write and rotate this file", "give each its own file")
    };
    let mut found = cx.finding(last.written.span(), message).help(help);
    for stream in others.iter().take(3) {
        if stream.written.span() != last.written.span() {
            found = found.also(stream.written.span(), "also written here");
        }
    }
    Some(found)
}
