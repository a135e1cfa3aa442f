// Orders are sent without leaving the page; grave ones are asked about first.

import { ask, find, say } from "./page.js";
import { picked } from "./processes.js";

/** What to ask before an order that hits many, or `null`. */
function question(order, count) {
  const [verb, ...target] = order.split(":");
  const word = verb[0].toUpperCase() + verb.slice(1);
  const grave = ["stop", "restart", "signal", "clearmain"].includes(verb);
  if (verb === "update") return ["Make what the configuration says active?", "Update"];
  if (verb === "clearmain") return ["Clear the activity log?", "Clear"];
  if (!grave) return null;
  if (target[0] === "*") return [`${word} all processes?`, `${word} all`];
  if (target.at(-1) === "*") return [`${word} all of group ${target[0]}?`, word];
  if (target.length === 0 && count > 1) return [`${word} ${count} processes?`, word];
  return null;
}

/** The orders on their way, by their buttons. */
const pending = new WeakSet();

async function send(form, button) {
  const data = new URLSearchParams(new FormData(form));
  data.set("do", button.value);
  const names = picked();
  if (names) {
    data.delete("target");
    for (const name of names) data.append("target", name);
  }
  const asked = question(button.value, data.getAll("target").length);
  if (asked && !(await ask(...asked))) return;
  const answer = await fetch("act", { method: "POST", headers: { Accept: "application/json" }, body: data });
  const type = answer.headers.get("Content-Type") ?? "";
  if (!type.startsWith("application/json")) throw new Error("This page is out of date. Load it again.");
  const report = await answer.json();
  say(report.message, report.ok);
  if (button.value === "update" && report.ok) {
    location.assign(`config.html?message=${encodeURIComponent(report.message)}`);
  }
}

/** Sends what buttons order; those of the table stand outside of the form. */
export function sendForms() {
  const form = find("#act");
  if (!form) return;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[name=do]");
    if (!button) return;
    event.preventDefault();
    if (pending.has(button)) return;
    pending.add(button);
    button.setAttribute("aria-busy", "true");
    try {
      await send(form, button);
    } catch (error) {
      say(error instanceof TypeError ? "The daemon does not answer" : error.message, false);
    } finally {
      pending.delete(button);
      button.removeAttribute("aria-busy");
    }
  });
}
