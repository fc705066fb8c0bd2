// The training room: asks the server every few seconds what is new, and shows it.  All text is only ever text.

import { by, make, tell } from "/elements.js";
import { load, save } from "/memory.js";
import { chooseLanguage, language, say, translate } from "/words.js";
import { Charts, legendOf, runColour, swatch } from "/watch/charts.js";
import { STAGES, plain } from "/watch/figures.js";
import { linesOf, originOf } from "/watch/log.js";
import { overviewOf } from "/watch/overview.js";
import { promptCard, promptsOf } from "/watch/samples.js";
import { columnsOf, fillTable } from "/watch/scores.js";
import { current, follow, marksOf } from "/watch/state.js";

const MOST_RUNS = 5;
const PAUSE = { training: 2000, still: 6000, lost: 4000, behind: 50, locked: 15_000 };

let listed = []; // every run there is, as the server lists them
let chosen = new URLSearchParams(location.search).getAll("run").slice(0, MOST_RUNS);
const known = new Map(); // name -> the run as far as it is known
let only = null; // the stage whose curves are shown; null is all
let timer = 0;
let asking = null; // the AbortController of the look under way
const charts = new Charts(by("charts"));

async function ask(path, signal) {
  const key = load("key", ""); // the chat page asks for it
  const response = await fetch(path, { signal, headers: key ? { Authorization: `Bearer ${key}` } : {} });
  if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
  return response.json();
}

/** One round: which runs there are, and what is new of those that are shown. */
async function look() {
  clearTimeout(timer);
  asking?.abort();
  const mine = (asking = new AbortController());
  let pause = PAUSE.still;
  try {
    listed = (await ask("/watch/runs", mine.signal)).runs;
    chosen = chosen.filter((name) => listed.some((run) => run.name === name));
    if (!chosen.length && listed.length) chosen = [(listed.find(({ training }) => training) ?? listed[0]).name];
    const answers = await Promise.all(chosen.map((name) => lookAt(name, mine.signal)));
    if (answers.some((run) => run?.behind)) pause = PAUSE.behind;
    else if (answers.some((run) => run && current(run)?.health === "training")) pause = PAUSE.training;
    tell(by("notice"), "");
    show();
  } catch (error) {
    if (error.name === "AbortError") return; // another round has begun
    if (!(error instanceof TypeError) && !error.status) throw error; // a mistake of this page: let the console have it
    const isLocked = error.status === 401 || error.status === 429;
    tell(by("notice"), isLocked ? lockedWords() : lostWords());
    pause = isLocked ? PAUSE.locked : PAUSE.lost;
  }
  timer = setTimeout(look, document.hidden ? 10 * pause : pause);
}

const lostWords = () =>
  say("서버와 연결이 끊겼어요. 다시 이어지면 계속 보여 드릴게요.", "The server cannot be reached. The page goes on as soon as it can.");

const lockedWords = () =>
  say("이 서버는 열쇠가 있어야 보여 줘요. 대화 페이지에서 열쇠를 넣고 이 페이지를 다시 여세요.", "This server asks for a key. Give it on the chat page, then open this page again.");

async function lookAt(name, signal) {
  const query = new URLSearchParams({ name, ...marksOf(known.get(name)) });
  try {
    const run = follow(known.get(name), await ask(`/watch/run?${query}`, signal));
    known.set(name, run);
    return run;
  } catch (error) {
    if (error.status !== 404) throw error;
    known.delete(name); // it was deleted between the two questions
    return null;
  }
}

const shownRuns = () => chosen.flatMap((name) => known.get(name) ?? []);

const built = new WeakMap();

/** Fill an element, unless what it would show is what it shows: a selection of text stays, and so does the focus. */
function fill(element, facts, build) {
  const key = JSON.stringify([language(), facts]);
  if (built.get(element) === key) return;
  built.set(element, key);
  element.replaceChildren(...build());
}

function show() {
  const runs = shownRuns();
  showChoice();
  by("empty").hidden = listed.length > 0;
  const squares = () => Object.fromEntries(runs.map(({ name }, place) => [name, runs.length > 1 ? swatch(runColour(place)) : null]));
  fill(by("overview"), runs.map(overviewFacts), () => runs.map((run) => overviewOf(run, squares()[run.name])));
  by("overview").classList.toggle("compared", runs.length > 1);
  showCurves(runs);
  const prompts = promptsOf(runs);
  by("samples").hidden = !prompts.length;
  by("prompts").classList.toggle("compared", runs.length > 1);
  fill(by("prompts"), prompts, () => prompts.map((prompt) => promptCard(prompt, squares(), showPrompts)));
  const columns = columnsOf(runs);
  by("scores").hidden = !columns.length;
  fill(by("table"), columns, () => {
    fillTable(by("table"), columns);
    return [...by("table").children];
  });
  showLog(runs, squares);
  by("origin").hidden = !runs.some(({ stages }) => stages.some(({ origin }) => origin.command));
  fill(by("origins"), runs.map(({ name, stages }) => [name, stages.map(({ stage, origin }) => [stage, origin])]), () =>
    runs.map((run) => make("div", {}, ...(runs.length > 1 ? [make("h3", {}, run.name)] : []), originOf(run))));
  showTitle(runs);
}

