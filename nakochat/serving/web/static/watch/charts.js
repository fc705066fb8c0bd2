// Runs -> curves.  One run: its stages one after another, with what was expected.  Several: one line for each run.

import uPlot from "/vendor/uplot/uplot.js";
import { make } from "/elements.js";
import { say } from "/words.js";
import { STAGES, figure, plain, short } from "/watch/figures.js";

const KINDS = [
  { key: "loss", title: () => say("손실", "Loss"), note: () => say("낮을수록 좋아요", "lower is better"), without: ["rl"], smooth: true },
  {
    key: "validation_bits_per_byte",
    from: "checks",
    title: () => say("처음 보는 글의 바이트당 비트", "Bits per byte of unseen text"),
    note: () => say("낮을수록 좋아요", "lower is better"),
  },
  { key: "reward", title: () => say("보상", "Reward"), note: () => say("높을수록 좋아요", "higher is better"), smooth: true },
  { key: "tokens_per_second", title: () => say("초당 토큰", "Tokens per second"), format: short, fromZero: true },
  { key: "memory_gb", title: () => say("메모리 (GB)", "Memory (GB)"), fromZero: true },
  { key: "learning_rate", title: () => say("학습률 (최고값의 배수)", "Learning rate (of its peak)"), fromZero: true },
  { key: "gradient_norm", title: () => say("기울기의 크기", "Gradient norm"), smooth: true },
  { key: "step_seconds", title: () => say("한 걸음의 초", "Seconds for a step"), fromZero: true },
  { key: "mfu", title: () => say("하드웨어 이용률 (MFU)", "Share of the hardware (MFU)"), fromZero: true },
];
const STAGE_COLOURS = { base: "blue", mid: "green", sft: "warm", rl: "plum" };
const RUN_COLOURS = ["green", "blue", "warm", "plum", "red"];
const HEIGHT = 220;

/** What a colour of the theme is at this moment. */
function colour(name) {
  const probe = make("i", { hidden: true });
  document.body.append(probe);
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const faded = (rgb, share) => rgb.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);

/** A small square in a colour of the theme. */
export function swatch(name) {
  const square = make("i.swatch", { "aria-hidden": "true" });
  square.style.background = `var(--${name})`;
  return square;
}

export const runColour = (place) => RUN_COLOURS[place % RUN_COLOURS.length];

/** Where each stage of a run begins on the axis: behind the steps of those before it. */
function offsets(run) {
  let sum = 0;
  const found = {};
  for (const stage of run.stages) {
    found[stage.stage] = sum;
    sum += Math.max(stage.step, stage.health === "finished" ? 0 : (stage.steps ?? 0));
  }
  return found;
}

/** [[x, y], …] of one stage, without holes. */
function pointsOf(stage, kind, offset) {
  const { step, figures } = stage[kind.from ?? "curve"];
  const column = figures[kind.key] ?? [];
  return step.flatMap((x, place) => (column[place] === null || column[place] === undefined ? [] : [[offset + x, column[place]]]));
}

/** The lines of one chart: {label, colour, points, …}; none where nothing is known of it. */
function linesOf(kind, runs, only) {
  const lines = [];
  runs.forEach((run, place) => {
    const starts = only ? {} : offsets(run);
    const stages = run.stages.filter(({ stage }) => (!only || stage === only) && !kind.without?.includes(stage));
    const perStage = stages.map((stage) => ({ stage, points: pointsOf(stage, kind, starts[stage.stage] ?? 0) }));
    if (runs.length > 1) {
      const parts = perStage.map((part) => part.points).filter((points) => points.length);
      if (parts.length) lines.push({ label: run.name, colour: runColour(place), points: parts.flat(), parts });
      return;
    }
    for (const { stage, points } of perStage) {
      if (!points.length) continue;
      const expected = stage.expected?.[kind.key];
      if (expected) lines.push(...expectedLines(expected, starts[stage.stage] ?? 0));
      lines.push({ label: stage.stage.toUpperCase(), colour: STAGE_COLOURS[stage.stage], points });
    }
  });
  return lines.flatMap((line) => (kind.smooth && !line.role && line.points.length > 30 ? [{ ...line, role: "raw" }, smoothed(line)] : [line]));
}

