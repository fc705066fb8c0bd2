// $x$, $$x$$, \(x\) and \[x\] in Markdown -> formulas, set by KaTeX, which is fetched when the first one appears.

const MARKS = [
  { open: "$$", close: "$$", isDisplay: true },
  { open: "\\[", close: "\\]", isDisplay: true },
  { open: "\\(", close: "\\)", isDisplay: false },
  { open: "$", close: "$", isDisplay: false },
];

/** A plugin of markdown-it: formulas become elements of class "maths" with the TeX as their text. */
export function readMaths(reader) {
  reader.inline.ruler.before("escape", "maths", (state, silent) => {
    const found = formulaAt(state.src, state.pos, state.posMax);
    if (!found) return false;
    if (!silent) push(state, found);
    state.pos = found.end;
    return true;
  });
  reader.block.ruler.before("fence", "maths", readBlock, { alt: ["paragraph", "blockquote", "list"] });
  reader.renderer.rules.maths = (tokens, index) => {
    const { content, info } = tokens[index];
    const tag = tokens[index].block ? "div" : "span";
    return `<${tag} class="maths${info}">${reader.utils.escapeHtml(content)}</${tag}>`;
  };
}

function push(state, { tex, isDisplay }) {
  const token = state.push("maths", "", 0);
  token.content = tex;
  token.info = isDisplay ? " display" : "";
  return token;
}

/** The formula that begins at a place.  "$5와 $10" is none: a closing $ follows no space and stands before no digit. */
function formulaAt(text, start, end) {
  const mark = MARKS.find(({ open }) => text.startsWith(open, start));
  if (!mark) return null;
  const from = start + mark.open.length;
  let to = from;
  do to = text.indexOf(mark.close, to + 1);
  while (to > 0 && text[to - 1] === "\\" && mark.close[0] === "$");
  if (to < 0 || to + mark.close.length > end) return null;
  const tex = text.slice(from, to);
  if (!tex.trim()) return null;
  const isMoney = /^\s|\s$/.test(tex) || /\d/.test(text[to + 1] ?? "") || tex.includes("\n\n");
  if (mark.open === "$" && isMoney) return null;
  return { tex, isDisplay: mark.isDisplay, end: to + mark.close.length };
}

/** Lines from one that begins with $$ or \[ to the one that ends with its mate. */
function readBlock(state, first, last, silent) {
  const lineAt = (line) => state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]).trim();
  const mark = MARKS.find(({ open, isDisplay }) => isDisplay && lineAt(first).startsWith(open));
  if (!mark) return false;
  const lines = [];
  for (let line = first; line < last; line++) {
    const text = line === first ? lineAt(line).slice(mark.open.length) : lineAt(line);
    if (text.endsWith(mark.close)) {
      if (silent) return true;
      lines.push(text.slice(0, -mark.close.length));
      push(state, { tex: lines.join("\n"), isDisplay: true }).block = true;
      state.line = line + 1;
      return true;
    }
    lines.push(text);
  }
  return false;
}

let katex = null;

async function loadKatex() {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/vendor/katex/katex.css" });
  document.head.append(style);
  await import("/vendor/katex/katex.js");
  katex = globalThis.katex;
}

let loading = null;

/** Set the formulas in an element; TeX that KaTeX does not know stays as it was written. */
export async function setMaths(element) {
  const formulas = element.matches(".maths") ? [element] : element.querySelectorAll(".maths");
  if (!formulas.length) return;
  if (!katex) await (loading ??= loadKatex());
  for (const formula of formulas) {
    const tex = formula.textContent;
    try {
      katex.render(tex, formula, {
        displayMode: formula.matches(".display"),
        trust: false,
        strict: "ignore",
        maxExpand: 200,
        maxSize: 20,
      });
      formula.tabIndex = formula.matches(".display") ? 0 : -1; // a wide one is scrolled by keys too
    } catch (error) {
      if (!(error instanceof katex.ParseError)) throw error;
      formula.textContent = tex;
      formula.classList.add("unset");
    }
  }
}
