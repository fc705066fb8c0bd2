// Rows of a run's log -> sentences.

import { make } from "/elements.js";
import { say } from "/words.js";
import { duration, figure, plain, short } from "/watch/figures.js";

const SENTENCES = {
  step: (row) =>
    [
      say(`${plain(row.step, 0)}걸음`, `step ${plain(row.step, 0)}`),
      number(row.reward, (value) => say(`보상 ${figure(value)}`, `reward ${figure(value)}`)) ??
        number(row.loss, (value) => say(`손실 ${figure(value)}`, `loss ${figure(value)}`)),
      number(row.tokens_per_second, (value) => say(`${short(value)} 토큰/초`, `${short(value)} tokens/s`)),
      number(row.step_seconds, (value) => say(`${plain(value, 1)}초`, `${plain(value, 1)} s`)),
    ].filter(Boolean).join(" · "),
  check: (row) =>
    [
      say(`${plain(row.step, 0)}걸음에서 잼`, `measured at step ${plain(row.step, 0)}`),
      number(row.validation_bits_per_byte, (value) => say(`바이트당 ${figure(value)}비트`, `${figure(value)} bits per byte`)),
      number(row.validation_token_accuracy, (value) => say(`다음 토큰 맞힘 ${plain(100 * value, 1)} %`, `next token right ${plain(100 * value, 1)} %`)),
    ].filter(Boolean).join(" · "),
  skipped: (row) => say(`${row.step}걸음의 묶음을 건너뜀 (${row.fault})`, `skipped the batch of step ${row.step} (${row.fault})`),
  rolled_back: (row) => say(`${row.step}걸음의 체크포인트로 돌아감`, `back to the checkpoint of step ${row.step}`),
  memory: (row) => say(`메모리가 모자라 한 번에 ${row.rows_at_once}줄씩 계산`, `memory ran out: ${row.rows_at_once} rows at a time`),
  attention: (row) => say(`어텐션 커널: ${row.kernel}`, `attention kernel: ${row.kernel}`),
  tracker_lost: (row) => say(`${row.name}에 더 기록하지 못함: ${row.error}`, `${row.name} is lost: ${row.error}`),
  end: (row) => say(`끝. ${duration(row.seconds ?? 0)} 걸림`, `the end, after ${duration(row.seconds ?? 0)}`),
};

const number = (value, words) => (typeof value === "number" ? words(value) : undefined);

/** Every row that is kept, as list items, the newest last. */
export function linesOf(run, onlyEvents) {
  return run.stages.flatMap(({ stage, rows }) =>
    rows.filter(([, { kind }]) => !onlyEvents || kind !== "step").map(([, row]) => {
      const words = SENTENCES[row.kind]?.(row) ?? JSON.stringify(row);
      return make(`li.${row.kind === "step" ? "step" : "event"}`, {}, make("b", {}, stage.toUpperCase()), ` ${words}`);
    }),
  );
}

/** What is known of where a run's stages come from. */
export function originOf(run) {
  const list = make("dl");
  const facts = [
    [say("명령", "Command"), "command"],
    [say("시작", "Started"), "started"],
    [say("커밋", "Commit"), "commit"],
    [say("씨앗", "Seed"), "seed"],
    [say("장치", "Device"), "name"],
    [say("수의 형식", "Number format"), "dtype"],
    [say("프로세스", "Processes"), "processes"],
    [say("이어받은 체크포인트", "Parent checkpoint"), "parent"],
  ];
  for (const [title, key] of facts) {
    const values = run.stages.flatMap(({ stage, origin }) => (origin[key] ? [[stage.toUpperCase(), origin[key]]] : []));
    const distinct = new Set(values.map(([, value]) => value));
    if (!values.length) continue;
    const words = distinct.size === 1 ? [values[0][1]] : values.map(([stage, value]) => `${stage}: ${value}`);
    list.append(make("div", {}, make("dt", {}, title), ...words.map((text) => make("dd", {}, text))));
  }
  return list;
}
