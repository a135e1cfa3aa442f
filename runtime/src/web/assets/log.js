// A log as it grows: kept in lines, bounded, searched, paused.

import { paint, plainStyle } from "./colours.js";
import { all, find, showLink, write } from "./page.js";

/** Lines kept; what comes before them is a download away. */
const KEPT = 5000;
/** Characters shown of a line. */
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

function note(text) {
  const element = document.createElement("div");
  element.className = "l note";
  element.textContent = `… ${text}`;
  return element;
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

/** Shows the stream a viewer names, from where the server's excerpt begins. */
export async function followLog(box) {
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
        const { done, value } = await reader.read();
        if (done) break;
        // While it is closed nothing more is read, and what was is not shown.
        await gate.pass();
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