function expectedLines({ steps, middle, low, high }, offset) {
  const along = (column) => steps.map((x, place) => [offset + x, column[place]]);
  const shared = { label: say("예상", "expected"), colour: "soft" };
  return [
    { ...shared, role: "high", points: along(high) },
    { ...shared, role: "low", points: along(low) },
    { ...shared, role: "middle", points: along(middle) },
  ];
}

/** The line through the noise: means of neighbours on both sides.  A mean of what came before would lag behind. */
function smoothed(line) {
  return { ...line, points: (line.parts ?? [line.points]).flatMap(meansOf) }; // no mean reaches from stage to stage
}

function meansOf(points) {
  const most = Math.max(2, Math.round(points.length / 50));
  const sums = [0];
  for (const [, y] of points) sums.push(sums.at(-1) + y);
  return points.map(([x], place) => {
    const half = Math.min(most, place, points.length - 1 - place); // as many before as after, also at the ends
    return [x, (sums[place + half + 1] - sums[place - half]) / (2 * half + 1)];
  });
}

/** Lines -> one common axis with a column for each line. */
function table(lines) {
  const steps = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const place = new Map(steps.map((x, index) => [x, index]));
  const columns = lines.map(({ points }) => {
    const column = new Array(steps.length).fill(null);
    for (const [x, y] of points) column[place.get(x)] = y;
    return column;
  });
  return [steps, ...columns];
}

