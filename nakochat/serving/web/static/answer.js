// The parts of an answer -> elements, of which those that did not change stay while it grows.

import { dressCode } from "/code.js";
import { make } from "/elements.js";
import { cleanBlock, readBlocks } from "/markdown.js";
import { setMaths } from "/maths.js";
import { say } from "/words.js";

/** Shows an answer in an element.  update(parts) may be called as often as something came. */
export class AnswerBody {
  #element;
  #shown = []; // what each child was made from

  constructor(element) {
    this.#element = element;
  }

  update(parts) {
    const wanted = contents(parts);
    let same = 0;
    while (same < wanted.length && wanted[same].key === this.#shown[same]) same++;
    while (this.#element.childElementCount > same) this.#element.lastElementChild.remove();
    for (const { draw } of wanted.slice(same)) this.#element.append(draw());
    this.#shown = wanted.map(({ key }) => key);
  }
}

/** [{key, draw() -> element}] */
function contents(parts) {
  const found = [];
  parts.forEach((part, index) => {
    if (part.type === "text") {
      for (const html of readBlocks(part.text)) found.push({ key: html, draw: () => block(html) });
    } else if (part.type === "python") {
      const result = parts[index + 1]?.type === "output" ? parts[index + 1].text : null;
      found.push({ key: JSON.stringify([part.text, result]), draw: () => callCard(part.text, result) });
    }
  });
  return found;
}

function block(html) {
  let element = dressCode(cleanBlock(html));
  for (const table of element.matches("table") ? [element] : element.querySelectorAll("table")) {
    const frame = make("div.table", { tabindex: "0", role: "region", "aria-label": say("표", "Table") });
    table.replaceWith(frame);
    frame.append(table);
    if (table === element) element = frame;
  }
  setMaths(element);
  return element;
}

function callCard(call, result) {
  const card = make("div.call", {}, make("span.label", {}, say("계산기", "Calculator")));
  card.append(make("code", { translate: "no" }, call));
  card.append(result === null ? make("span.wait", {}, "…") : make("b", { translate: "no" }, `= ${result}`));
  return card;
}
