// How the next token is chosen -> rows of the settings, each with what it does in plain words.

import { make } from "/elements.js";
import { say } from "/words.js";

// What is not set is left out of the request, and the server's own value holds.
const ROWS = [
  {
    name: "temperature", least: 0, most: 2, step: 0.05, start: 0.7,
    title: () => say("온도", "Temperature"),
    words: () => say("낮으면 늘 뻔하고 안전한 말, 높으면 뜻밖의 말이 나와요. 0이면 언제나 같은 답이에요.", "Low is safe and plain, high is surprising. At 0 the answer is always the same."),
  },
  {
    name: "top_k", least: 1, most: 200, step: 1, start: 50,
    title: () => say("후보의 수 (top-k)", "Candidates (top-k)"),
    words: () => say("가장 그럴듯한 토큰 몇 개 안에서 고를까요?", "Choose among this many of the likeliest tokens."),
  },
  {
    name: "top_p", least: 0.05, most: 1, step: 0.05, start: 0.95,
    title: () => say("후보의 몫 (top-p)", "Share of candidates (top-p)"),
    words: () => say("확률을 합쳐 이만큼이 될 때까지만 후보로 삼아요. 1이면 모두 후보예요.", "Candidates end where their probabilities add up to this. 1 takes all."),
  },
  {
    name: "min_p", least: 0, most: 0.5, step: 0.01, start: 0.05,
    title: () => say("가장 낮은 확률 (min-p)", "Least probability (min-p)"),
    words: () => say("1등의 확률에 견주어 이 비율이 안 되는 후보는 버려요.", "Drops candidates below this share of the likeliest one's probability."),
  },
  {
    name: "repetition_penalty", least: 1, most: 2, step: 0.05, start: 1.1,
    title: () => say("되풀이 줄이기", "Less repetition"),
    words: () => say("1보다 크면 이미 나온 말이 덜 나와요.", "Above 1, what was said already becomes less likely."),
  },
  {
    name: "max_tokens", least: 16, most: 2048, step: 16, start: 256,
    title: () => say("답의 길이", "Length of answers"),
    words: () => say("토큰을 이만큼까지만 만들어요. 한글 한두 글자가 토큰 하나쯤이에요.", "At most this many tokens; a token is about one or two Korean syllables."),
  },
];

/** The rows as elements.  `values` is changed in place, and `onChange` called whenever it was. */
export function samplingRows(values, onChange) {
  return [...ROWS.map((row) => slider(row, values, onChange)), seedRow(values, onChange)];
}

function slider({ name, least, most, step, start, title, words }, values, onChange) {
  const range = make("input", { type: "range", id: `set-${name}`, min: least, max: most, step, "aria-describedby": `why-${name}` });
  const shown = make("output", { for: `set-${name}` });
  const reset = make("button.plain", { type: "button", "aria-label": say(`${title()}: 서버의 값으로`, `${title()}: the server's`) }, say("되돌리기", "Reset"));
  const show = () => {
    const isSet = values[name] !== undefined;
    range.value = values[name] ?? start;
    shown.textContent = isSet ? String(values[name]) : say("서버의 값", "the server's");
    range.setAttribute("aria-valuetext", shown.textContent);
    reset.hidden = !isSet;
  };
  range.addEventListener("input", () => {
    values[name] = Number(range.value);
    show();
    onChange();
  });
  reset.addEventListener("click", () => {
    delete values[name];
    show();
    onChange();
    range.focus();
  });
  show();
  return make(
    "div.row",
    {},
    make("div.head", {}, make("label", { for: `set-${name}` }, title()), shown, reset),
    range,
    make("p.why", { id: `why-${name}` }, words()),
  );
}

function seedRow(values, onChange) {
  const box = make("input", {
    type: "number", id: "set-seed", step: "1", min: "0", max: String(Number.MAX_SAFE_INTEGER), inputmode: "numeric",
    placeholder: say("매번 다르게", "another each time"), "aria-describedby": "why-seed",
  });
  box.value = values.seed ?? "";
  box.addEventListener("input", () => {
    if (box.value !== "" && Number.isSafeInteger(box.valueAsNumber) && box.valueAsNumber >= 0) values.seed = box.valueAsNumber;
    else delete values.seed;
    onChange();
  });
  return make(
    "div.row",
    {},
    make("div.head", {}, make("label", { for: "set-seed" }, say("씨앗 (seed)", "Seed")), box),
    make("p.why", { id: "why-seed" }, say("같은 씨앗이면 같은 물음에 같은 답을 해요.", "The same seed gives the same answer to the same question.")),
  );
}
