//! The pages as HTML: the frame all of them share, and the small ones. maud escapes every text.

pub(super) mod config;
pub(super) mod log;
pub(super) mod rows;
pub(super) mod status;

use maud::{DOCTYPE, Markup, html};

/// The pages the frame links to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The table of processes.
    Processes,
    /// The activity log.
    Activity,
    /// What a reread would change.
    Configuration,
    /// One without a place in the navigation.
    Other,
}

/// What the frame needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Which page this is.
    pub(super) page: Page,
    /// The title of the document.
    pub(super) title: &'a str,
    /// The identifier of the daemon.
    pub(super) identifier: &'a str,
    /// What the last action said (WEB-015).
    pub(super) message: Option<&'a str>,
}

/// A whole document around `content`.
pub(super) fn document(frame: &Frame<'_>, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (frame.title) }
                link rel="stylesheet" href="stylesheets/supervisor.css";
                link rel="icon" href="images/icon.svg" type="image/svg+xml";
                script type="module" src="planvisor.js" {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                (header(frame))
                main #main tabindex="-1" {
                    p.status_msg.hidden[frame.message.is_none()] role="status" {
                        (frame.message.unwrap_or_default())
                    }
                    (content)
                }
            }
        }
    }
}

fn header(frame: &Frame<'_>) -> Markup {
    let links = [
        (Page::Processes, "./", "Processes"),
        (Page::Activity, "activity.html", "Activity"),
        (Page::Configuration, "config.html", "Configuration"),
    ];
    html! {
        header #header {
            div.brand {
                a href="./" aria-label={ (frame.identifier) ", all processes" } {
                    img src="images/icon.svg" alt="" width="22" height="22";
                    span { (frame.identifier) }
                }
            }
            nav aria-label="Pages" {
                @for (page, address, name) in links {
                    a href=(address) aria-current=[(page == frame.page).then_some("page")] { (name) }
                }
            }
            span #link role="status" { }
        }
    }
}

/// Asks whether an old address may act, for browsers that do not say where its link was.
pub(super) fn confirmation(action: &str, name: Option<&str>, token: &str) -> Markup {
    html! {
        section.card {
            h1 { "Confirm" }
            p {
                "A link asks for the action " strong { (action) }
                @if let Some(name) = name { " on " strong { (name) } }
                ". Your browser does not say which page the link was on, so nothing has been done yet."
            }
            form method="post" action="index.html" {
                input type="hidden" name="token" value=(token);
                input type="hidden" name="action" value=(action);
                @if let Some(name) = name { input type="hidden" name="processname" value=(name); }
                button.primary type="submit" { "Do it" }
                " " a href="./" { "Cancel" }
            }
        }
    }
}

/// Says that something was refused, and why.
pub(super) fn refusal(reason: &str) -> Markup {
    html! {
        section.card {
            h1 { "Refused" }
            p { (reason) }
            p { a href="./" { "To the processes" } }
        }
    }
}
