// A log as it grows: kept in lines, bounded, searched, paused.

import { paint, plainStyle } from "./colours.js";
import { all, find, showLink, write } from "./page.js";

/** Lines kept; what comes before them is a download away. */
const KEPT = 5000;
/** Lines that are laid out together. */
const BLOCK = 100;
/** Characters shown of a line. */
const LONGEST = 20000;
/** Milliseconds between two times lines are shown, however many come. */
const PAUSE = 100;
/** Height of a line that is not wrapped, in em, as in the style sheet. */
const LINE = 1.55;
/** Pixels the end may be out of sight and is followed all the same. */
const NEAR = 40;
/** Milliseconds before a stream that broke off is asked for again. */
const RETRY = 1500;

/** A log in lines, with the colours a terminal would give them. Lines stand in blocks: of a block off
    the screen a browser knows the size and nothing more. */
class Viewer {
  constructor(box) {
    this.log = find("#log", box);
    this.query = "";
    this.due = 0;
    this.lately = -PAUSE;
    this.clear();
  }

  clear() {
    this.log.textContent = "";
    this.queue = [];
    this.skipped = 0;
    this.partial = "";
    this.open = null;
    this.blocks = [];
    this.filled = BLOCK;
    this.style = plainStyle();
    /** Whether the end is in sight; if not, what is read stands still and new lines wait. */
    this.following = true;
    /** Where the log was scrolled to when last looked at. */
    this.stood = 0;
  }

  push(text) {
    const lines = (this.partial + text).split("\n");
    this.partial = lines.pop().slice(0, LONGEST * 4);
    for (const line of lines) this.queue.push(line);
    if (this.queue.length > KEPT) {
      this.skipped += this.queue.length - KEPT;
      this.queue.splice(0, this.queue.length - KEPT);
    }
    this.showSoon();
  }

  showSoon() {
    if (!this.following || this.queue.length + this.partial.length === 0) return;
    this.due ||= setTimeout(() => this.show(), this.lately + PAUSE - performance.now());
  }

  show() {
    this.due = 0;
    this.lately = performance.now();
    this.look();
    if (!this.following) return;
    this.open?.remove();
    this.open = null;
    if (this.skipped > 0) this.add(note(`${this.skipped} lines not shown`));
    this.skipped = 0;
    for (const line of this.queue) this.add(this.line(line));
    this.queue = [];
    if (this.partial !== "") {
      const before = { ...this.style, classes: new Map(this.style.classes) };
      this.open = this.line(this.partial);
      this.style = before;
      this.log.append(this.open);
    }
    this.toEnd();
    this.showFound();
  }

  /** Adds a line at the end, and lets the oldest go. */
  add(line) {
    if (this.filled === BLOCK) {
      const block = document.createElement("div");
      block.className = "lines";
      this.log.append(block);
      this.blocks.push(block);
      this.filled = 0;
      // The last two fill the tallest screen.
      if (this.blocks.length > 2) setAside(this.blocks.at(-3));
      if (this.blocks.length > KEPT / BLOCK) this.blocks.shift().remove();
    }
    this.blocks.at(-1).append(line);
    this.filled += 1;
  }

  line(text) {
    const element = document.createElement("div");
    element.className = "l";
    let shownText = text.endsWith("\r") ? text.slice(0, -1) : text;
    shownText = shownText.slice(shownText.lastIndexOf("\r") + 1);
    if (shownText.length > LONGEST) shownText = `${shownText.slice(0, LONGEST)}…`;
    paint(element, shownText, this.style);
    this.judge(element);
    return element;
  }

  /** Leaves a line out unless it holds what is looked for. */
  judge(line) {
    const hidden = this.query !== "" && !line.textContent.toLowerCase().includes(this.query);
    if (line.hidden !== hidden) line.hidden = hidden;
  }

  search(query) {
    this.query = query.toLowerCase();
    for (const line of all(".l", this.log)) this.judge(line);
    for (const block of this.blocks.slice(0, -2)) setAside(block);
    this.toEnd();
    this.showFound();
  }

  showFound() {
    const count = this.query === "" ? null : all(".l:not([hidden])", this.log).length;
    write(find("#found"), count === null ? "" : count === 1 ? "1 line" : `${count} lines`);
  }

  /** Sees whether the reader has gone up, or back to the end. */
  look() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    this.following = atEnd || (this.following && scrollTop >= this.stood);
    this.stood = scrollTop;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.stood = this.log.scrollTop;
  }
}

/** Lets a block be left out while it is off the screen; its size is what its lines make of it. */
function setAside(block) {
  const lines = all(".l:not([hidden])", block).length;
  block.style.containIntrinsicBlockSize = `${lines * LINE}em`;
  block.classList.add("aside");
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
    await new Promise((resolve) => setTimeout(resolve, RETRY));
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
  viewer.log.addEventListener("scroll", () => {
    viewer.look();
    viewer.showSoon();
    latest.hidden = viewer.following;
  });
  latest.addEventListener("click", () => viewer.toEnd());
}
