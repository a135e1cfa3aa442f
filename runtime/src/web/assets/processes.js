// Follows the daemon's changes, on the page of all processes and on that of one.

import { all, find, showLink } from "./page.js";
import { Process } from "./process.js";
import { Table } from "./table.js";

/** Milliseconds between two times the page is brought up to date, however much changes. */
const PAUSE = 100;
/** For how long a state that is new stands out. */
const NEW = 1500;

/** The table, on the page of all processes; the process, on a page of its own. */
let table = null;
let single = null;
/** The processes on the screen: only their uptime is counted on. */
const visible = new Set();
/** What the daemon has said that is not on the page yet, by process. */
const news = new Map();

const known = (key) => table?.process(key) ?? (single?.key === key ? single : undefined);

/** The ticked processes, on a page that has any to tick. */
export function picked() {
  return table?.picked() ?? null;
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const process = known(target.dataset.key);
    if (process && isIntersecting) visible.add(process);
    else visible.delete(process);
  }
});

function watch() {
  watcher.disconnect();
  visible.clear();
  for (const element of all("[data-key]")) watcher.observe(element);
}

function tick() {
  if (document.hidden) return;
  for (const process of visible) process.tick();
}

let due = 0;
let lately = -PAUSE;

/** Takes what the daemon says of a process. The first change shows at once, a storm now and then. */
function hear(one) {
  news.set(one.key, one);
  due ||= setTimeout(show, lately + PAUSE - performance.now());
}

function show() {
  due = 0;
  lately = performance.now();
  const changed = [];
  for (const [key, one] of news) {
    const process = known(key);
    // What is told of a row that is still on its way is kept for it.
    if (!process && table) continue;
    news.delete(key);
    if (process?.update(one) && visible.has(process)) changed.push(process.element);
  }
  table?.arrange();
  for (const element of changed) element.classList.add("changed");
  setTimeout(() => changed.forEach((element) => element.classList.remove("changed")), NEW);
}

/** Fetches the page anew and takes from its table what is new: groups came or went. */
async function refresh() {
  const before = new Map(news);
  const answer = await fetch("./").catch(() => null);
  if (!answer?.ok) return;
  const fresh = find("#processes", new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!table || !fresh) {
    location.reload();
    return;
  }
  table.adopt(fresh);
  watch();
  show();
  // Who was told of before and is not on the new page is gone.
  for (const [key, one] of before) if (news.get(key) === one) news.delete(key);
}

/** Milliseconds a refresh waits for further groups that come or go. */
const GATHER = 150;

let refreshing = 0;

function refreshSoon() {
  clearTimeout(refreshing);
  refreshing = setTimeout(refresh, GATHER);
}

/** Follows the daemon's changes while somebody looks: a hidden page holds no connection. */
export function follow() {
  const [element, facts] = [find("#processes"), find(".facts[data-key]")];
  if (element) table = new Table(element);
  if (facts) single = new Process(facts);
  watch();
  let events = null;
  const look = () => {
    if (document.hidden) {
      events?.close();
      events = null;
    } else if (!events) {
      events = listen(find("#bar") !== null);
      tick();
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  setInterval(tick, 1000);
}

/** Opens the stream of changes; `whole` says whether the page shows every process. */
function listen(whole) {
  const events = new EventSource("events");
  events.onerror = () => showLink(false, "reconnecting");
  // A daemon that was started anew knows none of the old tokens.
  events.addEventListener("token", (event) => {
    showLink(true, "live");
    for (const field of all("input[name=token]")) field.value = JSON.parse(event.data);
  });
  events.addEventListener("processes", (event) => {
    const processes = JSON.parse(event.data);
    processes.forEach(hear);
    if (!whole) return;
    const keys = processes.map(({ key }) => key);
    table?.place(keys);
    if (table ? !table.holds(keys) : keys.length > 0) refreshSoon();
  });
  events.addEventListener("process", (event) => {
    const one = JSON.parse(event.data);
    hear(one);
    if (whole && !known(one.key)) refreshSoon();
  });
  events.addEventListener("groups", () => whole && refreshSoon());
  events.addEventListener("daemon", (event) => {
    const state = JSON.parse(event.data);
    if (state !== "RUNNING") showLink(false, state.toLowerCase());
  });
  return events;
}
