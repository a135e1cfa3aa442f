// The table of processes: which rows are shown, in which order, and which are ticked. All of it is
// worked out from what is known of the processes; an element is touched where it is to differ.

import { Group } from "./group.js";
import { FILTER_OF, ORDERS, isFilter, isOrder, rising, sort } from "./order.js";
import { all, find, write } from "./page.js";
import { Process } from "./process.js";

export class Table {
  /** By their names. */
  #processes = new Map();
  #groups = new Map();
  /** All of them as they stand. */
  #sequence = [];
  #element;
  /** Where the rows stand in any order but that by name. */
  #sorted;
  #only;
  #order;
  #frame = 0;

  /** Takes over a table of the server's. */
  constructor(element) {
    const asked = new URLSearchParams(location.search);
    this.#element = element;
    this.#sorted = find("#sorted", element);
    this.#only = isFilter(asked.get("only")) ? asked.get("only") : "";
    this.#order = isOrder(asked.get("sort")) ? asked.get("sort") : "name";
    for (const body of all("tbody[data-group]", element)) this.#groups.set(body.dataset.group, new Group(body));
    for (const row of all("tr[data-key]", element)) this.#add(row);
    this.#sequence.forEach((process, at) => Object.assign(process, { home: process.element.parentNode, at }));
    for (const box of all("tr[data-key] input:checked", element)) this.#processes.get(box.value).ticked = true;
    freeControls(element);
    this.#listen();
    this.arrange();
  }

  /** The process with a name. */
  process(key) {
    return this.#processes.get(key);
  }

  /** Whether these are the processes there are. */
  holds(keys) {
    return keys.length === this.#processes.size && keys.every((key) => this.#processes.has(key));
  }

  /** Takes the names in the order in which the processes stand by name. */
  place(keys) {
    keys.forEach((key, at) => {
      const process = this.#processes.get(key);
      if (process) process.place = at;
    });
  }

  /** The names of the ticked processes that can be seen. */
  picked() {
    return this.#sequence.filter(({ ticked, shown }) => ticked && shown).map(({ key }) => key);
  }

  /** Filters and sorts. */
  arrange() {
    this.#filter();
    this.#sort();
    this.#showPicked();
  }

  /** Takes what is new from a table of the server's in the order by name; drops what is not in it. */
  adopt(fresh) {
    const rows = all("tr[data-key]", fresh);
    const keys = new Set(rows.map((row) => row.dataset.key));
    for (const process of this.#sequence) {
      if (keys.has(process.key)) continue;
      process.element.remove();
      this.#processes.delete(process.key);
    }
    this.#sequence = this.#sequence.filter(({ key }) => keys.has(key));
    for (const row of rows) {
      row.remove();
      if (!this.#processes.has(row.dataset.key)) this.#add(document.adoptNode(row));
    }
    this.#adoptGroups(all("tbody[data-group]", fresh));
    this.place([...keys]);
    this.arrange();
  }

  /** Takes groups without their rows. One that has got or lost its head is another. */
  #adoptGroups(bodies) {
    const known = this.#groups;
    this.#groups = new Map();
    let before = this.#sorted;
    for (const body of bodies) {
      let group = known.get(body.dataset.group);
      if (!group || (group.head === null) !== (find("tr.group", body) === null)) {
        group = new Group(document.adoptNode(body));
        group.body.hidden = this.#order !== "name";
      } else {
        known.delete(group.name);
      }
      this.#groups.set(group.name, group);
      if (before.nextSibling !== group.body) before.after(group.body);
      before = group.body;
    }
    for (const { body } of known.values()) body.remove();
  }

