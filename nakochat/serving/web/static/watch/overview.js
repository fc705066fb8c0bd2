// Runs -> a card for each: how it is, its stages as a path, when it will be done.

import { make } from "/elements.js";
import { say } from "/words.js";
import { STAGES, clockIn, duration, figure, plain, short } from "/watch/figures.js";
import { current } from "/watch/state.js";

const HEALTH = {
  training: () => say("학습 중", "training"),
  finished: () => say("끝남", "finished"),
  stopped: () => say("멈춤", "stopped"),
  waiting: () => say("기다리는 중", "waiting"),
};

export function overviewOf(run, swatch) {
  const stage = current(run);
  const card = make("section.run");
  const name = make("h2", {}, run.name);
  if (swatch) name.prepend(swatch);
  card.append(make("div.title", {}, name, make(`span.health.${stage?.health ?? "waiting"}`, {}, HEALTH[stage?.health ?? "waiting"]())));
  card.append(make("p.summary", {}, summary(run, stage)), path(run));
  if (stage) card.append(vitals(stage));
  for (const text of warnings(run)) card.append(make("p.warning", {}, text));
  for (const text of findings(run)) card.append(make(text.normal ? "p.normal" : "p.warning", {}, text.words));
  return card;
}

/** One sentence: where it is and what is left. */
function summary(run, stage) {
  if (!stage) return say("토크나이저와 자료를 준비하는 중이에요.", "Preparing the tokenizer and the data.");
  const title = stage.stage.toUpperCase();
  const of = stage.steps ? `${plain(stage.step, 0)} / ${plain(stage.steps, 0)}` : plain(stage.step, 0);
  if (stage.health === "training" && stage.seconds_left !== null) {
    return say(
      `${title} ${of}걸음 · 이 단계의 남은 시간 약 ${duration(stage.seconds_left)} (${clockIn(stage.seconds_left)}쯤)`,
      `${title} step ${of} · about ${duration(stage.seconds_left)} left of this stage (until ${clockIn(stage.seconds_left)})`,
    ) + beyond(run, stage);
  }
  if (stage.health === "stopped") {
    return say(
      `${title} ${of}걸음에서 멈췄어요. 같은 명령을 다시 실행하면 이어져요.`,
      `${title} stopped at step ${of}. The same command goes on from there.`,
    );
  }
  if (stage.health === "finished") {
    const took = run.stages.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
    return say(`${title}까지 끝났어요. 학습에 ${duration(took)} 걸렸어요.`, `Finished up to ${title}; training took ${duration(took)}.`);
  }
  if (stage.step) return say(`${title} ${of}걸음`, `${title} step ${of}`);
  return say(`${title} 단계가 시작되었어요.`, `${title} has begun.`);
}

/** What is left up to the last stage whose length is known. */
function beyond(run, stage) {
  const known = run.to_come.filter(({ seconds }) => seconds !== null);
  if (!known.length) return "";
  const name = known.at(-1).stage.toUpperCase();
  const left = known.reduce((sum, { seconds }) => sum + seconds, stage.seconds_left);
  return say(` · ${name}까지는 약 ${duration(left)}`, ` · about ${duration(left)} up to ${name}`);
}

function path(run) {
  const list = make("ol.path", { "aria-label": say("단계", "Stages") });
  const last = run.stages.length ? STAGES.indexOf(run.stages.at(-1).stage) : -1;
  const tokenizer = run.tokenizer;
  list.append(
    node(say("토크나이저", "Tokenizer"), tokenizer ? "finished" : "waiting", tokenizer ? 1 : 0,
      tokenizer?.vocabulary ? say(`${plain(tokenizer.vocabulary, 0)}개 토큰`, `${plain(tokenizer.vocabulary, 0)} tokens`) : tokenizer ? HEALTH.finished() : say("아직", "not yet")),
  );
  STAGES.forEach((name, place) => {
    const stage = run.stages.find((other) => other.stage === name);
    const title = name.toUpperCase();
    if (!stage) list.append(node(title, "absent", 0, place < last ? say("건너뜀", "left out") : later(run, name)));
    else list.append(node(title, stage.health, stage.steps ? stage.step / stage.steps : 0, told(stage)));
  });
  return list;
}

