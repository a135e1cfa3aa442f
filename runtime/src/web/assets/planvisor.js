// What the pages do by themselves: follow changes and logs, send forms without leaving the page.
// Everything here is also possible without it, by links and forms.

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** The connection's state, for the corner of the page. */
function showLink(on, text) {
  const link = find("#link");
  if (link.textContent === text) return;
  link.textContent = text;
  link.className = on ? "on" : "off";
}

function say(message, ok = true) {
  const place = find(".status_msg");
  place.textContent = message;
  place.classList.remove("hidden");
  place.classList.toggle("bad", !ok);
}

/** H:MM:SS, with the days in front, as the server writes it. */
function uptime(seconds) {
  const days = Math.floor(seconds / 86400);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const clock = `${Math.floor((seconds % 86400) / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (days === 0) return clock;
  return days === 1 ? `1 day, ${clock}` : `${days} days, ${clock}`;
}

// ---------------------------------------------------------------------------------------------
// Processes

const RUNNABLE = ["STARTING", "RUNNING", "BACKOFF"];
const SETS = {
  running: ["RUNNING", "STARTING"],
  trouble: ["FATAL", "BACKOFF", "UNKNOWN"],
  stopped: ["STOPPED", "STOPPING", "EXITED"],
};

/** The elements that show processes, by name. */
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
    shown.set(element.dataset.key, element);
    watcher.observe(element);
    remember(element, element.dataset.up);
  }
}

function remember(element, up) {
  if (up === undefined || up === null || up === "") since.delete(element);
  else since.set(element, performance.now() - Number(up) * 1000);
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function update(element, process) {
  if (element.dataset.state !== process.state) {
    element.classList.remove("changing");
    requestAnimationFrame(() => element.classList.add("changing"));
  }
  element.dataset.state = process.state;
  element.dataset.pid = process.pid;
  remember(element, process.up);
  const badge = find(".badge", element);
  badge.className = `badge ${process.class}`;
  write(badge, process.state.toLowerCase());
  write(find(".desc", element), process.description);
  write(find(".more", element), process.details);
  const on = RUNNABLE.includes(process.state);
  for (const button of all(".action button", element)) {
    const verb = button.value.split(":")[0];
    if (verb === "start") button.disabled = on || process.state === "STOPPING";
    if (verb === "stop" || verb === "restart") button.disabled = !on;
  }
}

function tick() {
  if (document.hidden) return;
  for (const element of visible) {
    const start = since.get(element);
    if (start === undefined) continue;
    const seconds = Math.max(0, Math.floor((performance.now() - start) / 1000));
    write(find(".desc", element), `pid ${element.dataset.pid}, uptime ${uptime(seconds)}`);
  }
}

/** Fetches the page anew and takes its table: groups came or went. */
async function reloadTable() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const picked = new Set(all("#processes input:checked").map((box) => box.value));
  const [old, next] = [find("#processes"), find("#processes", fresh)];
  if (!old || !next) {
    location.reload();
    return;
  }
  old.replaceWith(next);
  for (const box of all("#processes input")) box.checked = picked.has(box.value);
  collect();
  applyFilter();
}

let reloading = 0;
function reloadSoon() {
  clearTimeout(reloading);
  reloading = setTimeout(reloadTable, 150);
}

function followProcesses() {
  collect();
  const whole = find("#processes, .empty:not(#nothing)") !== null && find("#bar") !== null;
  const events = new EventSource("events");
  events.onopen = () => showLink(true, "live");
  events.onerror = () => showLink(false, "reconnecting");
  events.addEventListener("processes", (event) => {
    const processes = JSON.parse(event.data);
    showLink(true, "live");
    for (const process of processes) {
      const element = shown.get(process.key);
      if (element) update(element, process);
    }
    const same = processes.length === shown.size && processes.every((one) => shown.has(one.key));
    if (whole && !same) reloadSoon();
    applyFilter();
  });
  events.addEventListener("process", (event) => {
    const process = JSON.parse(event.data);
    const element = shown.get(process.key);
    if (element) update(element, process);
    else if (whole) reloadSoon();
    filterSoon();
  });
  events.addEventListener("groups", () => whole && reloadSoon());
  events.addEventListener("daemon", (event) => {
    const state = JSON.parse(event.data);
    if (state !== "RUNNING") showLink(false, state.toLowerCase());
  });
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}

// ---------------------------------------------------------------------------------------------
// Filter and selection

let only = "";
let filtering = 0;

function filterSoon() {
  filtering ||= requestAnimationFrame(() => {
    filtering = 0;
    applyFilter();
  });
}

function applyFilter() {
  if (!find("#bar")) return;
  const words = find("#q").value.toLowerCase();
  const counts = { "": 0, running: 0, trouble: 0, stopped: 0 };
  let matches = 0;
  for (const row of shown.values()) {
    const state = row.dataset.state;
    counts[""] += 1;
    for (const [name, states] of Object.entries(SETS)) if (states.includes(state)) counts[name] += 1;
    const fits = (only === "" || SETS[only].includes(state)) &&
      (words === "" || row.dataset.key.toLowerCase().includes(words) ||
        find(".desc", row).textContent.toLowerCase().includes(words));
    if (row.hidden === fits) row.hidden = !fits;
    if (fits) matches += 1;
  }
  for (const head of all("#processes tr.group")) {
    head.hidden = !all("tr[data-key]", head.parentElement).some((row) => !row.hidden);
  }
  for (const link of all("#filters a")) {
    write(find(".count", link), String(counts[link.dataset.only]));
    if (link.dataset.only === only) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  find("#nothing").classList.toggle("hidden", matches > 0 || shown.size === 0);
  showPicked();
}

/** The ticked processes that can be seen. */
function picked() {
  return all("#processes tr[data-key]:not([hidden]) input:checked").map((box) => box.value);
}

function showPicked() {
  const count = picked().length;
  find("#bar").classList.toggle("idle", count === 0);
  write(find("#picked"), count === 0 ? "With selected:" : `With ${count} selected:`);
}

function setUpTable() {
  only = new URLSearchParams(location.search).get("only") ?? "";
  if (!(only in SETS)) only = "";
  find("#q").addEventListener("input", filterSoon);
  find("#search").addEventListener("submit", (event) => event.preventDefault());
  find("#search button").hidden = true;
  find("#search select").addEventListener("change", (event) => {
    const address = new URL(location.href);
    address.searchParams.delete("message");
    address.searchParams.set("sort", event.target.value);
    location.assign(address);
  });
  find("#filters").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    only = link.dataset.only;
    history.replaceState(null, "", link.href);
    applyFilter();
  });
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const rows = box.id === "all" ? "#processes tr:not([hidden]) input" : "tr:not([hidden]) input";
    const scope = box.id === "all" ? document : box.closest("tbody");
    if (box.id === "all" || box.closest("tr.group")) {
      for (const other of all(rows, scope)) other.checked = box.checked;
    }
    showPicked();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    find("#q").focus();
  });
  applyFilter();
}

// ---------------------------------------------------------------------------------------------
// Forms

/** What to ask before an order that hits many, or `null`. */
function question(order, count) {
  const [verb, ...target] = order.split(":");
  const grave = ["stop", "restart", "signal"].includes(verb);
  if (verb === "update") return "Update the running configuration?";
  if (grave && target.join(":").endsWith(":*")) return `${verb} the whole group ${target[0]}?`;
  if (grave && target.length === 0 && count > 1) return `${verb} ${count} processes?`;
  return null;
}

function sendForms() {
  const form = find("#act");
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (!button) return;
    const data = new URLSearchParams(new FormData(form, button));
    if (find("#bar")) {
      data.delete("target");
      for (const name of picked()) data.append("target", name);
    }
    const asked = question(button.value, data.getAll("target").length);
    if (asked && !confirm(asked)) return;
    button.disabled = true;
    try {
      const answer = await fetch("act", { method: "POST", headers: { Accept: "application/json" }, body: data });
      const type = answer.headers.get("Content-Type") ?? "";
      if (!type.startsWith("application/json")) throw new Error("This page is out of date. Load it again.");
      const report = await answer.json();
      say(report.message, report.ok);
      if (button.value === "update" && report.ok) setTimeout(() => location.assign("config.html"), 600);
    } catch (error) {
      say(error instanceof TypeError ? "The daemon does not answer" : error.message, false);
    } finally {
      const row = button.closest("[data-key]");
      button.disabled = false;
      if (row) update(row, snapshot(row));
    }
  });
}

/** What a row shows, to set its buttons by its state once more. */
function snapshot(row) {
  const badge = find(".badge", row);
  const start = since.get(row);
  return {
    state: row.dataset.state,
    pid: row.dataset.pid,
    up: start === undefined ? null : (performance.now() - start) / 1000,
    class: badge.className.replace("badge ", ""),
    description: find(".desc", row).textContent,
    details: find(".more", row).textContent,
  };
}

// ---------------------------------------------------------------------------------------------
// Logs

const KEPT = 5000;
const LONGEST = 20000;

/** A log in lines, with the colours a terminal would give them. */
class Viewer {
  constructor(box) {
    this.log = find("#log", box);
    this.queue = [];
    this.skipped = 0;
    this.partial = "";
    this.open = null;
    this.style = plainStyle();
    this.frame = 0;
    this.query = "";
  }

  clear() {
    this.log.textContent = "";
    this.queue = [];
    this.partial = "";
    this.open = null;
    this.style = plainStyle();
  }

  push(text) {
    const lines = (this.partial + text).split("\n");
    this.partial = lines.pop().slice(0, LONGEST * 4);
    for (const line of lines) this.queue.push(line);
    if (this.queue.length > KEPT) {
      this.skipped += this.queue.length - KEPT;
      this.queue.splice(0, this.queue.length - KEPT);
    }
    this.frame ||= requestAnimationFrame(() => this.flush());
    // A tab in the background draws no frames; what is kept is bounded above.
  }

  flush() {
    this.frame = 0;
    const following = this.atEnd();
    const fragment = document.createDocumentFragment();
    if (this.open) this.open.remove();
    if (this.skipped > 0) {
      fragment.append(note(`${this.skipped} lines not shown`));
      this.skipped = 0;
    }
    for (const line of this.queue) fragment.append(this.line(line));
    this.queue = [];
    this.open = null;
    if (this.partial !== "") {
      const before = { ...this.style };
      this.open = this.line(this.partial);
      this.style = before;
      fragment.append(this.open);
    }
    this.log.append(fragment);
    let extra = this.log.childElementCount - KEPT;
    for (; extra > 0; extra -= 1) this.log.firstElementChild.remove();
    if (following) this.toEnd();
    this.showFound();
  }

  line(text) {
    const element = document.createElement("div");
    element.className = "l";
    let shownText = text.endsWith("\r") ? text.slice(0, -1) : text;
    shownText = shownText.slice(shownText.lastIndexOf("\r") + 1);
    if (shownText.length > LONGEST) shownText = `${shownText.slice(0, LONGEST)}…`;
    paint(element, shownText, this.style);
    element.hidden = this.query !== "" && !element.textContent.toLowerCase().includes(this.query);
    return element;
  }

  search(query) {
    this.query = query.toLowerCase();
    for (const line of this.log.children) {
      line.hidden = this.query !== "" && !line.textContent.toLowerCase().includes(this.query);
    }
    this.toEnd();
    this.showFound();
  }

  showFound() {
    if (this.query === "") {
      write(find("#found"), "");
      return;
    }
    let count = 0;
    for (const line of this.log.children) if (!line.hidden) count += 1;
    write(find("#found"), count === 1 ? "1 line" : `${count} lines`);
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

function plainStyle() {
  return { classes: new Map(), color: "", background: "" };
}

function note(text) {
  const element = document.createElement("div");
  element.className = "l note";
  element.textContent = `… ${text}`;
  return element;
}

// A colour sequence; any other control sequence; any other control character.
const CONTROLS = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Appends text to an element, with spans for its colours. `style` goes on to the next line. */
function paint(element, text, style) {
  let from = 0;
  for (const match of text.matchAll(CONTROLS)) {
    append(element, text.slice(from, match.index), style);
    from = match.index + match[0].length;
    if (match[1] !== undefined) restyle(style, match[1]);
  }
  append(element, text.slice(from), style);
}

function append(element, text, style) {
  if (text === "") return;
  if (style.classes.size === 0 && !style.color && !style.background) {
    element.append(text);
    return;
  }
  const span = document.createElement("span");
  span.className = [...style.classes.values()].join(" ");
  if (style.color) span.style.color = style.color;
  if (style.background) span.style.backgroundColor = style.background;
  span.textContent = text;
  element.append(span);
}

/** Follows the numbers of one colour sequence. */
function restyle(style, parameters) {
  const numbers = parameters.split(/[;:]/).map(Number);
  const { classes } = style;
  while (numbers.length > 0) {
    const number = numbers.shift();
    if (number === 0) { classes.clear(); style.color = style.background = ""; }
    else if (number === 1) classes.set("bold", "b");
    else if (number === 2) classes.set("bold", "d");
    else if (number === 3) classes.set("italic", "i");
    else if (number === 4) classes.set("under", "u");
    else if (number === 22) classes.delete("bold");
    else if (number === 23) classes.delete("italic");
    else if (number === 24) classes.delete("under");
    else if (number === 38) { classes.delete("fore"); style.color = extended(numbers); }
    else if (number === 48) { classes.delete("back"); style.background = extended(numbers); }
    else if (number === 39) { classes.delete("fore"); style.color = ""; }
    else if (number === 49) { classes.delete("back"); style.background = ""; }
    else if (number >= 30 && number <= 37) { classes.set("fore", `f${number - 30}`); style.color = ""; }
    else if (number >= 90 && number <= 97) { classes.set("fore", `f${number - 90}`); style.color = ""; }
    else if (number >= 40 && number <= 47) { classes.set("back", `g${number - 40}`); style.background = ""; }
    else if (number >= 100 && number <= 107) { classes.set("back", `g${number - 100}`); style.background = ""; }
  }
}

/** A colour of 256, or any. */
function extended(numbers) {
  const byte = (number) => Math.min(255, Math.max(0, number || 0));
  if (numbers.shift() === 2) return `rgb(${numbers.splice(0, 3).map(byte).join(" ")})`;
  const index = byte(numbers.shift());
  if (index >= 232) return `rgb(${[0, 0, 0].map(() => 8 + (index - 232) * 10).join(" ")})`;
  if (index >= 16) {
    const level = (step) => (step === 0 ? 0 : 55 + step * 40);
    const cube = index - 16;
    return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
  }
  const basic = ["#5a616b", "#c0392b", "#2e9e5b", "#b8860b", "#4a76e8", "#a04cc0", "#1797a6", "#9aa1ab"];
  return basic[index % 8];
}

/** Resolves when reading may go on. */
class Gate {
  constructor() { this.closed = false; this.waiting = []; }
  set(closed) {
    this.closed = closed;
    if (!closed) for (const resolve of this.waiting.splice(0)) resolve();
  }
  pass() {
    return this.closed ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }
}

async function followLog(box) {
  const address = new URL(box.dataset.stream, location.href);
  let position = Number(address.searchParams.get("from"));
  const viewer = new Viewer(box);
  const gate = new Gate();
  setUpViewer(viewer, gate);
  viewer.clear();
  for (;;) {
    try {
      address.searchParams.set("from", String(position));
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(answer.statusText);
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      showLink(true, "live");
      for (;;) {
        await gate.pass();
        const { done, value } = await reader.read();
        if (done) break;
        position += value.length;
        viewer.push(decoder.decode(value, { stream: true }));
      }
    } catch {
      // The daemon is away, or starting anew: asked again below.
    }
    showLink(false, "reconnecting");
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

function setUpViewer(viewer, gate) {
  for (const control of all(".live")) control.hidden = false;
  find(".refresh").hidden = true;
  const latest = find("#latest");
  latest.hidden = true;
  const press = (button, on) => button.setAttribute("aria-pressed", String(on));
  const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
  const [pause, wrap] = [find("#pause"), find("#wrap")];
  viewer.log.classList.add("wrap");
  pause.addEventListener("click", () => {
    press(pause, !isPressed(pause));
    gate.set(isPressed(pause));
  });
  wrap.addEventListener("click", () => {
    press(wrap, !isPressed(wrap));
    viewer.log.classList.toggle("wrap", isPressed(wrap));
  });
  find("#find").addEventListener("input", (event) => viewer.search(event.target.value));
  viewer.log.addEventListener("scroll", () => { latest.hidden = viewer.atEnd(); });
  latest.addEventListener("click", () => { viewer.toEnd(); latest.hidden = true; });
}

// ---------------------------------------------------------------------------------------------

sendForms();
if (find("[data-key]") || find("#bar")) followProcesses();
if (find("#bar")) setUpTable();
const box = find(".viewer[data-stream]");
if (box) followLog(box);
