// The tokens of an answer with their probabilities -> chips, and for the chosen one what could have stood in its place.

import { make } from "/elements.js";
import { say } from "/words.js";

/** As the API sends them -> as a conversation keeps them. */
export const keptTokens = (tokens) =>
  tokens.map(({ token, bytes, logprob, top_logprobs }) => ({
    token,
    bytes,
    logprob,
    top: (top_logprobs ?? []).map(({ token, bytes, logprob }) => ({ token, bytes, logprob })),
  }));

/** What a chip says: spaces and line ends made visible, and bytes that are no whole character as numbers. */
export function tokenLabel({ token, bytes }) {
  const said = bytes ? readBytes(bytes) : token;
  return said.replaceAll(" ", "·").replaceAll("\n", "↵").replaceAll("\t", "⇥").replaceAll(APART, " ");
}

const APART = "\u{f0000}"; // a place between two bytes, until spaces have become dots
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readBytes(bytes) {
  const said = [];
  let isPiece = false; // whether the last was a byte by itself
  for (let at = 0; at < bytes.length; ) {
    const size = bytes[at] < 0x80 ? 1 : bytes[at] < 0xe0 ? 2 : bytes[at] < 0xf0 ? 3 : 4; // by UTF-8's first byte
    let character = null;
    try {
      character = decoder.decode(new Uint8Array(bytes.slice(at, at + size)));
    } catch {} // half a character: the token ends or begins inside it
    if (at && (isPiece || character === null)) said.push(APART);
    said.push(character ?? bytes[at].toString(16).toUpperCase().padStart(2, "0"));
    isPiece = character === null;
    at += isPiece ? 1 : size;
  }
  return said.join("");
}

const LEVELS = [0.05, 0.2, 0.5, 0.8]; // below the first a token is a surprise, from the last on it was certain

export function percent(logprob) {
  const share = Math.exp(logprob) * 100;
  return `${share >= 99.95 ? "100" : share < 0.05 ? "<0.1" : share.toFixed(1)}\u00a0%`;
}

/** Chips in a row, one stop for the Tab key: arrows go from one to the next. */
export function tokenView(tokens) {
  const panel = make("div.alternatives", { "aria-live": "polite" });
  const chips = tokens.map((token, index) => chip(token, () => choose(index)));
  const row = make("div.chips", { role: "toolbar", "aria-label": say("토큰", "Tokens") }, ...chips);

  function choose(index) {
    chips.forEach((one, at) => {
      one.tabIndex = at === index ? 0 : -1;
      one.setAttribute("aria-pressed", String(at === index));
    });
    panel.replaceChildren(...alternatives(tokens[index]));
  }

  row.addEventListener("keydown", (event) => {
    const at = chips.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: chips.length - 1 }[event.key];
    if (at < 0 || !chips[to]) return;
    event.preventDefault();
    chips[to].focus();
    choose(to);
  });
  chips.forEach((one, at) => (one.tabIndex = at ? -1 : 0));
  panel.append(make("p.hint", {}, say("토큰을 누르면 그 자리에 올 수 있던 다른 말이 보여요.", "Choose a token to see what else could have stood there.")));
  return make("div.tokens", {}, row, panel);
}

function chip(token, onclick) {
  const level = LEVELS.filter((least) => Math.exp(token.logprob) >= least).length;
  const label = tokenLabel(token);
  const name = `${label} ${percent(token.logprob)}`;
  return make(`button.chip.level${level}`, { type: "button", title: name, "aria-label": name, "aria-pressed": "false", onclick }, label);
}

function alternatives(token) {
  const isTop = token.top.some(({ logprob, token: text }) => text === token.token && logprob === token.logprob);
  const all = isTop ? token.top : [...token.top, token];
  const rows = all.toSorted((one, other) => other.logprob - one.logprob).map((one) => {
    const isChosen = one.token === token.token && one.logprob === token.logprob;
    const meter = make("meter", { min: "0", max: "1", value: String(Math.exp(one.logprob)), "aria-hidden": "true" });
    return make(
      isChosen ? "tr.chosen" : "tr",
      {},
      make("th", { scope: "row" }, make("code", { translate: "no" }, tokenLabel(one)), isChosen ? make("span.unseen", {}, say(" (고른 것)", " (chosen)")) : ""),
      make("td", {}, meter),
      make("td.number", {}, percent(one.logprob)),
    );
  });
  return [make("table", {}, make("caption.unseen", {}, say("이 자리에 올 수 있던 토큰", "Tokens that could stand here")), make("tbody", {}, ...rows))];
}
