// What every page needs: finding elements, and telling people what happens.

export const find = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** Sets a text that may be there already; what does not change costs nothing. */
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** The connection's state, in the corner of the page. */
export function showLink(on, text) {
  const link = find("#link");
  write(link, text);
  link.className = on ? "on" : "off";
}

/** Milliseconds after which good news goes by itself. */
const FADES = 10000;

let fading = 0;

/** What became of an order, over the page and not in it: nothing moves under the pointer. Good news
    goes by itself. */
export function say(message, ok = true) {
  const place = find(".status_msg");
  const close = document.createElement("button");
  const hide = () => place.classList.add("hidden");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", hide);
  place.replaceChildren(message, close);
  place.classList.add("toast");
  place.classList.remove("hidden");
  place.classList.toggle("bad", !ok);
  clearTimeout(fading);
  if (ok) fading = setTimeout(hide, FADES);
}

/** H:MM:SS, with the days in front, as the server writes it. */
export function uptime(seconds) {
  const days = Math.floor(seconds / 86400);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const clock = `${Math.floor((seconds % 86400) / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (days === 0) return clock;
  return days === 1 ? `1 day, ${clock}` : `${days} days, ${clock}`;
}

/** Asks before something grave, in a window of the page. Resolves to whether to go on. */
export function ask(question, verb) {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  const text = document.createElement("p");
  form.method = "dialog";
  text.id = "question";
  text.textContent = question;
  dialog.setAttribute("aria-labelledby", text.id);
  const button = (label, value, look) => {
    const made = document.createElement("button");
    made.value = value;
    made.textContent = label;
    made.className = look;
    return made;
  };
  const row = document.createElement("div");
  row.className = "answers";
  row.append(button("Cancel", "", ""), button(verb, "yes", "primary"));
  form.append(text, row);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  row.lastElementChild.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
