//! Pages that show the end of a log and follow it (WEB-051 to WEB-058).

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::{rows, status};
use crate::api::process;
use crate::http::target::percent_encode;
use crate::supervisor::message::{Channel, ProcessStatus};

/// The end of a log, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Excerpt {
    /// What is shown.
    pub(in crate::web) text: String,
    /// Where the script follows it, with the byte the excerpt begins at; `None` when there is no
    /// log.
    pub(in crate::web) stream: Option<String>,
    /// Where the whole of it can be had.
    pub(in crate::web) download: Option<String>,
}

/// The page of one process's log.
#[derive(Clone, Copy, Debug)]
pub(in crate::web) struct ProcessLog<'a> {
    /// The name as given.
    pub(in crate::web) name: &'a str,
    /// Which stream.
    pub(in crate::web) channel: Channel,
    /// Bytes shown.
    pub(in crate::web) limit: u64,
    /// The process, if there is one.
    pub(in crate::web) status: Option<&'a ProcessStatus>,
    /// Its log.
    pub(in crate::web) excerpt: &'a Excerpt,
}

/// The content of a process's page.
pub(in crate::web) fn process_log(page: &ProcessLog<'_>, token: &str) -> Markup {
    let address = |channel: Channel| {
        let name = percent_encode(page.name);
        format!("tail.html?processname={name}&limit={}&channel={}", page.limit, channel.name())
    };
    html! {
        section.process {
            @if let Some(status) = page.status { (summary(page.name, status, token)) }
            nav.tabs aria-label="Streams" {
                @for channel in [Channel::Stdout, Channel::Stderr] {
                    a href=(address(channel))
                        aria-current=[(channel == page.channel).then_some("page")] { (channel.name()) }
                }
            }
            (viewer(page.excerpt, &address(page.channel)))
        }
    }
}

fn summary(name: &str, status: &ProcessStatus, token: &str) -> Markup {
    html! {
        form #act method="post" action="act" {
            input type="hidden" name="token" value=(token);
            input type="hidden" name="back" value=(rows::tail_address(name));
            input type="hidden" name="target" value=(name);
            div.facts data-key=(name) data-state=(status.state.name()) data-up=[rows::uptime(status)]
                data-pid=[status.pid.map(|pid| pid.0)] {
                h1 { (name) }
                span.state { (rows::badge(status.state)) }
                span.desc { (process::description(status, &TimeZone::system())) }
                span.more { (rows::details(status)) }
                span.often { "restarts " span.restarts { (rows::restarts(status)) } }
                span.action {
                    (rows::buttons(name, status.state))
                    button name="do" value={ "clear:" (name) } { "Clear logs" }
                    span.pair {
                        (status::signal_choice())
                        button name="do" value={ "signal:" (name) } { "Signal" }
                    }
                }
            }
        }
    }
}

/// The content of the page of the activity log.
pub(in crate::web) fn activity(excerpt: &Excerpt, token: &str) -> Markup {
    html! {
        form #act.heading method="post" action="act" {
            input type="hidden" name="token" value=(token);
            input type="hidden" name="back" value="activity.html";
            h1 { "Activity" }
            span.action { button name="do" value="clearmain" { "Clear log" } }
        }
        (viewer(excerpt, "activity.html"))
    }
}

/// A log with what the script needs to follow it. Without the script it is a still picture, and a
/// link takes a new one.
fn viewer(excerpt: &Excerpt, address: &str) -> Markup {
    html! {
        div.viewer data-stream=[excerpt.stream.as_deref()] {
            div.tools {
                a.button.refresh href=(address) { " Refresh " }
                button #pause.live type="button" aria-pressed="false" hidden { "Pause" }
                button #wrap.live type="button" aria-pressed="true" hidden { "Wrap" }
                input #find.live type="search" placeholder="Find in log" aria-label="Find in log"
                    autocomplete="off" spellcheck="false" hidden;
                span #found.live role="status" hidden { }
                @if let Some(download) = &excerpt.download {
                    a.button.download href=(download) download { "Download" }
                }
            }
            pre #log tabindex="0" role="log" aria-live="off" aria-label="Log" { (excerpt.text) }
            button #latest.live type="button" hidden { "Jump to latest" }
        }
    }
}
