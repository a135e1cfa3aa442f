//! The pages that show logs, and the logs as files to keep. Following a log is the business of the
//! streams; these pages say where they are.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use tokio::sync::mpsc;

use super::form::Form;
use super::legacy::unexpected;
use super::pages::Page;
use super::pages::log::{Excerpt, ProcessLog, activity, process_log};
use super::{Visit, Web, uncached};
use crate::api::Daemon;
use crate::api::logs::log_of;
use crate::http::reply::{self, Reply};
use crate::http::target::percent_encode;
use crate::logs::read;
use crate::supervisor::message::{Channel, Reply as CoreReply, Request};

/// Bytes shown unless more are asked for (WEB-052).
const LEAST: u64 = 1024;

/// The most that is shown; the rest is a download away.
const MOST: u64 = 1024 * 1024;

/// Bytes of the activity log that are shown.
const ACTIVITY: u64 = 64 * 1024;

/// Bytes a download sends at once.
const PIECE: usize = 64 * 1024;

impl<D: Daemon> Web<D> {
    /// `/tail.html` (WEB-051 to WEB-058).
    pub(super) async fn tail_page(&self, visit: &Visit) -> Reply {
        let Some(name) = visit.form.get("processname") else {
            let content = maud::html! { p.empty { "No process name found" } };
            let title = "Supervisor tail of process None";
            return self.show(Page::Other, title, visit, content).await;
        };
        let channel = channel_of(&visit.form);
        let limit = limit_of(&visit.form);
        let status = match self.daemon.request(Request::Info { name: name.to_owned() }).await {
            Ok(CoreReply::Process(status)) => Some(status),
            Ok(_) | Err(_) => None,
        };
        let excerpt = match log_of(&*self.daemon, name, channel).await {
            Ok(path) => process_excerpt(name, channel, path, limit).await,
            Err(fault) => without_log(format!("ERROR: {}", unexpected(&fault))),
        };
        let title = format!("Supervisor tail of process {name}");
        let page =
            ProcessLog { name, channel, limit, status: status.as_deref(), excerpt: &excerpt };
        let content = process_log(&page, visit.session.token());
        self.show(Page::Other, &title, visit, content).await
    }

    /// The activity log.
    pub(super) async fn activity_page(&self, visit: &Visit) -> Reply {
        let excerpt = match self.daemon.log_path().await {
            Some(path) => excerpt(path, ACTIVITY, "mainlogtail", "download").await,
            None => None,
        };
        let excerpt = excerpt.unwrap_or_else(|| without_log("There is no log file".to_owned()));
        let content = activity(&excerpt, visit.session.token());
        self.show(Page::Activity, "Supervisor Activity", visit, content).await
    }

    /// A whole log file: of a process, or without a name the activity log.
    pub(super) async fn download(&self, visit: &Visit) -> Reply {
        let (path, file) = match visit.form.get("processname") {
            Some(name) => {
                let channel = channel_of(&visit.form);
                let path = log_of(&*self.daemon, name, channel).await.unwrap_or_default();
                (path, format!("{}-{}.log", name.replace(':', "-"), channel.name()))
            }
            None => (self.daemon.log_path().await, "supervisord.log".to_owned()),
        };
        let Some(path) = path else {
            return reply::error(StatusCode::NOT_FOUND);
        };
        let Ok(Ok(open)) = tokio::task::spawn_blocking(move || File::open(path)).await else {
            return reply::error(StatusCode::NOT_FOUND);
        };
        let (sender, chunks) = mpsc::channel(2);
        tokio::task::spawn_local(send_file(open, sender));
        let answer = reply::endless("text/plain;charset=utf-8", chunks, &visit.exchange.socket);
        let disposition = format!("attachment; filename*=UTF-8''{}", percent_encode(&file));
        match HeaderValue::from_str(&disposition) {
            Ok(value) => uncached(reply::with_header(answer, header::CONTENT_DISPOSITION, value)),
            Err(_) => uncached(answer),
        }
    }
}

