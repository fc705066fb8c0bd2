// What the server says since the last look -> a run as far as it is known.

const KEPT_ROWS = 400;

/** Put new points behind those that are known; from `start` on, the server's hold. */
function grow(known, { start, step, figures }) {
  const curve = known ?? { step: [], figures: {} };
  curve.step.length = Math.min(curve.step.length, start);
  const before = curve.step.length;
  curve.step.push(...step);
  for (const name of new Set([...Object.keys(curve.figures), ...Object.keys(figures)])) {
    const column = (curve.figures[name] ??= []);
    column.length = Math.min(column.length, before);
    while (column.length < before) column.push(null);
    column.push(...(figures[name] ?? step.map(() => null)));
  }
  return curve;
}

/** A stage as known, and what came -> as known now. */
function merged(known, came) {
  const before = came.fresh ? {} : (known ?? {});
  return {
    samples: [],
    expected: {},
    ...before,
    ...came,
    curve: grow(came.fresh ? null : before.curve, came.curve),
    checks: grow(came.fresh ? null : before.checks, came.checks),
    rows: [...(before.rows ?? []), ...came.rows].slice(-KEPT_ROWS),
  };
}

/** A run as known (or undefined), and the server's answer -> as known now. */
export function follow(known, answer) {
  const stages = answer.stages.map((stage) => merged(known?.stages.find((other) => other.stage === stage.stage), stage));
  return { ...answer, stages, seen: Date.now() };
}

/** How far this page is with each stage, for the next look. */
export const marksOf = (run) => Object.fromEntries((run?.stages ?? []).map(({ stage, mark }) => [stage, mark]));

/** The stage that is trained, or was last. */
export const current = (run) => run.stages.find(({ health }) => health === "training") ?? run.stages.at(-1);
