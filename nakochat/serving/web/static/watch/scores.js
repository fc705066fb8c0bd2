// Runs -> a table of scores: the stages of one run side by side, or the newest scores of several.

import { make } from "/elements.js";
import { say } from "/words.js";
import { scored } from "/watch/figures.js";

/** [{title, scores}]: the columns. */
export function columnsOf(runs) {
  if (runs.length === 1) {
    return runs[0].stages.filter(({ scores }) => scores.length).map(({ stage, scores }) => ({ title: stage.toUpperCase(), scores }));
  }
  return runs.flatMap((run) => {
    const stage = run.stages.findLast(({ scores }) => scores.length);
    return stage ? [{ title: `${run.name} · ${stage.stage.toUpperCase()}`, scores: stage.scores }] : [];
  });
}

export function fillTable(table, columns) {
  const rows = new Map();
  for (const { scores } of columns) for (const score of scores) if (!rows.has(score.key)) rows.set(score.key, score);
  const head = make("tr", {}, make("th", { scope: "col" }, say("항목", "Item")));
  for (const { title } of columns) head.append(make("th", { scope: "col" }, title));
  head.append(make("th", { scope: "col" }, say("찍으면", "Chance")));
  const body = [...rows.values()].map((row) => rowOf(row, columns));
  table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
}

function rowOf(row, columns) {
  const found = columns.map(({ scores }) => scores.find(({ key }) => key === row.key));
  const values = found.flatMap((score) => (score && score.value !== null ? [score.value] : []));
  const best = row.better === "lower" ? Math.min(...values) : Math.max(...values);
  const line = make("tr", {}, make("th", { scope: "row" }, say(row.ko, row.en)));
  for (const score of found) {
    const words = score ? scored(score) : "–";
    const isBest = row.better && values.length > 1 && score?.value === best;
    line.append(make("td", {}, isBest ? make("strong", {}, words) : words));
  }
  line.append(make("td", {}, row.chance === null ? "–" : scored({ value: row.chance, unit: row.unit })));
  return line;
}
