//! `[eventlistener:x]`: a pool of processes that are told of events (CFG-234 to CFG-242).

use std::sync::Arc;

use super::interface::own_name;
use super::program::{Builder, finish, program_part};
use super::{Context, Draft, Reader, group};
use crate::diagnostic::codes;
use crate::pass::outline::{Section as WrittenSection, Written};
use crate::plan::{GroupKind, PoolPlan};
use crate::schema::nearest;
use crate::schema::row_of;
use crate::schema::section::{Listener, Program};
use crate::settings::Made;

/// The types of event (CFG-239).
pub const EVENTS: [&str; 27] = [
    "EVENT",
    "PROCESS_STATE",
    "PROCESS_STATE_STOPPED",
    "PROCESS_STATE_EXITED",
    "PROCESS_STATE_STARTING",
    "PROCESS_STATE_STOPPING",
    "PROCESS_STATE_BACKOFF",
    "PROCESS_STATE_FATAL",
    "PROCESS_STATE_RUNNING",
    "PROCESS_STATE_UNKNOWN",
    "PROCESS_COMMUNICATION",
    "PROCESS_COMMUNICATION_STDOUT",
    "PROCESS_COMMUNICATION_STDERR",
    "PROCESS_LOG",
    "PROCESS_LOG_STDOUT",
    "PROCESS_LOG_STDERR",
    "REMOTE_COMMUNICATION",
    "SUPERVISOR_STATE_CHANGE",
    "SUPERVISOR_STATE_CHANGE_RUNNING",
    "SUPERVISOR_STATE_CHANGE_STOPPING",
    "TICK",
    "TICK_5",
    "TICK_60",
    "TICK_3600",
    "PROCESS_GROUP",
    "PROCESS_GROUP_ADDED",
    "PROCESS_GROUP_REMOVED",
];

/// The result handler this daemon implements.
const HANDLER: &str = "supervisor.dispatchers:default_handler";

pub(super) fn pool(context: &Context<'_>, section: &WrittenSection) -> Draft {
    const REDIRECT: usize = row_of(Listener::OPTIONS, "redirect_stderr");
    let mut reader = Reader::new(context, section);
    let mut listener = Listener::default();
    let slots = reader.slots(0);
    let scope = context.daemon_scope();
    reader.read(&mut listener, &slots, 0..2, &scope);
    buffer_size(&mut reader, &listener, slots[row_of(Listener::OPTIONS, "buffer_size")]);
    reader.read(&mut listener, &slots, 2..3, &scope);
    result_handler(&mut reader, &listener, slots[row_of(Listener::OPTIONS, "result_handler")]);
    reader.read(&mut listener, &slots, 3..REDIRECT, &scope);
    events(&mut reader, &listener, slots[row_of(Listener::OPTIONS, "events")]);
    reader.read(&mut listener, &slots, REDIRECT..REDIRECT + 1, &scope);
    redirect(&mut reader, &listener, slots[REDIRECT]);

    reader.suffixed = true;
    let pool: Arc<str> = Arc::from(own_name(&section.name));
    let name = group::name(&mut reader, true);
    let part = program_part(section);
    let slots = reader.slots(part);
    let mut builder = Builder::new(&mut reader, slots, name, &pool);
    builder.options(row_of(Program::OPTIONS, "priority"));
    let built = builder.processes();
    let kind = GroupKind::EventListener(Box::new(PoolPlan {
        buffer_size: u32::try_from(listener.buffer_size.max(1)).unwrap_or(u32::MAX),
        events: listener.events.clone(),
        result_handler: listener.result_handler.clone(),
    }));
    let draft = finish(&pool, listener.priority, kind, built, reader);
    Draft { made: Made { listener: Some(Box::new(listener)), ..draft.made }, ..draft }
}

fn buffer_size(reader: &mut Reader<'_>, listener: &Listener, written: Option<Written>) {
    if listener.buffer_size < 1 {
        let (section, size) = (&reader.section.name, listener.buffer_size);
        let original = format!("[{section}] section sets invalid buffer_size ({size})");
        let span = reader.span(written);
        reader.error(codes::OUT_OF_RANGE, span, "no event would fit the buffer", &original).help =
            Some("write a number from 1 on".to_owned());
    }
}

/// As with RPC interfaces, only what cannot name a handler of another package is refused.
fn result_handler(reader: &mut Reader<'_>, listener: &Listener, written: Option<Written>) {
    let handler = &listener.result_handler;
    let known = handler == HANDLER || !handler.starts_with("supervisor.") && handler.contains(':');
    if !known && written.is_some_and(|written| reader.passed(&written)) {
        let section = &reader.section.name;
        let original = format!("{handler} cannot be resolved within [{section}]");
        let message = format!("`{handler}` is not a result handler this daemon implements");
        let span = reader.span(written);
        reader.error(codes::UNKNOWN_FACTORY, span, message, &original).help =
            Some("remove `result_handler`".to_owned());
    }
}

fn events(reader: &mut Reader<'_>, listener: &Listener, written: Option<Written>) {
    let section = reader.section.name.clone();
    if listener.events.is_empty() {
        if written.is_none_or(|written| reader.passed(&written)) {
            let original = format!("[{section}] section requires an \"events\" line");
            let span = reader.span(written);
            let message = format!("`[{section}]` is told of no `events`");
            reader.error(codes::MISSING_OPTION, span, message, &original).help =
                Some("add `events = ` and the types of event, such as `PROCESS_STATE`".to_owned());
        }
        return;
    }
    for event in listener.events.iter().filter(|event| !EVENTS.contains(&event.as_str())) {
        let original = format!("Unknown event type {event} in [{section}] events");
        let span = event_span(reader, event, written);
        let near = nearest(event, EVENTS);
        let finding = reader.error(
            codes::UNKNOWN_EVENT,
            span,
            format!("there is no event type `{event}`"),
            &original,
        );
        finding.help = near.first().map(|near| format!("did you mean `{near}`?"));
    }
}

fn event_span(reader: &Reader<'_>, event: &str, written: Option<Written>) -> grammar::Span {
    let Some(written) = written else { return reader.span(None) };
    let text = reader.text(&written);
    let items = grammar::value::list(&text);
    match items.iter().find(|item| item.text.to_uppercase() == event) {
        Some(item) if !item.range.is_empty() => {
            reader.place(&written, item.range.start as usize..item.range.end as usize)
        }
        _ => reader.span(Some(written)),
    }
}

fn redirect(reader: &mut Reader<'_>, listener: &Listener, written: Option<Written>) {
    if listener.redirect_stderr {
        let section = &reader.section.name;
        let original = format!(
            "[{section}] section sets redirect_stderr=true but this is not allowed because it will \
             interfere with the eventlistener protocol"
        );
        let span = reader.span(written);
        let message = "stderr would be mixed into the protocol on stdout";
        reader.error(codes::LISTENER_REDIRECT, span, message, &original).help =
            Some("remove `redirect_stderr`".to_owned());
    }
}
