// Runs -> for each prompt, what was written at several steps: the writing as it grows.

import { make } from "/elements.js";
import { say } from "/words.js";
import { plain } from "/watch/figures.js";

const SHOWN = 6;
const opened = new Set(); // prompts whose every step is to be seen

/** [{prompt, runs: [{name, written: [[stage, step, text], …]}]}] of all runs. */
export function promptsOf(runs) {
  const found = new Map();
  for (const run of runs) {
    for (const { stage, samples } of run.stages) {
      for (const { prompt, written } of samples) {
        if (!found.has(prompt)) found.set(prompt, new Map());
        const ofRuns = found.get(prompt);
        const known = ofRuns.get(run.name) ?? [];
        // a later stage begins with the weights that the stage before it ended with: shown already
        const texts = written.filter(([step]) => step || !known.length).map(([step, text]) => [stage, step, text]);
        ofRuns.set(run.name, [...known, ...texts]);
      }
    }
  }
  return [...found].map(([prompt, ofRuns]) => ({
    prompt,
    runs: [...ofRuns].map(([name, written]) => ({ name, written })),
  }));
}

/** Some of many, evenly spread, the first and the last among them. */
function spread(list) {
  if (list.length <= SHOWN) return list;
  return Array.from({ length: SHOWN }, (_, place) => list[Math.round((place * (list.length - 1)) / (SHOWN - 1))]);
}

export function promptCard({ prompt, runs }, swatches, again) {
  const card = make("article.prompt");
  card.append(make("h3", { lang: "ko" }, prompt));
  const columns = make("div.columns");
  for (const { name, written } of runs) {
    const column = make("div");
    if (runs.length > 1) column.append(make("p.of", {}, swatches[name] ?? "", name));
    const list = make("ol");
    for (const [stage, step, text] of opened.has(prompt) ? written : spread(written)) {
      const title = say(`${stage.toUpperCase()} ${plain(step, 0)}걸음`, `${stage.toUpperCase()} step ${plain(step, 0)}`);
      list.append(make("li", {}, make("small", {}, title), make("p", { lang: "ko" }, text.trim() ? text : say("(비어 있음)", "(empty)"))));
    }
    column.append(list);
    columns.append(column);
  }
  card.append(columns);
  const most = Math.max(...runs.map(({ written }) => written.length));
  if (most > SHOWN) {
    const isOpen = opened.has(prompt);
    const words = isOpen ? say("간추려 보기", "Fewer steps") : say(`모두 보기 (${most})`, `All steps (${most})`);
    const toggle = () => {
      if (isOpen) opened.delete(prompt);
      else opened.add(prompt);
      again();
    };
    card.append(make("button.more", { type: "button", "aria-expanded": String(isOpen), onclick: toggle }, words));
  }
  return card;
}