async fn process_excerpt(
    name: &str,
    channel: Channel,
    path: Option<Arc<Path>>,
    limit: u64,
) -> Excerpt {
    let encoded = percent_encode(name);
    let stream = format!("logtail/{encoded}/{}", channel.name());
    let download = format!("download?processname={encoded}&channel={}", channel.name());
    let found = match path {
        Some(path) => excerpt(path, limit, &stream, &download).await,
        None => None,
    };
    found.unwrap_or_else(|| without_log(format!("No file for {name}")))
}

/// The end of a file, and where the rest is.
async fn excerpt(path: Arc<Path>, limit: u64, stream: &str, download: &str) -> Option<Excerpt> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let reading = tokio::task::spawn_blocking(move || {
        // A missing file reads as empty, which is not the same here.
        std::fs::metadata(&path)?;
        let tail = read::tail(&path, 0, limit)?;
        let mut data = Vec::new();
        tail.part.map(|mut part| part.read_to_end(&mut data)).transpose()?;
        Ok::<_, io::Error>((data, tail.offset))
    });
    let (data, end) = reading.await.ok()?.ok()?;
    let shown = i64::try_from(data.len()).unwrap_or_default();
    Some(Excerpt {
        text: plain(&String::from_utf8_lossy(&data)),
        stream: Some(format!("{stream}?from={}", end - shown)),
        download: Some(download.to_owned()),
    })
}

/// What stands where a log would, when there is none.
fn without_log(text: String) -> Excerpt {
    Excerpt { text, stream: None, download: None }
}

fn channel_of(form: &Form) -> Channel {
    if form.get("channel") == Some("stderr") { Channel::Stderr } else { Channel::Stdout }
}

fn limit_of(form: &Form) -> u64 {
    let digits = form.get("limit").filter(|limit| limit.bytes().all(|b| b.is_ascii_digit()));
    digits.map_or(LEAST, |digits| digits.parse().unwrap_or(MOST).clamp(LEAST, MOST))
}

/// Sends a file to its present end, as fast as the receiver takes it.
async fn send_file(mut file: File, sender: mpsc::Sender<Bytes>) {
    loop {
        let reading = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            let read = Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece);
            (file, read.map(|_| piece))
        });
        let Ok((back, Ok(piece))) = reading.await else {
            return;
        };
        file = back;
        if piece.is_empty() || sender.send(piece.into()).await.is_err() {
            return;
        }
    }
}

/// Text without what only a terminal understands.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control() && c != '\n' && c != '\t') {
        plain.push_str(&rest[..at]);
        rest = after_control(&rest[at..]);
    }
    plain.push_str(rest);
    plain
}

/// What follows the control sequence at the start of `text`.
fn after_control(text: &str) -> &str {
    let Some(sequence) = text.strip_prefix("\u{1b}[") else {
        let mut characters = text.chars();
        characters.next();
        return characters.as_str();
    };
    let parameters = |c: char| c.is_ascii_digit() || ";:<=>? !\"#$%&'()*+,-./".contains(c);
    let sequence = sequence.trim_start_matches(parameters);
    let mut last = sequence.chars();
    match last.next() {
        Some(letter) if letter.is_ascii_alphabetic() => last.as_str(),
        Some(_) | None => sequence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn terminal_sequences_are_left_out() {
        check("a\n\tb", "a\n\tb");
        check("\u{1b}[1;31mred\u{1b}[0m!", "red!");
        check("\u{1b}[2J\u{1b}[?25hx\r\n\u{7}", "x\n");
        check("ä\u{1b}", "ä");
        check("\u{1b}[", "");
    }

    #[test]
    fn limits_are_bounded() {
        // WEB-052
        let limit = |text: &str| {
            let target = crate::http::target::Target {
                path: "/".to_owned(),
                query: format!("limit={text}"),
            };
            limit_of(&Form::read(&target, b""))
        };
        assert_eq!(limit("1"), 1024);
        assert_eq!(limit("-5"), 1024);
        assert_eq!(limit("5000"), 5000);
        assert_eq!(limit("99999999999999999999999"), MOST);
    }
}
