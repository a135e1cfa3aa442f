// One process on the page: what is known of it, and the element that shows it.

import { all, find, uptime, write } from "./page.js";

const RUNNABLE = ["STARTING", "RUNNING", "BACKOFF"];

export class Process {
  /** Where it stands among all by name. */
  place = 0;
  /** The part of the table it stands in, and where among those there. */
  home = null;
  at = -1;
  /** Whether its box is ticked. */
  ticked = false;
  /** When it began to run, in milliseconds of this page's clock. */
  #since = null;
  #parts = null;

  /** The process an element of the server's shows. */
  constructor(element) {
    const { key, state, up, pid, start, restarts } = element.dataset;
    this.element = element;
    this.key = key;
    [this.group] = key.split(":", 1);
    this.words = key.toLowerCase();
    this.state = state;
    this.shown = !element.hidden;
    this.pid = Number(pid ?? 0);
    this.start = Number(start ?? 0);
    this.restarts = Number(restarts ?? 0);
    this.#runFor(up === undefined ? null : Number(up));
  }

  /** Shows it or leaves it out. */
  show(shown) {
    if (this.shown === shown) return;
    this.shown = shown;
    this.element.hidden = !shown;
  }

  /** Takes over what the daemon says of it; what is as it was is not touched. Tells whether it is in
      another state now. */
  update(news) {
    const entered = this.state !== news.state;
    if (entered) this.#enter(news.state, news.class);
    this.pid = news.pid;
    this.start = news.start ?? 0;
    this.#runFor(news.up);
    if (this.restarts !== news.restarts) {
      this.restarts = news.restarts;
      this.element.dataset.restarts = news.restarts;
    }
    const { description, restarts, details } = this.#shownParts();
    write(description, news.description);
    write(restarts, String(news.restarts));
    write(details, news.details);
    this.words = `${this.key} ${news.description}`.toLowerCase();
    return entered;
  }

  /** Counts on how long it has been up. */
  tick() {
    if (this.#since === null) return;
    const seconds = Math.max(0, Math.floor((performance.now() - this.#since) / 1000));
    write(this.#shownParts().description, `pid ${this.pid}, uptime ${uptime(seconds)}`);
  }

  #runFor(seconds) {
    this.#since = seconds === null ? null : performance.now() - seconds * 1000;
  }

  #enter(state, look) {
    this.state = state;
    this.element.dataset.state = state;
    const { badge, buttons } = this.#shownParts();
    badge.className = `badge ${look}`;
    write(badge, state.toLowerCase());
    const on = RUNNABLE.includes(state);
    for (const button of buttons) {
      const [verb] = button.value.split(":");
      if (verb === "start") button.disabled = on || state === "STOPPING";
      if (verb === "stop" || verb === "restart") button.disabled = !on;
    }
  }

  /** The parts that change, looked for when the first of them does. */
  #shownParts() {
    this.#parts ??= {
      badge: find(".badge", this.element),
      description: find(".desc", this.element),
      restarts: find(".restarts", this.element),
      details: find(".more", this.element),
      buttons: all(".action button", this.element),
    };
    return this.#parts;
  }
}
