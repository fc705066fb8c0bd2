// A block of code -> one with its language, a button that copies it, and colours.

import { copyText, icon, make } from "/elements.js";
import { cleanSpans } from "/markdown.js";
import { say } from "/words.js";

let highlighter = null;
let loading = null;

/** Dress every block of code in an element.  The colours come when the highlighter is here. */
export function dressCode(element) {
  for (const pre of element.matches("pre") ? [element] : element.querySelectorAll("pre")) {
    const code = pre.firstElementChild;
    if (code?.tagName !== "CODE") continue;
    const language = code.className.match(/^language-(\S+)/)?.[1] ?? "";
    pre.tabIndex = 0; // long lines are scrolled by keys too
    const frame = make("div.code");
    pre.replaceWith(frame);
    frame.append(make("div.bar", {}, make("span", { translate: "no" }, language), copyButton(code)), pre);
    if (language) colour(code, language);
    if (pre === element) return frame;
  }
  return element;
}

function copyButton(code) {
  const label = say("코드 복사", "Copy code");
  const button = make("button.tool", { type: "button", "aria-label": label, title: label }, icon("copy"));
  button.addEventListener("click", async () => {
    if (!(await copyText(code.textContent))) return;
    button.replaceChildren(icon("done"));
    setTimeout(() => button.replaceChildren(icon("copy")), 1500);
  });
  return button;
}

async function colour(code, language) {
  if (!highlighter) {
    loading ??= import("/vendor/highlight/highlight.js");
    highlighter = (await loading).default;
  }
  if (!highlighter.getLanguage(language)) return;
  const { value } = highlighter.highlight(code.textContent, { language, ignoreIllegals: true });
  code.replaceChildren(cleanSpans(value));
}
