// The table of processes: follows changes, counts on uptimes, filters, sorts and selects.

import { all, find, showLink, uptime, write } from "./page.js";

const RUNNABLE = ["STARTING", "RUNNING", "BACKOFF"];
const SETS = {
  running: ["RUNNING", "STARTING"],
  trouble: ["FATAL", "BACKOFF", "UNKNOWN"],
  stopped: ["STOPPED", "STOPPING", "EXITED"],
};
/** Trouble first, as the server sorts. */
const RANKS = { FATAL: 0, UNKNOWN: 0, BACKOFF: 1, STARTING: 2, STOPPING: 2, EXITED: 3, STOPPED: 4, RUNNING: 5 };

/** The elements that show processes, by name, with the parts of them that change. */
const shown = new Map();
/** When each running one began, in the clock of this page. */
const since = new WeakMap();
/** The ones on the screen: only their uptime is counted on. */
const visible = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) visible.add(entry.target);
    else visible.delete(entry.target);
  }
});

function collect() {
  shown.clear();
  visible.clear();
  watcher.disconnect();
  for (const element of all("[data-key]")) {
    shown.set(element.dataset.key, {
      element,
      name: element.dataset.key.toLowerCase(),
      badge: find(".badge", element),
      description: find(".desc", element),
      restarts: find(".restarts", element),
      details: find(".more", element),
      buttons: all(".action button", element),
    });
    watcher.observe(element);
    remember(element, element.dataset.up);
  }
}

function remember(element, up) {
  if (up === undefined || up === null || up === "") since.delete(element);
  else since.set(element, performance.now() - Number(up) * 1000);
}

function update(row, process) {
  const { element } = row;
  if (element.dataset.state !== process.state) {
    element.classList.remove("changing");
    requestAnimationFrame(() => element.classList.add("changing"));
    element.dataset.state = process.state;
    row.badge.className = `badge ${process.class}`;
    write(row.badge, process.state.toLowerCase());
    const on = RUNNABLE.includes(process.state);
    for (const button of row.buttons) {
      const [verb] = button.value.split(":");
      if (verb === "start") button.disabled = on || process.state === "STOPPING";
      if (verb === "stop" || verb === "restart") button.disabled = !on;
    }
  }
  element.dataset.pid = process.pid;
  remember(element, process.up);
  element.dataset.start = process.start ?? "";
  write(row.description, process.description);
  element.dataset.restarts = process.restarts;
  write(row.restarts, String(process.restarts));
  write(row.details, process.details);
}

function tick() {
  if (document.hidden) return;
  for (const element of visible) {
    const start = since.get(element);
    if (start === undefined) continue;
    const seconds = Math.max(0, Math.floor((performance.now() - start) / 1000));
    const row = shown.get(element.dataset.key);
    write(row?.description, `pid ${element.dataset.pid}, uptime ${uptime(seconds)}`);
  }
}

/** Fetches the page anew and takes its table: groups came or went, or the order is another. */
async function reloadTable() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, next] = [find("#processes"), find("#processes", fresh)];
  if (!old || !next) {
    location.reload();
    return;
  }
  const ticked = new Set(all("input:checked", old).map((box) => box.value));
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(next);
  for (const box of all("input", next)) box.checked = ticked.has(box.value);
  for (const link of all("#filters a")) link.href = find(`#filters a[data-only="${link.dataset.only}"]`, fresh).href;
  if (focused) {
    const same = (other) => other.value === focused.value && other.dataset.sort === focused.dataset.sort &&
      other.getAttribute("href") === focused.getAttribute("href");
    all("a, button, input", next).find(same)?.focus();
  }
  collect();
  applyFilter();
}

let reloading = 0;
function reloadSoon() {
  clearTimeout(reloading);
  reloading = setTimeout(reloadTable, 150);
}

/** Follows the daemon's changes while somebody looks: a hidden page holds no connection. */
export function follow() {
  collect();
  const whole = find("#bar") !== null;
  if (whole) setUpTable();
  let events = null;
  const look = () => {
    if (document.hidden) {
      events?.close();
      events = null;
    } else if (!events) {
      events = listen(whole);
      tick();
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  setInterval(tick, 1000);
}

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
    for (const process of processes) {
      const row = shown.get(process.key);
      if (row) update(row, process);
    }
    if (!whole) return;
    if (processes.length !== shown.size || !processes.every((one) => shown.has(one.key))) reloadSoon();
    arrangeSoon();
  });
  events.addEventListener("process", (event) => {
    const process = JSON.parse(event.data);
    const row = shown.get(process.key);
    if (row) update(row, process);
    else if (whole) reloadSoon();
    if (whole) arrangeSoon();
  });
  events.addEventListener("groups", () => whole && reloadSoon());
  events.addEventListener("daemon", (event) => {
    const state = JSON.parse(event.data);
    if (state !== "RUNNING") showLink(false, state.toLowerCase());
  });
  return events;
}