  #add(row) {
    const process = new Process(row);
    process.place = this.#processes.size;
    this.#processes.set(process.key, process);
    this.#sequence.push(process);
  }

  #filter() {
    const words = find("#q").value.toLowerCase();
    const counts = { "": this.#processes.size, running: 0, trouble: 0, stopped: 0 };
    const tallies = new Map();
    let shown = 0;
    for (const process of this.#sequence) {
      const filter = FILTER_OF.get(process.state);
      counts[filter] += 1;
      process.show((this.#only === "" || this.#only === filter) && process.words.includes(words));
      shown += process.shown;
      let tally = tallies.get(process.group);
      if (!tally) tallies.set(process.group, tally = { size: 0, running: 0, trouble: 0, shown: 0 });
      tally.size += 1;
      tally.running += process.state === "RUNNING";
      tally.trouble += filter === "trouble";
      tally.shown += process.shown;
    }
    for (const [name, tally] of tallies) this.#groups.get(name)?.tell(tally);
    for (const link of all("#filters a")) {
      write(find(".count", link), String(counts[link.dataset.only]));
      mark(link, "aria-current", link.dataset.only === this.#only ? "true" : null);
    }
    find("#nothing").classList.toggle("hidden", shown > 0);
  }

  #sort() {
    sort(this.#sequence, this.#order);
    const byName = this.#order === "name";
    const homes = new Map();
    for (const process of this.#sequence) {
      const home = byName ? this.#groups.get(process.group)?.body : this.#sorted;
      if (!homes.has(home)) homes.set(home, []);
      homes.get(home).push(process);
    }
    const focused = document.activeElement;
    for (const [home, processes] of homes) if (home) stand(home, processes);
    // A row that is moved loses the focus.
    if (document.activeElement !== focused) focused.focus({ preventScroll: true });
    if (this.#sorted.hidden === byName) return;
    this.#sorted.hidden = byName;
    for (const { body } of this.#groups.values()) body.hidden = !byName;
  }

  #showPicked() {
    const count = this.picked().length;
    find("#bar").classList.toggle("picking", count > 0);
    write(find("#picked"), `${count} selected:`);
  }

  /** Shows what a link of this page leads to, without leaving it. */
  #turnTo({ only = this.#only, sort = this.#order }) {
    this.#only = only;
    this.#order = sort;
    history.replaceState(null, "", this.#address(only, sort));
    for (const link of all("#filters a")) link.href = this.#address(link.dataset.only, sort);
    for (const link of all("th a[data-sort]", this.#element)) {
      const order = link.dataset.sort;
      link.href = this.#address(only, order);
      mark(link.parentNode, "aria-sort", order === sort ? ORDERS[order].direction : null);
    }
    this.#arrangeSoon();
  }

  /** The address that shows the same, as the server writes it. */
  #address(only, order) {
    const asked = new URLSearchParams();
    if (only !== "") asked.set("only", only);
    if (order !== "name") asked.set("sort", order);
    const words = find("#q").value;
    if (words !== "") asked.set("q", words);
    return asked.size === 0 ? "./" : `./?${asked}`;
  }

  /** Filters and sorts before the next frame, however many letters have been typed by then. */
  #arrangeSoon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.arrange();
    });
  }

  /** A box was ticked, or not: that of a process, of a group, or the one for all that is shown. */
  #tick(box) {
    const one = this.#processes.get(box.value);
    if (one) one.ticked = box.checked;
    const body = box.closest("tbody");
    const meant = one ? [] : this.#sequence.filter(({ group }) => !body || this.#groups.get(group)?.body === body);
    for (const process of meant.filter(({ shown }) => shown)) {
      process.ticked = box.checked;
      find("input", process.element).checked = box.checked;
    }
    if (box.id === "all") for (const other of all("tr.group:not([hidden]) input", this.#element)) other.checked = box.checked;
    this.#showPicked();
  }

  #listen() {
    find("#bar").classList.add("live");
    find("#q").addEventListener("input", () => this.#arrangeSoon());
    find("#search").addEventListener("submit", (event) => event.preventDefault());
    find("#search button").hidden = true;
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("#filters a, th a[data-sort]");
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.#turnTo(link.dataset);
    });
    this.#element.addEventListener("change", ({ target }) => {
      if (target.matches("input[type=checkbox]")) this.#tick(target);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input[type=search], select, textarea, dialog")) return;
      event.preventDefault();
      find("#q").focus();
    });
  }
}

/** Puts rows into a part of the table in this order. As many as can be stay where they stand. */
function stand(home, processes) {
  const staying = rising(processes.map((process) => (process.home === home ? process.at : -1)));
  let next = null;
  for (let at = processes.length - 1; at >= 0; at -= 1) {
    const process = processes[at];
    if (!staying.has(at)) home.insertBefore(process.element, next);
    next = process.element;
    process.home = home;
    process.at = at;
  }
}

/** Takes the table out of its form. Whenever a button of a form comes, goes or is switched, a browser
    looks through all of its controls for the one that Enter presses: of thousands, for seconds. */
function freeControls(table) {
  table.closest("form").after(table, find("#nothing"));
}

/** Sets an attribute, or takes it away. */
function mark(element, name, value) {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}
