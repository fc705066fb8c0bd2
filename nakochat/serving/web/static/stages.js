// The server's models -> the stages of a run, from the one that has only read to the one that was rewarded.

import { say } from "/words.js";

const STAGES = ["base", "mid", "sft", "rl"];

/** {id, run, stage, label}: "tiny/sft" is the stage sft of the run tiny; other ids are a name and no stage. */
export function stageOf(id) {
  const [, run, stage] = id.match(/^(.*?)[/:](\w+)(?:@\d+)?$/) ?? [null, id, null];
  if (!STAGES.includes(stage)) return { id, run: id, stage: null, label: id };
  return { id, run, stage, label: `${run} · ${stage.toUpperCase()}` };
}

/** The models in the order in which they grew, each as stageOf has it. */
export function inOrder(ids) {
  const place = ({ stage }) => STAGES.indexOf(stage);
  return ids.map(stageOf).sort((one, other) => one.run.localeCompare(other.run) || place(one) - place(other));
}

/** What a stage is, in a sentence. */
export function explain(stage) {
  const words = {
    base: say("글만 읽은 모델이에요. 대답하기보다 글을 이어 써요.", "It has only read: it goes on with a text rather than answer."),
    mid: say("대화의 모양과 계산기를 익히기 시작한 모델이에요.", "It has begun to learn what a conversation and a calculator are."),
    sft: say("좋은 대답을 보고 배운 모델이에요.", "It has learned from good answers."),
    rl: say("스스로 풀어 보고, 맞힐 때마다 상을 받은 모델이에요.", "It has tried by itself and was rewarded for what was right."),
  };
  return words[stage] ?? "";
}