// ---------------------------------------------------------------------------------------------
// Filter, order and selection

let only = "";
let arranging = 0;

/** Filters and sorts before the next frame, however much has changed by then. */
function arrangeSoon() {
  arranging ||= requestAnimationFrame(() => {
    arranging = 0;
    applyFilter();
    applyOrder();
  });
}

function applyFilter() {
  const words = find("#q")?.value.toLowerCase() ?? "";
  const counts = { "": 0, running: 0, trouble: 0, stopped: 0 };
  const groups = new Map();
  let matches = 0;
  for (const row of shown.values()) {
    const { element } = row;
    const { state } = element.dataset;
    const set = Object.keys(SETS).find((name) => SETS[name].includes(state));
    counts[""] += 1;
    counts[set] += 1;
    const fits = (only === "" || only === set) &&
      (words === "" || row.name.includes(words) || row.description.textContent.toLowerCase().includes(words));
    if (element.hidden === fits) element.hidden = !fits;
    if (fits) matches += 1;
    const body = element.parentElement;
    if (body.dataset.group === undefined) continue;
    const group = groups.get(body) ?? { fits: 0, running: 0, trouble: 0, size: 0 };
    groups.set(body, group);
    group.size += 1;
    group.fits += fits;
    group.running += state === "RUNNING";
    group.trouble += set === "trouble";
  }
  for (const [body, group] of groups) {
    const head = body.firstElementChild;
    head.hidden = group.fits === 0;
    const count = find(".count", head);
    write(count, `${group.running} of ${group.size} running`);
    count.classList.toggle("trouble", group.trouble > 0);
  }
  for (const link of all("#filters a")) {
    write(find(".count", link), String(counts[link.dataset.only]));
    if (link.dataset.only === only) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  find("#nothing").classList.toggle("hidden", matches > 0);
  showPicked();
}

/** Brings the rows into the order chosen; by name they stand in their groups and stay there. */
function applyOrder() {
  const order = new URLSearchParams(location.search).get("sort");
  const keys = {
    state: ({ element }) => RANKS[element.dataset.state],
    uptime: ({ element }) => -Number(element.dataset.start || 0),
    restarts: ({ element }) => -Number(element.dataset.restarts),
  };
  const body = find("#processes tbody:only-of-type:not([data-group])");
  if (!(order in keys) || !body) return;
  const rows = [...shown.values()].map((row) => ({ key: keys[order](row), row }));
  const names = (one, other) => (one.row.name < other.row.name ? -1 : 1);
  rows.sort((one, other) => one.key - other.key || names(one, other));
  if (rows.some(({ row }, at) => body.children[at] !== row.element)) {
    body.append(...rows.map(({ row }) => row.element));
  }
}

/** The ticked processes that can be seen. */
export function picked() {
  return all("#processes tr[data-key]:not([hidden]) input:checked").map((box) => box.value);
}

function showPicked() {
  const count = picked().length;
  find("#bar").classList.toggle("picking", count > 0);
  write(find("#picked"), `${count} selected:`);
}

/** Goes to an address of this page without leaving it. */
function turnTo(link) {
  const address = new URL(link.href);
  const words = find("#q").value;
  if (words !== "") address.searchParams.set("q", words);
  history.replaceState(null, "", address);
}

function setUpTable() {
  find("#bar").classList.add("live");
  only = new URLSearchParams(location.search).get("only") ?? "";
  if (!(only in SETS)) only = "";
  if (!find("#q")) return;
  find("#q").addEventListener("input", arrangeSoon);
  find("#search").addEventListener("submit", (event) => event.preventDefault());
  find("#search button").hidden = true;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#filters a, th a[data-sort]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    turnTo(link);
    if (link.dataset.only !== undefined) ({ only } = link.dataset);
    reloadTable();
    applyFilter();
  });
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const scope = box.id === "all" ? find("#processes") : box.closest("tbody");
    if (box.id === "all" || box.closest("tr.group")) {
      for (const other of all("tr:not([hidden]) input", scope)) other.checked = box.checked;
    }
    showPicked();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input[type=search], select, textarea, dialog")) return;
    event.preventDefault();
    find("#q").focus();
  });
  applyFilter();
}