/** Everything of a run that its card shows. */
const overviewFacts = ({ name, tokenizer, stages, now }) => [
  name, tokenizer, Math.round(now / 10),
  stages.map(({ curve, checks, samples, rows, expected, ...facts }) => [facts, checks.step.length]),
];

function showPrompts() {
  built.delete(by("prompts"));
  show();
}

function showChoice() {
  const facts = [chosen, listed.map(({ name, training }) => [name, training])];
  fill(by("runs"), facts, () => listed.slice(0, 40).map(({ name, training }) => {
    const isChosen = chosen.includes(name);
    const words = training ? say("학습 중", "training") : "";
    const parts = [name, ...(words ? [make("small", {}, words)] : [])];
    return make("button", { type: "button", "aria-pressed": String(isChosen), onclick: () => choose(name, isChosen) }, ...parts);
  }));
  by("runs").hidden = listed.length < 2;
}

/** A run that is pressed joins the comparison or leaves it; the last one stays. */
function choose(name, isChosen) {
  if (isChosen && chosen.length === 1) return;
  chosen = isChosen ? chosen.filter((other) => other !== name) : [...chosen, name].slice(-MOST_RUNS);
  const query = new URLSearchParams(chosen.map((run) => ["run", run]));
  history.replaceState(null, "", `?${query}`);
  for (const run of known.keys()) if (!chosen.includes(run)) known.delete(run);
  look();
}

function showCurves(runs) {
  const there = STAGES.filter((name) => runs.some(({ stages }) => stages.some(({ stage, step }) => stage === name && step)));
  if (only && !there.includes(only)) only = null;
  by("curves").hidden = !there.length;
  if (!there.length) return;
  fill(by("stage"), [there, only], () => (there.length < 2 ? [] : [null, ...there].map((name) =>
    make("button", { type: "button", "aria-pressed": String(name === only), onclick: () => { only = name; show(); } },
      name?.toUpperCase() ?? say("모두", "All")))));
  const legend = legendOf(runs, only);
  fill(by("legend"), legend, () => legend.map(([name, colour]) => make("li", {}, swatch(colour), name)));
  charts.show(runs, only, [getComputedStyle(document.body).color, language()].join());
}

function showLog(runs, squares) {
  by("log").hidden = !runs.some(({ stages }) => stages.some(({ rows }) => rows.length));
  const onlyEvents = by("events").checked;
  const facts = [onlyEvents, runs.map(({ name, stages }) => [name, stages.map(({ mark }) => mark)])];
  const lists = [...by("logs").querySelectorAll("ol")];
  const isAtEnd = lists.every((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 40);
  const places = lists.map((list) => list.scrollTop);
  fill(by("logs"), facts, () => runs.map((run) => {
    const title = runs.length > 1 ? [make("h3", {}, squares()[run.name], run.name)] : [];
    const list = make("ol", { tabindex: "0", "aria-label": say(`${run.name}의 기록`, `Log of ${run.name}`) }, ...linesOf(run, onlyEvents));
    return make("div", {}, ...title, list);
  }));
  by("logs").querySelectorAll("ol").forEach((list, place) => {
    list.scrollTop = isAtEnd ? list.scrollHeight : (places[place] ?? 0);
  });
}

function showTitle(runs) {
  const stage = runs.length === 1 ? current(runs[0]) : null;
  const share = stage?.health === "training" && stage.steps ? `${plain((100 * stage.step) / stage.steps, 0)} % · ` : "";
  document.title = `${share}${runs.map(({ name }) => name).join(", ") || "nakochat"} · ${say("학습실", "Training room")}`;
}

function switchTheme() {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (isDark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  save("theme", document.documentElement.dataset.theme);
  show();
}

const theme = load("theme", null);
if (theme) document.documentElement.dataset.theme = theme;
translate();
by("language").addEventListener("click", () => {
  chooseLanguage(language() === "ko" ? "en" : "ko");
  by("language").lang = language() === "ko" ? "en" : "ko";
  show();
});
by("theme").addEventListener("click", switchTheme);
by("events").addEventListener("change", show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
document.addEventListener("visibilitychange", () => document.hidden || look());
look();
