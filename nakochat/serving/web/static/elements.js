// Names -> elements of the page.  Text always goes in as text.

export const by = (id) => document.getElementById(id);

/** make("button.copy", {type: "button"}, "text", child, …): an element with a class, attributes and children. */
export function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const SHAPES = {
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  done: "M5 12.5 10 17.5 19.5 7",
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6",
  edit: "M4 20h4L19.5 8.5l-4-4L4 16zM13.5 6.5l4 4",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5",
  earlier: "M14.5 6 8.5 12l6 6",
  later: "M9.5 6l6 6-6 6",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
};

/** A drawing for a button; the button says in words what it does. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** A small button with a drawing; `label` is its name for people who hear the page, and its tip. */
export const tool = (shape, label, onclick, attributes = {}) =>
  make("button.tool", { type: "button", "aria-label": label, title: label, onclick, ...attributes }, icon(shape));

/** Show a text in an element, or hide the element when there is none. */
export function tell(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

/** Put text on the clipboard -> whether it worked.  Pages without https have no navigator.clipboard. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea.unseen", { "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    before?.focus();
    return worked;
  }
}

/** Put text into a file that the browser saves. */
export function download(name, text, kind) {
  const address = URL.createObjectURL(new Blob([text], { type: `${kind};charset=utf-8` }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