/** From lowest to highest, but without the steep fall of the first steps, under which everything else would be flat. */
function rangeOf(lines, fromZero) {
  const values = [];
  for (const { points, role } of lines) {
    if (role === "raw" && lines.some((other) => !other.role)) continue;
    const steep = points[0][0] + 0.03 * (points.at(-1)[0] - points[0][0]);
    values.push(...points.filter(([x]) => points.length < 40 || x >= steep).map(([, y]) => y));
  }
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = high > low ? 0.08 * (high - low) : Math.abs(high) * 0.1 || 1;
  return [fromZero ? 0 : low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

function seriesOf({ label, colour: name, role, points }) {
  const ink = colour(name);
  const looks = {
    raw: { stroke: faded(ink, 0.3), width: 1 },
    middle: { stroke: ink, width: 1.5, dash: [6, 5] },
    low: { stroke: "transparent", width: 0 },
    high: { stroke: "transparent", width: 0 },
  };
  const look = looks[role] ?? { stroke: ink, width: 2 };
  return { label, spanGaps: true, points: { show: !role && points.length < 30, size: 6, fill: ink }, ...look };
}

/** A number beside an axis, with the digits that its steps need. */
function tick(value, step) {
  if (Math.abs(value) >= 100_000) return short(value);
  let digits = 0;
  while (digits < 6 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits += 1;
  return plain(value, digits);
}

/** One chart: made anew when its lines are other ones, else given new data. */
class Chart {
  #plot = null;
  #shape = "";

  constructor(kind) {
    this.kind = kind;
    this.lines = [];
    this.value = make("output");
    this.holder = make("div.plot");
    this.caption = make("b");
    this.figure = make("figure", {}, make("figcaption", {}, this.caption, make("small"), this.value), this.holder);
    new ResizeObserver(() => this.#fit()).observe(this.holder);
  }

  show(lines, marks, theme) {
    this.figure.hidden = !lines.length;
    this.lines = lines;
    this.marks = marks;
    if (!lines.length) return;
    this.caption.textContent = this.kind.title();
    this.figure.querySelector("small").textContent = this.kind.note?.() ?? "";
    const shape = JSON.stringify([theme, lines.map(({ label, role, points }) => [label, role, points.length < 30])]);
    if (shape === this.#shape) this.#plot.setData(table(lines));
    else this.#draw(shape);
    this.#tell(null);
  }

  #draw(shape) {
    this.#plot?.destroy();
    this.#shape = shape;
    const ink = colour("soft");
    const grid = faded(colour("edge"), 0.25);
    const axis = { stroke: ink, font: "12px sans-serif", grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const highs = this.lines.flatMap(({ role }, place) => (role === "high" ? [place + 1] : []));
    this.#plot = new uPlot(
      {
        width: this.holder.clientWidth || 300,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, sync: { key: "room", setSeries: false }, points: { size: 6 }, drag: { x: true, y: false } },
        scales: { x: { time: false }, y: { range: () => rangeOf(this.lines, this.kind.fromZero) } },
        axes: [
          { ...axis, values: (plot, splits) => splits.map(short), space: 70, size: 32 },
          { ...axis, values: (plot, splits, axisNumber, space, step) => splits.map((y) => tick(y, step)), size: 58 },
        ],
        series: [{}, ...this.lines.map(seriesOf)],
        bands: highs.map((place) => ({ series: [place, place + 1], fill: faded(ink, 0.16) })),
        hooks: {
          drawClear: [(plot) => this.#drawMarks(plot, grid, ink)],
          setCursor: [(plot) => this.#tell(plot.cursor.idx)],
        },
      },
      table(this.lines),
      this.holder,
    );
  }

  /** A line and a name where a stage begins. */
  #drawMarks(plot, stroke, ink) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = stroke;
    ctx.fillStyle = ink;
    ctx.font = `${11 * devicePixelRatio}px sans-serif`;
    // where there is room: lines that begin at zero run along the top
    const y = this.kind.fromZero ? bbox.top + bbox.height - 6 * devicePixelRatio : bbox.top + 12 * devicePixelRatio;
    for (const { at, name } of this.marks) {
      const x = plot.valToPos(at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.fillText(name, x + 4 * devicePixelRatio, y);
    }
    ctx.restore();
  }

  /** The values under the cursor, or the last ones. */
  #tell(place) {
    const format = this.kind.format ?? figure;
    const shown = this.lines.filter(({ role }) => !role || role === "middle");
    const at = place === null || place === undefined ? null : this.#plot.data[0][place];
    const parts = shown.flatMap((line) => {
      const point = at === null ? line.points.at(-1) : nearest(line.points, at);
      if (!point || (at === null && line.role)) return [];
      return [(shown.length > 1 ? `${line.label} ` : "") + format(point[1])];
    });
    const words = at === null ? parts.slice(-4).join(" · ") : [say(`${plain(at, 0)}걸음`, `step ${plain(at, 0)}`), ...parts].join(" · ");
    this.value.textContent = words;
    this.holder.setAttribute("role", "img");
    this.holder.setAttribute("aria-label", `${this.kind.title()}: ${words}`);
  }

  #fit() {
    if (this.#plot && this.holder.clientWidth) this.#plot.setSize({ width: this.holder.clientWidth, height: HEIGHT });
  }
}

/** The point of a line at or right before a step; none beyond its ends. */
function nearest(points, at) {
  if (at < points[0][0] || at > points.at(-1)[0]) return null;
  return points.findLast(([x]) => x <= at);
}

/** The charts of a page. */
export class Charts {
  #charts = KINDS.map((kind) => new Chart(kind));

  constructor(holder) {
    holder.append(...this.#charts.map(({ figure: element }) => element));
  }

  /** only: the name of a stage, or null for all one after another. */
  show(runs, only, theme) {
    const marks = [];
    if (!only && runs.length === 1 && runs[0].stages.length > 1) {
      for (const [name, at] of Object.entries(offsets(runs[0]))) marks.push({ name: name.toUpperCase(), at });
    }
    for (const chart of this.#charts) chart.show(linesOf(chart.kind, runs, only), marks, theme);
  }
}

/** What the colours mean: [[name, colour], …] */
export function legendOf(runs, only) {
  if (runs.length > 1) return runs.map((run, place) => [run.name, runColour(place)]);
  const stages = (runs[0]?.stages ?? []).filter(({ stage }) => !only || stage === only);
  const shown = STAGES.filter((name) => stages.some(({ stage }) => stage === name));
  const entries = shown.map((name) => [name.toUpperCase(), STAGE_COLOURS[name]]);
  const expected = stages.some((stage) => Object.values(stage.expected ?? {}).some(Boolean));
  return expected ? [...entries, [say("예상 (점선과 띠)", "expected (dashes and band)"), "soft"]] : entries;
}