function later(run, name) {
  const seconds = run.to_come.find(({ stage }) => stage === name)?.seconds;
  return seconds ? say(`약 ${duration(seconds)}`, `about ${duration(seconds)}`) : say("아직", "not yet");
}

function told(stage) {
  if (stage.health === "finished") return stage.seconds ? duration(stage.seconds) : HEALTH.finished();
  if (!stage.step) return HEALTH[stage.health]();
  const share = stage.steps ? `${plain((100 * stage.step) / stage.steps, 0)} %` : plain(stage.step, 0);
  return stage.health === "stopped" ? `${share} · ${HEALTH.stopped()}` : share;
}

function node(title, health, share, words) {
  const bar = make("progress", { max: 1, value: Math.min(1, share), "aria-label": title });
  return make(`li.${health}`, health === "training" ? { "aria-current": "step" } : {}, make("b", {}, title), bar, make("small", {}, words));
}

/** The figures of the last step. */
function vitals(stage) {
  const { last } = stage;
  const entries = [
    [say("손실", "Loss"), stage.stage === "rl" ? undefined : last.loss],
    [say("보상", "Reward"), last.reward],
    [say("바이트당 비트", "Bits per byte"), lastOf(stage.checks.figures.validation_bits_per_byte)],
    [say("초당 토큰", "Tokens/s"), last.tokens_per_second, short],
    [say("한 걸음", "A step"), stage.step_seconds ?? undefined, (seconds) => say(`${plain(seconds, 1)}초`, `${plain(seconds, 1)} s`)],
    [say("메모리", "Memory"), last.memory_gb, (size) => `${plain(size, 2)} GB`],
    [say("학습률", "Learning rate"), last.matrix_learning_rate ?? last.learning_rate],
    ["MFU", last.mfu, (share) => `${plain(100 * share, 1)} %`],
  ];
  const list = make("dl.vitals");
  for (const [title, value, format = figure] of entries) {
    if (value !== undefined && value !== null) list.append(make("div", {}, make("dt", {}, title), make("dd", {}, format(value))));
  }
  return list;
}

const lastOf = (column) => column?.findLast((value) => value !== null);

/** What is not as it should be. */
function warnings(run) {
  const found = [];
  for (const stage of run.stages) {
    const title = stage.stage.toUpperCase();
    if (stage.share_read < 1) {
      const share = plain(100 * stage.share_read, 0);
      found.push(say(`${title}의 긴 기록을 읽는 중이에요: ${share} %`, `Reading the long log of ${title}: ${share} %`));
    }
    const quiet = stage.changed === null ? 0 : run.now - stage.changed;
    if (stage.health === "training" && quiet > Math.max(180, 20 * (stage.step_seconds ?? 0))) {
      found.push(say(`${title}: ${duration(quiet)} 동안 새 기록이 없어요.`, `${title}: nothing new for ${duration(quiet)}.`));
    }
    if (stage.skipped) {
      found.push(say(`${title}: 나쁜 묶음 ${stage.skipped}개를 건너뛰었어요.`, `${title}: ${stage.skipped} bad batches were skipped.`));
    }
    if (stage.unreadable) {
      found.push(say(`${title}: 기록에 읽을 수 없는 줄이 ${stage.unreadable}개 있어요.`, `${title}: ${stage.unreadable} lines of the log cannot be read.`));
    }
    if (stage.damaged.length) {
      const names = stage.damaged.join(", ");
      found.push(say(`${title}: 읽을 수 없는 파일이 있어요: ${names}`, `${title}: cannot be read: ${names}`));
    }
  }
  return found;
}

/** What was said of each finished loss: that it is normal in one line, and everything that is not. */
function findings(run) {
  return run.stages.flatMap((stage) => {
    const off = stage.findings.filter(({ normal }) => !normal);
    const shown = off.length ? off : stage.findings.slice(-1);
    return shown.map(({ normal, ko, en }) => ({ normal, words: `${stage.stage.toUpperCase()}: ${say(ko, en)}` }));
  });
}
