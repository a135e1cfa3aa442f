// The colours of a terminal, as classes; whatever else a terminal would do is left out.

/** What text looks like before anything is said about it. */
export function plainStyle() {
  return { classes: new Map(), color: "", background: "" };
}

// A colour sequence; any other control sequence; any other control character.
const CONTROLS = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Appends text to an element, with spans for its colours. `style` goes on to the next line. */
export function paint(element, text, style) {
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
